import { PgClient } from "@effect/sql-pg"
import { Duration, Effect, Redacted } from "effect"
import { EventEmitter } from "node:events"
import * as Pg from "pg"
import { DatabaseError, orDatabaseError } from "./DatabaseError.ts"
import { settingAll } from "./SessionSettings.ts"
import * as SilentSocket from "./SilentSocket.ts"

/** How long a connection may take, waiting for a place in the pool included. */
const CONNECT_TIMEOUT = Duration.seconds(10)
/** How long the end of a pool may take: its statements have ended, or are left to the server. */
const END_TIMEOUT = Duration.seconds(1)

/** SQLSTATE of a server that has turned read only: after a failover another one takes writes, and only a new session finds it. */
const READ_ONLY = "25006"

/** How a pool works. */
export interface PoolOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: Redacted.Redacted
  /** As the server shows its sessions. */
  readonly name: string
  /** Sessions, at the most. */
  readonly connections: number
  /** Server settings of each session, beside those that all have. */
  readonly settings: Record<string, string>
  /**
   * How long the server may be silent on a connection before it is given up as half open. Longer than the server itself lets a
   * statement run, so that its own answer comes first. Default: as long as it likes.
   */
  readonly silence?: Duration.Duration
  /**
   * Whether a connection is a session of our own. Where a pooler in transaction mode is between (false), nothing is set on it, because
   * what is set would stay on the pooler's connection; nor is a statement ever cancelled, because the process id that a pooler tells
   * is none of the server's.
   */
  readonly sessions: boolean
}

const INVALID_URL = "the database's URL is not valid: it should be like postgres://user:password@host:5432/database"

/** Calls `refused` where the server says on this connection that it is read only. */
const onReadOnly = (client: Pg.ClientBase, refused: () => void) => {
  const connection: unknown = Reflect.get(client, "connection")
  if (!(connection instanceof EventEmitter)) return
  connection.on("errorMessage", (message: unknown) => {
    if (typeof message === "object" && message !== null && "code" in message && message.code === READ_ONLY) refused()
  })
}

/**
 * A pool of connections as a client, until the scope closes. Sessions to a server that turned read only are ended when they are given
 * back, the idle ones at once. Fails with `DatabaseError` where the URL is none or the server cannot be reached.
 */
export const make = ({ connections, name, sessions, settings, silence, url }: PoolOptions) => {
  const apply = settingAll(settings)
  const acquire = Effect.acquireRelease(
    Effect.sync(() => {
      // Sessions older than this one are of a server that has turned read only since.
      let generation = 0
      const generations = new WeakMap<Pg.ClientBase, number>()
      const pool = new Pg.Pool({
        connectionString: Redacted.value(url),
        application_name: name,
        max: connections,
        connectionTimeoutMillis: Duration.toMillis(CONNECT_TIMEOUT),
        keepAlive: true,
        ...(silence === undefined ? {} : { stream: () => SilentSocket.endingAfter(silence) }),
        onConnect: (client) => {
          const mine = generation
          generations.set(client, mine)
          onReadOnly(client, () => {
            if (mine !== generation) return
            generation++
            for (let idle = pool.idleCount; idle > 0; idle--) pool.connect((_error, _client, release) => release())
          })
          if (!sessions) Reflect.set(client, "processID", undefined)
          return sessions ? client.query(apply) : undefined
        }
      })
      pool.on("error", () => {})
      pool.on("release", (_error, client) => {
        if (generations.get(client) !== generation) void client.end()
      })
      return pool
    }),
    (pool) => Effect.promise(() => pool.end()).pipe(Effect.interruptible, Effect.timeoutOption(END_TIMEOUT))
  )
  // The driver would throw at the first connection, with the whole URL.
  const valid = Effect.try({
    try: () => new Pg.Client({ connectionString: Redacted.value(url) }),
    catch: () => new DatabaseError({ message: INVALID_URL, code: null, retryable: false })
  })
  const client = Effect.tap(PgClient.fromPool({ acquire, applicationName: name }), (sql) => sql`SELECT 1`)
  return Effect.zipRight(valid, orDatabaseError(client))
}
