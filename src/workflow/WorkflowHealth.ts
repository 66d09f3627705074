import { Clock, Duration, Effect, Option, Schema } from "effect"
import type { ServerLeaseService } from "./ServerLease.ts"
import type { WorkflowSettings } from "./WorkflowSettings.ts"

/**
 * How a process stands. `alive`: its lease is renewed in time, it gets to look after its workflows, and the database takes what it has
 * to say; `degraded`: it still has its lease, and one of these is not so; `lost`: it has no lease, and runs nothing. The reasons are
 * sentences for people; none where it is alive.
 */
export const WorkflowHealth = Schema.Struct({
  status: Schema.Literal("alive", "degraded", "lost"),
  reasons: Schema.Array(Schema.String)
})
/** @see WorkflowHealth */
export type WorkflowHealth = typeof WorkflowHealth.Type

/** Polls that may be missed, or five seconds, whichever is longer: a busy moment is no illness. */
const MISSED_POLLS = 10
const BUSY_MOMENT = Duration.seconds(5)

/** Says how a process stands, from its lease, from when it `progressed` last, and from what else is `known` to be wrong. */
export const make = (
  lease: ServerLeaseService,
  settings: WorkflowSettings,
  known: Effect.Effect<ReadonlyArray<string>>
) =>
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
        const reasons = [...(yield* known)]
        if (Option.isNone(renewedAt)) return { status: "lost", reasons: ["there is no lease", ...reasons] }
        if (now - renewedAt.value > beat) reasons.unshift("a heartbeat is overdue")
        if (now - progressedAt > patience) reasons.push("nobody has looked for workflows for a while")
        return { status: reasons.length === 0 ? "alive" : "degraded", reasons }
      }) satisfies Effect.Effect<WorkflowHealth>
    }
  })

const nanos = (duration: Duration.Duration) => Option.getOrElse(Duration.toNanos(duration), () => 0n)
