import * as Reactivity from "@effect/experimental/Reactivity"
import { PgClient } from "@effect/sql-pg"
import { TransactionConnection } from "@effect/sql/SqlClient"
import { Config, Context, Duration, Effect, Layer, Redacted } from "effect"
import * as Pg from "pg"
import { DatabaseError, orDatabaseError } from "./DatabaseError.ts"
import { migrate, type MigrationFailed } from "./Migrations.ts"
import { SYSTEM_ROLE } from "./Roles.ts"
import * as SilentSocket from "./SilentSocket.ts"

/** Connections for work: tenants' transactions, starts, claims. */
const WORK_CONNECTIONS = 10
/** Connections for what must never wait behind work: heartbeats, requests, takeover scans. */
const CONTROL_CONNECTIONS = 3
/** How long a connection may take, waiting for a place in the pool included. */
const CONNECT_TIMEOUT = Duration.seconds(10)
/** A heartbeat that takes longer is as good as lost. */
const CONTROL_STATEMENT_TIMEOUT = Duration.seconds(5)

/**
 * How long work may hold the database: a statement, a transaction that waits for its client, a whole transaction (PostgreSQL 17
 * and later). A zombie's open transaction holds a takeover off for this long at most.
 */
const WORK_TIMEOUTS = {
  statement_timeout: "30s",
  idle_in_transaction_session_timeout: "10s",
  transaction_timeout: "60s"
}

const CONTROL_TIMEOUTS = {
  statement_timeout: `${Duration.toMillis(CONTROL_STATEMENT_TIMEOUT)}ms`,
  idle_in_transaction_session_timeout: "5s",
  role: SYSTEM_ROLE
}

/** What every connection sets: a client that was killed is noticed within half a second, a dead network within ten. */
const CONNECTION_SETTINGS = {
  client_connection_check_interval: "500",
  tcp_keepalives_idle: "5",
  tcp_keepalives_interval: "2",
  tcp_keepalives_count: "3",
  tcp_user_timeout: "10000",
  timezone: "UTC",
  client_min_messages: "warning"
}

/**
 * How long the server may be silent on a connection before it is given up, half open: a firewall has forgotten it, or the server's
 * machine is gone. Longer than the server itself lets a statement run, so that its own answer comes first.
 */
const SILENCE = { work: Duration.seconds(35), control: Duration.seconds(6) }

const INVALID_URL = "the database's URL is not valid: it should be like postgres://user:password@host:5432/database"

/** Our own database. */
export interface DatabaseService {
  /** For work: up to 10 connections (`DATABASE_CONNECTIONS`), as the login role; tenants' transactions and transitions. */
  readonly work: PgClient.PgClient
  /** For control: heartbeats and scans, each one plain statement, as the system role. Never used inside a transaction. */
  readonly control: PgClient.PgClient
  /**
   * Runs `effect` in a work transaction as the system role, which sees every tenant's workflows: transitions only. It is never part of
   * a transaction of the caller's. Deadlocks and serialization failures are the caller's to retry.
   */
  readonly system: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | DatabaseError, R>
  /** The connection URL, for sessions that a service keeps to itself (LISTEN, the session lock). */
  readonly url: Redacted.Redacted
}

/** How to reach the database. */
export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: Redacted.Redacted
  /** Connections for work: 10. */
  readonly connections?: number
}

/** Two pools on one PostgreSQL (15 or later), with roles, policies and tables as this program's version wants them. */
export class Database extends Context.Tag("workflow-infra/database/Database")<Database, DatabaseService>() {
  /** Connects and migrates. Fails with `DatabaseError` where it cannot connect, `MigrationFailed` where the schema cannot be brought up to date. */
  static readonly layer = (options: DatabaseOptions): Layer.Layer<Database, DatabaseError | MigrationFailed> =>
    Layer.scoped(Database, make(options)).pipe(Layer.provide(Reactivity.layer))

  /** From `DATABASE_URL` and `DATABASE_CONNECTIONS` (10). */
  static readonly layerConfig = Layer.unwrapEffect(
    Effect.map(
      Config.all({
        url: Config.redacted("DATABASE_URL"),
        connections: Config.withDefault(Config.integer("DATABASE_CONNECTIONS"), WORK_CONNECTIONS)
      }),
      Database.layer
    )
  )
}

/** Removes the caller's transaction from the context: two clients share that tag, and one would run on the other's connection. */
export const outsideTransaction = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.mapInputContext(effect, (context: Context.Context<R>) => {
    const services = new Map(context.unsafeMap)
    services.delete(TransactionConnection.key)
    return Context.unsafeMake<R>(services)
  })

/** Dies inside a transaction: what is started there would go on after its end, on a connection that is somebody else's by then. */
export const dieInTransaction = (what: string): Effect.Effect<void> =>
  Effect.flatMap(Effect.context<never>(), (context) =>
    context.unsafeMap.has(TransactionConnection.key)
      ? Effect.dieMessage(`${what} inside a transaction: do it after the transaction has ended`)
      : Effect.void
  )

const make = (options: DatabaseOptions) =>
  Effect.gen(function* () {
    const migrations = yield* Effect.scoped(
      Effect.flatMap(pool(options.url, "workflow-infra migrations", 1, {}), (client) => migrate(client))
    )
    yield* Effect.logDebug("database ready").pipe(Effect.annotateLogs({ migrations }))
    const connections = options.connections ?? WORK_CONNECTIONS
    const work = yield* pool(options.url, "workflow-infra work", connections, WORK_TIMEOUTS, SILENCE.work)
    const control = yield* pool(
      options.url,
      "workflow-infra control",
      CONTROL_CONNECTIONS,
      CONTROL_TIMEOUTS,
      SILENCE.control
    )
    return Database.of({
      work,
      control,
      url: options.url,
      system: (effect) =>
        work
          .withTransaction(Effect.zipRight(work`SELECT set_config('role', ${SYSTEM_ROLE}, true)`, effect))
          .pipe(outsideTransaction, orDatabaseError)
    })
  })

/** Settings are applied by one statement on each new connection, those that this server's version knows. */
const pool = (
  url: Redacted.Redacted,
  name: string,
  connections: number,
  settings: Record<string, string>,
  silence: Duration.Duration = Duration.infinity
) => {
  const all = { ...CONNECTION_SETTINGS, ...settings }
  const values = Object.entries(all).map(([setting, value]) => `('${setting}', '${value}')`)
  const apply = `SELECT set_config(v.name, v.value, false) FROM (VALUES ${values.join(", ")}) v(name, value)
    WHERE v.name = 'role' OR EXISTS (SELECT FROM pg_settings s WHERE s.name = v.name)`
  const acquire = Effect.acquireRelease(
    Effect.sync(() => {
      const made = new Pg.Pool({
        connectionString: Redacted.value(url),
        application_name: name,
        max: connections,
        connectionTimeoutMillis: Duration.toMillis(CONNECT_TIMEOUT),
        keepAlive: true,
        ...(Duration.isFinite(silence) ? { stream: () => SilentSocket.endingAfter(silence) } : {}),
        onConnect: (client) => client.query(apply)
      })
      made.on("error", () => {})
      return made
    }),
    (made) => Effect.promise(() => made.end()).pipe(Effect.interruptible, Effect.timeoutOption("1 second"))
  )
  // The driver would throw at the first connection, with the whole URL.
  const valid = Effect.try({
    try: () => new Pg.Client({ connectionString: Redacted.value(url) }),
    catch: () => new DatabaseError({ message: INVALID_URL, code: null, retryable: false })
  })
  const client = Effect.tap(PgClient.fromPool({ acquire, applicationName: name }), (sql) => sql`SELECT 1`)
  return Effect.zipRight(valid, orDatabaseError(client))
}
