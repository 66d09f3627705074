import { Clock, Duration, Effect, Option, Metric } from "effect"
import type { ActiveWorkflows, Registration } from "./ActiveWorkflows.ts"
import type { NotificationsService } from "./Notifications.ts"
import type { ServerLeaseService } from "./ServerLease.ts"
import type { ServerRepositoryService } from "./ServerRepository.ts"
import type { SessionLockService } from "./SessionLock.ts"
import { RELEASED, type WorkflowRepositoryService } from "./WorkflowRepository.ts"
import * as Metrics from "./WorkflowMetrics.ts"
import type { WorkflowSettings } from "./WorkflowSettings.ts"
import { ownershipOf } from "./WorkflowState.ts"

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

/** What a sweep works with. */
interface Takeover {
  readonly servers: ServerRepositoryService
  readonly repository: WorkflowRepositoryService
  readonly sessionLock: SessionLockService
  readonly lease: ServerLeaseService
  readonly active: ActiveWorkflows
  readonly settings: WorkflowSettings
  readonly notifications: NotificationsService
  /** Waits until it is worth looking again, at most so long. */
  readonly pause: (atMost: Duration.Duration) => Effect.Effect<void>
  /** Called after each look that succeeded. */
  readonly progressed: Effect.Effect<void>
  /** The kinds that this process may take; none while it is closing. */
  readonly kinds: Effect.Effect<ReadonlyMap<string, Registration>>
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
    yield* servers.removeExpired
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
    const names = [...(yield* kinds).keys()]
    const room = Math.min(
      settings.maxActiveWorkflows - (yield* active.count),
      CLAIMED_AT_ONCE - (yield* active.starting)
    )
    if (names.length === 0 || room <= 0) return 0
    const share = yield* repository.share(names, room)
    if (share === 0) return 0
    const current = yield* lease.current
    // What has been claimed is launched: an interruption in between would leave it to reconciliation.
    return yield* Effect.uninterruptible(
      Effect.gen(function* () {
        const wanted = Math.min(room, Math.max(share, WORTH_SHARING))
        const claimed = yield* repository.claim(current.serverId, names, wanted)
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

  const attempt = sweep.pipe(
    // Whoever closes does not wait for a database that hangs.
    Effect.disconnect,
    Effect.catchAllCause((cause) =>
      Effect.as(Effect.logDebug("a takeover sweep failed; the next one will do", cause), false)
    )
  )
  const busyInterval = Duration.min(BUSY_INTERVAL, settings.pollInterval)
  return Effect.iterate(false, {
    while: () => true,
    body: (busy) => Effect.zipRight(pause(busy ? busyInterval : settings.pollInterval), attempt)
  })
}
