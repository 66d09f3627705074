import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "./Installation.ts"
import { block, quoteIdentifier, quoteLiteral } from "./Sql.ts"

/** Key of the advisory lock that lets one process at a time migrate a database: an arbitrary number. */
const MIGRATION_LOCK = 7_236_182_931

/** Runs the body of a PL/pgSQL block. */
const run = (body: string) => Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(block(body)))

/**
 * The first statements of a migrating transaction. They replace settings of the login or the database that would make it read-only, change
 * the meaning of its statements, or limit its duration. Then they wait for the migration lock.
 */
export const prepare = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE`
  for (const [name, value] of Object.entries({
    standard_conforming_strings: "on",
    search_path: "pg_catalog",
    statement_timeout: "0",
    lock_timeout: "0",
    idle_in_transaction_session_timeout: "0"
  })) {
    yield* sql`SET LOCAL ${sql.literal(name)} TO ${sql.literal(value)}`
  }
  yield* run(`BEGIN PERFORM pg_advisory_xact_lock(${MIGRATION_LOCK}); END`)
})

/** Makes the script fail in a database other than `database`, on a server older than `oldest`, or when the schema is not at `version`. */
export const guard = (expected: {
  readonly schema: string
  readonly version: number
  readonly database: string | null
  readonly oldest: number
}) => {
  const { database, oldest, schema, version } = expected
  const table = `${quoteIdentifier(schema)}.migrations`
  const told = [
    `schema ${quoteIdentifier(schema)} is at version `,
    `, and this script begins at ${version}: it has run already, or is to be printed again`
  ]
  const elsewhere =
    database === null
      ? ""
      : `IF current_database() <> ${quoteLiteral(database)} THEN
      RAISE EXCEPTION '%', ${quoteLiteral(`this script is for database ${quoteIdentifier(database)}, and this is `)} || quote_ident(current_database());
    END IF;`
  return run(`DECLARE
    found int := 0;
  BEGIN
    ${elsewhere}
    IF current_setting('server_version_num')::int < ${oldest} THEN
      RAISE EXCEPTION 'workflow-infra needs PostgreSQL ${Math.floor(oldest / 10_000)} or later';
    END IF;
    IF to_regclass(${quoteLiteral(table)}) IS NOT NULL THEN
      EXECUTE ${quoteLiteral(`SELECT coalesce(max(migration_id), 0) FROM ${table}`)} INTO found;
    END IF;
    IF found <> ${version} THEN RAISE EXCEPTION '%', ${told.map(quoteLiteral).join(" || found || ")}; END IF;
  END`)
}

/** Creates the schema where it does not exist. Needs CREATE on the database even where it does. */
export const createSchema = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine } = yield* Installation
  yield* sql`CREATE SCHEMA IF NOT EXISTS ${engine}`
})

/** Creates the table of the migrations that have run. */
export const createMigrations = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine } = yield* Installation
  yield* sql`CREATE TABLE ${engine}.migrations (
    migration_id integer PRIMARY KEY,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now())`
})

/** Records that a migration has run. */
export const noteMigration = (id: number, name: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { engine } = yield* Installation
    yield* sql`INSERT INTO ${engine}.migrations (migration_id, name) VALUES (${sql.literal(String(id))}, ${sql.literal(quoteLiteral(name))})`
  })

/** Records, in the table "installation", every right that the schema's roles have on its tables. */
export const noteGrants = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine, names } = yield* Installation
  const own = sql.literal(`to_regnamespace(${quoteLiteral(quoteIdentifier(names.schema))})`)
  yield* sql`UPDATE ${engine}.installation i SET grants = (
    SELECT jsonb_agg(jsonb_build_object('role', CASE r.rolname WHEN i.tenant_role THEN 'tenant' ELSE 'system' END,
      'table', o.name, 'column', o.column, 'privilege', a.privilege_type) ORDER BY o.name, o.column, r.rolname, a.privilege_type)
    FROM (SELECT relname AS name, NULL AS column, relacl AS acl FROM pg_class WHERE relnamespace = ${own} AND relkind <> 'S'
      UNION ALL SELECT c.relname, attname, attacl FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = ${own} AND NOT a.attisdropped) o,
      aclexplode(o.acl) a JOIN pg_roles r ON r.oid = a.grantee
    WHERE r.rolname IN (i.tenant_role, i.system_role))`
})

/** Grants the schema's roles again every recorded right, in case one was revoked. */
export const grantAgain = Effect.gen(function* () {
  const { names } = yield* Installation
  const [schema, tenant, system] = [
    quoteIdentifier(names.schema),
    quoteIdentifier(names.tenantRole),
    quoteIdentifier(names.systemRole)
  ]
  yield* run(`DECLARE
    it record;
  BEGIN
    GRANT USAGE ON SCHEMA ${schema} TO ${tenant}, ${system};
    FOR it IN SELECT one ->> 'table' AS name, CASE WHEN one ->> 'column' IS NULL THEN '' ELSE format('(%I)', one ->> 'column') END AS columns, one ->> 'privilege' AS privilege,
        CASE one ->> 'role' WHEN 'tenant' THEN ${quoteLiteral(names.tenantRole)} ELSE ${quoteLiteral(names.systemRole)} END AS role
      FROM ${schema}.installation, jsonb_array_elements(grants) one
    LOOP
      EXECUTE format('GRANT %s %s ON %I.%I TO %I', it.privilege, it.columns, ${quoteLiteral(names.schema)}, it.name, it.role);
    END LOOP;
  END`)
})

/**
 * Grants a login what the program needs: it inherits the system role's rights, and may set the tenant role. On PostgreSQL 16 and later it
 * does not inherit the tenant role's rights. Rights that it has already (a superuser has all) are not granted again.
 */
export const grantTo = (login: string) =>
  Effect.gen(function* () {
    const { names } = yield* Installation
    yield* run(`DECLARE
    login name := ${quoteLiteral(login)};
    modern boolean := current_setting('server_version_num')::int >= 160000;
  BEGIN
    IF NOT pg_has_role(login, ${quoteLiteral(names.systemRole)}, 'USAGE') THEN
      EXECUTE format('GRANT %I TO %I', ${quoteLiteral(names.systemRole)}, login) || CASE WHEN modern THEN ' WITH INHERIT TRUE, SET TRUE' ELSE '' END;
    END IF;
    IF NOT pg_has_role(login, ${quoteLiteral(names.tenantRole)}, CASE WHEN modern THEN 'SET' ELSE 'MEMBER' END) THEN
      EXECUTE format('GRANT %I TO %I', ${quoteLiteral(names.tenantRole)}, login) || CASE WHEN modern THEN ' WITH INHERIT FALSE, SET TRUE' ELSE '' END;
    END IF;
    IF NOT has_database_privilege(login, current_database(), 'CONNECT') THEN
      EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), login);
    END IF;
  END`)
  })
