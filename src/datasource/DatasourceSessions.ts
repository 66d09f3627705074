import { Duration, Effect, Either, identity, Predicate, Redacted, type Scope } from "effect"
import { EventEmitter } from "node:events"
import * as Pg from "pg"
import * as SilentSocket from "../database/SilentSocket.ts"
import { DatasourceError, ofConnecting } from "./DatasourceError.ts"
import * as DatasourceTls from "./DatasourceTls.ts"
import { type DatasourceUrl, displayOf, type Endpoint } from "./DatasourceUrl.ts"
import { greet, isLocal } from "./ServerSocket.ts"

/** Connections that nobody uses go back to their owner after this long. */
const IDLE_TIMEOUT = Duration.seconds(10)
/** Names us to whoever looks at the server's sessions. */
const APPLICATION = "workflow-infra"
/** SQLSTATE of a session that an administrator has ended, or that a server ended which shuts down. */
const ENDED_BY_ADMINISTRATOR = "57P01"
/** After this long without another one, an ended session is the first again. */
const FORGOTTEN_AFTER = Duration.minutes(10)

/** A connection to one of a datasource's servers. */
export interface Session {
  readonly client: Pg.Client
  readonly endpoint: Endpoint
  /** How often sessions had been ended by an administrator when it was made. */
  readonly generation: number
}

/** What sessions are made with. */
export interface SessionOptions {
  readonly url: DatasourceUrl
  readonly connectTimeout: Duration.Duration
  /** How long a server may be silent before its session is given up. */
  readonly silence: Duration.Duration
}

/** The sessions of a datasource. */
export interface DatasourceSessions {
  /** An idle session, or a new one. Rejects with `DatasourceError`. */
  readonly take: () => Promise<Session>
  /** Gives it back; one that is not reusable is closed. */
  readonly give: (session: Session, isReusable: boolean) => void
  /** How many there are, idle ones included. */
  readonly count: () => number
  /**
   * Whether an error of this session says that an administrator ended it, after one that was made before it had been ended in the same way:
   * somebody does not want us there.
   */
  readonly isUnwanted: (session: Session, error: unknown) => boolean
}

/** Sessions on demand, closed with the scope. How many there are at once is the caller's to bound. */
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
    // The server that answered last is asked first: what is read is read from one of them.
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
      // Whoever ends several sessions at once means it once.
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
            // A server that shuts down ends its sessions, too: nobody means us.
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
      give: (session, isReusable) => {
        if (!isReusable || isClosed) return remove(session)
        idle.set(session, setTimeout(() => remove(session), Duration.toMillis(IDLE_TIMEOUT)).unref())
      },
      count: () => sessions.size,
      isUnwanted
    }
  })

/** Encrypted or not, in the order in which libpq tries it. */
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
      // As a function: the driver takes an empty one for a reason to look for others.
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
    // The driver emits what it rejects a statement with as well, and an "error" that nobody hears ends the process.
    client.on("error", () => {})
    const refusal = url.channelBinding === "require" ? requireBinding(client) : () => null
    try {
      await client.connect()
      const refused = refusal()
      if (refused !== null) throw refused
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
 * Ends the connection before a password is sent to a server that does not prove, bound to this TLS connection, that it knows it. The
 * result says, after the login, whether it was ended.
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

/** Whether the server is of the kind that `target_session_attrs` asks for. */
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
