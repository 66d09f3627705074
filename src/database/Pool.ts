import { PgClient } from "@effect/sql-pg"
import { Duration, Effect, Redacted } from "effect"
import { EventEmitter } from "node:events"
import * as Pg from "pg"
import { DatabaseError, orDatabaseError } from "./DatabaseError.ts"
import { settingAll } from "./SessionSettings.ts"
import * as SilentSocket from "./SilentSocket.ts"

/** How long a connection may take, waiting for a place in the pool included. */
const CONNECT_TIMEOUT = Duration.seconds(10)
/**
 * How long closing a pool waits for its connections to close. Connections that are still open then are abandoned. It is a quarter of
 * the second that a process may take beyond its shutdown deadline when the server does not answer.
 */
const END_TIMEOUT = Duration.millis(250)

/** SQLSTATE of a server that has turned read only: after a failover another one takes writes, and only a new session finds it. */
const READ_ONLY = "25006"

/**
 * The sessions of several pools that are with a server that takes writes, as far as anybody has been told: those made since one of them
 * last found it read only. Some pools only read, and would never find out.
 */
export interface Generation {
  /** Sessions of an earlier one are ended. */
  current: number
  /** Ends the idle ones of each pool. */
  readonly renewals: Set<() => void>
}

/** The first one. */
export const firstGeneration = (): Generation => ({ current: 0, renewals: new Set() })

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
  /** Shared by pools on one server. Default: one of its own. */
  readonly generation?: Generation
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
 * back, the idle ones at once, whichever pool finds it. Fails with `DatabaseError` where the URL is none or the server cannot be reached.
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
          onReadOnly(client, () => {
            if (mine !== generation.current) return
            generation.current++
            for (const renew of generation.renewals) renew()
          })
          if (!sessions) Reflect.set(client, "processID", undefined)
          return sessions ? client.query(apply) : undefined
        }
      })
      pool.on("error", () => {})
      pool.on("release", (_error, client) => {
        // A transaction may have pipelined its statements; whoever gets the connection next expects none of that.
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
  // The driver would throw at the first connection, with the whole URL.
  const valid = Effect.try({
    try: () => new Pg.Client({ connectionString: Redacted.value(url) }),
    catch: () => new DatabaseError({ message: INVALID_URL, code: null, retryable: false })
  })
  const client = Effect.tap(PgClient.fromPool({ acquire, applicationName: name }), (sql) => sql`SELECT 1`)
  return Effect.zipRight(valid, orDatabaseError(client))
}
