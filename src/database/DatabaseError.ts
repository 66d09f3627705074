import { SqlError } from "@effect/sql/SqlError"
import { Cause, Effect, Option, Predicate, Schema } from "effect"

/**
 * SQLSTATE classes whose statements may succeed when they are repeated: connection, authorization (a password that is being changed),
 * rollback (deadlock, serialization), resources (disk, memory, connections), locks, operator intervention, system.
 */
const RETRYABLE_CLASSES = ["08", "28", "40", "53", "55", "57", "58"]

/** Single codes for which that is true: the server … */
const RETRYABLE_CODES = [
  // … ended a session that stood still within a transaction: this process did not get its turn.
  "25P03",
  // … ended a transaction that took too long.
  "25P04",
  // … is read only: a standby, or a primary that somebody holds still.
  "25006",
  // … has had a right taken away, which somebody may give back.
  "42501"
]

/** Classes of errors for which the statement is to blame, or a value in it: data, constraints, names and types, limits. */
const STATEMENT_CLASSES = ["21", "22", "23", "42", "44", "54"]

/** Errors by which a server that is there takes nobody's work: authorization, resources, system; read only, a right taken away. */
const REFUSAL_CLASSES = ["28", "53", "58"]
const REFUSAL_CODES = ["25006", "42501"]

/** Errors by which a server says that it is not there, or goes: connections, and shutdowns. */
const isOutageCode = (code: string) => code.startsWith("08") || ["57P01", "57P02", "57P03"].includes(code)

/** What of the driver's error is kept as a cause: where in the server it was, and not the rows that `detail` and `where` show. */
const KEPT = ["code", "severity", "schema", "table", "column", "constraint", "routine", "syscall", "address", "port"]

/**
 * A statement or transaction on our own database failed. `code` is the SQLSTATE, or null where the connection failed before
 * the server could answer; `retryable` says whether the same work may succeed later. A COMMIT whose answer was lost is one of
 * these too, so a caller that repeats its work must be able to find that it had been done. The message is the server's, one line;
 * the cause is the driver's error without the values it shows.
 */
export class DatabaseError extends Schema.TaggedError<DatabaseError>()("DatabaseError", {
  message: Schema.String,
  code: Schema.NullOr(Schema.String),
  retryable: Schema.Boolean,
  cause: Schema.optional(Schema.Defect)
}) {
  /** Whether the database was away: no fault of the statement's, however often. */
  get isOutage(): boolean {
    return this.code === null || isOutageCode(this.code)
  }

  /** Whether the database was away or does not take anybody's work at the moment: read only, full, or a right has been taken away. */
  get isRefusal(): boolean {
    return (
      this.isOutage || REFUSAL_CODES.includes(this.code ?? "") || REFUSAL_CLASSES.includes(this.code?.slice(0, 2) ?? "")
    )
  }

  /** Whether the statement itself, or a value in it, is wrong. Repeating it fails again, even on a healthy database. */
  get isStatements(): boolean {
    return this.code !== null && !this.retryable && STATEMENT_CLASSES.includes(this.code.slice(0, 2))
  }

  /** From what the driver failed with. */
  static from(error: unknown): DatabaseError {
    const cause = error instanceof SqlError ? error.cause : error
    // A host with several addresses fails with an error for each, and no words of its own.
    const first: unknown = cause instanceof AggregateError && cause.message === "" ? cause.errors[0] : cause
    const text = Predicate.isError(first) ? first.message : error instanceof Error ? error.message : String(error)
    const code = isAnswer(cause) ? cause.code : null
    const isRetryable = (sqlState: string) =>
      RETRYABLE_CLASSES.includes(sqlState.slice(0, 2)) || RETRYABLE_CODES.includes(sqlState)
    return new DatabaseError({
      message: text.replace(/\s+/g, " ").trim() || "the database did not answer",
      code,
      retryable: code === null || isRetryable(code),
      cause: withoutValues(first)
    })
  }
}

const withoutValues = (error: unknown): unknown => {
  if (!Predicate.isError(error)) return undefined
  const kept = new Error(error.message)
  if (error.stack !== undefined) kept.stack = error.stack
  for (const name of KEPT) {
    if (name in error) Reflect.set(kept, name, Reflect.get(error, name))
  }
  return kept
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
