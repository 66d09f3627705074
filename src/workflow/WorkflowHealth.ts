import { Clock, Duration, Effect, Option, Schema } from "effect"
import type { ServerLeaseService } from "./ServerLease.ts"
import type { WorkflowSettings } from "./WorkflowSettings.ts"

/**
 * The health of the engine in one process. `alive`: heartbeats and takeover sweeps are on time and no statement is in an
 * outage; `degraded`: it has a lease, but one of these does not hold; `lost`: it has no lease and runs no workflow. `reasons`
 * are sentences for people; empty if `alive`.
 */
export const WorkflowHealth = Schema.Struct({
  status: Schema.Literal("alive", "degraded", "lost"),
  reasons: Schema.Array(Schema.String)
})
/** @see WorkflowHealth */
export type WorkflowHealth = typeof WorkflowHealth.Type

/**
 * A process is degraded if its last sweep is longer ago than 10 poll intervals, but at least 5 s: a busy process may skip some.
 */
const MISSED_POLLS = 10
const MIN_PATIENCE = Duration.seconds(5)

/** Makes the health check. `progressed` is to be run after each successful sweep; `known` returns other problems. */
export const make = (
  lease: ServerLeaseService,
  settings: WorkflowSettings,
  known: Effect.Effect<ReadonlyArray<string>>
) =>
  Effect.map(Clock.currentTimeNanos, (start) => {
    let progressedAt = start
    const patience = nanos(Duration.max(Duration.times(settings.pollInterval, MISSED_POLLS), MIN_PATIENCE))
    const beat = nanos(Duration.sum(settings.heartbeatInterval, settings.heartbeatTimeout))
    return {
      progressed: Effect.map(Clock.currentTimeNanos, (now) => {
        progressedAt = now
      }),
      health: Effect.gen(function* () {
        const renewedAt = yield* lease.renewedAt
        const now = yield* Clock.currentTimeNanos
        const reasons = [...(yield* known)]
        if (Option.isNone(renewedAt)) return { status: "lost", reasons: ["there is no lease", ...reasons] }
        if (now - renewedAt.value > beat) reasons.unshift("a heartbeat is overdue")
        if (now - progressedAt > patience) reasons.push("nobody has looked for workflows for a while")
        return { status: reasons.length === 0 ? "alive" : "degraded", reasons }
      }) satisfies Effect.Effect<WorkflowHealth>
    }
  })

const nanos = (duration: Duration.Duration) => Option.getOrElse(Duration.toNanos(duration), () => 0n)
