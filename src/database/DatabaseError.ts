import { SqlError } from "@effect/sql/SqlError"
import { Cause, Effect, Option, Predicate, Schema } from "effect"

/**
 * SQLSTATE classes that a retry may overcome: connection (08), authorization (28: a password may be being changed), rollback (40:
 * deadlock, serialization), resources (53: disk, memory, connections), locks (55), operator intervention (57), system (58).
 */
const RETRYABLE_CLASSES = ["08", "28", "40", "53", "55", "57", "58"]

/** SQLSTATE `insufficient_privilege`. */
const NO_RIGHT = "42501"

/** SQLSTATEs outside those classes that a retry may overcome. */
const RETRYABLE_CODES = [
  // idle_in_transaction_session_timeout: this process got no CPU time while its transaction was open.
  "25P03",
  // transaction_timeout.
  "25P04",
  // read_only_sql_transaction: the server is a standby, or a primary that an administrator made read-only.
  "25006"
]

/**
 * SQLSTATE classes that blame the statement or a value in it: cardinality (21), data (22), constraints (23), names and types (42), views'
 * checks (44), limits (54).
 */
const STATEMENT_CLASSES = ["21", "22", "23", "42", "44", "54"]

/** SQLSTATE classes of a running server that refuses everybody's work: authorization (28), resources (53), system (58). */
const REFUSAL_CLASSES = ["28", "53", "58"]
/** SQLSTATEs with the same meaning: read-only server, right revoked. */
const REFUSAL_CODES = ["25006", NO_RIGHT]

/** Whether an SQLSTATE says that the server is unreachable, shutting down or starting up: connection (08), 57P01 to 57P03. */
const isOutageCode = (code: string) => code.startsWith("08") || ["57P01", "57P02", "57P03"].includes(code)

/** Fields of the driver's error that the cause keeps. `detail` and `where` are dropped, because they may contain values of rows. */
const KEPT = ["code", "severity", "schema", "table", "column", "constraint", "routine", "syscall", "address", "port"]

/**
 * A statement or transaction on our own database failed. `code` is the SQLSTATE, or null when the connection failed before the server
 * answered. `retryable` says whether the same work may succeed later. When the answer to a COMMIT is lost, the transaction may have been
 * committed all the same, so a caller that retries must be able to detect work that is already done. `message` is the server's, on one
 * line. `cause` is the driver's error without the fields that may contain values of rows.
 *
 * @example
 * ```ts
 * const workflow = yield* infra.get(projectId, workflowId).pipe(
 *   Effect.retry({ times: 3, while: (error) => error._tag === "DatabaseError" && error.retryable })
 * )
 * ```
 */
export class DatabaseError extends Schema.TaggedError<DatabaseError>()("DatabaseError", {
  message: Schema.String,
  code: Schema.NullOr(Schema.String),
  retryable: Schema.Boolean,
  cause: Schema.optional(Schema.Defect)
}) {
  /** Whether the database was unreachable, shutting down or starting up. The statement is not to blame, however often this happens. */
  get isOutage(): boolean {
    return this.code === null || isOutageCode(this.code)
  }

  /** Whether it is an outage, or the server refuses everybody's work for now: it is read-only or full, or a right was revoked. */
  get isRefusal(): boolean {
    const { code, retryable } = this
    return (
      this.isOutage ||
      (retryable && (REFUSAL_CODES.includes(code ?? "") || REFUSAL_CLASSES.includes(code?.slice(0, 2) ?? "")))
    )
  }

  /** Whether the statement itself, or a value in it, is wrong. A retry would fail again, even on a healthy database. */
  get isStatements(): boolean {
    return this.code !== null && !this.retryable && STATEMENT_CLASSES.includes(this.code.slice(0, 2))
  }

  /** Makes one from whatever the driver failed with, at a statement of the engine or of the program that uses it. */
  static from(error: unknown, whose: "engine" | "program" = "engine"): DatabaseError {
    const cause = error instanceof SqlError ? error.cause : error
    // For a host with several addresses Node reports an AggregateError with an empty message and one error per address.
    const first: unknown = cause instanceof AggregateError && cause.message === "" ? cause.errors[0] : cause
    const text = Predicate.isError(first) ? first.message : error instanceof Error ? error.message : String(error)
    const code = isAnswer(cause) ? cause.code : null
    const isRetryable = (sqlState: string) =>
      RETRYABLE_CLASSES.includes(sqlState.slice(0, 2)) ||
      RETRYABLE_CODES.includes(sqlState) ||
      // An administrator may grant the right again; a program's own table was forgotten in a GRANT more likely.
      (sqlState === NO_RIGHT && whose === "engine")
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

/** Whether the error came from the server: then `code` is an SQLSTATE. Otherwise `code` is the operating system's (`EPIPE`). */
const isAnswer = (error: unknown): error is Error & { readonly code: string } =>
  Predicate.isError(error) && "severity" in error && "code" in error && Predicate.isString(error.code)

const isDriverError = (defect: unknown) => defect instanceof SqlError || isAnswer(defect)

const convertedBy =
  (from: (error: unknown) => DatabaseError) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, Exclude<E, SqlError> | DatabaseError, R> =>
    Effect.catchAllCause(effect, (cause): Effect.Effect<never, Exclude<E, SqlError> | DatabaseError> => {
      const failure = Option.orElse(
        Option.filter(Cause.failureOption(cause), (error) => error instanceof SqlError),
        () => Option.filter(Cause.dieOption(cause), isDriverError)
      )
      return Option.match(failure, {
        onSome: (error) => Effect.fail(from(error)),
        onNone: () => Effect.failCause(Cause.flatMap(cause, keepOthers))
      })
    })

/**
 * Turns the driver's failures into `DatabaseError`: `SqlError`s, and the defects that `withTransaction` makes of a failed COMMIT or
 * ROLLBACK. Every other error and defect passes unchanged.
 */
export const orDatabaseError = convertedBy((error) => DatabaseError.from(error))

/**
 * `orDatabaseError` for statements of the program's own: there a missing privilege is not retryable, because a GRANT on its table was
 * forgotten more likely than a privilege was revoked for a while. A `DatabaseError` is left as it is: that statement was the engine's.
 */
export const orProgramsError = convertedBy((error) => DatabaseError.from(error, "program"))

const keepOthers = <E>(error: E): Cause.Cause<Exclude<E, SqlError>> =>
  isNotSqlError(error) ? Cause.fail(error) : Cause.die(error)

const isNotSqlError = <E>(error: E): error is Exclude<E, SqlError> => !(error instanceof SqlError)
