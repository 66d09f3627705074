import { Duration, Effect, Either, identity, Predicate, Redacted, type Scope } from "effect"
import { EventEmitter } from "node:events"
import * as Pg from "pg"
import { readInTurns } from "../database/readInTurns.ts"
import { refuseLong } from "./refuseLong.ts"
import * as SilentSocket from "../database/SilentSocket.ts"
import { DatasourceError, ofConnecting } from "./DatasourceError.ts"
import * as DatasourceTls from "./DatasourceTls.ts"
import { type DatasourceUrl, displayOf, type Endpoint } from "./DatasourceUrl.ts"
import { greet, isLocal } from "./ServerSocket.ts"

/** An idle connection is closed after this long, so that others can use its slot. */
const IDLE_TIMEOUT = Duration.seconds(10)
/** The default `application_name`, which `pg_stat_activity` shows. */
const APPLICATION = "workflow-infra"
/** SQLSTATE admin_shutdown: `pg_terminate_backend`, or the server shuts down. */
const ENDED_BY_ADMINISTRATOR = "57P01"
/** Two sessions that an administrator ended within this time are taken for a refusal to let us read. */
const FORGOTTEN_AFTER = Duration.minutes(10)

/** A connection to one of a datasource's servers. */
export interface Session {
  readonly client: Pg.Client
  readonly endpoint: Endpoint
  /** How often an administrator had ended sessions of this datasource when this one was made. */
  readonly generation: number
}

/** How sessions are made. */
export interface SessionOptions {
  readonly url: DatasourceUrl
  readonly connectTimeout: Duration.Duration
  /** How long a server may send nothing before the connection is destroyed. */
  readonly silence: Duration.Duration
}

/** Takes and returns the sessions of a datasource. */
export interface DatasourceSessions {
  /** An idle session, or a new one. Rejects with `DatasourceError`. */
  readonly take: () => Promise<Session>
  /** A new session. Rejects with `DatasourceError`. */
  readonly connect: () => Promise<Session>
  /** Returns a session; one that is not reusable is closed. */
  readonly give: (session: Session, isReusable: boolean) => void
  /** The number of open sessions, idle ones included. */
  readonly count: () => number
  /**
   * Whether `error` says that an administrator ended this session, and that happened to an earlier session within 10 minutes. Then nothing
   * more must be read. Sessions that are ended together count once. Records the end, so call it once per error.
   */
  readonly isUnwanted: (session: Session, error: unknown) => boolean
}

/** Connects on demand, and closes all sessions with the scope. The caller bounds how many there are at once. */
export const make = ({
  connectTimeout,
  silence,
  url
}: SessionOptions): Effect.Effect<DatasourceSessions, never, Scope.Scope> =>
  Effect.gen(function* () {
    const clock = yield* Effect.clock
    const sessions = new Set<Session>()
    const idle = new Map<Session, NodeJS.Timeout>()
    let generation = 0
    let lastEnded = -Infinity
    // The endpoint that answered last is tried first, so that all reads go to one server.
    let preferred = url.endpoints[0]
    let isClosed = false

    const remove = (session: Session) => {
      clearTimeout(idle.get(session))
      idle.delete(session)
      sessions.delete(session)
      session.client.end().catch(() => {})
    }

    const isUnwanted = (session: Session, error: unknown) => {
      if (!Predicate.hasProperty(error, "code") || error.code !== ENDED_BY_ADMINISTRATOR) return false
      // A session from before the last end was probably ended together with that one.
      if (session.generation < generation) return false
      const now = clock.unsafeCurrentTimeMillis()
      const isSecond = now - lastEnded < Duration.toMillis(FORGOTTEN_AFTER)
      generation++
      lastEnded = now
      return isSecond
    }

    const connect = async (): Promise<Session> => {
      const order = [preferred, ...url.endpoints.filter((endpoint) => endpoint !== preferred)]
      const failures: Array<DatasourceError> = []
      const passes = url.target === "prefer-standby" ? (["standby", "any"] as const) : [url.target]
      for (const target of passes) {
        for (const endpoint of order) {
          const display = displayOf(url, endpoint)
          const call = {
            display,
            user: url.user,
            database: url.database,
            hasPassword: Redacted.value(url.password) !== ""
          }
          try {
            const client = await connectTo({ url, connectTimeout, silence }, endpoint, display)
            const session: Session = { client, endpoint, generation }
            client.on("error", (error) => {
              if (!idle.has(session)) return
              isUnwanted(session, error)
              remove(session)
            })
            if (await isMeant(client, target)) {
              preferred = endpoint
              sessions.add(session)
              return session
            }
            await client.end()
            failures.push(ofConnecting(notMeant(display, target), call))
          } catch (error) {
            const failure = ofConnecting(error, call)
            // A server that refuses connections was shut down, which also ended our sessions: that was no refusal of us.
            if (failure.reason === "refused") lastEnded = -Infinity
            if (failure.reason === "authentication") throw failure
            failures.push(failure)
          }
        }
      }
      const [first, ...more] = failures
      if (first === undefined || more.length === 0) throw first
      const messages = [...new Set(failures.map(({ message }) => message))]
      throw new DatasourceError({ reason: first.reason, message: messages.join("; "), code: first.code })
    }

    yield* Effect.addFinalizer(() =>
      Effect.promise(() => {
        isClosed = true
        const ends = [...sessions].map(({ client }) => client.end().catch(() => {}))
        for (const timer of idle.values()) clearTimeout(timer)
        return Promise.all(ends)
      }).pipe(Effect.interruptible, Effect.timeoutOption("1 second"))
    )

    return {
      take: async () => {
        for (const [session, timer] of idle) {
          clearTimeout(timer)
          idle.delete(session)
          return session
        }
        return connect()
      },
      connect,
      give: (session, isReusable) => {
        if (!isReusable || isClosed) return remove(session)
        idle.set(session, setTimeout(() => remove(session), Duration.toMillis(IDLE_TIMEOUT)).unref())
      },
      count: () => sessions.size,
      isUnwanted
    }
  })

/** Whether to encrypt, in the order in which libpq tries it for the sslmode. Rejects where sslmode needs TLS and the server has none. */
const encryptions = async ({ url, connectTimeout }: SessionOptions, endpoint: Endpoint, display: string) => {
  const { mode, negotiation } = url.tls
  const isEncryptable = () =>
    Effect.runPromise(Effect.either(greet(endpoint, display, connectTimeout))).then(Either.getOrThrowWith(identity))
  if (isLocal(endpoint) || mode === "disable") {
    await isEncryptable()
    return [false]
  }
  if (negotiation === "direct") return [true]
  const isAvailable = await isEncryptable()
  if (mode === "allow") return isAvailable ? [false, true] : [false]
  if (mode === "prefer") return isAvailable ? [true, false] : [false]
  if (isAvailable) return [true]
  throw new DatasourceError({
    reason: "tls",
    message: `${display}: no TLS connection, the server does not take any: sslmode=${mode} needs it`,
    code: null
  })
}

const connectTo = async (options: SessionOptions, endpoint: Endpoint, display: string): Promise<Pg.Client> => {
  const { connectTimeout, silence, url } = options
  const [first = false, ...more] = await encryptions(options, endpoint, display)
  const attempt = async (isEncrypted: boolean) => {
    const client = new Pg.Client({
      host: endpoint.address,
      port: endpoint.port,
      user: url.user,
      // A function, because the driver would replace an empty string by PGPASSWORD or ~/.pgpass.
      password: () => Redacted.value(url.password),
      database: url.database,
      ssl: isEncrypted ? DatasourceTls.options(url.tls, endpoint) : false,
      sslnegotiation: isEncrypted ? url.tls.negotiation : "postgres",
      enableChannelBinding: url.channelBinding === "require",
      application_name: url.applicationName ?? APPLICATION,
      ...(url.options === null ? {} : { options: url.options }),
      connectionTimeoutMillis: Duration.toMillis(connectTimeout),
      keepAlive: true,
      stream: () => SilentSocket.endingAfter(silence)
    })
    // The driver also emits the errors it rejects with, and an unhandled "error" event ends the process.
    client.on("error", () => {})
    const refusal = url.channelBinding === "require" ? requireBinding(client) : () => null
    try {
      await client.connect()
      const refused = refusal()
      if (refused !== null) throw refused
      readInTurns(client)
      refuseLong(client)
      return client
    } catch (error) {
      client.end().catch(() => {})
      throw error
    }
  }
  try {
    return await attempt(first)
  } catch (error) {
    const [second] = more
    const { reason } = ofConnecting(error, { display, user: url.user, database: url.database, hasPassword: true })
    const isAboutEncryption =
      (reason === "tls" && !(error instanceof DatasourceError)) ||
      (Predicate.hasProperty(error, "code") && error.code === "28000")
    if (second === undefined || !isAboutEncryption) throw error
    return attempt(second).catch(() => Promise.reject(error))
  }
}

/**
 * Destroys the connection before the password is sent, where the server does not offer SCRAM with channel binding
 * (`channel_binding=require`). The result returns, after the attempt to log in, the error to fail with, or null.
 */
const requireBinding = (client: Pg.Client): (() => Error | null) => {
  const connection: unknown = Reflect.get(client, "connection")
  let refusal: Error | null = new Error("the driver does not show how it logs in, which channel_binding=require needs")
  if (!(connection instanceof EventEmitter)) return () => refusal
  refusal = null
  const refuse = () => {
    refusal = new Error("authentication without channel binding, which channel_binding=require does not allow")
    Reflect.get(connection, "stream").destroy(refusal)
  }
  let isBound = false
  connection.on("authenticationSASL", (message: unknown) => {
    const offered: unknown = Predicate.hasProperty(message, "mechanisms") ? message.mechanisms : []
    isBound = Array.isArray(offered) && offered.includes("SCRAM-SHA-256-PLUS")
    if (!isBound) refuse()
  })
  connection.on("authenticationCleartextPassword", refuse)
  connection.on("authenticationMD5Password", refuse)
  connection.on("authenticationOk", () => isBound || refuse())
  return () => refusal
}

const STATE = `SELECT pg_catalog.pg_is_in_recovery() AS standby,
  pg_catalog.current_setting('default_transaction_read_only') AS "readOnly"`

/** Whether the server has the properties that `target_session_attrs` asks for. */
const isMeant = async (client: Pg.Client, target: DatasourceUrl["target"]): Promise<boolean> => {
  if (target === "any") return true
  const { rows } = await client.query<{ readonly standby: boolean; readonly readOnly: string }>(STATE)
  const isStandby = rows[0]?.standby === true
  if (target === "primary") return !isStandby
  if (target === "standby" || target === "prefer-standby") return isStandby
  const isReadOnly = isStandby || rows[0]?.readOnly === "on"
  return (target === "read-only") === isReadOnly
}

const notMeant = (display: string, target: DatasourceUrl["target"]) =>
  new DatasourceError({
    reason: "refused",
    message: `${display}: it is not what target_session_attrs=${target} asks for`,
    code: null
  })
