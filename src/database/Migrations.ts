import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect, Either, Random, Schedule, Schema } from "effect"
import { DatabaseError, orDatabaseError } from "./DatabaseError.ts"
import { Installation } from "./Installation.ts"
import engine from "./migrations/0001_engine.ts"
import datasource from "./migrations/0002_datasource.ts"
import entities from "./migrations/0003_entities.ts"
import relationships from "./migrations/0004_relationships.ts"
import ontology from "./migrations/0005_ontology.ts"
import transitions from "./migrations/0006_transitions.ts"
import bookkeeping from "./migrations/0007_bookkeeping.ts"
import installation from "./migrations/0008_installation.ts"
import lastAttempts from "./migrations/0009_last_attempts.ts"
import sealedValues from "./migrations/0010_sealed_values.ts"
import keys from "./migrations/0011_keys.ts"
import results from "./migrations/0012_results.ts"
import listing from "./migrations/0013_listing.ts"
import retries from "./migrations/0014_retries.ts"
import priorities from "./migrations/0015_priorities.ts"
import schedules from "./migrations/0016_schedules.ts"
import limits from "./migrations/0017_limits.ts"
import histories from "./migrations/0018_histories.ts"
import decisions from "./migrations/0019_decisions.ts"
import readings from "./migrations/0020_readings.ts"
import changes from "./migrations/0021_changes.ts"
import claims from "./migrations/0022_claims.ts"
import apiTokens from "./migrations/0023_api_tokens.ts"
import lostOwners from "./migrations/0024_lost_owners.ts"
import throughput from "./migrations/0025_throughput.ts"
import { PROGRAM } from "./Program.ts"
import { separateRoles } from "./OwnRoles.ts"
import { record } from "./Recording.ts"
import { mayNotMigrate, missingRights, noRoles, shared, unreadable } from "./Rights.ts"
import { LEGACY_ROLES, type Roles, rolesOf } from "./Roles.ts"
import { read, type Rights, type SchemaState, sharesRoles } from "./SchemaState.ts"
import * as Steps from "./Steps.ts"
import { quoteIdentifier } from "./Sql.ts"

/**
 * The migrations in order; a migration's version is its position, from 1. Each is a list of statements that take no parameters and whose
 * results are not used, so that it can be run as well as printed as a script.
 */
export const MIGRATIONS: ReadonlyArray<
  readonly [name: string, run: Effect.Effect<void, SqlError, SqlClient.SqlClient | Installation>]
> = [
  ["engine", engine],
  ["datasource", datasource],
  ["entities", entities],
  ["relationships", relationships],
  ["ontology", ontology],
  ["transitions", transitions],
  ["bookkeeping", bookkeeping],
  ["installation", installation],
  ["last_attempts", lastAttempts],
  ["sealed_values", sealedValues],
  ["keys", keys],
  ["results", results],
  ["listing", listing],
  ["retries", retries],
  ["priorities", priorities],
  ["schedules", schedules],
  ["limits", limits],
  ["histories", histories],
  ["decisions", decisions],
  ["readings", readings],
  ["changes", changes],
  ["claims", claims],
  ["api_tokens", apiTokens],
  ["lost_owners", lostOwners],
  ["throughput", throughput]
]

/** The version of the schema that this program works with: that of the last migration. */
export const SCHEMA_VERSION = MIGRATIONS.length

/** The version of the migration "installation", whose table names the schema's roles. Older schemas have the `LEGACY_ROLES`. */
const KNOWS_ITS_ROLES = 8

/**
 * The schema could not be migrated to this program's version: the server is too old, the login may not create what is missing, the
 * schema is newer than the program, or a migration failed and was rolled back. The message says which, in one line.
 *
 * @example
 * ```ts
 * const ours = Database.layerConfig.pipe(
 *   Layer.tapError((error) => (error._tag === "MigrationFailed" ? Effect.logError(error.message) : Effect.void))
 * )
 * ```
 */
export class MigrationFailed extends Schema.TaggedError<MigrationFailed>()("MigrationFailed", {
  message: Schema.String
}) {}

/**
 * The schema is up to date, and the login lacks a right that the program needs. The message names, in one line, the right and the
 * command that an administrator runs to grant it.
 *
 * @example
 * ```ts
 * yield* migrate(sql, "engine", "app").pipe(
 *   Effect.catchTag("RightsMissing", ({ message }) => Effect.logError(`ask your administrator: ${message}`))
 * )
 * ```
 */
export class RightsMissing extends Schema.TaggedError<RightsMissing>()("RightsMissing", {
  message: Schema.String
}) {}

/** The oldest supported PostgreSQL, as `server_version_num`: 15 has `NULLS NOT DISTINCT` indexes. */
const OLDEST_SERVER = 150_000

/** SQLSTATE `deadlock_detected`. Workers that are running may lock the same tables in another order than a migration does. */
const DEADLOCK = "40P01"
/**
 * A migration that a deadlock rolled back is retried about 250 ms later (with jitter), 20 times at most. PostgreSQL takes 1 s to detect
 * each deadlock (the default of `deadlock_timeout`), so the retries end after about 25 s.
 */
const DEADLOCK_RETRY = Schedule.intersect(Schedule.jittered(Schedule.spaced("250 millis")), Schedule.recurs(20))
const isDeadlock = (error: unknown) => error instanceof DatabaseError && error.code === DEADLOCK

/** What `migrate` did. */
export interface Migrated {
  readonly database: string
  /** The login that was granted what the program needs. */
  readonly login: string
  /** The migrations that ran, such as `3_entities`. */
  readonly ran: ReadonlyArray<string>
  /** Whether a copied schema was given roles of its own. */
  readonly separated: boolean
}

/** What a migration has to do. */
interface Plan {
  readonly schema: string
  readonly hasSchema: boolean
  /** The schema's version before it. */
  readonly version: number
  /** The schema's roles before it. */
  readonly roles: Roles
  /** The roles that replace them in a copied schema; null where the roles stay. */
  readonly newRoles: Roles | null
  /** The login to grant what the program needs. */
  readonly login: string
}

/**
 * Opens the schema when a program starts: migrates it where it is out of date, and checks the login's rights. Gives the schema's roles.
 * Fails with `MigrationFailed`, `RightsMissing` or `DatabaseError`. On a schema that is up to date it writes nothing and needs no right
 * to create anything.
 */
export const open = (
  sql: SqlClient.SqlClient,
  schema: string
): Effect.Effect<Roles, MigrationFailed | RightsMissing | DatabaseError> =>
  Effect.gen(function* () {
    const before = yield* readKnown(sql, schema)
    const isCurrent = before.version === SCHEMA_VERSION
    if (!isCurrent) yield* bringUpToDate(sql, schema, before.login, false)
    const rights = yield* usable(schema, isCurrent ? before : yield* readKnown(sql, schema), before.login)
    if (sharesRoles(rights)) {
      yield* Effect.logWarning(`${shared(schema, rights)}: "${PROGRAM} migrate" gives it roles of its own`)
    }
    yield* Effect.logDebug("database ready").pipe(
      Effect.annotateLogs({ schema, from: before.version, version: SCHEMA_VERSION })
    )
    return rights
  }).pipe(orDatabaseError, Effect.withSpan("Database.open"))

/**
 * Migrates the schema, gives a copied one roles of its own, and grants `login` (default: the connected one) every right that the program
 * needs. Changes nothing where all of that is done already. Fails with `MigrationFailed`, `RightsMissing` or `DatabaseError`.
 *
 * @example
 * ```ts
 * // As an owner of the database, for the login that the program has.
 * const { ran } = yield* migrate(sql, "engine", "app")
 * yield* Effect.log(`${ran.length} migrations`)
 * ```
 */
export const migrate = (
  sql: SqlClient.SqlClient,
  schema: string,
  login?: string
): Effect.Effect<Migrated, MigrationFailed | RightsMissing | DatabaseError> =>
  Effect.gen(function* () {
    const before = yield* readKnown(sql, schema, login)
    const user = login ?? before.login
    const done = isReady(schema, before, user)
      ? { ran: [], separated: false }
      : yield* bringUpToDate(sql, schema, user, true)
    yield* usable(schema, yield* readKnown(sql, schema, user), user)
    return { database: before.database, login: user, ...done }
  }).pipe(orDatabaseError, Effect.withSpan("Database.migrate"))

/**
 * The statements of `migrate` as an SQL script for an administrator, made for the schema's present state. Reads the database and changes
 * nothing. Fails with `MigrationFailed`, `RightsMissing` or `DatabaseError`.
 *
 * @example
 * ```ts
 * const statements = yield* migrationScript(sql, "engine", "app")
 * yield* Effect.log(statements)
 * ```
 */
export const script = (
  sql: SqlClient.SqlClient,
  schema: string,
  login?: string
): Effect.Effect<string, MigrationFailed | RightsMissing | DatabaseError> =>
  Effect.gen(function* () {
    const state = yield* readKnown(sql, schema, login)
    const plan = yield* planOf(sql, schema, state, login ?? state.login, true)
    return yield* print(plan, state.database)
  }).pipe(orDatabaseError)

/** The same script for a database without our schema, made without a connection. */
export const scriptFromNothing = (
  schema: string,
  login: string
): Effect.Effect<string, MigrationFailed | DatabaseError> =>
  Effect.gen(function* () {
    const roles = yield* newRoles
    return yield* print({ schema, hasSchema: false, version: 0, roles, newRoles: null, login }, null)
  }).pipe(orDatabaseError)

const print = (plan: Plan, database: string | null) =>
  Effect.gen(function* () {
    const comment = (text: string) => `-- ${text.replaceAll(/[\r\n]+/g, " ")}`
    const statements = yield* record(
      Effect.gen(function* () {
        yield* Steps.prepare
        yield* Steps.guard({ ...plan, database, version: plan.version, oldest: OLDEST_SERVER })
        yield* steps(plan)
      })
    )
    return [
      comment(
        `Brings schema ${quoteIdentifier(plan.schema)} from version ${plan.version} to ${SCHEMA_VERSION}, and gives the login ${quoteIdentifier(plan.login)} the rights it needs.`
      ),
      comment(
        `For a superuser, or a role that may create roles and schemas, once${database === null ? "" : `, in database ${quoteIdentifier(database)}`}: psql -v ON_ERROR_STOP=1 -f this-file`
      ),
      // Terminates the lines that npm prints before the script, in case they got into the file too.
      ";",
      "BEGIN;",
      ...statements.map((statement) => `${statement};`),
      "COMMIT;"
    ].join("\n")
  })

const isReady = (schema: string, { rights, server, version }: SchemaState, login: string) =>
  version === SCHEMA_VERSION &&
  rights !== null &&
  !sharesRoles(rights) &&
  missingRights(schema, rights, login, server) === null

/** The schema's rights as read; fails with `RightsMissing` when the login lacks one that the program needs. */
const usable = (
  schema: string,
  { rights, server }: SchemaState,
  login: string
): Effect.Effect<Rights, RightsMissing> => {
  if (rights === null) return new RightsMissing({ message: noRoles(schema) })
  const message = missingRights(schema, rights, login, server)
  return message === null ? Effect.succeed(rights) : new RightsMissing({ message })
}

/** Reads the schema's state; fails with `MigrationFailed` when this program does not support the server or the schema's version. */
const readKnown = (sql: SqlClient.SqlClient, schema: string, login?: string) =>
  Effect.tap(read(sql, schema, login), ({ server, version }) => {
    if (server < OLDEST_SERVER) {
      return new MigrationFailed({
        message: `PostgreSQL ${Math.floor(server / 10_000)} is too old: workflow-infra needs 15 or later`
      })
    }
    return (version ?? 0) > SCHEMA_VERSION
      ? new MigrationFailed({
          message: `the database is at version ${version} and this program knows ${SCHEMA_VERSION}: use a newer workflow-infra`
        })
      : Effect.void
  })

/** Migrates in one transaction, under a lock that lets one process migrate at a time. Retries when a deadlock rolled it back. */
const bringUpToDate = (sql: SqlClient.SqlClient, schema: string, login: string, separating: boolean) =>
  Effect.gen(function* () {
    yield* Steps.prepare
    const state = yield* readKnown(sql, schema, login)
    const plan = yield* planOf(sql, schema, state, login, separating)
    if (plan.version === SCHEMA_VERSION && plan.newRoles === null) {
      const missing = yield* Effect.either(usable(schema, state, login))
      // Another process has migrated the schema meanwhile.
      if (Either.isRight(missing)) return { ran: [], separated: false }
      // Only rights are missing: a login that may not grant them is told which ones, instead of that it may not migrate.
      if (mayNotMigrate(schema, plan.version, state) !== null) return yield* missing.left
    }
    const message = mayNotMigrate(schema, plan.version, state)
    if (message !== null) return yield* new MigrationFailed({ message })
    const ran = yield* steps(plan)
    return { ran, separated: plan.newRoles !== null }
  }).pipe(
    sql.withTransaction,
    Effect.provideService(SqlClient.SqlClient, sql),
    orDatabaseError,
    Effect.retry({ while: isDeadlock, schedule: DEADLOCK_RETRY })
  )

const planOf = (sql: SqlClient.SqlClient, schema: string, state: SchemaState, login: string, separating: boolean) =>
  Effect.gen(function* () {
    const { hasSchema, rights, version } = state
    if (version === null) return yield* new RightsMissing({ message: unreadable(schema, state) })
    const plan = { schema, hasSchema, version, login, newRoles: null }
    if (version === 0) return { ...plan, roles: yield* unusedRoles(sql) }
    if (rights === null && version < KNOWS_ITS_ROLES) return { ...plan, roles: LEGACY_ROLES }
    if (rights === null) return yield* new RightsMissing({ message: noRoles(schema) })
    return { ...plan, roles: rights, newRoles: separating && sharesRoles(rights) ? yield* unusedRoles(sql) : null }
  })

const steps = (plan: Plan) =>
  Effect.gen(function* () {
    const { login, newRoles, schema, version } = plan
    const provide = Effect.provideService(Installation, Installation.make(schema, plan.roles))
    if (!plan.hasSchema) yield* provide(Steps.createSchema)
    if (version === 0) yield* provide(Steps.createMigrations)
    if (version >= KNOWS_ITS_ROLES) yield* provide(Steps.grantAgain)
    const pending = MIGRATIONS.map(([name, run], index) => ({ id: index + 1, name, run })).slice(version)
    for (const { id, name, run } of pending) {
      const label = `${id}_${name}`
      yield* Effect.logDebug("running a migration").pipe(Effect.annotateLogs({ migration: label }))
      yield* provide(Effect.zipRight(run, Steps.noteMigration(id, name))).pipe(
        Effect.catchAll((error) => failedAt(label, error))
      )
    }
    const own = Effect.provideService(Installation, Installation.make(schema, newRoles ?? plan.roles))
    if (newRoles !== null) yield* own(separateRoles(plan.roles))
    if (pending.length > 0 || newRoles !== null) yield* own(Steps.noteGrants)
    yield* own(Steps.grantTo(login))
    return pending.map(({ id, name }) => `${id}_${name}`)
  })

const failedAt = (label: string, error: SqlError) => {
  const reason = DatabaseError.from(error)
  return Effect.fail(
    reason.isOutage || isDeadlock(reason)
      ? reason
      : new MigrationFailed({ message: `Migration "${label}" failed: ${reason.message}` })
  )
}

/** Role names with a random suffix of 32 bits, which are most likely unused on the server. */
const newRoles = Effect.map(Random.nextIntBetween(0, 2 ** 32), (n) => rolesOf(n.toString(16).padStart(8, "0")))

/** Role names that are unused on the server. */
const unusedRoles = (sql: SqlClient.SqlClient): Effect.Effect<Roles, SqlError> =>
  Effect.gen(function* () {
    const roles = yield* newRoles
    const taken =
      yield* sql`SELECT FROM pg_catalog.pg_roles WHERE rolname IN (${roles.tenantRole}, ${roles.systemRole})`
    return taken.length === 0 ? roles : yield* unusedRoles(sql)
  })
