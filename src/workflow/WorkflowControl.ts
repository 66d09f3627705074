import { Clock, Effect, Option } from "effect"
import type { ActiveWorkflows } from "./ActiveWorkflows.ts"
import type { OutagesService } from "./Outages.ts"
import type { ServerLeaseService } from "./ServerLease.ts"
import type { ServerRepositoryService } from "./ServerRepository.ts"
import { type OwnedWorkflow, RELEASED, type WorkflowRepositoryService } from "./WorkflowRepository.ts"
import { ownershipOf, type Runnable } from "./WorkflowState.ts"

/** How often rows and fibers are compared (in nanoseconds): longer than a statement may be on its way. */
const RECONCILIATION_INTERVAL = 10_000_000_000n

/** What control works with. */
interface Control {
  readonly repository: WorkflowRepositoryService
  readonly servers: ServerRepositoryService
  readonly outages: OutagesService
  readonly lease: ServerLeaseService
  /** What can be run here now. */
  readonly runs: Effect.Effect<ReadonlyArray<Runnable>>
  /** Is told which pending workflows no server can run. */
  readonly onUnrunnable: (which: ReadonlyArray<Runnable>) => Effect.Effect<void>
  readonly active: ActiveWorkflows
  /** Waits until it is worth looking again. */
  readonly pause: Effect.Effect<void>
  /** Whether a workflow that does not run here is kept by hand. */
  readonly isKept: (workflowId: string) => boolean
}

/**
 * Hears what is asked of this process's workflows, and now and then compares the rows that it owns with the workflows that
 * it runs: a COMMIT whose answer was lost leaves one without the other.
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
}: Control): Effect.Effect<never> => {
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
      // Twice in a row, because a workflow that is starting or ending has one and not the other for a moment.
      const missing = rows.filter((row) => Option.isNone(active.find(row.id)) && !isKept(row.id))
      for (const row of missing.filter((candidate) => strays.has(identity(candidate)))) {
        yield* Effect.logWarning("a workflow is owned here and does not run: released")
        yield* Effect.ignore(repository.end(ownershipOf(row, serverId), RELEASED))
      }
      strays = new Set(missing.map(identity))
    })

  /** Says in this server's row what it can run, where that has changed. */
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
    // Whoever closes does not wait for a database that hangs.
    Effect.disconnect,
    outages.rounds("requests")
  )
  return Effect.forever(Effect.zipRight(pause, attempt))
}
