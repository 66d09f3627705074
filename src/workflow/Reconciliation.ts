import { Duration, Effect, Layer, Option, Schema } from "effect"
import { ActiveWorkflows } from "./ActiveWorkflows.ts"
import { EngineSettings } from "./EngineSettings.ts"
import { HealthCheck } from "./HealthCheck.ts"
import { Kinds } from "./Kinds.ts"
import { ManualLeases } from "./ManualLeases.ts"
import * as Monotonic from "./Monotonic.ts"
import { waitForWork } from "./Notifications.ts"
import { Outages } from "./Outages.ts"
import { runnable } from "./Registration.ts"
import { ServerLease } from "./ServerLease.ts"
import { ServerRepository } from "./ServerRepository.ts"
import { type OwnedWorkflow, RELEASED, WorkflowRepository } from "./WorkflowRepository.ts"
import { ownershipOf, type Runnable } from "./WorkflowState.ts"

/** Interval of reconciliation: 10 s, longer than the statement timeout of the control pool (5 s). */
const RECONCILIATION_INTERVAL = Duration.seconds(10)

/** What a server has stored of what it can run. */
interface Announced {
  readonly serverId: string
  readonly runs: ReadonlyArray<Runnable>
}

const isSameAnnouncement = Schema.equivalence(
  Schema.Struct({
    serverId: Schema.String,
    runs: Schema.Array(Schema.Struct({ kind: Schema.String, version: Schema.Int }))
  })
)

const make = Effect.gen(function* () {
  const settings = yield* EngineSettings
  const repository = yield* WorkflowRepository
  const servers = yield* ServerRepository
  const lease = yield* ServerLease
  const active = yield* ActiveWorkflows
  const manual = yield* ManualLeases
  const kinds = yield* Kinds
  const health = yield* HealthCheck
  const outages = yield* Outages
  const pause = yield* waitForWork
  let reconciledAt = Option.none<Duration.Duration>()
  let announced: Announced | undefined
  let strays = new Set<string>()

  const obey = (serverId: string) =>
    Effect.flatMap(repository.requests(serverId), (asked) =>
      Effect.forEach(
        asked,
        ({ id, requested }) =>
          Option.match(Option.all([active.find(id), requested]), {
            onNone: () => Effect.void,
            onSome: ([workflow, request]) => workflow.stop(request)
          }),
        { discard: true }
      )
    )

  const identity = ({ epoch, id }: OwnedWorkflow) => `${id} ${epoch}`

  const reconcile = (serverId: string) =>
    Effect.gen(function* () {
      const before = yield* active.all
      const rows = yield* repository.owned(serverId)
      const owned = new Set(rows.map(identity))
      for (const { ownership, stop } of before) {
        const mine = ownership.ownerId === serverId
        if (mine && !owned.has(`${ownership.workflowId} ${ownership.epoch}`)) yield* stop("lost")
      }
      // Released only if missing twice in a row: a workflow that starts or ends has a row and no fiber for a moment.
      const missing = rows.filter((row) => Option.isNone(active.find(row.id)) && !manual.has(row.id))
      for (const row of missing.filter((candidate) => strays.has(identity(candidate)))) {
        yield* Effect.logWarning("a workflow is owned here and does not run: released")
        yield* Effect.ignore(repository.end(ownershipOf(row, serverId), RELEASED))
      }
      strays = new Set(missing.map(identity))
    })

  /** Stores what this server can run, if that has changed. */
  const announce = (serverId: string) =>
    Effect.gen(function* () {
      // A server without any room, which only starts workflows, runs none: nothing is placed there.
      const runs = settings.maxActiveWorkflows > 0 ? runnable(yield* kinds.open) : []
      const now = { serverId, runs }
      if (announced !== undefined && isSameAnnouncement(announced, now)) return
      yield* servers.announce(serverId, now.runs)
      announced = now
    })

  const attempt = Effect.gen(function* () {
    const { serverId } = yield* lease.current
    yield* announce(serverId)
    yield* obey(serverId)
    const now = yield* Monotonic.now
    if (Option.exists(reconciledAt, (at) => Duration.lessThan(Duration.subtract(now, at), RECONCILIATION_INTERVAL)))
      return
    reconciledAt = Option.some(now)
    yield* reconcile(serverId)
    yield* active.reviewUnreadable
    yield* Effect.flatMap(repository.unrunnable, health.onUnrunnable)
  }).pipe(
    // Interruption at shutdown does not wait for a statement that hangs.
    Effect.disconnect,
    outages.rounds("requests")
  )
  return yield* Effect.forever(Effect.zipRight(pause(settings.pollInterval), attempt))
})

/**
 * Carries out cancel and pause requests for the workflows that run in this process, and every 10 s reconciles the rows that it
 * owns with the workflows that it runs: after a COMMIT whose answer was lost there may be one without the other.
 */
export const layer = Layer.scopedDiscard(Effect.forkScoped(make))
