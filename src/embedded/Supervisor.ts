import { Duration, Effect, Either, type Scope } from "effect"
import { diagnose, type Place } from "./Diagnosis.ts"
import type { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import type { Postmaster } from "./Postmaster.ts"
import { problemIn } from "./ServerLog.ts"

/** How many times a server is restarted without having run for `STEADY`: with `PAUSE`, at least half a minute in all. */
const RESTARTS = 30
/** The pause before a restart. */
const PAUSE = Duration.seconds(1)

/** The pause before the first restart, and after a server that ran for `STEADY`: the cause of its end has most likely passed. */
const FIRST_PAUSE = Duration.millis(250)

/** A server that has run for this long counts as healthy, and has all its restarts again. */
const STEADY = Duration.minutes(1)

/** Messages that explain a crash. Other lines in the log of a server that has run may be about its clients. */
const CRASH = /PANIC:|No space left|disk is full|terminated by signal/

const givenUp = Effect.fn("Supervisor.givenUp")(function* (place: Place, status: number) {
  const said = yield* problemIn(place.log)
  return yield* diagnose(place, CRASH.test(said) ? said : `it ended with ${status} again and again`)
})

/**
 * Starts a server with `start`, calls `onStarted`, and restarts the server whenever it ends. Never succeeds. Fails when the first
 * start fails, when a later one fails with a reason other than `Failed` (damaged data stay damaged), and after thirty restarts
 * without a server that ran for one minute.
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
