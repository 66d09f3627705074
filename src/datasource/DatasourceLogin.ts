import { Schema } from "effect"
import { quoteIdentifier } from "./Identifier.ts"
import { CATALOG_ONLY } from "./ReadOnlyTransaction.ts"

/** The role that reads a datasource, and its privileges. */
export const DatasourceLogin = Schema.Struct({
  name: Schema.String,
  superuser: Schema.Boolean,
  /** Whether row-level security does not apply to it: a superuser, or BYPASSRLS. */
  bypassesRowSecurity: Schema.Boolean,
  /** Whether it owns tables or views that are not the system's, or is a member of a role that does. */
  owner: Schema.Boolean,
  /** The smaller of the role's and the database's CONNECTION LIMIT; null without one, and for a superuser. */
  connections: Schema.NullOr(Schema.Number),
  /** The existing schemas of the login's own search_path, in order, without `pg_catalog`. */
  path: Schema.Array(Schema.String),
  /** Names of functions in those schemas that an unqualified call of one in `pg_catalog` could resolve to. Extensions' are left out. */
  shadowed: Schema.Array(Schema.String),
  /** Whether those schemas have an operator that could be taken for one in `pg_catalog`; extensions' are left out. */
  shadowsOperators: Schema.Boolean
})
/** @see DatasourceLogin */
export type DatasourceLogin = typeof DatasourceLogin.Type

/**
 * Those of a catalog's objects in the login's schemas that a statement of ours could mean: with the name of one of PostgreSQL's, and an
 * argument of PostgreSQL's own types or of a domain. One whose arguments are all of other types has no value of ours to take: those are cast first.
 */
const shadowing = (catalog: string, name: string, namespace: string, types: string) => `FROM ${catalog} o
  WHERE o.${namespace} = ANY (path.ids)
    AND (SELECT true FROM ${catalog} p WHERE p.${name} = o.${name} AND p.${namespace} = 'pg_catalog'::regnamespace LIMIT 1)
    AND (SELECT bool_or(t.typnamespace = 'pg_catalog'::regnamespace OR t.typtype = 'd')
      FROM unnest(${types}) a(id) JOIN pg_type t ON t.oid = a.id) IS NOT FALSE
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '${catalog}'::regclass AND d.objid = o.oid AND d.deptype = 'e')`

/**
 * Selects one row, a `DatasourceLogin`. Sets search_path to the login's own (NULL resets it; our transaction has set another one) to read which of
 * its schemas exist, and back. `pg_settings` has it, too, but with a small work_mem spills to temporary files, which the role may not have.
 */
export const LOGIN = `
  WITH own AS MATERIALIZED (
      SELECT set_config('search_path', NULL, true)),
    schemas AS MATERIALIZED (SELECT current_schemas(false)::text[] AS names FROM own),
    back AS MATERIALIZED (SELECT names, set_config('search_path', '${CATALOG_ONLY}', true) FROM schemas),
    path AS MATERIALIZED (SELECT array_remove(names, 'pg_catalog') AS schemas, ARRAY(
      SELECT n.oid FROM pg_namespace n WHERE n.nspname::text = ANY (array_remove(names, 'pg_catalog'))) AS ids FROM back)
  SELECT r.rolname AS name, r.rolsuper AS superuser, r.rolsuper OR r.rolbypassrls AS "bypassesRowSecurity",
    EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        AND pg_has_role(c.relowner, 'USAGE')) AS owner,
    CASE WHEN r.rolsuper THEN NULL ELSE least(nullif(r.rolconnlimit, -1), nullif(b.datconnlimit, -1)) END AS connections,
    path.schemas AS path, ARRAY(SELECT DISTINCT o.proname::text ${shadowing("pg_proc", "proname", "pronamespace", "o.proargtypes")}) AS shadowed,
    EXISTS (SELECT ${shadowing("pg_operator", "oprname", "oprnamespace", "ARRAY[o.oprleft, o.oprright]")}) AS "shadowsOperators"
  FROM pg_roles r, pg_database b, path WHERE r.rolname = current_user AND b.datname = current_database()`

/**
 * The search_path for a statement over rows: `pg_catalog`, then the login's own schemas, because functions that policies and views call may
 * rely on them. Without the login's schemas where the statement could resolve a function or operator of PostgreSQL's to one of theirs: where
 * they have such an operator, or the statement calls such a function by its name alone.
 */
export const searchPath = ({ path, shadowed, shadowsOperators }: DatasourceLogin, statement: string): string => {
  const words = new Set(
    shadowed.length === 0 ? [] : statement.toLowerCase().match(/(?<![.\w])[a-z_][a-z0-9_]*(?=\s*\()/g)
  )
  const isHidden = shadowsOperators || shadowed.some((name) => words.has(name))
  return ["pg_catalog", ...(isHidden ? [] : path.map(quoteIdentifier)), "pg_temp"].join(", ")
}

/** The statements with which an administrator makes a login that only reads. */
export const READING_LOGIN: ReadonlyArray<string> = [
  "CREATE ROLE reader LOGIN PASSWORD '…'",
  "GRANT pg_read_all_data TO reader",
  "ALTER ROLE reader SET default_transaction_read_only = on"
]

/** A one-line warning where the login may do more than read, so that code of the tables' owners could use its rights; otherwise null. */
export const warningOf = ({ bypassesRowSecurity, name, owner, superuser }: DatasourceLogin): string | null => {
  const why = superuser
    ? "is a superuser: what the tables' owners wrote (index expressions, functions of views) runs with all its rights"
    : bypassesRowSecurity
      ? "is not subject to row-level security: it reads rows that others may not see"
      : owner
        ? "owns tables here, or may act for their owners: it may do more than read"
        : null
  return why === null ? null : `The login "${name}" ${why}. One that only reads: ${READING_LOGIN.join("; ")};`
}
