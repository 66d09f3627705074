import { Clock, Duration, Effect, Option, Schema } from "effect"
import type { ServerLeaseService } from "./ServerLease.ts"
import type { WorkflowSettings } from "./WorkflowSettings.ts"

/**
 * How a process stands. `alive`: its lease is renewed in time, and it gets to look after its workflows; `degraded`: it still has its
 * lease, but a beat is overdue or it has not got to look for a while (the database is slow or away, or the process is too busy);
 * `lost`: it has no lease, and runs nothing.
 */
export const WorkflowHealth = Schema.Literal("alive", "degraded", "lost")
/** @see WorkflowHealth */
export type WorkflowHealth = typeof WorkflowHealth.Type

/** Polls that may be missed, or five seconds, whichever is longer: a busy moment is no illness. */
const MISSED_POLLS = 10
const BUSY_MOMENT = Duration.seconds(5)

/** Says how a process stands, from its lease and from when it `progressed` last. */
export const make = (lease: ServerLeaseService, settings: WorkflowSettings) =>
  Effect.map(Clock.currentTimeNanos, (start) => {
    let progressedAt = start
    const patience = nanos(Duration.max(Duration.times(settings.pollInterval, MISSED_POLLS), BUSY_MOMENT))
    const beat = nanos(Duration.sum(settings.heartbeatInterval, settings.heartbeatTimeout))
    return {
      progressed: Effect.map(Clock.currentTimeNanos, (now) => {
        progressedAt = now
      }),
      health: Effect.gen(function* () {
        const renewedAt = yield* lease.renewedAt
        const now = yield* Clock.currentTimeNanos
        if (Option.isNone(renewedAt)) return "lost"
        return now - renewedAt.value > beat || now - progressedAt > patience ? "degraded" : "alive"
      }) satisfies Effect.Effect<WorkflowHealth>
    }
  })

const nanos = (duration: Duration.Duration) => Option.getOrElse(Duration.toNanos(duration), () => 0n)
