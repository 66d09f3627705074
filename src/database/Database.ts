import * as Reactivity from "@effect/experimental/Reactivity"
import { PgClient } from "@effect/sql-pg"
import { makeWithTransaction, SqlClient, TransactionConnection } from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import type { Fragment } from "@effect/sql/Statement"
import { Config, Context, Duration, Effect, Layer, type Redacted, Scope } from "effect"
import { DatabaseError, orDatabaseError } from "./DatabaseError.ts"
import { DEFAULT_SCHEMA, Installation, isSchemaName, NO_SCHEMA_NAME, schemaConfig } from "./Installation.ts"
import { MigrationFailed, open, type RightsMissing } from "./Migrations.ts"
import * as Pool from "./Pool.ts"
import * as Pooler from "./Pooler.ts"
import { urlOfClient } from "./ServerUrl.ts"
import { identifier, quoteIdentifier } from "./Sql.ts"
import { protect, type TenantTableOptions } from "./TenantTable.ts"
import { isUuid } from "./Uuid.ts"

/** Default size of the work pool, in connections: node-postgres's own default. */
const WORK_CONNECTIONS = 10
/** Size of the control pool, in connections: one each for the heartbeat, the poll for requests and the takeover scan. */
const CONTROL_CONNECTIONS = 3
/** Size of the books pool, in connections: one each for a batch of starts, of task states and of workflow ends. */
const BOOKS_CONNECTIONS = 3
/** Statement timeout of the control pool: the default heartbeat timeout. A heartbeat that takes longer counts as failed. */
const CONTROL_STATEMENT_TIMEOUT = Duration.seconds(5)

/**
 * Limits of the work pool: a statement, a transaction that idles, a whole transaction (`transaction_timeout`, PostgreSQL 17 and later).
 * A takeover waits for the row locks of the former owner's open transaction, so the transaction limits bound that wait.
 */
const WORK_TIMEOUTS = {
  statement_timeout: "30s",
  idle_in_transaction_session_timeout: "10s",
  transaction_timeout: "60s"
}

/** One locked row blocks a whole batch. With this lock timeout the batch fails after 2 s and is repeated row by row. */
const BOOKS_TIMEOUTS = { ...WORK_TIMEOUTS, lock_timeout: "2s" }

const CONTROL_SETTINGS = {
  // The planner takes our index probes for more than they are, and compiling a statement takes many times as long as they do.
  jit: "off",
  statement_timeout: `${Duration.toMillis(CONTROL_STATEMENT_TIMEOUT)}ms`,
  idle_in_transaction_session_timeout: "5s"
}

/**
 * How long a connection may receive nothing before it is closed as half open (a firewall dropped it, or the server's machine is gone).
 * Each is longer than the pool's statement timeout, so that PostgreSQL's own timeout error arrives first.
 */
const SILENCE = { work: Duration.seconds(35), control: Duration.seconds(6) }

/** Our own database: three connection pools, the names of our schema and its tenant role, and tenant transactions. */
export interface DatabaseService {
  /** The work pool: `DATABASE_CONNECTIONS` connections (default 10) as the login role, for tenant transactions and the program's own SQL. */
  readonly work: PgClient.PgClient
  /** The control pool: heartbeats, requests and takeover scans, which must not wait behind work. Single statements only, no transactions. */
  readonly control: PgClient.PgClient
  /** The books pool: starts, task states and ends of workflows. Single statements only, no transactions. */
  readonly books: PgClient.PgClient
  /** The schema of our own tables, quoted, as an SQL fragment: `${engine}.workflows`. */
  readonly engine: Fragment
  /** The schema of our own tables, quoted, as text. */
  readonly schema: string
  /** The names of our schema and its two roles. */
  readonly installation: Context.Tag.Service<Installation>
  /** The schema's tenant role. `GRANT SELECT ON mine TO ${sql(tenantRole)}` lets tasks read your table. */
  readonly tenantRole: string
  /**
   * Runs an effect in a transaction as the tenant role, which sees only the rows of one project (a UUID). The transaction is always a
   * new one, also where the caller is in a transaction. Its commit waits for the disk, also on a server with `synchronous_commit = off`.
   * The opening round trip sets the role and the project and runs `fence`, an SQL query without parameters; the effect is told whether
   * the fence returned a row (true where no fence is given). Fails with `DatabaseError` when the project is not a UUID, or when a
   * statement, the opening or the commit fails.
   */
  readonly tenantTransaction: (
    projectId: string,
    fence?: string
  ) => <A, E, R>(use: (isOpen: boolean) => Effect.Effect<A, E, R>) => Effect.Effect<A, E | DatabaseError, R>
  /** The connection URL, for a service that needs a session outside the pools (LISTEN, the session lock). */
  readonly url: Redacted.Redacted
  /** Whether each connection is a PostgreSQL session of its own: false behind a pooler in transaction mode. */
  readonly sessions: boolean
}

/** How to reach the database. */
export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: Redacted.Redacted
  /**
   * Size of the work pool, in connections: a whole number from 1. Default 10, which is node-postgres's. A transaction of the program's
   * that asks the engine something (`get`, `list`, `withProject`) holds one and waits for a second: of such transactions, fewer than
   * this number may be open at a time. `start` needs no second one.
   */
  readonly connections?: number
  /**
   * Whether each connection is a PostgreSQL session of its own. Default true. Set it to false behind a pooler in transaction mode
   * (PgBouncer), which is refused otherwise where it is recognised: then no role, setting, lock or LISTEN is left on the pooler's connections.
   */
  readonly sessions?: boolean
  /**
   * The schema of our own tables. Default "engine". Each schema of each database has roles of its own, so that its tenants cannot read
   * another schema.
   */
  readonly schema?: string
}

/** What is set on a pooler's connection stays there, for whoever gets it next, and a lock or LISTEN does not last. */
const IS_POOLER =
  "the database's URL is of a pooler in transaction mode, where no session is one's own: set WORKFLOW_SESSION_LOCK=false, in code sessions: false"

/** The rule for a pool's size, as errors word it. */
const POOL_SIZE = "a whole number from 1"
const isPoolSize = (size: number) => Number.isInteger(size) && size >= 1

/**
 * A statement that makes the open transaction's commit wait for the disk where the server would not (`synchronous_commit = off`). Commits
 * of tasks and starts of workflows run it. Without it a crash of the server alone would lose commits that a worker, which survived the
 * crash, has counted as done. Values other than `off` already wait for the disk, and are left as they are.
 */
export const DURABLE =
  "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'"

/**
 * `WORKFLOW_SESSION_LOCK`: whether connections are sessions of our own. Default true. Set it to false behind a pooler in transaction
 * mode, which may run each transaction in another session.
 */
export const usesSessions = Config.withDefault(Config.boolean("WORKFLOW_SESSION_LOCK"), true)

/**
 * Three connection pools on one PostgreSQL (15 or later), whose schema, tables, policies and roles fit this program's version.
 *
 * @example
 * ```ts
 * const { tenantRole, work: sql } = yield* Database
 * yield* sql`CREATE TABLE IF NOT EXISTS results (project_id uuid, name text)`
 * yield* sql`GRANT SELECT, INSERT ON results TO ${sql(tenantRole)}`
 * ```
 */
export class Database extends Context.Tag("workflow-infra/database/Database")<Database, DatabaseService>() {
  /**
   * Connects, and migrates the schema where it is out of date. Fails with `DatabaseError` when it cannot connect, or when it finds a pooler
   * in transaction mode without `sessions: false`, `MigrationFailed` when
   * the schema cannot be migrated, and `RightsMissing` when the login lacks a right that the program needs.
   *
   * @example
   * ```ts
   * const OurDatabase = Database.layer({
   *   url: Redacted.make("postgres://app:secret@db.example.com:5432/app"),
   *   connections: 20,
   *   schema: "jobs",
   *   // Behind PgBouncer in transaction mode.
   *   sessions: false
   * })
   * ```
   */
  static readonly layer = (
    options: DatabaseOptions
  ): Layer.Layer<Database, DatabaseError | MigrationFailed | RightsMissing> =>
    Layer.scoped(Database, make(options)).pipe(Layer.provide(Reactivity.layer))

  /**
   * `layer` with options from `DATABASE_URL`, `DATABASE_CONNECTIONS` (default 10), `WORKFLOW_SCHEMA` (default "engine") and
   * `WORKFLOW_SESSION_LOCK` (default true). Fails also with `ConfigError` when one is missing or invalid.
   */
  static readonly layerConfig = Layer.unwrapEffect(
    Effect.map(
      Config.all({
        url: Config.redacted("DATABASE_URL"),
        connections: Config.integer("DATABASE_CONNECTIONS").pipe(
          Config.validate({ message: `must be ${POOL_SIZE}`, validation: isPoolSize }),
          Config.withDefault(WORK_CONNECTIONS)
        ),
        sessions: usesSessions,
        schema: schemaConfig
      }),
      Database.layer
    )
  )

  /**
   * `layer` on the server and database of the program's own `PgClient` (also one made from a pool with `PgClient.fromPool`), with its
   * login. The connections are our own all the same, because ours have timeouts and no transformations of names. Fails also with
   * `DatabaseError` when the client has TLS options of its own.
   */
  static readonly layerPgClient = (options?: Omit<DatabaseOptions, "url">) =>
    Layer.unwrapEffect(
      Effect.map(
        Effect.flatMap(PgClient.PgClient, ({ config }) => urlOfClient(config)),
        (url) => Database.layer({ ...options, url })
      )
    )

  /**
   * Puts a table of the program's own (which has a column `project_id uuid`) under forced row-level security: work for a project reads and
   * writes that project's rows only, and everybody else sees none but superusers. It may use the sequences of the table's `serial` columns.
   * `schema` is the table's, default "public". Does nothing where it is done already, so it can follow a `CREATE TABLE IF NOT EXISTS`. The
   * login has to own the table.
   *
   * @example
   * ```ts
   * const { work: sql } = yield* Database
   * yield* sql`CREATE TABLE IF NOT EXISTS invoices (project_id uuid, number int, PRIMARY KEY (project_id, number))`
   * yield* Database.tenantTable("invoices")
   *
   * const invoices = Effect.flatMap(Tenant.sql, (tenant) => tenant`SELECT number FROM invoices`)
   * const { withProject } = yield* TenantContext
   * const ofOneProject = yield* withProject(projectId)(invoices)
   * ```
   */
  static readonly tenantTable = (
    table: string,
    { schema = "public", ...options }: TenantTableOptions & { readonly schema?: string } = {}
  ): Effect.Effect<void, DatabaseError, Database> =>
    Effect.flatMap(Database, ({ installation, work: sql }) =>
      Effect.gen(function* () {
        const { systemRole, tenantRole } = installation.names
        // Two that start at once would both find no policy.
        yield* sql`SELECT pg_advisory_xact_lock(hashtextextended(${`tenant table ${schema}.${table}`}, 0))`
        const policies = yield* sql`SELECT FROM pg_catalog.pg_policies
          WHERE schemaname = ${schema} AND tablename = ${table} AND ${tenantRole} = ANY (roles)`
        if (policies.length > 0) return
        yield* sql`GRANT USAGE ON SCHEMA ${sql(schema)} TO ${sql(tenantRole)}`
        // By the names of its roles, so that several installations may have the table in common.
        yield* protect(table, options, { tenant: tenantRole, system: systemRole }).pipe(
          Effect.provideService(Installation, { ...installation, engine: identifier(schema) }),
          Effect.provideService(SqlClient, sql)
        )
        // Those of `serial` columns; of identity columns nobody needs a right.
        const sequences = yield* sql<{ name: string }>`SELECT s.oid::regclass::text AS name
          FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
          WHERE d.refobjid = ${`${quoteIdentifier(schema)}.${quoteIdentifier(table)}`}::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'a'`
        if (sequences.length > 0) {
          const names = sql.literal(sequences.map(({ name }) => name).join(", "))
          yield* sql`GRANT USAGE ON SEQUENCE ${names} TO ${sql(tenantRole)}`
        }
      }).pipe(sql.withTransaction, outsideTransaction, orDatabaseError)
    )
}

/**
 * Runs an effect outside the caller's transaction, by removing it from the context. All SQL clients share one tag for the open
 * transaction, so without this a statement of one client would run on the connection of another.
 */
export const outsideTransaction = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.mapInputContext(effect, (context: Context.Context<R>) => {
    const services = new Map(context.unsafeMap)
    services.delete(TransactionConnection.key)
    return Context.unsafeMake<R>(services)
  })

/** Whether the caller is inside a transaction, of whichever SQL client. */
export const isInTransaction: Effect.Effect<boolean> = Effect.map(Effect.context<never>(), (context) =>
  context.unsafeMap.has(TransactionConnection.key)
)

/** Stands in the context for a transaction where there is no database, so that programs are refused in memory what they would be refused. */
export class MemoryTransaction extends Context.Tag("workflow-infra/database/MemoryTransaction")<
  MemoryTransaction,
  true
>() {}

/**
 * Dies when the caller is inside a transaction. A fiber that is forked there would keep using the connection after the transaction has
 * ended, when the pool may have given that connection to somebody else. `what` names the operation in the message.
 */
export const dieInTransaction = (what: string): Effect.Effect<void> =>
  Effect.flatMap(Effect.context<never>(), ({ unsafeMap }) =>
    unsafeMap.has(TransactionConnection.key) || unsafeMap.has(MemoryTransaction.key)
      ? Effect.dieMessage(`${what} inside a transaction: do it after the transaction has ended`)
      : Effect.void
  )

const make = (options: DatabaseOptions) =>
  Effect.gen(function* () {
    const { connections = WORK_CONNECTIONS, schema = DEFAULT_SCHEMA, sessions = true, url } = options
    if (!isPoolSize(connections)) {
      const message = `the number of connections must be ${POOL_SIZE}, but is ${connections}`
      return yield* new DatabaseError({ message, code: null, retryable: false })
    }
    if (!isSchemaName(schema)) return yield* new MigrationFailed({ message: NO_SCHEMA_NAME })
    yield* Pool.checkUrl(url)
    if (sessions && (yield* Pooler.isInTransactionMode(url))) {
      return yield* new DatabaseError({ message: IS_POOLER, code: null, retryable: false })
    }
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
    const roles = yield* Effect.scoped(Effect.flatMap(pool("start", 1, {}), (client) => open(client, schema)))
    const { tenantRole } = roles
    // Closed in parallel: when the server does not answer, each close takes its whole timeout.
    const [work, books, control] = yield* Effect.all([
      pool("work", connections, WORK_TIMEOUTS, SILENCE.work),
      pool("books", BOOKS_CONNECTIONS, BOOKS_TIMEOUTS, SILENCE.work),
      pool("control", CONTROL_CONNECTIONS, CONTROL_SETTINGS, SILENCE.control)
    ]).pipe(Effect.parallelFinalizers)

    // Behind a pooler, session settings would stay on its connection, so each transaction sets them for itself. `transaction_timeout` is
    // unknown before PostgreSQL 17, where SET would fail.
    const local = sessions
      ? []
      : Object.entries(WORK_TIMEOUTS)
          .filter(([name]) => name !== "transaction_timeout")
          .map(([name, value]) => `SET LOCAL ${name} = '${value}'`)
    const begin = [
      "BEGIN ISOLATION LEVEL READ COMMITTED",
      ...local,
      DURABLE,
      `SET LOCAL ROLE ${quoteIdentifier(tenantRole)}`
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
          // ROLLBACK fails only when the connection is lost, and then the server rolls back. The failure that led here is the one to report.
          rollback: (connection) => Effect.ignore(connection.executeUnprepared("ROLLBACK", [], undefined)),
          rollbackSavepoint: () => Effect.dieMessage("a tenant transaction is never nested")
        })
        return transaction(Effect.suspend(() => use(isOpen))).pipe(outsideTransaction, orDatabaseError)
      })

    return Database.of({
      work,
      control,
      books,
      engine: work.literal(quoteIdentifier(schema)),
      schema: quoteIdentifier(schema),
      installation: Installation.make(schema, roles),
      tenantRole,
      tenantTransaction,
      url,
      sessions
    })
  })

/** SQLSTATE `invalid_text_representation`, which PostgreSQL itself reports for a malformed UUID. */
const INVALID_TEXT = "22P02"

const notAUuid = (projectId: string) =>
  new DatabaseError({ message: `a project's id is a UUID, not "${projectId}"`, code: INVALID_TEXT, retryable: false })
