import { Data, Duration, Effect } from "effect"

/** A time limit has passed. Not retryable, because work that hangs usually hangs again. */
export class TimedOut extends Data.TaggedError("TimedOut")<{ readonly message: string }> {}

/**
 * Fails with `TimedOut` if the effect takes longer than `limit` (undefined: no limit). The effect is interrupted, but not
 * waited for.
 */
export const withTimeLimit =
  (limit: Duration.DurationInput | undefined) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | TimedOut, R> =>
    limit === undefined
      ? effect
      : effect.pipe(
          Effect.disconnect,
          Effect.timeoutFail({
            duration: limit,
            onTimeout: () => new TimedOut({ message: `timed out after ${Duration.format(limit)}` })
          })
        )
