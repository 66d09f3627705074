import { Clock, Duration, Effect, Option, Metric } from "effect"
import type { ActiveWorkflows, Registration } from "./ActiveWorkflows.ts"
import type { OutagesService } from "./Outages.ts"
import type { NotificationsService } from "./Notifications.ts"
import type { ServerLeaseService } from "./ServerLease.ts"
import type { ServerRepositoryService } from "./ServerRepository.ts"
import type { SessionLockService } from "./SessionLock.ts"
import { type Claimable, RELEASED, type WorkflowRepositoryService } from "./WorkflowRepository.ts"
import * as Metrics from "./WorkflowMetrics.ts"
import type { WorkflowSettings } from "./WorkflowSettings.ts"
import { ownershipOf, type Runnable } from "./WorkflowState.ts"

/** How long a server's session lock must have been free before it counts as dead … */
const FREE_FOR = 2_000_000_000n
/** … as seen by an observer whose own session has stood this long: after a restart of PostgreSQL everybody's lock is free for a moment. */
const OBSERVER_AGE = 5_000_000_000n
/** Workflows that are claimed and have not begun, at the most: the others wait for the next look, or for another server. */
const CLAIMED_AT_ONCE = 50
/** And at the least: so few are not worth another look of everybody. */
const WORTH_SHARING = 5
/** The wait between two looks while there is something to do: a server that may be dead, or workflows that others leave. */
const BUSY_INTERVAL = Duration.millis(100)
/** The wait between two looks while they fail: the poll interval, doubling to this. */
const LAST_BACKOFF = Duration.seconds(5)

/** What a sweep works with. */
interface Takeover {
  readonly servers: ServerRepositoryService
  readonly repository: WorkflowRepositoryService
  readonly sessionLock: SessionLockService
  readonly lease: ServerLeaseService
  readonly active: ActiveWorkflows
  readonly settings: WorkflowSettings
  readonly notifications: NotificationsService
  readonly outages: OutagesService
  /** Waits until it is worth looking again, at most so long. */
  readonly pause: (atMost: Duration.Duration) => Effect.Effect<void>
  /** Called after each look that succeeded. */
  readonly progressed: Effect.Effect<void>
  /** The kinds that this process may take; none while it is closing. */
  readonly kinds: Effect.Effect<ReadonlyMap<string, Registration>>
  /** Whose workflows it may take. */
  readonly only: Effect.Effect<Claimable["only"]>
}

/**
 * Adopts workflows whose owner is gone, in three steps: remove servers that are dead (expired, or without their session lock), revoke
 * what they owned, and claim what has no owner, as far as this process has room. Released and newly stored workflows come in by the
 * same door. Each step is safe on its own and on many servers at once. A server takes its share of what is free and leaves the others
 * theirs; what they leave, it takes at the next looks.
 */
export const make = ({
  active,
  kinds,
  lease,
  notifications,
  only,
  outages,
  pause,
  progressed,
  repository,
  servers,
  sessionLock,
  settings
}: Takeover) => {
  const freeSince = new Map<string, bigint>()

  /** Whether there are any who may be dead and have to be looked at again. */
  const removeDead = Effect.gen(function* () {
    yield* servers.removeExpired(settings.alone === true ? (yield* lease.current).serverId : undefined)
    const unlocked = yield* servers.unlocked
    const now = yield* Clock.currentTimeNanos
    const age = yield* sessionLock.age
    for (const id of freeSince.keys()) {
      if (!unlocked.includes(id)) freeSince.delete(id)
    }
    for (const id of unlocked) {
      const since = freeSince.get(id) ?? now
      freeSince.set(id, since)
      if (now - since >= FREE_FOR && Option.exists(age, (mine) => mine >= OBSERVER_AGE)) yield* servers.remove(id)
    }
    return unlocked.length > 0 && Option.isSome(age)
  })

  /** How many it took. */
  const claim = Effect.gen(function* () {
    const runs = runnable(yield* kinds)
    const room = Math.min(
      settings.maxActiveWorkflows - (yield* active.count),
      CLAIMED_AT_ONCE - (yield* active.starting)
    )
    if (runs.length === 0 || room <= 0) return 0
    const mine = yield* only
    const which: Claimable = { except: yield* active.unreadable, ...(mine === undefined ? {} : { only: mine }) }
    const share = yield* repository.share(runs, room, which)
    if (share === 0) return 0
    const current = yield* lease.current
    // What has been claimed is launched: an interruption in between would leave it to reconciliation.
    return yield* Effect.uninterruptible(
      Effect.gen(function* () {
        const wanted = Math.min(room, Math.max(share, WORTH_SHARING))
        const claimed = yield* repository.claim(current.serverId, runs, wanted, which)
        yield* Metric.incrementBy(Metrics.claimed, claimed.length)
        // Some may have gone while the claim was on its way.
        const left = yield* kinds
        for (const workflow of claimed) {
          const registration = left.get(workflow.kind)
          if (registration !== undefined) yield* active.launch(workflow, registration, current)
          else yield* Effect.ignore(repository.end(ownershipOf(workflow, current.serverId), RELEASED))
        }
        return claimed.length
      })
    )
  })

  const sweep = Effect.gen(function* () {
    const suspected = yield* removeDead
    const revoked = yield* repository.revokeOrphans
    if (revoked > 0) yield* notifications.tell("work")
    const claimed = yield* claim
    yield* progressed
    return suspected || revoked > 0 || claimed > 0
  })

  const rounds = outages.rounds("takeovers")
  // Whoever closes does not wait for a database that hangs.
  const attempt = sweep.pipe(Effect.disconnect, rounds)
  const { pollInterval } = settings
  const busyInterval = Duration.min(BUSY_INTERVAL, pollInterval)
  return Effect.iterate<State, never, never>(
    { busy: false, failures: 0 },
    {
      while: () => true,
      body: ({ busy, failures }) => {
        const backoff = Duration.min(
          Duration.times(pollInterval, 2 ** failures),
          Duration.max(LAST_BACKOFF, pollInterval)
        )
        return Effect.zipRight(pause(busy ? busyInterval : backoff), attempt).pipe(
          Effect.map(
            Option.match({
              onNone: () => ({ busy: false, failures: failures + 1 }),
              onSome: (isBusy) => ({ busy: isBusy, failures: 0 })
            })
          )
        )
      }
    }
  )
}

interface State {
  /** Whether the last sweep found something to do. */
  readonly busy: boolean
  /** Sweeps in a row that failed. */
  readonly failures: number
}

/** What these kinds are to storage. */
export const runnable = (kinds: ReadonlyMap<string, Registration>): ReadonlyArray<Runnable> =>
  [...kinds.values()].flatMap(({ name, versions }) => versions.map((version) => ({ kind: name, version })))
