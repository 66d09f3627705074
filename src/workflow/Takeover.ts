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

/**
 * How long a server's session lock must be free before the server counts as dead, in nanoseconds: 2 s, so that it can
 * reconnect.
 */
const FREE_FOR = 2_000_000_000n
/**
 * Minimum age of the observer's own session, in nanoseconds: 5 s. After a restart of PostgreSQL every lock is free for a
 * moment.
 */
const OBSERVER_AGE = 5_000_000_000n
/** Maximum number of claimed workflows that have not begun. The rest waits for the next sweep or for another server. */
const CLAIMED_AT_ONCE = 50
/**
 * Minimum number of workflows that a claim asks for, also if the fair share is less: so few are not worth a claim of every
 * server.
 */
const WORTH_SHARING = 5
/** Delay before the next sweep after one that claimed or revoked something, or that suspects a server to be dead. */
const BUSY_INTERVAL = Duration.millis(100)
/** Maximum delay between two sweeps that fail; it starts at the poll interval and doubles. */
const MAX_BACKOFF = Duration.seconds(5)

interface Options {
  readonly servers: ServerRepositoryService
  readonly repository: WorkflowRepositoryService
  readonly sessionLock: SessionLockService
  readonly lease: ServerLeaseService
  readonly active: ActiveWorkflows
  readonly settings: WorkflowSettings
  readonly notifications: NotificationsService
  readonly outages: OutagesService
  /** Waits for a `work` notification, at most for the given time. */
  readonly pause: (atMost: Duration.Duration) => Effect.Effect<void>
  /** Runs after each sweep that succeeded. */
  readonly progressed: Effect.Effect<void>
  /** The kinds that this process can run; none while it shuts down. */
  readonly kinds: Effect.Effect<ReadonlyMap<string, Registration>>
  /** The workflows that this process may take over; undefined: all. */
  readonly only: Effect.Effect<Claimable["only"]>
}

/**
 * Takes over workflows without a living owner, in sweeps of three steps: remove dead servers (lease expired, or session lock
 * gone), revoke the workflows that they owned, and claim pending workflows as far as this process has room. Released and newly
 * stored workflows are claimed in the same way. Each step is safe by itself and on many servers at once. A sweep claims this
 * server's fair share of the pending workflows; the following sweeps claim what other servers have left. Never ends.
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
}: Options) => {
  const freeSince = new Map<string, bigint>()

  /** Removes dead servers. Returns whether a server is suspected to be dead, so that the next sweep comes soon. */
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

  /** Claims and launches workflows; returns their number. */
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
    // An interruption between claim and launch would leave workflows that are owned and do not run.
    return yield* Effect.uninterruptible(
      Effect.gen(function* () {
        const wanted = Math.min(room, Math.max(share, WORTH_SHARING))
        const claimed = yield* repository.claim(current.serverId, runs, wanted, which)
        yield* Metric.incrementBy(Metrics.claimed, claimed.length)
        // Kinds may have been unregistered during the claim; their workflows are released.
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

  // Interruption at shutdown does not wait for a statement that hangs.
  const attempt = sweep.pipe(Effect.disconnect, outages.rounds("takeovers"))
  const { pollInterval } = settings
  const maxBackoff = Duration.max(MAX_BACKOFF, pollInterval)
  const busyInterval = Duration.min(BUSY_INTERVAL, pollInterval)
  const delayAfter = (last: Duration.Duration, isBusy: Option.Option<boolean>) => {
    if (Option.isNone(isBusy)) return Duration.min(Duration.times(Duration.max(last, pollInterval), 2), maxBackoff)
    return isBusy.value ? busyInterval : pollInterval
  }
  /** Waits for work, at most for the delay, and at most until a workflow may be claimed of which storage knows when that is. */
  const rest = (delay: Duration.Duration) =>
    Effect.flatMap(
      repository.nextStart,
      Option.match({
        onNone: () => pause(delay),
        onSome: (start) =>
          Effect.flatMap(Clock.currentTimeMillis, (now) => pause(Duration.min(delay, Number(start) - now)))
      })
    )
  return Effect.iterate<Duration.Duration, never, never>(pollInterval, {
    while: () => true,
    body: (delay) => Effect.map(Effect.zipRight(rest(delay), attempt), (isBusy) => delayAfter(delay, isBusy))
  })
}

/** The kinds and versions that a server with these registrations can run. */
export const runnable = (kinds: ReadonlyMap<string, Registration>): ReadonlyArray<Runnable> =>
  [...kinds.values()].flatMap(({ limit, name, versions }) =>
    versions.map((version) => ({ kind: name, version, limit }))
  )
