import { SqlError } from "@effect/sql/SqlError"
import { Cause, Effect, Option, Predicate, Schema } from "effect"

/** SQLSTATE classes whose statements may succeed when they are repeated: connection, rollback (deadlock, serialization), resources, operator intervention. */
const RETRYABLE_CLASSES = ["08", "40", "53", "57"]
/** The server ended a session that stood still within a transaction: this process did not get its turn. */
const IDLE_IN_TRANSACTION = "25P03"

/** Errors by which a server says that it is not there, or goes: connections, and shutdowns. */
const isOutageCode = (code: string) => code.startsWith("08") || ["57P01", "57P02", "57P03"].includes(code)

/**
 * A statement or transaction on our own database failed. `code` is the SQLSTATE, or null where the connection failed before
 * the server could answer; `retryable` says whether the same work may succeed later. A COMMIT whose answer was lost is one of
 * these too, so a caller that repeats its work must be able to find that it had been done. The message is the server's, one line.
 */
export class DatabaseError extends Schema.TaggedError<DatabaseError>()("DatabaseError", {
  message: Schema.String,
  code: Schema.NullOr(Schema.String),
  retryable: Schema.Boolean
}) {
  /** Whether the database was away: no fault of the statement's, however often. */
  get isOutage(): boolean {
    return this.code === null || isOutageCode(this.code)
  }

  /** From what the driver failed with. */
  static from(error: unknown): DatabaseError {
    const cause = error instanceof SqlError ? error.cause : error
    // A host with several addresses fails with an error for each, and no words of its own.
    const first: unknown = cause instanceof AggregateError && cause.message === "" ? cause.errors[0] : cause
    const text = Predicate.isError(first) ? first.message : error instanceof Error ? error.message : String(error)
    const code = isAnswer(cause) ? cause.code : null
    return new DatabaseError({
      message: text.replace(/\s+/g, " ").trim() || "the database did not answer",
      code,
      retryable: code === null || code === IDLE_IN_TRANSACTION || RETRYABLE_CLASSES.includes(code.slice(0, 2))
    })
  }
}

/** Whether the server itself said so: then `code` is an SQLSTATE, and otherwise the system's (`EPIPE`). */
const isAnswer = (error: unknown): error is Error & { readonly code: string } =>
  Predicate.isError(error) && "severity" in error && "code" in error && Predicate.isString(error.code)

const isDriverError = (defect: unknown) => defect instanceof SqlError || isAnswer(defect)

/**
 * Turns what the driver fails with into `DatabaseError`: `SqlError`s, and the defects that `withTransaction` makes of a failed
 * COMMIT or ROLLBACK. Every other error and defect passes.
 */
export const orDatabaseError = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, Exclude<E, SqlError> | DatabaseError, R> =>
  Effect.catchAllCause(effect, (cause): Effect.Effect<never, Exclude<E, SqlError> | DatabaseError> => {
    const failure = Option.orElse(
      Option.filter(Cause.failureOption(cause), (error) => error instanceof SqlError),
      () => Option.filter(Cause.dieOption(cause), isDriverError)
    )
    return Option.match(failure, {
      onSome: (error) => Effect.fail(DatabaseError.from(error)),
      onNone: () => Effect.failCause(Cause.flatMap(cause, keepOthers))
    })
  })

const keepOthers = <E>(error: E): Cause.Cause<Exclude<E, SqlError>> =>
  isNotSqlError(error) ? Cause.fail(error) : Cause.die(error)

const isNotSqlError = <E>(error: E): error is Exclude<E, SqlError> => !(error instanceof SqlError)
