import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect } from "effect"
import { LEGACY_ROLES, type Roles } from "./Roles.ts"
import { identifier } from "./Sql.ts"

/**
 * The first `server_version_num` (PostgreSQL 16) whose role memberships have INHERIT and SET options of their own. Before, the attribute
 * INHERIT of the login decides.
 */
export const OWN_MEMBERSHIPS = 160_000

/** A grant that was made by a migration and has been revoked. `column` is null for a grant on the whole table. */
export interface MissingGrant {
  readonly role: "tenant" | "system"
  readonly table: string
  readonly column: string | null
  readonly privilege: string
}

/** The schema's roles, and which of the rights that the program needs a login has. */
export interface Rights extends Roles {
  /** Another database of the server in which these roles have rights too; null where there is none. */
  readonly alsoIn: string | null
  /** Whether the schema was copied from the database that it was made in (a restored dump, a template). */
  readonly isCopy: boolean
  readonly hasTenantRole: boolean
  readonly hasSystemRole: boolean
  readonly setsTenantRole: boolean
  readonly inheritsSystemRole: boolean
  /** Whether the login is a member of the system role, with or without inheriting its rights. */
  readonly isSystemMember: boolean
  readonly tenantUsesSchema: boolean
  readonly systemUsesSchema: boolean
  readonly missing: ReadonlyArray<MissingGrant>
}

/** The schema's state, and what the connected login may do. */
export interface SchemaState {
  /** `server_version_num`, such as 180000. */
  readonly server: number
  readonly database: string
  /** The connected login. */
  readonly login: string
  readonly createsRoles: boolean
  readonly createsSchemas: boolean
  readonly hasSchema: boolean
  /** Null when the schema does not exist. */
  readonly schemaOwner: string | null
  readonly ownsSchema: boolean
  readonly ownsTables: boolean
  readonly usesSchema: boolean
  readonly hasMigrations: boolean
  readonly hasInstallation: boolean
  /** A table that this state is read from and that the login may not read; null when it may read both. */
  readonly unreadable: "migrations" | "installation" | null
  /** The system role, as the policy "system" names it; null when there is no such policy. */
  readonly systemRole: string | null
  readonly inheritsSystemRole: boolean
  readonly isSystemMember: boolean
  /** Another database of the server in which the system role has rights too; null where there is none. */
  readonly alsoIn: string | null
  /** The last migration that has run; 0 when none has, and null when the login may not read it. */
  readonly version: number | null
  /** Null when the table "installation" does not exist, has no row, or may not be read. */
  readonly rights: Rights | null
}

/** Whether another database has the same roles and this schema has to be given new ones: it is the copy, or has the `LEGACY_ROLES`. */
export const sharesRoles = (rights: Rights): boolean =>
  rights.alsoIn !== null && (rights.isCopy || rights.tenantRole === LEGACY_ROLES.tenantRole)

/** The name of another database of the server in which one of these roles (oids) has rights. */
const alsoIn = (sql: SqlClient, roles: string) => sql`(
  SELECT min(d.datname) FROM pg_shdepend p JOIN pg_database d ON d.oid = p.dbid
  WHERE p.refclassid = 'pg_authid'::regclass AND p.refobjid IN (${sql.literal(roles)}) AND d.datname <> current_database())`

/**
 * Reads the schema's state in a transaction that changes nothing, with `search_path` set to `pg_catalog` so that names mean PostgreSQL's
 * own functions and tables. `rights` are those of `login`, by default the connected one.
 */
export const read = (
  sql: SqlClient,
  schema: string,
  login: string | null = null
): Effect.Effect<SchemaState, SqlError> =>
  Effect.gen(function* () {
    const [facts] = yield* sql<Omit<SchemaState, "rights" | "version">>`
      SELECT current_setting('server_version_num')::int AS server, current_database()::text AS database,
        session_user::text AS login, r.rolsuper OR r.rolcreaterole AS "createsRoles",
        has_database_privilege(current_database(), 'CREATE') AS "createsSchemas",
        n.oid IS NOT NULL AS "hasSchema", pg_get_userbyid(n.nspowner)::text AS "schemaOwner",
        coalesce(pg_has_role(n.nspowner, 'USAGE'), false) AS "ownsSchema",
        coalesce(pg_has_role(m.relowner, 'USAGE'), false) AS "ownsTables",
        coalesce(has_schema_privilege(n.oid, 'USAGE'), false) AS "usesSchema",
        m.oid IS NOT NULL AS "hasMigrations",
        i.oid IS NOT NULL AS "hasInstallation",
        CASE WHEN NOT has_table_privilege(m.oid, 'SELECT') THEN 'migrations'
          WHEN NOT has_table_privilege(i.oid, 'SELECT') THEN 'installation' END AS unreadable,
        s.rolname::text AS "systemRole",
        coalesce(pg_has_role(s.oid, 'USAGE'), false) AS "inheritsSystemRole",
        coalesce(pg_has_role(s.oid, 'MEMBER'), false) AS "isSystemMember",
        ${alsoIn(sql, "s.oid")} AS "alsoIn"
      FROM pg_roles r LEFT JOIN pg_namespace n ON n.nspname = ${schema}
        LEFT JOIN pg_class m ON m.relnamespace = n.oid AND m.relname = 'migrations'
        LEFT JOIN pg_class i ON i.relnamespace = n.oid AND i.relname = 'installation'
        LEFT JOIN pg_class w ON w.relnamespace = n.oid AND w.relname = 'workflows'
        LEFT JOIN pg_policy p ON p.polrelid = w.oid AND p.polname = 'system'
        LEFT JOIN pg_roles s ON s.oid = p.polroles[1]
      WHERE r.rolname = current_user`
    if (facts === undefined) return yield* Effect.dieMessage("a login that is no role")
    if (!facts.hasMigrations) return { ...facts, version: 0, rights: null }
    if (!facts.usesSchema || facts.unreadable !== null) return { ...facts, version: null, rights: null }
    const engine = identifier(schema)
    const [count] = yield* sql<{
      version: number
    }>`SELECT coalesce(max(migration_id), 0) AS version FROM ${engine}.migrations`
    const state = { ...facts, version: count?.version ?? 0, rights: null }
    if (!facts.hasInstallation) return state
    const set = facts.server < OWN_MEMBERSHIPS ? "MEMBER" : "SET"
    const [rights] = yield* sql<Rights>`
      SELECT i.tenant_role AS "tenantRole", i.system_role AS "systemRole",
        t.oid IS NOT NULL AS "hasTenantRole", s.oid IS NOT NULL AS "hasSystemRole",
        ${alsoIn(sql, "s.oid, t.oid")} AS "alsoIn",
        i.database <> (SELECT oid FROM pg_database WHERE datname = current_database()) AS "isCopy",
        coalesce(pg_has_role(coalesce(${login}::name, session_user), t.oid, ${set}), false) AS "setsTenantRole",
        coalesce(pg_has_role(coalesce(${login}::name, current_user), s.oid, 'USAGE'), false) AS "inheritsSystemRole",
        coalesce(pg_has_role(coalesce(${login}::name, current_user), s.oid, 'MEMBER'), false) AS "isSystemMember",
        coalesce(has_schema_privilege(t.oid, n.oid, 'USAGE'), false) AS "tenantUsesSchema",
        coalesce(has_schema_privilege(s.oid, n.oid, 'USAGE'), false) AS "systemUsesSchema",
        (SELECT coalesce(jsonb_agg(g.one ORDER BY g.one), '[]')
          FROM (SELECT one, r.oid AS role, c.oid AS relation, one ->> 'column' AS column, one ->> 'privilege' AS privilege
            FROM jsonb_array_elements(i.grants) one
              LEFT JOIN pg_roles r ON r.rolname = CASE one ->> 'role' WHEN 'tenant' THEN i.tenant_role ELSE i.system_role END
              LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = one ->> 'table') g
          WHERE NOT coalesce(CASE WHEN g.column IS NULL THEN has_table_privilege(g.role, g.relation, g.privilege)
            ELSE has_column_privilege(g.role, g.relation, g.column, g.privilege) END, false)) AS missing
      FROM ${engine}.installation i LEFT JOIN pg_roles t ON t.rolname = i.tenant_role
        LEFT JOIN pg_roles s ON s.rolname = i.system_role
        LEFT JOIN pg_namespace n ON n.nspname = ${schema}`
    return { ...state, rights: rights ?? null }
  }).pipe((reading) => sql.withTransaction(Effect.zipRight(sql`SET LOCAL search_path TO pg_catalog`, reading)))
