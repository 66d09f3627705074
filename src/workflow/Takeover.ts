import { Clock, Effect, Option, Metric } from "effect"
import type { ActiveWorkflows, Registration } from "./ActiveWorkflows.ts"
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
/** Workflows claimed at a time: the others wait for the next poll, or for another server. */
const CLAIMED_AT_ONCE = 50

/** What a sweep works with. */
interface Takeover {
  readonly servers: ServerRepositoryService
  readonly repository: WorkflowRepositoryService
  readonly sessionLock: SessionLockService
  readonly lease: ServerLeaseService
  readonly active: ActiveWorkflows
  readonly settings: WorkflowSettings
  /** Waits until it is worth looking again. */
  readonly pause: Effect.Effect<void>
  /** Called after each look that succeeded. */
  readonly progressed: Effect.Effect<void>
  /** The kinds that this process may take; none while it is closing. */
  readonly kinds: Effect.Effect<ReadonlyMap<string, Registration>>
}

/**
 * Adopts workflows whose owner is gone, in three steps: remove servers that are dead (expired, or without their session lock), revoke
 * what they owned, and claim what has no owner, as far as this process has room. Released and newly stored workflows come in by the
 * same door. Each step is safe on its own and on many servers at once.
 */
export const make = ({
  active,
  kinds,
  lease,
  pause,
  progressed,
  repository,
  servers,
  sessionLock,
  settings
}: Takeover) => {
  const freeSince = new Map<string, bigint>()

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
  })

  const claim = Effect.gen(function* () {
    const known = yield* kinds
    const room = Math.min(settings.maxActiveWorkflows - (yield* active.count), CLAIMED_AT_ONCE)
    if (known.size === 0 || room <= 0) return
    const current = yield* lease.current
    // What has been claimed is launched: an interruption in between would leave it to reconciliation.
    yield* Effect.uninterruptible(
      Effect.gen(function* () {
        const claimed = yield* repository.claim(current.serverId, [...known.keys()], room)
        yield* Metric.incrementBy(Metrics.claimed, claimed.length)
        // Some may have gone while the claim was on its way.
        const left = yield* kinds
        for (const workflow of claimed) {
          const registration = left.get(workflow.kind)
          if (registration !== undefined) yield* active.launch(workflow, registration, current)
          else yield* Effect.ignore(repository.end(ownershipOf(workflow, current.serverId), RELEASED))
        }
      })
    )
  })

  const sweep = Effect.all([removeDead, repository.revokeOrphans, claim, progressed], { discard: true })

  const attempt = sweep.pipe(
    // Whoever closes does not wait for a database that hangs.
    Effect.disconnect,
    Effect.catchAllCause((cause) => Effect.logDebug("a takeover sweep failed; the next one will do", cause))
  )
  return Effect.forever(Effect.zipRight(pause, attempt))
}
