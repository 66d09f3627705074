import { Context, Duration, Effect, Layer, Option, Ref } from "effect"
import { ActiveWorkflows } from "./ActiveWorkflows.ts"
import { EngineSettings } from "./EngineSettings.ts"
import * as Monotonic from "./Monotonic.ts"
import { Outages } from "./Outages.ts"
import { ServerLease } from "./ServerLease.ts"
import type { WorkflowHealth } from "./WorkflowHealth.ts"
import type { Runnable } from "./WorkflowState.ts"

/**
 * A process is degraded if its last sweep is longer ago than 10 poll intervals, but at least 5 s: a busy process may skip some.
 */
const MISSED_POLLS = 10
const MIN_PATIENCE = Duration.seconds(5)

/** What `HealthCheck` can do. */
export interface HealthCheckService {
  /** Returns the health of this process, for probes and for people. */
  readonly health: Effect.Effect<WorkflowHealth>
  /** To be run after each takeover sweep that succeeded. */
  readonly progressed: Effect.Effect<void>
  /** Receives the kinds and versions of pending workflows that no living server can run. Logs changes only. */
  readonly onUnrunnable: (which: ReadonlyArray<Runnable>) => Effect.Effect<void>
}

const make = Effect.gen(function* () {
  const settings = yield* EngineSettings
  const lease = yield* ServerLease
  const active = yield* ActiveWorkflows
  const outages = yield* Outages
  const unrunnable = yield* Ref.make<ReadonlyArray<Runnable>>([])
  const progressedAt = yield* Ref.make(yield* Monotonic.now)
  const patience = Duration.max(Duration.times(settings.pollInterval, MISSED_POLLS), MIN_PATIENCE)
  const beat = Duration.sum(settings.heartbeatInterval, settings.heartbeatTimeout)

  const isLongerAgo = (moment: Duration.Duration, than: Duration.Duration) =>
    Effect.map(Monotonic.since(moment), Duration.greaterThan(than))

  const problems = Effect.gen(function* () {
    const unreadable = yield* active.unreadable
    return [
      ...(yield* outages.current),
      ...(yield* Ref.get(unrunnable)).map(describe),
      ...(unreadable.length > 0 ? [`this server could not read the config of ${unreadable.length} workflows`] : [])
    ]
  })

  return HealthCheck.of({
    health: Effect.gen(function* (): Effect.fn.Return<WorkflowHealth> {
      const renewedAt = yield* lease.renewedAt
      const known = yield* problems
      if (Option.isNone(renewedAt)) return { status: "lost", reasons: ["there is no lease", ...known] }
      const reasons = [
        ...((yield* isLongerAgo(renewedAt.value, beat)) ? ["a heartbeat is overdue"] : []),
        ...known,
        ...((yield* isLongerAgo(yield* Ref.get(progressedAt), patience))
          ? ["nobody has looked for workflows for a while"]
          : [])
      ]
      return { status: reasons.length === 0 ? "alive" : "degraded", reasons }
    }),
    progressed: Effect.flatMap(Monotonic.now, (now) => Ref.set(progressedAt, now)),
    onUnrunnable: (now) =>
      Effect.flatMap(Ref.getAndSet(unrunnable, now), (before) => {
        const [was, is] = [before.map(describe).join("; "), now.map(describe).join("; ")]
        if (was === is) return Effect.void
        return is === "" ? Effect.logInfo("every workflow that waits can be run by some server") : Effect.logWarning(is)
      })
  })
})

const describe = ({ kind, version }: Runnable) =>
  `workflows of kind ${kind}, version ${version}, wait: no server that is there can run them`

/** Knows how this process is. */
export class HealthCheck extends Context.Tag("workflow-infra/workflow/HealthCheck")<HealthCheck, HealthCheckService>() {
  /** Of the lease, the outages and the workflows of this process. */
  static readonly layer = Layer.effect(
    HealthCheck,
    Effect.suspend(() => make)
  )
}
