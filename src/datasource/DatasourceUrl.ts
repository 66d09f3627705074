import { Duration, Either, Redacted } from "effect"
import { userInfo } from "node:os"
import { type Parameters, refusal } from "./ConnectionParameters.ts"
import { read } from "./ConnectionString.ts"
import { DatasourceError } from "./DatasourceError.ts"

/** PostgreSQL's default port. */
const DEFAULT_PORT = 5432

/** libpq's `sslmode`. The default, as libpq's, is `prefer`: encrypted if the server supports it, without verification. */
export type SslMode = (typeof SSL_MODES)[number]
const SSL_MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const

/** libpq's `target_session_attrs`: the properties that the server must have. */
export type TargetSession = (typeof TARGET_SESSIONS)[number]
const TARGET_SESSIONS = ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"] as const

const CHANNEL_BINDINGS = ["disable", "prefer", "require"] as const
const NEGOTIATIONS = ["postgres", "direct"] as const
const TLS_VERSIONS = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const
type TlsVersion = (typeof TLS_VERSIONS)[number]

/** One of the servers of a URL. */
export interface Endpoint {
  /** A host name, an address, or the directory of a Unix socket. Certificates are verified against it. */
  readonly host: string
  /** The address to connect to: `hostaddr`, or else the host. */
  readonly address: string
  readonly port: number
}

/** The TLS parameters of a URL. Files are paths of PEM files; null where a parameter is not given. */
export interface TlsSettings {
  readonly mode: SslMode
  /** `sslrootcert`: the trusted certificates, or `system` for those of Node.js. */
  readonly rootCert: string | null
  readonly cert: string | null
  readonly key: string | null
  readonly keyPassword: Redacted.Redacted | null
  /** `sslcrl`: the certificate revocation list. */
  readonly revoked: string | null
  readonly minimum: TlsVersion | null
  readonly maximum: TlsVersion | null
  /** `direct`: TLS without a preceding SSLRequest. */
  readonly negotiation: (typeof NEGOTIATIONS)[number]
}

/** A parsed datasource URL. Passwords are `Redacted`; logs, errors and default names show `display`. */
export interface DatasourceUrl {
  /** The servers, in the order in which they are tried. */
  readonly endpoints: readonly [Endpoint, ...ReadonlyArray<Endpoint>]
  readonly target: TargetSession
  readonly user: string
  /** Empty where none is given. */
  readonly password: Redacted.Redacted
  readonly database: string
  readonly tls: TlsSettings
  readonly channelBinding: (typeof CHANNEL_BINDINGS)[number]
  /** The timeout of one attempt to connect; null where the URL has none. */
  readonly connectTimeout: Duration.Duration | null
  readonly applicationName: string | null
  /** Command-line options of the session (`-c name=value`). */
  readonly options: string | null
  /** `host:port/database`. */
  readonly display: string
}

/** Whether connecting reads files of this machine: certificates, keys, or a Unix socket. */
export const usesFiles = ({ endpoints, tls }: DatasourceUrl): boolean =>
  endpoints.some(({ address }) => address.startsWith("/")) ||
  [tls.cert, tls.key, tls.revoked, tls.rootCert].some((file) => file !== null && file !== "system")

/**
 * Parses a connection string as libpq does: `postgres://user:password@host:port/database?sslmode=…`, several hosts, or `host=… dbname=…`. Each
 * of libpq's parameters is honoured, or refused by name. The host defaults to `localhost`, the port to 5432, the user to the operating
 * system's, the database to the user's name, `sslmode` to `prefer`. Environment variables are ignored (see `ConnectionDefaults`). Left
 * ("malformed-url") says what to change, and contains no part of the URL but names of schemes and parameters.
 */
export const parse = (url: Redacted.Redacted): Either.Either<DatasourceUrl, DatasourceError> =>
  Either.mapLeft(Either.flatMap(read(Redacted.value(url)), fromParameters), (what) =>
    malformed(`The datasource URL is not valid: ${what}`)
  )

/** The error for a URL, service or variable that cannot be parsed. */
export const malformed = (message: string) => new DatasourceError({ reason: "malformed-url", message, code: null })

/** Interprets connection parameters, with the defaults of `parse`; left says what is wrong. */
export const fromParameters = (parameters: Parameters): Either.Either<DatasourceUrl, string> =>
  Either.gen(function* () {
    const refused = [...parameters].map(([name, value]) => refusal(name, value)).find((why) => why !== null)
    if (refused !== undefined) return yield* Either.left(refused)
    const text = (name: string) => parameters.get(name) || null
    const oneOf = <A extends string>(name: string, known: ReadonlyArray<A>, otherwise: A) => {
      const value = text(name)
      const found = value === null ? otherwise : known.find((one) => one === value)
      return found === undefined ? Either.left(`${name} is not one of ${known.join(", ")}`) : Either.right(found)
    }
    const version = (name: string) =>
      text(name) === null ? Either.right(null) : oneOf<TlsVersion>(name, TLS_VERSIONS, "TLSv1.2")
    const user = text("user") ?? systemUser()
    const database = text("dbname") ?? user
    const endpoints = yield* endpointsOf(text("host"), text("hostaddr"), text("port"))
    const seconds = text("connect_timeout")
    if (seconds !== null && !/^\s*-?\d{1,6}\s*$/.test(seconds))
      yield* Either.left("connect_timeout is not a number of seconds")
    const secret = text("sslpassword")
    const tls: TlsSettings = {
      mode: yield* oneOf("sslmode", SSL_MODES, text("sslrootcert") === "system" ? "verify-full" : "prefer"),
      rootCert: text("sslrootcert"),
      cert: text("sslcertmode") === "disable" ? null : text("sslcert"),
      key: text("sslkey"),
      keyPassword: secret === null ? null : Redacted.make(secret),
      revoked: text("sslcrl"),
      minimum: yield* version("ssl_min_protocol_version"),
      maximum: yield* version("ssl_max_protocol_version"),
      negotiation: yield* oneOf("sslnegotiation", NEGOTIATIONS, "postgres")
    }
    if (tls.rootCert === "system" && tls.mode !== "verify-full") {
      yield* Either.left("sslrootcert=system needs sslmode=verify-full")
    }
    if (tls.negotiation === "direct" && !["require", "verify-ca", "verify-full"].includes(tls.mode)) {
      yield* Either.left("sslnegotiation=direct needs sslmode=require, verify-ca or verify-full")
    }
    if ((tls.cert === null) !== (tls.key === null) && text("sslcertmode") !== "disable") {
      yield* Either.left("sslcert and sslkey need each other")
    }
    return {
      endpoints,
      target: yield* oneOf("target_session_attrs", TARGET_SESSIONS, "any"),
      user,
      password: Redacted.make(parameters.get("password") ?? ""),
      database,
      tls,
      channelBinding: yield* oneOf("channel_binding", CHANNEL_BINDINGS, "prefer"),
      connectTimeout: Number(seconds) > 0 ? Duration.seconds(Number(seconds)) : null,
      applicationName: text("application_name") ?? text("fallback_application_name"),
      options: text("options"),
      display: `${endpoints.map(placeOf).join(",")}/${database}`
    }
  })

/** One of a URL's servers for people: `host:port/database`. */
export const displayOf = ({ database }: DatasourceUrl, endpoint: Endpoint): string => `${placeOf(endpoint)}/${database}`

const placeOf = ({ host, port }: Endpoint) => `${host.includes(":") ? `[${host}]` : host}:${port}`

/** The operating system's user; `postgres` for a user id without a name, as in containers. */
const systemUser = () =>
  Either.getOrElse(
    Either.try(() => userInfo().username),
    () => "postgres"
  )

/** Pairs hosts, addresses and ports as libpq does: as many hosts as addresses, and one port or one for each. */
const endpointsOf = (host: string | null, address: string | null, port: string | null) =>
  Either.gen(function* () {
    const hosts = (host ?? address ?? "").split(",")
    const addresses = (address ?? host ?? "").split(",")
    const ports = (port ?? "").split(",")
    if (hosts.length !== addresses.length)
      return yield* Either.left("host and hostaddr name different numbers of servers")
    if (ports.length > 1 && ports.length !== hosts.length) {
      return yield* Either.left("port has to be one, or one for each host")
    }
    const [first, ...more] = hosts.map((name, place): Endpoint => ({
      host: name || addresses[place] || "localhost",
      address: addresses[place] || name || "localhost",
      port: Number(ports[ports.length === 1 ? 0 : place] || DEFAULT_PORT)
    }))
    const all = [first ?? { host: "localhost", address: "localhost", port: DEFAULT_PORT }, ...more] as const
    const wrong = all.some(
      (endpoint) => !Number.isInteger(endpoint.port) || endpoint.port < 1 || endpoint.port > 65_535
    )
    return wrong ? yield* Either.left("its port is not a number from 1 to 65535") : all
  })
