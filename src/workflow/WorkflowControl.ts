import { Clock, Effect, Option } from "effect"
import type { ActiveWorkflows } from "./ActiveWorkflows.ts"
import type { OutagesService } from "./Outages.ts"
import type { ServerLeaseService } from "./ServerLease.ts"
import type { ServerRepositoryService } from "./ServerRepository.ts"
import { type OwnedWorkflow, RELEASED, type WorkflowRepositoryService } from "./WorkflowRepository.ts"
import { ownershipOf, type Runnable } from "./WorkflowState.ts"

/** Interval of reconciliation, in nanoseconds: 10 s, longer than the statement timeout of the control pool (5 s). */
const RECONCILIATION_INTERVAL = 10_000_000_000n

interface Options {
  readonly repository: WorkflowRepositoryService
  readonly servers: ServerRepositoryService
  readonly outages: OutagesService
  readonly lease: ServerLeaseService
  /** The kinds and versions that this process can run now. */
  readonly runs: Effect.Effect<ReadonlyArray<Runnable>>
  /** Receives the kinds and versions of pending workflows that no server can run, after each reconciliation. */
  readonly onUnrunnable: (which: ReadonlyArray<Runnable>) => Effect.Effect<void>
  readonly active: ActiveWorkflows
  /** Waits for a `work` notification, at most for the poll interval. */
  readonly pause: Effect.Effect<void>
  /** Whether the program runs this workflow itself, by `startHeartbeat`. */
  readonly isKept: (workflowId: string) => boolean
}

/**
 * Carries out cancel and pause requests for the workflows that run in this process, and every 10 s reconciles the rows that it
 * owns with the workflows that it runs: after a COMMIT whose answer was lost there may be one without the other. Never ends.
 */
export const make = ({
  active,
  isKept,
  lease,
  onUnrunnable,
  outages,
  pause,
  repository,
  runs,
  servers
}: Options): Effect.Effect<never> => {
  let reconciledAt = 0n
  let announced = ""
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
      const missing = rows.filter((row) => Option.isNone(active.find(row.id)) && !isKept(row.id))
      for (const row of missing.filter((candidate) => strays.has(identity(candidate)))) {
        yield* Effect.logWarning("a workflow is owned here and does not run: released")
        yield* Effect.ignore(repository.end(ownershipOf(row, serverId), RELEASED))
      }
      strays = new Set(missing.map(identity))
    })

  /** Stores what this server can run, if that has changed. */
  const announce = (serverId: string) =>
    Effect.gen(function* () {
      const now = yield* runs
      const news = JSON.stringify([serverId, now])
      if (news === announced) return
      yield* servers.announce(serverId, now)
      announced = news
    })

  const attempt = Effect.gen(function* () {
    const { serverId } = yield* lease.current
    yield* announce(serverId)
    yield* obey(serverId)
    const now = yield* Clock.currentTimeNanos
    if (now - reconciledAt < RECONCILIATION_INTERVAL) return
    reconciledAt = now
    yield* reconcile(serverId)
    yield* active.reviewUnreadable
    yield* Effect.flatMap(repository.unrunnable, onUnrunnable)
  }).pipe(
    // Interruption at shutdown does not wait for a statement that hangs.
    Effect.disconnect,
    outages.rounds("requests")
  )
  return Effect.forever(Effect.zipRight(pause, attempt))
}
