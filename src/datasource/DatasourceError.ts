import { Predicate, Schema } from "effect"

/** Why a datasource did not answer; each needs something else from the person who gave its URL, or from the program. */
export const DatasourceFailure = Schema.Literal(
  "malformed-url",
  "unreachable",
  "refused",
  "not-postgres",
  "unsupported",
  "tls",
  "authentication",
  "no-database",
  "no-schema",
  "too-many-connections",
  "timeout",
  "locked",
  "conflict",
  "cancelled",
  "lost",
  "broken",
  "ended",
  "denied",
  "gone",
  "failed"
)
/** @see DatasourceFailure */
export type DatasourceFailure = typeof DatasourceFailure.Type

/** What may go away by itself: the same call may succeed later. */
const PASSING: ReadonlyArray<DatasourceFailure> = [
  ...(["unreachable", "refused", "too-many-connections", "timeout", "locked", "conflict", "cancelled", "lost"] as const)
]

/** Of one table, not of the datasource: whoever reads many tables notes it and goes on with the others. */
const OF_ONE_TABLE: ReadonlyArray<DatasourceFailure> = [
  ...(["denied", "gone", "failed", "timeout", "locked", "conflict", "cancelled", "broken"] as const)
]

/**
 * Somebody else's database did not do what was asked. `message` is one line that names what is wrong and what to do about it;
 * passwords are never part of it. `code` is the SQLSTATE where the server gave one.
 */
export class DatasourceError extends Schema.TaggedError<DatasourceError>()("DatasourceError", {
  reason: DatasourceFailure,
  message: Schema.String,
  code: Schema.NullOr(Schema.String),
  /** `host:port/database`, where `message` begins with it. */
  datasource: Schema.optionalWith(Schema.String, { exact: true })
}) {
  /** Whether the same call may succeed later without anybody doing anything. */
  get retryable(): boolean {
    return PASSING.includes(this.reason)
  }

  /** Whether only the table that was asked for is concerned (no permission, dropped meanwhile, too slow, a view that fails). */
  get ofOneTable(): boolean {
    return OF_ONE_TABLE.includes(this.reason)
  }

  /** The message for those who know which datasource it is about. */
  get said(): string {
    return this.datasource === undefined ? this.message : this.message.slice(`${this.datasource}: `.length)
  }
}

/** What is known about a connection that was not made. */
export interface FailedConnection {
  /** The server for people: `host:port/database`. */
  readonly display: string
  readonly user: string
  readonly database: string
  readonly hasPassword: boolean
}

const UNREACHABLE = ["ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT", "ENOENT", "EACCES"]

/** Says in one line why there is no connection: of an error of the driver, the network or the server. */
export const ofConnecting = (error: unknown, call: FailedConnection): DatasourceError => {
  if (error instanceof DatasourceError) return error
  const { code, isState, said } = look(error)
  const make = (reason: DatasourceFailure, message: string) =>
    new DatasourceError({ reason, message: `${call.display}: ${message}`, code: isState ? code : null })
  const noPassword = call.hasPassword ? "" : "; none was given: it may come from PGPASSWORD, PGPASSFILE or ~/.pgpass"

  if (code === "ECONNREFUSED")
    return make("refused", "connection refused: is PostgreSQL running there, and is the port right?")
  if (code !== null && UNREACHABLE.includes(code))
    return make("unreachable", `cannot be reached (${code}): check host and port, and the network`)
  if (!isState && /timeout (exceeded|expired)|connection timeout/i.test(said))
    return make("unreachable", "no answer to the connection attempt in time: check host, port and firewall")
  if (!isState && /client password must be/i.test(said))
    return make("authentication", `user "${call.user}" was not let in: the server asks for a password${noPassword}`)
  if (!isState && /SASL|SCRAM|authentication/i.test(said))
    return make("authentication", `user "${call.user}" was not let in (${said})`)
  if (
    !isState &&
    /SSL|TLS|certificate|self.signed|unable to verify|PEM|alert|key values|bad decrypt/i.test(`${said} ${code}`)
  )
    return make("tls", `no TLS connection (${said}): check sslmode, sslrootcert, sslcert and sslkey`)
  if (!isState) return make("lost", `the connection broke (${said})`)

  switch (code) {
    case "28P01":
    case "28000":
      return make(
        "authentication",
        `user "${call.user}" was not let in (${said}): check user, password and sslmode${code === "28P01" ? noPassword : ""}`
      )
    case "42501":
      return make("authentication", `user "${call.user}" was not let in (${said}): grant CONNECT on the database`)
    case "3D000":
      return make(
        "no-database",
        `there is no database "${call.database}" on this server: check the name at the end of the URL`
      )
    case "53300":
      return make(
        "too-many-connections",
        `no connection is left (${said}): try again later, or raise max_connections or the role's or database's CONNECTION LIMIT`
      )
    case "57P03":
      return make("refused", `the server does not take connections now (${said}): try again later`)
  }
  return /^(08|57P)/.test(code ?? "")
    ? make("lost", `the server ended the connection (${said})`)
    : make("authentication", `the connection was not accepted: ${said} (${code})`)
}

/** What is known about a statement that failed. */
export interface FailedStatement {
  /** The datasource for people: `host:port/database`. */
  readonly display: string
  readonly user: string
  /** Milliseconds that the statement was let take, that it waited for a lock at most, and that it took. */
  readonly timeout: number
  readonly lockTimeout: number
  readonly elapsed: number
}

/** Says in one line why a statement failed. */
export const ofStatement = (error: unknown, call: FailedStatement): DatasourceError => {
  if (error instanceof DatasourceError) return error
  const { code, isState, said, where } = look(error)
  const make = (reason: DatasourceFailure, message: string) =>
    new DatasourceError({
      reason,
      message: `${call.display}: ${message}`,
      code: isState ? code : null,
      datasource: call.display
    })
  // A function's own statement: of a policy, a view, a domain.
  const inside = where === null ? "" : ` in ${where}`

  // The server's own word for another one, which a foreign table is on.
  if (code === "08001") return make("failed", `another server, of a foreign table, cannot be reached (${said})`)
  // 25P03: it stood still within a transaction, because this process did not get its turn.
  if (!isState || /^(08|57P|25P03|25P04)/.test(code ?? "")) return make("lost", `the connection broke (${said})`)
  switch (code) {
    case "57014":
      return call.elapsed >= call.timeout
        ? make("timeout", `a statement took longer than the ${call.timeout / 1000} s it may take`)
        : make("cancelled", "a statement was cancelled on the server by somebody else")
    case "55P03":
      return make("locked", `locked: somebody else held it for longer than ${call.lockTimeout / 1000} s`)
    case "40001":
    case "40P01":
      return make("conflict", `it conflicts with what the server does beside, again and again (${said})`)
    case "42501":
      return make("denied", `${said}${inside}: grant ${right(said)} to "${call.user}"`)
    case "42P01":
    case "42703":
    case "3F000":
      return where === null
        ? make("gone", `${said}: it was dropped or renamed meanwhile`)
        : make("failed", `${said}${inside} (${code})`)
    case "53400":
      return make("failed", `${said}: reading it needs more than the server allows this login (${code})`)
  }
  return make("failed", `${code?.startsWith("22") === true ? withoutValues(said) : said}${inside} (${code})`)
}

const right = (said: string) =>
  /\bschema\b/.test(said) ? "USAGE on the schema" : /\bfunction\b/.test(said) ? "EXECUTE on the function" : "SELECT"

/** Errors about data quote them. */
const withoutValues = (said: string): string =>
  said.replace(/(?<!\b(?:encoding|type|relation|column|function|domain|enum) )"(?:[^"]|"")*"/g, '"…"')

const FUNCTION = /^(?:SQL|PL\/\w+) function [^\n(]*/

/** Longer than any name of a function. */
const LONGEST_PLACE = 120

const look = (error: unknown) => {
  const property = (name: "code" | "where") => {
    const value: unknown = Predicate.hasProperty(error, name) ? error[name] : null
    return Predicate.isString(value) && value !== "" ? value : null
  }
  const code = property("code")
  return {
    code,
    isState: code !== null && /^[0-9A-Z]{5}$/.test(code) && /\d/.test(code),
    said: (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ").trim(),
    /** The innermost function, in the server's words; what else an error came in the middle of may be somebody's data. */
    where: FUNCTION.exec(property("where") ?? "")?.[0].slice(0, LONGEST_PLACE) ?? null
  }
}
