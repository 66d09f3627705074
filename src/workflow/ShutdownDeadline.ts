import { Clock, Context, Duration, Effect, Layer, Option } from "effect"

/**
 * Maximum pause between two closings that share a deadline, in nanoseconds: 1 s, because a process that ends closes its kinds
 * one after the other, with short pauses.
 */
const SAME_CLOSING = 1_000_000_000n

/** What `ShutdownDeadline` can do. */
export interface ShutdownDeadlineService {
  /**
   * Time until the deadline. The first closing sets the deadline for all that run with it or follow within 1 s of its end; a
   * later closing sets a new one.
   */
  readonly timeLeft: Effect.Effect<Duration.Duration>
  /**
   * Runs a part of a closing until the deadline: none if it has not ended by then; its fiber is interrupted and not waited for.
   */
  readonly within: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<Option.Option<A>, E, R>
}

/** One absolute deadline for everything that is closed together in this process. */
export class ShutdownDeadline extends Context.Tag("workflow-infra/workflow/ShutdownDeadline")<
  ShutdownDeadline,
  ShutdownDeadlineService
>() {
  /** `duration`: how long a shutdown may take altogether. */
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
        // Finalizers are uninterruptible: only this combination returns at the deadline, whatever the effect does.
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
