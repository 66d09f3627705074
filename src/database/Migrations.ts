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
import { separateRoles } from "./OwnRoles.ts"
import { record } from "./Recording.ts"
import { mayNotMigrate, missingRights, noRoles, shared, unreadable } from "./Rights.ts"
import { LEGACY_ROLES, type Roles, rolesOf } from "./Roles.ts"
import { read, type Rights, type SchemaState, sharesRoles } from "./SchemaState.ts"
import * as Steps from "./Steps.ts"
import { quote } from "./Sql.ts"

/** Each a few statements without parameters and without a result that matters: so they can be run, or printed. */
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
  ["sealed_values", sealedValues]
]

/** The version of the schema that this program works with. */
export const SCHEMA_VERSION = MIGRATIONS.length

/** The version since which a schema says itself which roles it has. */
const KNOWS_ITS_ROLES = 8

/**
 * The schema could not be brought to this program's version: the server is too old, the login may not create what is missing, the
 * database is newer than the program, or a migration failed (and nothing of it was kept). The message says which, in one line.
 */
export class MigrationFailed extends Schema.TaggedError<MigrationFailed>()("MigrationFailed", {
  message: Schema.String
}) {}

/** The schema is up to date, and the login has not every right that the program needs. The message says in one line which, and who gives it how. */
export class RightsMissing extends Schema.TaggedError<RightsMissing>()("RightsMissing", {
  message: Schema.String
}) {}

/** The oldest PostgreSQL with everything the schema needs (`NULLS NOT DISTINCT`). */
const OLDEST_SERVER = 150_000

/** SQLSTATE of what is undone because two wait for each other: servers that run lock the same tables in another order. */
const DEADLOCK = "40P01"
/** How soon what was undone so begins again, and how often before that is given up: each time costs `deadlock_timeout`, a second. */
const DEADLOCK_RETRY = Schedule.intersect(Schedule.jittered(Schedule.spaced("250 millis")), Schedule.recurs(20))
const isDeadlock = (error: unknown) => error instanceof DatabaseError && error.code === DEADLOCK

/** What `migrate` did. */
export interface Migrated {
  readonly database: string
  /** Whose rights it saw to. */
  readonly login: string
  /** The migrations that ran. */
  readonly ran: ReadonlyArray<string>
  /** Whether a copy got roles of its own. */
  readonly separated: boolean
}

/** What is to be done. */
interface Plan {
  readonly schema: string
  readonly hasSchema: boolean
  /** The version it begins at. */
  readonly version: number
  readonly roles: Roles
  /** New roles for a copy, instead of those. */
  readonly newRoles: Roles | null
  readonly login: string
}

/**
 * What a start does: reads what there is, brings the schema up to date where it is not and the login may do that, and fails where a
 * right is missing. On a schema that is up to date nothing is written, and no right to create anything is needed.
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
      yield* Effect.logWarning(`${shared(schema, rights)}: "npm start -- migrate" gives it roles of its own`)
    }
    yield* Effect.logDebug("database ready").pipe(
      Effect.annotateLogs({ schema, from: before.version, version: SCHEMA_VERSION })
    )
    return rights
  }).pipe(orDatabaseError, Effect.withSpan("Database.open"))

/** Brings the schema up to date, gives a copy roles of its own, and `login` (by default the one that is connected) every right it needs. */
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

/** What an administrator runs once instead: the statements of `migrate` as a script, from what there is in the database now. */
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

/** The same for a database that is not there to be asked, and is taken to be empty. */
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
        `Brings schema ${quote(plan.schema)} from version ${plan.version} to ${SCHEMA_VERSION}, and gives the login ${quote(plan.login)} the rights it needs.`
      ),
      comment(
        `For a superuser, or a role that may create roles and schemas, once${database === null ? "" : `, in database ${quote(database)}`}: psql -v ON_ERROR_STOP=1 -f this-file`
      ),
      // Ends what npm prints of itself in front of it, where that got into the file.
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

/** The rights of a login that lacks none. */
const usable = (
  schema: string,
  { rights, server }: SchemaState,
  login: string
): Effect.Effect<Rights, RightsMissing> => {
  if (rights === null) return new RightsMissing({ message: noRoles(schema) })
  const message = missingRights(schema, rights, login, server)
  return message === null ? Effect.succeed(rights) : new RightsMissing({ message })
}

/** What there is, where this program can do something with it. */
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

/** In one transaction, one process after the other; again from the beginning where it met a deadlock with a server that runs. */
const bringUpToDate = (sql: SqlClient.SqlClient, schema: string, login: string, separating: boolean) =>
  Effect.gen(function* () {
    yield* Steps.prepare
    const state = yield* readKnown(sql, schema, login)
    const plan = yield* planOf(sql, schema, state, login, separating)
    if (plan.version === SCHEMA_VERSION && plan.newRoles === null) {
      const missing = yield* Effect.either(usable(schema, state, login))
      // Somebody else was faster; or only rights are missing, and are what is said to who may not give them.
      if (Either.isRight(missing)) return { ran: [], separated: false }
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

/** Names that most likely no role of the server has. */
const newRoles = Effect.map(Random.nextIntBetween(0, 2 ** 32), (n) => rolesOf(n.toString(16).padStart(8, "0")))

/** Names that no role of the server has. */
const unusedRoles = (sql: SqlClient.SqlClient): Effect.Effect<Roles, SqlError> =>
  Effect.gen(function* () {
    const roles = yield* newRoles
    const taken =
      yield* sql`SELECT FROM pg_catalog.pg_roles WHERE rolname IN (${roles.tenantRole}, ${roles.systemRole})`
    return taken.length === 0 ? roles : yield* unusedRoles(sql)
  })
