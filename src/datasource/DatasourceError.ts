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
  "cancelled",
  "lost",
  "denied",
  "gone",
  "failed"
)
/** @see DatasourceFailure */
export type DatasourceFailure = typeof DatasourceFailure.Type

/** What may go away by itself: the same call may succeed later. */
const PASSING: ReadonlyArray<DatasourceFailure> = [
  "unreachable",
  "refused",
  "too-many-connections",
  "timeout",
  "cancelled",
  "lost"
]

/** Of one table, not of the datasource: whoever reads many tables notes it and goes on with the others. */
const OF_ONE_TABLE: ReadonlyArray<DatasourceFailure> = ["denied", "gone", "failed", "timeout"]

/**
 * Somebody else's database did not do what was asked. `message` is one line that names what is wrong and what to do about it;
 * passwords are never part of it. `code` is the SQLSTATE where the server gave one.
 */
export class DatasourceError extends Schema.TaggedError<DatasourceError>()("DatasourceError", {
  reason: DatasourceFailure,
  message: Schema.String,
  code: Schema.NullOr(Schema.String)
}) {
  /** Whether the same call may succeed later without anybody doing anything. */
  get retryable(): boolean {
    return PASSING.includes(this.reason)
  }

  /** Whether only the table that was asked for is concerned (no permission, dropped meanwhile, too slow, a view that fails). */
  get ofOneTable(): boolean {
    return OF_ONE_TABLE.includes(this.reason)
  }
}

/** What is known about the call that failed. */
export interface FailedCall {
  /** The datasource for people: `host:port/database`. */
  readonly display: string
  readonly user: string
  readonly database: string
  /** Milliseconds the statement may take, and how long this one took. */
  readonly timeout: number
  readonly elapsed: number
}

const UNREACHABLE = ["ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT", "ENOENT", "EACCES"]

/** Says in one line what an error of the driver, the network or the server means. */
export const fromDriver = (error: unknown, call: FailedCall): DatasourceError => {
  const code = Predicate.hasProperty(error, "code") && Predicate.isString(error.code) ? error.code : null
  const said = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ").trim()
  const make = (reason: DatasourceFailure, message: string) =>
    new DatasourceError({ reason, message: `${call.display}: ${message}`, code: isState(code) ? code : null })

  if (code === "ECONNREFUSED")
    return make("refused", "connection refused: is PostgreSQL running there, and is the port right?")
  if (code !== null && UNREACHABLE.includes(code))
    return make("unreachable", `cannot be reached (${code}): check host and port, and the network`)
  if (/timeout (exceeded|expired)|connection timeout/i.test(said) && !isState(code))
    return make("unreachable", "no answer to the connection attempt in time: check host, port and firewall")
  if (/SSL connection|certificate|self.signed/i.test(said) && !isState(code))
    return make("tls", `no TLS connection (${said}): check sslmode and sslrootcert in the URL`)
  if (code === null || !isState(code)) return make("lost", `the connection broke (${said})`)

  switch (code) {
    case "28P01":
    case "28000":
      return make("authentication", `user "${call.user}" was not let in (${said}): check user, password and sslmode`)
    case "3D000":
      return make(
        "no-database",
        `there is no database "${call.database}" on this server: check the name at the end of the URL`
      )
    case "53300":
    case "53400":
      return make(
        "too-many-connections",
        "the server has no connection left: try again later, or raise its max_connections"
      )
    case "57P03":
      return make("refused", `the server does not take connections now (${said}): try again later`)
    case "57014":
      return call.elapsed >= call.timeout
        ? make("timeout", `a statement took longer than the ${call.timeout / 1000} s it may take`)
        : make("cancelled", "a statement was cancelled on the server by somebody else")
    case "55P03":
    case "40P01":
      return make("timeout", `a table stayed locked by somebody else (${said})`)
    case "42501":
      return make("denied", `${said}: grant SELECT to "${call.user}"`)
    case "42P01":
    case "42703":
    case "3F000":
      return make("gone", `${said}: it was dropped or renamed meanwhile`)
  }
  // 25P03: it stood still within a transaction, because this process did not get its turn.
  if (/^(08|57P|25P03)/.test(code)) return make("lost", `the server ended the connection (${said})`)
  return make("failed", `${code.startsWith("22") ? withoutValues(said) : said} (${code})`)
}

/** Errors about data quote them. */
const withoutValues = (said: string): string =>
  said.replace(/(?<!\b(?:encoding|type|relation|column|function|domain|enum) )"(?:[^"]|"")*"/g, '"…"')

const isState = (code: string | null): boolean => code !== null && /^[0-9A-Z]{5}$/.test(code) && /\d/.test(code)
