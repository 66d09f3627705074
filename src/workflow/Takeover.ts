import { Clock, Duration, Effect, Layer, Metric, Option } from "effect"
import { ActiveWorkflows } from "./ActiveWorkflows.ts"
import { Adoption } from "./Adoption.ts"
import { EngineSettings } from "./EngineSettings.ts"
import { HealthCheck } from "./HealthCheck.ts"
import { Kinds } from "./Kinds.ts"
import * as Monotonic from "./Monotonic.ts"
import { Notifications, waitForWork } from "./Notifications.ts"
import { Outages } from "./Outages.ts"
import { Placement, RESERVED_FOR } from "./Placement.ts"
import { runnable } from "./Registration.ts"
import { ServerLease } from "./ServerLease.ts"
import { ServerRepository } from "./ServerRepository.ts"
import { SessionLock } from "./SessionLock.ts"
import { type Claimable, type Placed, RELEASED, type Share, WorkflowRepository } from "./WorkflowRepository.ts"
import * as Metrics from "./WorkflowMetrics.ts"
import { ownershipOf, type Runnable } from "./WorkflowState.ts"

/** How long a server's session lock must be free before the server counts as dead: 2 s, so that it can reconnect. */
const FREE_FOR = Duration.seconds(2)
/** Minimum age of the observer's own session: 5 s. After a restart of PostgreSQL every lock is free for a moment. */
const OBSERVER_AGE = Duration.seconds(5)
/** Maximum number of claimed workflows that have not begun. The rest waits for the next sweep or for another server. */
const CLAIMED_AT_ONCE = 50
/**
 * Minimum number of workflows that a claim asks for, also if the fair share is less: so few are not worth a claim of every
 * server.
 */
const WORTH_SHARING = 5
/**
 * Delay before the next sweep after one that revoked something, or that suspects a server to be dead. After one that claimed something
 * it is at most `writerDebounce`: where no writes are gathered, claims are not either.
 */
const BUSY_INTERVAL = Duration.millis(100)
/** Maximum delay between two sweeps that fail; it starts at the poll interval and doubles. */
const MAX_BACKOFF = Duration.seconds(5)

const make = Effect.gen(function* () {
  const settings = yield* EngineSettings
  const repository = yield* WorkflowRepository
  const servers = yield* ServerRepository
  const sessionLock = yield* SessionLock
  const lease = yield* ServerLease
  const active = yield* ActiveWorkflows
  const adoption = yield* Adoption
  const kinds = yield* Kinds
  const health = yield* HealthCheck
  const notifications = yield* Notifications
  const outages = yield* Outages
  const placement = yield* Placement
  const pause = yield* waitForWork
  const { pollInterval, writerDebounce } = settings
  const busyInterval = Duration.min(BUSY_INTERVAL, pollInterval)
  const freeSince = new Map<string, Duration.Duration>()

  /** Removes dead servers. Returns whether a server is suspected to be dead, so that the next sweep comes soon. */
  const removeDead = Effect.gen(function* () {
    yield* servers.removeExpired(settings.alone === true ? (yield* lease.current).serverId : undefined)
    const unlocked = yield* servers.unlocked
    const now = yield* Monotonic.now
    const age = Option.map(yield* sessionLock.age, Duration.nanos)
    const isOld = Option.exists(age, Duration.greaterThanOrEqualTo(OBSERVER_AGE))
    for (const id of freeSince.keys()) {
      if (!unlocked.includes(id)) freeSince.delete(id)
    }
    for (const id of unlocked) {
      const since = freeSince.get(id) ?? now
      freeSince.set(id, since)
      const isFreeLong = Duration.greaterThanOrEqualTo(Duration.subtract(now, since), FREE_FOR)
      if (isFreeLong && isOld) yield* servers.remove(id)
    }
    return unlocked.length > 0 && Option.isSome(age)
  })

  /** Claims and launches workflows; returns the delay before the next sweep. */
  const claim = Effect.gen(function* () {
    const runs = runnable(yield* kinds.open)
    const room = Math.min(
      settings.maxActiveWorkflows - (yield* active.count),
      CLAIMED_AT_ONCE - (yield* active.starting)
    )
    if (runs.length === 0 || room <= 0) return pollInterval
    const mine = yield* adoption.only
    const which: Claimable = { except: yield* active.unreadable, ...(mine === undefined ? {} : { only: mine }) }
    const { due, share } = yield* repository.share(runs, room, which)
    if (share === 0) return pollInterval
    const isDue = ({ kind, version }: Runnable) => due.some((one) => one.kind === kind && one.version === version)
    const current = yield* lease.current
    // What this process alone may take over is not left to anybody.
    const placed = mine === undefined ? placedOn(current.serverId, due) : []
    // An interruption between claim and launch would leave workflows that are owned and do not run.
    return yield* Effect.uninterruptible(
      Effect.gen(function* () {
        const wanted = Math.min(room, Math.max(share, WORTH_SHARING))
        const claimed = yield* repository.claim(current.serverId, runs.filter(isDue), wanted, { ...which, placed })
        yield* Metric.incrementBy(Metrics.claimed, claimed.length)
        // Kinds may have been unregistered during the claim; their workflows are released.
        const left = yield* kinds.open
        for (const workflow of claimed) {
          const registration = left.get(workflow.kind)
          if (registration !== undefined) yield* active.launch(workflow, registration, current)
          else yield* Effect.ignore(repository.end(ownershipOf(workflow, current.serverId), RELEASED))
        }
        if (claimed.length > 0) return Duration.min(busyInterval, writerDebounce)
        // What is left to other servers now is for everybody then.
        return placed.length > 0 ? Duration.min(RESERVED_FOR, pollInterval) : pollInterval
      })
    )
  })

  /** The buckets of this server, of the kinds that other ones can run too. */
  const placedOn = (serverId: string, due: Share["due"]): ReadonlyArray<Placed> =>
    due
      .filter(({ servers }) => servers.some((id) => id !== serverId))
      .map(({ kind, servers, version }) => ({ kind, version, isMine: placement.isMine(serverId, servers) }))

  const sweep = Effect.gen(function* () {
    const suspected = yield* removeDead
    const revoked = yield* repository.revokeOrphans
    if (revoked > 0) yield* notifications.tell("work")
    const delay = yield* claim
    yield* health.progressed
    return suspected || revoked > 0 ? busyInterval : delay
  })

  // Interruption at shutdown does not wait for a statement that hangs.
  const attempt = sweep.pipe(Effect.disconnect, outages.rounds("takeovers"))
  const maxBackoff = Duration.max(MAX_BACKOFF, pollInterval)
  const backoff = (last: Duration.Duration) =>
    Duration.min(Duration.times(Duration.max(last, pollInterval), 2), maxBackoff)
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
  return yield* Effect.iterate<Duration.Duration, never, never>(pollInterval, {
    while: () => true,
    body: (delay) =>
      Effect.map(
        Effect.zipRight(rest(delay), attempt),
        Option.getOrElse(() => backoff(delay))
      )
  })
})

/**
 * Takes over workflows without a living owner, in sweeps of three steps: remove dead servers (lease expired, or session lock
 * gone), revoke the workflows that they owned, and claim pending workflows as far as this process has room. Released and newly
 * stored workflows are claimed in the same way. Each step is safe by itself and on many servers at once. A sweep claims as many as this
 * server's fair share of the pending workflows, of those that `Placement` gives to it or that have been free for a while; the following
 * sweeps claim what other servers have left.
 */
export const layer = Layer.scopedDiscard(Effect.forkScoped(make))
