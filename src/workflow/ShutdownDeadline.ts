import { Clock, Context, Duration, Effect, Layer, Option } from "effect"

/** Closings that follow each other within a second (in nanoseconds) are one: a process that ends closes its kinds one by one. */
const SAME_CLOSING = 1_000_000_000n

/** What `ShutdownDeadline` can do. */
export interface ShutdownDeadlineService {
  /** Time until the deadline: the first of several closings fixes it for all, one that comes long after is a new beginning. */
  readonly timeLeft: Effect.Effect<Duration.Duration>
  /** Runs a part of a closing, no longer than there is time. What does not end by then is left behind. */
  readonly within: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<Option.Option<A>, E, R>
}

/** One absolute deadline for everything that ends with this process, fixed by whoever closes first. */
export class ShutdownDeadline extends Context.Tag("workflow-infra/workflow/ShutdownDeadline")<
  ShutdownDeadline,
  ShutdownDeadlineService
>() {
  /** A shutdown may take so long altogether. */
  static readonly layer = (duration: Duration.Duration) => Layer.sync(ShutdownDeadline, () => make(duration))
}

const make = (duration: Duration.Duration): ShutdownDeadlineService => {
  let deadline: bigint | undefined
  let closings = 0
  let lastClosing = 0n

  const timeLeft = Option.match(Duration.toNanos(duration), {
    onNone: () => Effect.succeed(Duration.infinity),
    onSome: (allowed) =>
      Effect.map(Clock.currentTimeNanos, (now) => {
        if (deadline === undefined || (closings === 0 && now > lastClosing + SAME_CLOSING)) deadline = now + allowed
        return Duration.nanos(deadline > now ? deadline - now : 0n)
      })
  })

  return {
    timeLeft,
    within: (effect) =>
      Effect.flatMap(timeLeft, (time) => {
        closings++
        // In a finalizer nothing but this combination returns in time.
        return effect.pipe(
          Effect.disconnect,
          Effect.interruptible,
          Effect.timeoutOption(time),
          Effect.ensuring(
            Effect.map(Clock.currentTimeNanos, (now) => {
              closings--
              lastClosing = now
            })
          )
        )
      })
  }
}
