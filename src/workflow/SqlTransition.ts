import { Effect, ParseResult, Schedule } from "effect"
import { outsideTransaction } from "../database/Database.ts"
import { DatabaseError, orDatabaseError } from "../database/DatabaseError.ts"

/** Retries of a statement after a deadlock or a serialization failure, with delays that double from 10 ms. */
const CONFLICT_RETRIES = 5

/** Whether the error is a serialization failure (40001) or a deadlock (40P01). */
const isConflict = (error: unknown) =>
  error instanceof DatabaseError && (error.code === "40001" || error.code === "40P01")

/** A statement outside of every transaction. Dies if its rows do not decode, because then this program did not write them. */
export const plain = <A, E, R>(effect: Effect.Effect<A, E | ParseResult.ParseError, R>) =>
  orDatabaseError(
    outsideTransaction(
      Effect.catchAll(effect, (error) => (ParseResult.isParseError(error) ? Effect.die(error) : Effect.fail(error)))
    )
  )

/**
 * As `plain`, retried after conflicts. On the control pool, it does not wait behind the work of tasks.
 */
export const transition = <A, E, R>(effect: Effect.Effect<A, E | ParseResult.ParseError, R>) =>
  Effect.retry(plain(effect), {
    times: CONFLICT_RETRIES,
    schedule: Schedule.jittered(Schedule.exponential("10 millis")),
    while: isConflict
  })
