import { PgClient } from "@effect/sql-pg"
import { Duration, Effect, Redacted } from "effect"
import { EventEmitter } from "node:events"
import * as Pg from "pg"
import { DatabaseError, orDatabaseError } from "./DatabaseError.ts"
import { readInTurns } from "./readInTurns.ts"
import { settingAll } from "./SessionSettings.ts"
import * as SilentSocket from "./SilentSocket.ts"

/** How long a caller waits for a connection, the wait for a free place in the pool included; then its statement fails. */
const CONNECT_TIMEOUT = Duration.seconds(10)
/**
 * How long closing a pool waits for its connections to close. Connections that are still open then are abandoned. It is a quarter of
 * the second that a process may take beyond its shutdown deadline when the server does not answer.
 */
const END_TIMEOUT = Duration.millis(250)

/** SQLSTATE `read_only_sql_transaction`. After a failover the old server may report it, and only a new connection reaches the new primary. */
const READ_ONLY = "25006"

/**
 * Lets several pools replace their connections together. When one connection reports that the server is read-only, the generation ends:
 * all its connections, in every pool, are closed. Pools that only read would never get that report themselves.
 */
export interface Generation {
  /** Number of the present generation. Connections of an earlier one are closed. */
  current: number
  /** For each pool, a function that closes its idle connections. */
  readonly renewals: Set<() => void>
}

/** A generation for new pools. */
export const firstGeneration = (): Generation => ({ current: 0, renewals: new Set() })

/** How a pool connects. */
export interface PoolOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: Redacted.Redacted
  /** `application_name`, as `pg_stat_activity` shows it. */
  readonly name: string
  /** The most connections that are open at once. */
  readonly connections: number
  /** Server settings of each session, in addition to `SESSION_SETTINGS`. */
  readonly settings: Record<string, string>
  /**
   * How long a connection may receive nothing before it is closed as half open. Has to be longer than the statement timeout in
   * `settings`, so that PostgreSQL's own timeout error arrives first. Default: no limit.
   */
  readonly silence?: Duration.Duration
  /**
   * Whether each connection is a PostgreSQL session of its own. False behind a pooler in transaction mode. Then no settings are made,
   * because they would stay on the pooler's connection, and no statement is cancelled, because the process id that the pooler reports
   * is not the server process's.
   */
  readonly sessions: boolean
  /** Shared by the pools on one server. Default: a generation of its own. */
  readonly generation?: Generation
}

/** What the driver takes for PostgreSQL: a URL, or a socket's path. It takes any other text for the name of a host, "" for this machine. */
const URL_START = /^(?:postgres(?:ql)?:\/\/|socket:|\/)/i
const INVALID_URL = "the database's URL is not valid: it should be like postgres://user:password@host:5432/database"

/**
 * Fails with `DatabaseError` if a URL is none of PostgreSQL's. With an invalid one the driver throws at the first connection, and its
 * message contains the URL with the password.
 */
export const checkUrl = (url: Redacted.Redacted): Effect.Effect<void, DatabaseError> =>
  Effect.try(() => new Pg.Client({ connectionString: Redacted.value(url) })).pipe(
    Effect.filterOrFail(
      () => URL_START.test(Redacted.value(url)),
      () => INVALID_URL
    ),
    Effect.mapError(() => new DatabaseError({ message: INVALID_URL, code: null, retryable: false }))
  )

/** Calls `refused` whenever the server reports on this connection that it is read-only. */
const onReadOnly = (client: Pg.ClientBase, refused: () => void) => {
  const connection: unknown = Reflect.get(client, "connection")
  if (!(connection instanceof EventEmitter)) return
  connection.on("errorMessage", (message: unknown) => {
    if (typeof message === "object" && message !== null && "code" in message && message.code === READ_ONLY) refused()
  })
}

/**
 * An SQL client on a pool of connections, which the scope closes. When the server turns read-only, the connections of all pools of the
 * generation are closed: idle ones at once, the others when they are released. Fails with `DatabaseError` when the URL is invalid or the
 * server cannot be reached.
 */
export const make = ({
  connections,
  generation = firstGeneration(),
  name,
  sessions,
  settings,
  silence,
  url
}: PoolOptions) => {
  const apply = settingAll(settings)
  const acquire = Effect.acquireRelease(
    Effect.sync(() => {
      const generations = new WeakMap<Pg.ClientBase, number>()
      const pool = new Pg.Pool({
        connectionString: Redacted.value(url),
        application_name: name,
        max: connections,
        connectionTimeoutMillis: Duration.toMillis(CONNECT_TIMEOUT),
        keepAlive: true,
        ...(silence === undefined ? {} : { stream: () => SilentSocket.endingAfter(silence) }),
        onConnect: (client) => {
          const mine = generation.current
          generations.set(client, mine)
          readInTurns(client)
          onReadOnly(client, () => {
            if (mine !== generation.current) return
            generation.current++
            for (const renew of generation.renewals) renew()
          })
          // Without a process id the driver sends no cancel request.
          if (!sessions) Reflect.set(client, "processID", undefined)
          return sessions ? client.query(apply) : undefined
        }
      })
      pool.on("error", () => {})
      pool.on("release", (_error, client) => {
        // A transaction may have switched the connection to pipelining, and its next user expects one answer per statement.
        Reflect.set(client, "pipeline", false)
        if (generations.get(client) !== generation.current) void client.end()
      })
      const renew = () => {
        for (let idle = pool.idleCount; idle > 0; idle--) pool.connect((_error, client) => client?.release())
      }
      generation.renewals.add(renew)
      return { pool, renew }
    }),
    ({ pool, renew }) => {
      generation.renewals.delete(renew)
      return Effect.promise(() => pool.end()).pipe(Effect.interruptible, Effect.timeoutOption(END_TIMEOUT))
    }
  ).pipe(Effect.map(({ pool }) => pool))
  const client = Effect.tap(PgClient.fromPool({ acquire, applicationName: name }), (sql) => sql`SELECT 1`)
  return Effect.zipRight(checkUrl(url), orDatabaseError(client))
}
