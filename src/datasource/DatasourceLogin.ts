import { Schema } from "effect"
import { quoteIdentifier } from "./Identifier.ts"
import { CATALOG_ONLY } from "./ReadOnlyTransaction.ts"

/** Who reads a datasource, and what that login is let do. */
export const DatasourceLogin = Schema.Struct({
  name: Schema.String,
  superuser: Schema.Boolean,
  /** Whether row-level security does not apply to it. */
  bypassesRowSecurity: Schema.Boolean,
  /** Whether tables or views are its own, or of a role that it is a member of. */
  owner: Schema.Boolean,
  /** Connections at once, by the smaller limit of role and database; null without one. */
  connections: Schema.NullOr(Schema.Number),
  /** The schemas of its own search_path that there are, in order, but for PostgreSQL's. */
  path: Schema.Array(Schema.String),
  /** Names of functions in those schemas that PostgreSQL has, too: a call could go to them. An extension's are not meant. */
  shadowed: Schema.Array(Schema.String),
  /** Whether they have such an operator. */
  shadowsOperators: Schema.Boolean
})
/** @see DatasourceLogin */
export type DatasourceLogin = typeof DatasourceLogin.Type

const shadowing = (catalog: string, name: string, namespace: string) => `FROM ${catalog} o
  WHERE o.${namespace}::regnamespace::text IN (SELECT quote_ident(unnest(path.schemas)))
    AND EXISTS (SELECT FROM ${catalog} p WHERE p.${namespace} = 'pg_catalog'::regnamespace AND p.${name} = o.${name})
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '${catalog}'::regclass AND d.objid = o.oid AND d.deptype = 'e')`

/** One row, a `DatasourceLogin`. `reset_val` is what the login begins with; our own transaction has set something else. */
export const LOGIN = `
  WITH own AS MATERIALIZED (
      SELECT set_config('search_path', reset_val, true) FROM pg_settings WHERE name = 'search_path'),
    schemas AS MATERIALIZED (SELECT current_schemas(false)::text[] AS names FROM own),
    back AS MATERIALIZED (SELECT names, set_config('search_path', '${CATALOG_ONLY}', true) FROM schemas),
    path AS MATERIALIZED (SELECT array_remove(names, 'pg_catalog') AS schemas FROM back)
  SELECT r.rolname AS name, r.rolsuper AS superuser, r.rolsuper OR r.rolbypassrls AS "bypassesRowSecurity",
    EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        AND pg_has_role(c.relowner, 'USAGE')) AS owner,
    CASE WHEN r.rolsuper THEN NULL ELSE least(nullif(r.rolconnlimit, -1), nullif(b.datconnlimit, -1)) END AS connections,
    path.schemas AS path, ARRAY(SELECT DISTINCT o.proname::text ${shadowing("pg_proc", "proname", "pronamespace")}) AS shadowed,
    EXISTS (SELECT ${shadowing("pg_operator", "oprname", "oprnamespace")}) AS "shadowsOperators"
  FROM pg_roles r, pg_database b, path WHERE r.rolname = current_user AND b.datname = current_database()`

/**
 * The search_path to read rows with: PostgreSQL's own names first, then the login's, because functions of policies and views may rely
 * on it. Where a function or operator there could be called in the place of one that the statement means, PostgreSQL's own only.
 */
export const searchPath = ({ path, shadowed, shadowsOperators }: DatasourceLogin, statement: string): string => {
  const words = new Set(shadowed.length === 0 ? [] : statement.toLowerCase().match(/[a-z_][a-z0-9_]*/g))
  const isHidden = shadowsOperators || shadowed.some((name) => words.has(name))
  return ["pg_catalog", ...(isHidden ? [] : path.map(quoteIdentifier)), "pg_temp"].join(", ")
}

/** What a login needs that only reads, as an administrator gives it. */
export const READING_LOGIN: ReadonlyArray<string> = [
  "CREATE ROLE reader LOGIN PASSWORD '…'",
  "GRANT pg_read_all_data TO reader",
  "ALTER ROLE reader SET default_transaction_read_only = on"
]

/** One line where a login may more than read, and what its tables' owners wrote could use that; null where it may not. */
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
