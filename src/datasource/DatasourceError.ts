import { Predicate, Schema } from "effect"

/** Why a datasource did not do what was asked. Each reason calls for another reaction of a person or of the program. */
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

/** Reasons that may pass without anybody's action, so that a retry may succeed. */
const PASSING: ReadonlyArray<DatasourceFailure> = [
  ...(["unreachable", "refused", "too-many-connections", "timeout", "locked", "conflict", "cancelled", "lost"] as const)
]

/** Reasons that concern one table only: a caller that reads many tables can continue with the others. */
const OF_ONE_TABLE: ReadonlyArray<DatasourceFailure> = [
  ...(["denied", "gone", "failed", "timeout", "locked", "conflict", "cancelled", "broken"] as const)
]

/**
 * A datasource did not do what was asked. `message` is one line that says what is wrong and what to do, and never contains a password. `code`
 * is the server's SQLSTATE, or null where the error is not the server's.
 */
export class DatasourceError extends Schema.TaggedError<DatasourceError>()("DatasourceError", {
  reason: DatasourceFailure,
  message: Schema.String,
  code: Schema.NullOr(Schema.String),
  /** `host:port/database`, where `message` begins with it. */
  datasource: Schema.optionalWith(Schema.String, { exact: true })
}) {
  /** Whether the same call may succeed later without anybody's action. */
  get retryable(): boolean {
    return PASSING.includes(this.reason)
  }

  /** Whether the error concerns one table only (permission denied, table dropped, timeout, a view that fails). */
  get ofOneTable(): boolean {
    return OF_ONE_TABLE.includes(this.reason)
  }

  /** The message for those who know which datasource it is about. */
  get said(): string {
    return this.datasource === undefined ? this.message : this.message.slice(`${this.datasource}: `.length)
  }
}

/** The context of a failed attempt to connect. */
export interface FailedConnection {
  /** `host:port/database` of the server. */
  readonly display: string
  readonly user: string
  readonly database: string
  readonly hasPassword: boolean
}

/** Error codes of Node.js for a host or socket that cannot be reached. */
const UNREACHABLE = ["ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT", "ENOENT", "EACCES"]

/** The `DatasourceError` for an error of the driver, the network or the server while connecting. */
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

/** The context of a failed statement. */
export interface FailedStatement {
  /** `host:port/database` of the datasource. */
  readonly display: string
  readonly user: string
  /** `statement_timeout`, `lock_timeout`, and the time since the statement was sent, in milliseconds. */
  readonly timeout: number
  readonly lockTimeout: number
  readonly elapsed: number
}

/**
 * The share of `statement_timeout` after which a cancelled statement counts as timed out: the server's clock is not ours. It says why only in
 * its own language, and a limit that is smaller than ours is not known before a transaction has begun.
 */
const NEARLY = 0.8

/** The `DatasourceError` for an error of the driver, the network or the server during a statement. */
export const ofStatement = (error: unknown, call: FailedStatement): DatasourceError => {
  if (error instanceof DatasourceError) return error
  const { code, isOfCode, isOfNames, isState, said, severity, where } = look(error)
  const make = (reason: DatasourceFailure, message: string) =>
    new DatasourceError({
      reason,
      message: `${call.display}: ${message}`,
      code: isState ? code : null,
      datasource: call.display
    })
  // The error is of a statement within a function, which a policy, a view or a domain calls.
  const inside = where === null ? "" : ` in ${where}`

  // A function may raise any SQLSTATE, that of a lost connection or of a missing right too: it says nothing about the connection or the login.
  if (isOfCode && !AGAIN.includes(code ?? ""))
    return make("failed", `a function of the database raised an error${inside} (${code})`)
  // What ends our own connection is FATAL: any other error of class 08 is of a connection that the server opened itself, for a foreign table.
  if (isState && code?.startsWith("08") && severity !== null && !ENDING.includes(severity)) {
    return make("failed", `another server, of a foreign table, cannot be reached, or its connection broke (${said})`)
  }
  // 25P03 (idle_in_transaction_session_timeout): this process was blocked for too long within a transaction.
  if (!isState || /^(08|57P|25P03)/.test(code ?? "")) return make("lost", `the connection broke (${said})`)
  switch (code) {
    case "25P04":
      return make("timeout", `a transaction took longer than the server lets one take (${code})`)
    case "57014":
      return call.elapsed >= NEARLY * call.timeout
        ? make("timeout", `a statement took longer than the ${call.timeout / 1000} s it may take`)
        : /statement timeout/.test(said)
          ? make("timeout", `a statement took longer than the statement_timeout of "${call.user}" lets one take`)
          : make("cancelled", "a statement was cancelled on the server by somebody else")
    case "55P03":
      return make("locked", `locked: somebody else held it for longer than ${call.lockTimeout / 1000} s`)
    case "40001":
    case "40P01":
      return make(
        "conflict",
        `it conflicts with what the server does beside, again and again (${isOfCode ? `raised${inside}` : said})`
      )
    case "42501":
      return make("denied", `${withoutValues(said, code)}${inside}: grant ${right(said)} to "${call.user}"`)
    case "42P01":
    case "42703":
    case "3F000":
      if (where === null && isOfNames) return make("gone", `${said}: it was dropped or renamed meanwhile`)
      break
    case "42804":
    case "42883":
      // Our own SQL fits the types that the catalog had.
      if (where === null && isOfNames) return make("failed", `the type of a column was changed meanwhile (${code})`)
      break
    case "53400":
      return make(
        "failed",
        `${withoutValues(said, code)}: reading it needs more than the server allows this login (${code})`
      )
  }
  return make("failed", `${isOfNames ? said : withoutValues(said, code)}${inside} (${code})`)
}

/** SQLSTATEs after which a statement is tried again even if somebody's function raised them: conflicts, and a cancel that it passes on. */
const AGAIN: ReadonlyArray<string> = ["40001", "40P01", "57014"]

const right = (said: string) =>
  /\bschema\b/.test(said) ? "USAGE on the schema" : /\bfunction\b/.test(said) ? "EXECUTE on the function" : "SELECT"

/** Matches a message from its first quotation mark to its end: a quoted value may itself contain such marks. */
const QUOTED = /(?:["„“«»]|(?<=^|\s)').*$/su
/** The same, but not if the word before the mark (`relation`, `column`) says that an object's name follows. */
const QUOTED_VALUE = new RegExp(
  `(?<!\\b(?:encoding|type|relation|column|function|domain|enum|constraint|table|view|index|schema|server) )${QUOTED.source}`,
  "su"
)

/** A message without anybody's data: casts, patterns and parameters quote values, and a cast to `regclass` quotes them as if they were names. */
const withoutValues = (said: string, code: string | null): string =>
  said.replace(code !== "42501" && NAMES.test(code ?? "") ? QUOTED : QUOTED_VALUE, '"…"')

/** SQLSTATEs of errors about names: syntax errors and missing objects. */
const NAMES = /^(?:42|3F)/

/** Match the server's `routine` or source `file` of errors whose SQLSTATE and message come from somebody's function: RAISE of PL/pgSQL, and other languages. */
const RAISING = /^exec_stmt_(?:raise|assert)$/
const OF_LANGUAGES = /^pl(?:py|perl|tcl|v8|rust|lua|java|php|sh)/

const FUNCTION = /^(?:SQL|PL\/\w+) function [^\n(]*/

/** Characters of the function that are shown: longer than its name, which has at most 63 bytes. */
const LONGEST_PLACE = 120

/** Severities of errors that end the session. */
const ENDING: ReadonlyArray<string> = ["FATAL", "PANIC"]

type Field = "code" | "severity" | "where" | "routine" | "file" | "position" | "internalPosition"

const look = (error: unknown) => {
  const property = (name: Field) => {
    const value: unknown = Predicate.hasProperty(error, name) ? error[name] : null
    return Predicate.isString(value) && value !== "" ? value : null
  }
  const code = property("code")
  const context = property("where")
  return {
    code,
    /** Somebody's function raised it: SQLSTATE and message are its own. */
    isOfCode:
      code?.startsWith("P0") === true ||
      RAISING.test(property("routine") ?? "") ||
      OF_LANGUAGES.test(property("file") ?? ""),
    /**
     * It is about names and points into the text of a statement, so that what it quotes are names of that text. The text that a function
     * put together may contain values.
     */
    isOfNames:
      NAMES.test(code ?? "") &&
      (property("position") ?? property("internalPosition")) !== null &&
      !/\bEXECUTE\b|\bRETURN QUERY\b/.test(context?.split("\n")[0] ?? ""),
    isState: code !== null && /^[0-9A-Z]{5}$/.test(code) && (/\d/.test(code) || property("severity") !== null),
    /** As the server says it, in its language; null where the error is not the server's. */
    severity: property("severity"),
    said: (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ").trim(),
    /** The innermost function of the error's context, without its arguments and statements, which may contain data; null without one. */
    where: FUNCTION.exec(context ?? "")?.[0].slice(0, LONGEST_PLACE) ?? null
  }
}
