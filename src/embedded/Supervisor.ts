import { Duration, Effect, Either, type Scope } from "effect"
import { diagnose, type Place } from "./Diagnosis.ts"
import type { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import type { Postmaster } from "./Postmaster.ts"
import { problemIn } from "./ServerLog.ts"

/** How often a server is started again before it has run for as long as `STEADY`, and the pause before each time. */
const RESTARTS = 30
const PAUSE = Duration.seconds(1)

/** The pause after the first end of a server that ran steadily: whatever killed it has most likely passed. */
const FIRST_PAUSE = Duration.millis(250)

/** A server that ran for this long has left its trouble behind. */
const STEADY = Duration.minutes(1)

/** Only what a server says when it crashes: the rest of the log of one that ran is about its clients. */
const CRASH = /PANIC:|No space left|disk is full|terminated by signal/

const givenUp = Effect.fn("Supervisor.givenUp")(function* (place: Place, status: number) {
  const said = yield* problemIn(place.log)
  return yield* diagnose(place, CRASH.test(said) ? said : `it ended with ${status} again and again`)
})

/**
 * Starts a server with `start`, tells `onStarted`, and starts it again whenever it ends. Only ever fails: at once where the
 * first start does, or where a later one fails with anything but `Failed` (damaged data stay damaged); after thirty
 * attempts, a second apart, where no server has run for a minute.
 */
export const keepRunning = <R>(
  place: Place,
  start: Effect.Effect<Postmaster, EmbeddedPostgresError, R>,
  onStarted: (server: Postmaster) => Effect.Effect<void>
): Effect.Effect<never, EmbeddedPostgresError, Exclude<R, Scope.Scope>> => {
  const once = start.pipe(
    Effect.tap(onStarted),
    Effect.flatMap(({ ended }) => Effect.timed(ended)),
    Effect.scoped
  )
  return Effect.gen(function* () {
    let hasStarted = false
    let left = RESTARTS
    for (;;) {
      const outcome = yield* Effect.either(once)
      if (Either.isLeft(outcome)) {
        const { reason, message } = outcome.left
        if (!hasStarted || reason !== "Failed" || left-- <= 0) return yield* outcome.left
        yield* Effect.logDebug(`PostgreSQL is tried again: ${message}`)
        yield* Effect.sleep(PAUSE)
        continue
      }
      const [lived, status] = outcome.right
      const isSteady = Duration.greaterThanOrEqualTo(lived, STEADY)
      const isFirst = isSteady || !hasStarted
      hasStarted = true
      if (isSteady) left = RESTARTS
      if (left-- <= 0) return yield* givenUp(place, status)
      yield* Effect.logWarning(`PostgreSQL ended with ${status} and is started again; its log is ${place.log}.previous`)
      yield* Effect.sleep(isFirst ? FIRST_PAUSE : PAUSE)
    }
  })
}
