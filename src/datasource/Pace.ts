import { Cause, Duration, Effect, Exit, Option, Schema } from "effect"

/** Interval between two statements that count what others run. Set by hand: short beside a run, long beside a statement. */
const LOOK_EVERY = Duration.millis(500)
/** The average number of statements that others run at a time from which we make room for them. */
const AT_WORK = 0.5
/** The share of a new look in the average, from 0 to 1. */
const NEWEST = 0.5
/**
 * The pause after a statement, as a multiple of the time that it took, while others use the server and while nobody does. A statement keeps
 * one core busy, of which more than half is then left to others: on a server with two cores and four busy clients, these keep at least 80 % of their
 * rate. A gentle pool takes half as much.
 */
const PAUSE = { shared: { usual: 1.5, gentle: 4 }, unused: { usual: 0, gentle: 1 } }

/** How fast a pool may read. */
export interface Pace {
  /** Runs a statement: at once or, while others use the server, one at a time with a pause after each. */
  readonly keep: <A, E>(statement: Effect.Effect<A, E>) => Effect.Effect<A, E>
}

/** A row of `OTHERS`. */
export const OthersRow = Schema.Struct({ others: Schema.Number })

/**
 * The number of statements that others run now, in whatever database of the server. Where the login may not see what a session does, one
 * that holds its transaction's lock counts. A transaction that has waited for its client for a second does not.
 */
export const OTHERS = `SELECT count(*)::float8 AS others FROM pg_stat_activity a
  WHERE a.pid <> pg_backend_pid() AND a.application_name NOT LIKE 'workflow-infra%'
    AND a.application_name <> current_setting('application_name') AND coalesce(a.backend_type, 'client backend') = 'client backend'
    AND (a.state = 'active' OR a.state LIKE 'idle in transaction%' AND a.state_change > clock_timestamp() - interval '1 second'
      OR a.state IS NULL AND EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'virtualxid' AND l.granted))`

/**
 * Keeps a pool's pace; `others` counts the statements that others run, by one statement of its own. No pause follows a statement that failed
 * with an error of which `waited` is true: it took no time of the server.
 */
export const make = (options: {
  readonly gentle: boolean
  readonly others: Effect.Effect<number, unknown>
  readonly waited: (error: unknown) => boolean
}): Effect.Effect<Pace> =>
  Effect.gen(function* () {
    const clock = yield* Effect.clock
    const one = yield* Effect.makeSemaphore(1)
    let average = 0
    let nextLook = 0

    const look = Effect.suspend(() => {
      const now = clock.unsafeCurrentTimeMillis()
      if (now < nextLook) return Effect.void
      nextLook = now + Duration.toMillis(LOOK_EVERY)
      return Effect.match(options.others, {
        onSuccess: (others) => {
          average += NEWEST * (others - average)
        },
        // A server that does not say so is read as fast as one that nobody else uses.
        onFailure: () => {
          nextLook = Number.POSITIVE_INFINITY
        }
      })
    })

    const paused = <A, E>(statement: Effect.Effect<A, E>, times: number): Effect.Effect<A, E> =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(Effect.timed(Effect.exit(restore(statement))), ([took, exit]) =>
          Exit.isFailure(exit) && Option.exists(Cause.failureOption(exit.cause), options.waited)
            ? exit
            : Effect.zipRight(Effect.exit(restore(Effect.sleep(Duration.times(took, times)))), exit)
        )
      ).pipe(one.withPermits(1))

    return {
      keep: (statement) =>
        Effect.zipRight(
          look,
          Effect.suspend(() => {
            const pause = PAUSE[average >= AT_WORK ? "shared" : "unused"][options.gentle ? "gentle" : "usual"]
            return pause > 0 ? paused(statement, pause) : statement
          })
        )
    }
  })
