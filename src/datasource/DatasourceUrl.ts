import { Either, Redacted } from "effect"
import { DatasourceError } from "./DatasourceError.ts"

/** Where PostgreSQL listens unless a URL says otherwise. */
const DEFAULT_PORT = 5432

/** How a connection is encrypted: libpq's modes. `prefer`, libpq's default too: encrypted where the server can, unverified. */
export type SslMode = (typeof SSL_MODES)[number]
const SSL_MODES = ["disable", "prefer", "require", "verify-ca", "verify-full"] as const

/** A datasource's URL, taken apart. The password stays wrapped; `display` is what logs, errors and default names show. */
export interface DatasourceUrl {
  /** A host name, an address, or the directory of a Unix socket. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: Redacted.Redacted
  readonly database: string
  readonly sslMode: SslMode
  /** Path of a file with the certificates to trust, in PEM. */
  readonly sslRootCert: string | null
  /** `host:port/database`. */
  readonly display: string
}

/**
 * Reads `postgres://user:password@host:port/database?sslmode=…` as a person writes it. The user defaults to `postgres`, the
 * database to the user's name, the port to 5432, `sslmode` to `prefer`. Left is one line that says what to mend; no part of the
 * URL is in it but host and parameters.
 */
export const parse = (url: Redacted.Redacted): Either.Either<DatasourceUrl, DatasourceError> => {
  const text = Redacted.value(url).trim()
  const scheme = /^([a-z][a-z0-9+.:-]*?):\/\//i.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined) return malformed("it has to look like postgres://user:password@host:port/database")
  if (scheme !== "postgres" && scheme !== "postgresql") {
    return malformed(`it starts with ${scheme}://, and only postgres:// databases can be read`)
  }
  // Only for a "special" scheme does URL insist on a host and a port, so one stands in.
  const standIn = text.replace(/^[^:]*/, "http").replace(/^http:\/\/((?:[^/?#]*@)?)(?=[/?#:]|$)/, "http://$1localhost")
  const parsed = URL.canParse(standIn) ? new URL(standIn) : null
  if (parsed === null) {
    return malformed(
      "its host or port cannot be read; write / ? # @ : % within user or password as %2F %3F %23 %40 %3A %25"
    )
  }
  const parts = Either.try(() => ({
    host: decodeURIComponent(parsed.searchParams.get("host") ?? parsed.hostname).replace(/^\[(.*)\]$/, "$1"),
    user: decodeURIComponent(parsed.username) || "postgres",
    password: decodeURIComponent(parsed.password),
    database: decodeURIComponent(parsed.pathname.slice(1))
  }))
  if (Either.isLeft(parts)) return malformed("it has a % that is not followed by two digits; write % as %25")
  const { host, user, password, database } = parts.right
  if (/[\0]/.test(user + password + database + host)) return malformed("it contains a zero byte")
  const port = Number(parsed.searchParams.get("port") ?? (parsed.port || portOf(text) || DEFAULT_PORT))
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return malformed("its port is not a number from 1 to 65535")
  const mode = parsed.searchParams.get("sslmode") ?? "prefer"
  const sslMode = SSL_MODES.find((known) => known === mode)
  if (sslMode === undefined) return malformed(`sslmode=${mode} is not one of ${SSL_MODES.join(", ")}`)
  const name = database || user
  return Either.right({
    host,
    port,
    user,
    password: Redacted.make(password),
    database: name,
    sslMode,
    sslRootCert: parsed.searchParams.get("sslrootcert"),
    display: `${host.includes(":") ? `[${host}]` : host}:${port}/${name}`
  })
}

/** `URL` drops port 80, the default of the scheme that stands in. */
const portOf = (text: string) => /^[^/]*\/\/[^/?#]*:(\d+)(?:[/?#]|$)/.exec(text)?.[1]

const malformed = (what: string) =>
  Either.left(
    new DatasourceError({ reason: "malformed-url", message: `The datasource URL is not valid: ${what}`, code: null })
  )
