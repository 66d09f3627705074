import * as Migrator from "@effect/sql/Migrator"
import * as SqlClient from "@effect/sql/SqlClient"
import { Effect, Option, Schema } from "effect"
import { type DatabaseError, orDatabaseError } from "./DatabaseError.ts"
import engine from "./migrations/0001_engine.ts"
import datasource from "./migrations/0002_datasource.ts"
import entities from "./migrations/0003_entities.ts"
import relationships from "./migrations/0004_relationships.ts"
import ontology from "./migrations/0005_ontology.ts"
import transitions from "./migrations/0006_transitions.ts"
import bookkeeping from "./migrations/0007_bookkeeping.ts"

/** Where the migrator notes what has run. */
const TABLE = "engine.migrations"

/** Any constant: two processes that migrate one database at once go one after the other. */
const MIGRATION_LOCK = 7_236_182_931

const MIGRATIONS = {
  "0001_engine": engine,
  "0002_datasource": datasource,
  "0003_entities": entities,
  "0004_relationships": relationships,
  "0005_ontology": ontology,
  "0006_transitions": transitions,
  "0007_bookkeeping": bookkeeping
}

/** The version of the schema that this program works with. */
export const SCHEMA_VERSION = Math.max(...Object.keys(MIGRATIONS).map((name) => Number.parseInt(name, 10)))

/**
 * The schema could not be brought to this program's version: the server is too old, the login may not create what is missing, the
 * database is newer than the program, or a migration failed (and nothing of it was kept). The message says which.
 */
export class MigrationFailed extends Schema.TaggedError<MigrationFailed>()("MigrationFailed", {
  message: Schema.String
}) {}

/** The oldest PostgreSQL with everything the schema needs (`NULLS NOT DISTINCT`). */
const OLDEST_SERVER = 150_000

/** Brings the schema up to date, in one transaction; returns how many migrations ran. */
export const migrate = (sql: SqlClient.SqlClient): Effect.Effect<number, MigrationFailed | DatabaseError> =>
  Effect.gen(function* () {
    const [server] = yield* sql<{ version: number }>`SELECT current_setting('server_version_num')::int AS version`
    if (server !== undefined && server.version < OLDEST_SERVER) {
      return yield* new MigrationFailed({
        message: `PostgreSQL ${Math.floor(server.version / 10_000)} is too old: workflow-infra needs 15 or later`
      })
    }
    yield* sql`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`
    yield* sql`CREATE SCHEMA IF NOT EXISTS engine`
    yield* sql`CREATE TABLE IF NOT EXISTS ${sql(TABLE)}
      (migration_id integer PRIMARY KEY, name text NOT NULL, created_at timestamptz NOT NULL DEFAULT now())`
    const [latest] = yield* sql<{ id: number | null }>`SELECT max(migration_id) AS id FROM ${sql(TABLE)}`
    if ((latest?.id ?? 0) > SCHEMA_VERSION) {
      return yield* new MigrationFailed({
        message: `the database is at version ${latest?.id} and this program knows ${SCHEMA_VERSION}: use a newer workflow-infra`
      })
    }
    const ran = yield* Migrator.make({})({ loader: Migrator.fromRecord(MIGRATIONS), table: TABLE })
    return ran.length
  }).pipe(
    sql.withTransaction,
    Effect.provideService(SqlClient.SqlClient, sql),
    Effect.catchTag("MigrationError", (error) => new MigrationFailed({ message: error.message })),
    Effect.catchSomeDefect((defect) =>
      defect instanceof Migrator.MigrationError ? Option.some(failedMigration(defect)) : Option.none()
    ),
    orDatabaseError,
    Effect.withSpan("Database.migrate")
  )

const failedMigration = (error: Migrator.MigrationError) =>
  Effect.flip(orDatabaseError(Effect.fail(error.cause))).pipe(
    Effect.map((cause) => (cause instanceof Error ? cause.message : String(cause))),
    Effect.flatMap((reason) => new MigrationFailed({ message: `${error.message}: ${reason}` }))
  )
