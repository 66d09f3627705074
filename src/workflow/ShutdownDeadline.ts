import { Context, Duration, Effect, Layer, type Option } from "effect"
import { EngineSettings } from "./EngineSettings.ts"
import * as Monotonic from "./Monotonic.ts"

/**
 * Maximum pause between two closings that share a deadline: 1 s, because a process that ends closes its kinds one after the
 * other, with short pauses.
 */
const SAME_CLOSING = Duration.seconds(1)

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
  /** A shutdown may take `WorkflowSettings.shutdownDeadline` altogether. */
  static readonly layer = Layer.effect(
    ShutdownDeadline,
    Effect.map(EngineSettings, ({ shutdownDeadline }) => make(shutdownDeadline))
  )
}

const make = (allowed: Duration.Duration): ShutdownDeadlineService => {
  let deadline: Duration.Duration | undefined
  let closings = 0
  let lastClosing = Duration.zero

  const timeLeft = Effect.map(Monotonic.now, (now) => {
    const isOver = closings === 0 && Duration.greaterThan(now, Duration.sum(lastClosing, SAME_CLOSING))
    if (deadline === undefined || isOver) deadline = Duration.sum(now, allowed)
    return Duration.subtract(deadline, now)
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
            Effect.map(Monotonic.now, (now) => {
              closings--
              lastClosing = now
            })
          )
        )
      })
  }
}
