import { Data, Duration, Effect } from "effect"

/** Something took longer than it may. Not retryable: what hung once hangs twice. */
export class TimedOut extends Data.TaggedError("TimedOut")<{ readonly message: string }> {}

/**
 * Gives an effect so much time (none given: as long as it likes) and then fails with `TimedOut`. One that does not heed its
 * interruption is left behind.
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
