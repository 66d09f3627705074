import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "./Installation.ts"
import { block, literal, quote } from "./Sql.ts"

/** Any constant: two processes that migrate one database at once go one after the other. */
const MIGRATION_LOCK = 7_236_182_931

/** Runs a block of PL/pgSQL. */
const run = (body: string) => Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(block(body)))

/**
 * The beginning of a transaction that migrates: whatever somebody set on the login or the database, it may write, reads its
 * statements as they are meant, and takes its time. Then it waits until nobody else migrates.
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

/** Ends a script that is run where it should not be: in another database, on an old server, or a second time. */
export const guard = (expected: {
  readonly schema: string
  readonly version: number
  readonly database: string | null
  readonly oldest: number
}) => {
  const { database, oldest, schema, version } = expected
  const table = `${quote(schema)}.migrations`
  const told = [
    `schema ${quote(schema)} is at version `,
    `, and this script begins at ${version}: it has run already, or is to be printed again`
  ]
  const elsewhere =
    database === null
      ? ""
      : `IF current_database() <> ${literal(database)} THEN
      RAISE EXCEPTION '%', ${literal(`this script is for database ${quote(database)}, and this is `)} || quote_ident(current_database());
    END IF;`
  return run(`DECLARE
    found int := 0;
  BEGIN
    ${elsewhere}
    IF current_setting('server_version_num')::int < ${oldest} THEN
      RAISE EXCEPTION 'workflow-infra needs PostgreSQL ${Math.floor(oldest / 10_000)} or later';
    END IF;
    IF to_regclass(${literal(table)}) IS NOT NULL THEN
      EXECUTE ${literal(`SELECT coalesce(max(migration_id), 0) FROM ${table}`)} INTO found;
    END IF;
    IF found <> ${version} THEN RAISE EXCEPTION '%', ${told.map(literal).join(" || found || ")}; END IF;
  END`)
}

/** The schema. Asks for the right to create one also where there is one. */
export const createSchema = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine } = yield* Installation
  yield* sql`CREATE SCHEMA IF NOT EXISTS ${engine}`
})

/** Where it is noted what has run. */
export const createMigrations = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine } = yield* Installation
  yield* sql`CREATE TABLE ${engine}.migrations (
    migration_id integer PRIMARY KEY,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now())`
})

/** Notes that a migration has run. */
export const noteMigration = (id: number, name: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { engine } = yield* Installation
    yield* sql`INSERT INTO ${engine}.migrations (migration_id, name) VALUES (${sql.literal(String(id))}, ${sql.literal(literal(name))})`
  })

/** Notes what the schema's roles have been granted on its tables. */
export const noteGrants = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine, names } = yield* Installation
  const own = sql.literal(`to_regnamespace(${literal(quote(names.schema))})`)
  yield* sql`UPDATE ${engine}.installation i SET grants = (
    SELECT jsonb_agg(jsonb_build_object('role', CASE r.rolname WHEN i.tenant_role THEN 'tenant' ELSE 'system' END,
      'table', o.name, 'column', o.column, 'privilege', a.privilege_type) ORDER BY o.name, o.column, r.rolname, a.privilege_type)
    FROM (SELECT relname AS name, NULL AS column, relacl AS acl FROM pg_class WHERE relnamespace = ${own} AND relkind <> 'S'
      UNION ALL SELECT c.relname, attname, attacl FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = ${own} AND NOT a.attisdropped) o,
      aclexplode(o.acl) a JOIN pg_roles r ON r.oid = a.grantee
    WHERE r.rolname IN (i.tenant_role, i.system_role))`
})

/** Gives the schema's roles back what was granted to them, where somebody has taken it away. */
export const grantAgain = Effect.gen(function* () {
  const { names } = yield* Installation
  const [schema, tenant, system] = [quote(names.schema), quote(names.tenantRole), quote(names.systemRole)]
  yield* run(`DECLARE
    it record;
  BEGIN
    GRANT USAGE ON SCHEMA ${schema} TO ${tenant}, ${system};
    FOR it IN SELECT one ->> 'table' AS name, CASE WHEN one ->> 'column' IS NULL THEN '' ELSE format('(%I)', one ->> 'column') END AS columns, one ->> 'privilege' AS privilege,
        CASE one ->> 'role' WHEN 'tenant' THEN ${literal(names.tenantRole)} ELSE ${literal(names.systemRole)} END AS role
      FROM ${schema}.installation, jsonb_array_elements(grants) one
    LOOP
      EXECUTE format('GRANT %s %s ON %I.%I TO %I', it.privilege, it.columns, ${literal(names.schema)}, it.name, it.role);
    END LOOP;
  END`)
})

/**
 * Gives a login what the program needs: it inherits the system role's rights and may set the tenant role, whose rights it does not
 * inherit where that can be said (PostgreSQL 16 and later). A superuser needs nothing, and what is there is left as it is.
 */
export const grantTo = (login: string) =>
  Effect.gen(function* () {
    const { names } = yield* Installation
    yield* run(`DECLARE
    login name := ${literal(login)};
    modern boolean := current_setting('server_version_num')::int >= 160000;
  BEGIN
    IF NOT pg_has_role(login, ${literal(names.systemRole)}, 'USAGE') THEN
      EXECUTE format('GRANT %I TO %I', ${literal(names.systemRole)}, login) || CASE WHEN modern THEN ' WITH INHERIT TRUE, SET TRUE' ELSE '' END;
    END IF;
    IF NOT pg_has_role(login, ${literal(names.tenantRole)}, CASE WHEN modern THEN 'SET' ELSE 'MEMBER' END) THEN
      EXECUTE format('GRANT %I TO %I', ${literal(names.tenantRole)}, login) || CASE WHEN modern THEN ' WITH INHERIT FALSE, SET TRUE' ELSE '' END;
    END IF;
    IF NOT has_database_privilege(login, current_database(), 'CONNECT') THEN
      EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), login);
    END IF;
  END`)
  })
