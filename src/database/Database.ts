import * as Reactivity from "@effect/experimental/Reactivity"
import type { PgClient } from "@effect/sql-pg"
import { makeWithTransaction, TransactionConnection } from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import type { Fragment } from "@effect/sql/Statement"
import { Config, Context, Duration, Effect, Layer, type Redacted, Scope } from "effect"
import { DatabaseError, orDatabaseError } from "./DatabaseError.ts"
import { DEFAULT_SCHEMA, isSchemaName, NO_SCHEMA_NAME, schemaConfig } from "./Installation.ts"
import { MigrationFailed, open, type RightsMissing } from "./Migrations.ts"
import * as Pool from "./Pool.ts"
import { quote } from "./Sql.ts"
import { isUuid } from "./Uuid.ts"

/** Connections for work: tenants' transactions. */
const WORK_CONNECTIONS = 10
/** Connections for what must never wait behind work: heartbeats, requests, takeover scans. */
const CONTROL_CONNECTIONS = 3
/** Connections for the engine's own bookkeeping: a batch of starts, one of task states and one of ends may be on their way at once. */
const BOOKS_CONNECTIONS = 3
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

/** A batch in which one row is locked by somebody fails soon, and is done again row by row. */
const BOOKS_TIMEOUTS = { ...WORK_TIMEOUTS, lock_timeout: "2s" }

const CONTROL_TIMEOUTS = {
  statement_timeout: `${Duration.toMillis(CONTROL_STATEMENT_TIMEOUT)}ms`,
  idle_in_transaction_session_timeout: "5s"
}

/**
 * How long the server may be silent on a connection before it is given up, half open: a firewall has forgotten it, or the server's
 * machine is gone. Longer than the server itself lets a statement run, so that its own answer comes first.
 */
const SILENCE = { work: Duration.seconds(35), control: Duration.seconds(6) }

/** Our own database. */
export interface DatabaseService {
  /** For work: up to 10 connections (`DATABASE_CONNECTIONS`), as the login role; tenants' transactions and a program's own. */
  readonly work: PgClient.PgClient
  /** For control: heartbeats and scans, each one plain statement. Never used inside a transaction. */
  readonly control: PgClient.PgClient
  /** For the engine's bookkeeping: starts, task states and ends, each one plain statement. Never used inside a transaction. */
  readonly books: PgClient.PgClient
  /** The schema of our own tables, quoted: `${engine}.workflows`. */
  readonly engine: Fragment
  /** The same as text, for statements that are text. */
  readonly schema: string
  /** The role of tenant work, the schema's own: `GRANT SELECT ON mine TO ${sql(tenantRole)}` shows a table of yours to it. */
  readonly tenantRole: string
  /**
   * Runs an effect in a transaction as the tenant role, which sees the rows of one project (a UUID) and no others. It is never part of
   * a transaction of the caller's. Role, project and `fence`, a query without parameters, are taken in the round trip that begins
   * it; the effect is told whether the fence found a row (true without one). Fails with `DatabaseError` where the transaction could
   * not be begun or committed.
   */
  readonly tenantTransaction: (
    projectId: string,
    fence?: string
  ) => <A, E, R>(use: (isOpen: boolean) => Effect.Effect<A, E, R>) => Effect.Effect<A, E | DatabaseError, R>
  /** The connection URL, for sessions that a service keeps to itself (LISTEN, the session lock). */
  readonly url: Redacted.Redacted
  /** Whether connections are sessions of our own: false behind a pooler in transaction mode. */
  readonly sessions: boolean
}

/** How to reach the database. */
export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: Redacted.Redacted
  /** Connections for work: 10. */
  readonly connections?: number
  /**
   * Whether connections are sessions of our own: true by default. False behind a pooler in transaction mode (PgBouncer): then nothing
   * is left on any of its connections, no role, no setting, no lock and no LISTEN.
   */
  readonly sessions?: boolean
  /** The schema of our own tables: "engine" by default. Schemas in one database, and databases of one server, never reach each other. */
  readonly schema?: string
}

/**
 * Lets the transaction wait for the disk also where the server does not (`synchronous_commit = off`), as each tenant's does: otherwise a
 * crash of the server alone would undo commits of tasks that their owner, who lives on, has counted as completed. Other settings are the
 * server's business.
 */
export const DURABLE =
  "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'"

/** From `WORKFLOW_SESSION_LOCK`. Off behind a pooler in transaction mode, which gives every transaction another session. */
export const usesSessions = Config.withDefault(Config.boolean("WORKFLOW_SESSION_LOCK"), true)

/** Three pools on one PostgreSQL (15 or later), with roles, policies and tables as this program's version wants them. */
export class Database extends Context.Tag("workflow-infra/database/Database")<Database, DatabaseService>() {
  /**
   * Connects, and brings the schema up to date where it is not. Fails with `DatabaseError` where it cannot connect, `MigrationFailed`
   * where the schema cannot be brought up to date, `RightsMissing` where the login has not every right that the program needs.
   */
  static readonly layer = (
    options: DatabaseOptions
  ): Layer.Layer<Database, DatabaseError | MigrationFailed | RightsMissing> =>
    Layer.scoped(Database, make(options)).pipe(Layer.provide(Reactivity.layer))

  /**
   * From `DATABASE_URL`, `DATABASE_CONNECTIONS` (10), `WORKFLOW_SCHEMA` ("engine") and `WORKFLOW_SESSION_LOCK` (true; false behind a
   * pooler in transaction mode).
   */
  static readonly layerConfig = Layer.unwrapEffect(
    Effect.map(
      Config.all({
        url: Config.redacted("DATABASE_URL"),
        connections: Config.withDefault(Config.integer("DATABASE_CONNECTIONS"), WORK_CONNECTIONS),
        sessions: usesSessions,
        schema: schemaConfig
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
    const { schema = DEFAULT_SCHEMA, sessions = true, url } = options
    if (!isSchemaName(schema)) return yield* new MigrationFailed({ message: NO_SCHEMA_NAME })
    const generation = Pool.firstGeneration()
    const pool = (use: string, connections: number, settings: Record<string, string>, silence?: Duration.Duration) =>
      Pool.make({
        url,
        name: `workflow-infra ${use}`,
        connections,
        settings,
        sessions,
        generation,
        ...(silence && { silence })
      })
    const { tenantRole } = yield* Effect.scoped(Effect.flatMap(pool("start", 1, {}), (client) => open(client, schema)))
    // Ended at the same time: where the server is silent, each takes as long as it may.
    const [work, books, control] = yield* Effect.all([
      pool("work", options.connections ?? WORK_CONNECTIONS, WORK_TIMEOUTS, SILENCE.work),
      pool("books", BOOKS_CONNECTIONS, BOOKS_TIMEOUTS, SILENCE.work),
      pool("control", CONTROL_CONNECTIONS, CONTROL_TIMEOUTS, SILENCE.control)
    ]).pipe(Effect.parallelFinalizers)

    // Where a session's settings would stay on the pooler's connection, each transaction has its own.
    const local = sessions
      ? []
      : Object.entries(WORK_TIMEOUTS)
          .filter(([name]) => name !== "transaction_timeout")
          .map(([name, value]) => `SET LOCAL ${name} = '${value}'`)
    const begin = [
      "BEGIN ISOLATION LEVEL READ COMMITTED",
      ...local,
      DURABLE,
      `SET LOCAL ROLE ${quote(tenantRole)}`
    ].join("; ")
    const acquire = Effect.flatMap(Scope.make(), (scope) =>
      Effect.map(Scope.extend(work.reserve, scope), (connection) => [scope, connection] as const)
    )

    const tenantTransaction: DatabaseService["tenantTransaction"] = (projectId, fence) => (use) =>
      Effect.suspend(() => {
        if (!isUuid(projectId)) return Effect.fail(notAUuid(projectId))
        let isOpen = fence === undefined
        const opening = `${begin}; SET LOCAL app.current_project_id = '${projectId}'${fence === undefined ? "" : `; ${fence}`}`
        const transaction = makeWithTransaction<TransactionConnection, Connection>({
          transactionTag: TransactionConnection,
          spanAttributes: [],
          acquireConnection: acquire,
          begin: (connection) =>
            Effect.map(connection.executeUnprepared(opening, [], undefined), (results) => {
              const last: unknown = results.at(-1)
              isOpen ||= Array.isArray(last) && last.length > 0
            }),
          savepoint: () => Effect.dieMessage("a tenant transaction is never nested"),
          commit: (connection) => connection.executeUnprepared("COMMIT", [], undefined),
          // One that fails has lost its connection, and the server rolls back: what counts is why it was to be rolled back.
          rollback: (connection) => Effect.ignore(connection.executeUnprepared("ROLLBACK", [], undefined)),
          rollbackSavepoint: () => Effect.dieMessage("a tenant transaction is never nested")
        })
        return transaction(Effect.suspend(() => use(isOpen))).pipe(outsideTransaction, orDatabaseError)
      })

    return Database.of({
      work,
      control,
      books,
      engine: work.literal(quote(schema)),
      schema: quote(schema),
      tenantRole,
      tenantTransaction,
      url,
      sessions
    })
  })

/** SQLSTATE of a text that is no value of a type. */
const INVALID_TEXT = "22P02"

const notAUuid = (projectId: string) =>
  new DatabaseError({ message: `a project's id is a UUID, not "${projectId}"`, code: INVALID_TEXT, retryable: false })
