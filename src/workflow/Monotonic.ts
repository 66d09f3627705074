import { Clock, Duration, Effect } from "effect"

/** The monotonic time of this process: a duration since a moment that only differences know. */
export const now: Effect.Effect<Duration.Duration> = Effect.map(Clock.currentTimeNanos, Duration.nanos)

/** The time since a moment of `now`. */
export const since = (moment: Duration.Duration): Effect.Effect<Duration.Duration> =>
  Effect.map(now, (at) => Duration.subtract(at, moment))
