import { Duration, Either, Redacted } from "effect"
import { userInfo } from "node:os"
import { type Parameters, refusal } from "./ConnectionParameters.ts"
import { read } from "./ConnectionString.ts"
import { DatasourceError } from "./DatasourceError.ts"

/** Where PostgreSQL listens unless a URL says otherwise. */
const DEFAULT_PORT = 5432

/** How a connection is encrypted: libpq's modes. `prefer`, libpq's default too: encrypted where the server can, unverified. */
export type SslMode = (typeof SSL_MODES)[number]
const SSL_MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const

/** Which server is meant, of several: libpq's `target_session_attrs`. */
export type TargetSession = (typeof TARGET_SESSIONS)[number]
const TARGET_SESSIONS = ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"] as const

const CHANNEL_BINDINGS = ["disable", "prefer", "require"] as const
const NEGOTIATIONS = ["postgres", "direct"] as const
const TLS_VERSIONS = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const
type TlsVersion = (typeof TLS_VERSIONS)[number]

/** One of the servers of a URL. */
export interface Endpoint {
  /** A host name, an address, or the directory of a Unix socket: what its certificate is for. */
  readonly host: string
  /** What is connected to: `hostaddr` where it is given, otherwise the host. */
  readonly address: string
  readonly port: number
}

/** How connections are encrypted, and both sides known; the files are in PEM. */
export interface TlsSettings {
  readonly mode: SslMode
  /** Certificates to trust; `system`: those that come with Node.js. */
  readonly rootCert: string | null
  readonly cert: string | null
  readonly key: string | null
  readonly keyPassword: Redacted.Redacted | null
  readonly revoked: string | null
  readonly minimum: TlsVersion | null
  readonly maximum: TlsVersion | null
  /** `direct`: TLS at once, without asking whether the server can. */
  readonly negotiation: (typeof NEGOTIATIONS)[number]
}

/** A datasource's URL, taken apart. Passwords stay wrapped; `display` is what logs, errors and default names show. */
export interface DatasourceUrl {
  /** In the order in which they are tried. */
  readonly endpoints: readonly [Endpoint, ...ReadonlyArray<Endpoint>]
  readonly target: TargetSession
  readonly user: string
  /** Empty where none is given. */
  readonly password: Redacted.Redacted
  readonly database: string
  readonly tls: TlsSettings
  readonly channelBinding: (typeof CHANNEL_BINDINGS)[number]
  /** None: the program's own. */
  readonly connectTimeout: Duration.Duration | null
  readonly applicationName: string | null
  /** Server settings, as `postgres -c` takes them. */
  readonly options: string | null
  /** `host:port/database`. */
  readonly display: string
}

/**
 * Reads what libpq reads: `postgres://user:password@host:port/database?sslmode=…`, several hosts, or `host=… dbname=…`. Each of libpq's
 * parameters is honoured or refused by name. The host defaults to `localhost`, the port to 5432, the user to that of the operating
 * system, the database to the user's name, `sslmode` to `prefer`; the environment is not looked at (see `ConnectionDefaults`). Left is
 * one line that says what to mend; no part of the URL is in it but host and parameters' names.
 */
export const parse = (url: Redacted.Redacted): Either.Either<DatasourceUrl, DatasourceError> =>
  Either.mapLeft(Either.flatMap(read(Redacted.value(url)), fromParameters), (what) =>
    malformed(`The datasource URL is not valid: ${what}`)
  )

/** A URL, or what completes it, that cannot be understood. */
export const malformed = (message: string) => new DatasourceError({ reason: "malformed-url", message, code: null })

/** The same of parameters; left is what is wrong with them. */
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

/** A user id without a name, as containers have, is nobody's login. */
const systemUser = () =>
  Either.getOrElse(
    Either.try(() => userInfo().username),
    () => "postgres"
  )

/** Like libpq: as many hosts as addresses, and one port, or one for each. */
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
