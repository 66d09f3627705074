import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "./Installation.ts"
import { block, quoteIdentifier, quoteLiteral } from "./Sql.ts"

/** Creates the schema's two roles. Fails when one exists: roles belong to the whole server, and another database may be using it. */
export const createRoles = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { names, system, tenant } = yield* Installation
  for (const [role, what] of [
    [tenant, "tenants"],
    [system, "the engine"]
  ] as const) {
    const comment = quoteLiteral(`workflow-infra: ${what}, schema ${quoteIdentifier(names.schema)}`)
    yield* sql`CREATE ROLE ${role} NOLOGIN`
    yield* sql`COMMENT ON ROLE ${role} IS ${sql.literal(comment)}`
  }
})

/** Everything in the database that a role may have been granted rights on, with its access list. */
const OBJECTS = `
  SELECT format('%s %s', CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, oid::regclass) AS object, '' AS columns, relacl AS acl FROM pg_class
  UNION ALL SELECT format('TABLE %s', attrelid::regclass), format('(%I)', attname), attacl FROM pg_attribute WHERE NOT attisdropped
  UNION ALL SELECT format('SCHEMA %I', nspname), '', nspacl FROM pg_namespace
  UNION ALL SELECT format('ROUTINE %s', oid::regprocedure), '', proacl FROM pg_proc`

/**
 * Gives a copied schema roles of its own. Creates them, and transfers to them every policy and grant of the `old` roles in this database,
 * also those on tables outside our schema. Afterwards the old roles, which the original database uses, have no rights in this one.
 */
export const separateRoles = (old: { readonly tenantRole: string; readonly systemRole: string }) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { engine, names } = yield* Installation
    yield* createRoles
    const heirs = quoteLiteral(
      JSON.stringify({ [old.tenantRole]: names.tenantRole, [old.systemRole]: names.systemRole })
    )
    yield* sql.unsafe(
      block(`DECLARE
      heirs jsonb := ${heirs};
      it record;
    BEGIN
      FOR it IN SELECT p.polname AS name, p.polrelid::regclass AS relation,
          (SELECT string_agg(quote_ident(coalesce(heirs ->> r.rolname::text, r.rolname)), ', ')
            FROM pg_roles r WHERE r.oid = ANY (p.polroles)) AS roles
        FROM pg_policy p WHERE EXISTS (SELECT FROM pg_roles r WHERE r.oid = ANY (p.polroles) AND heirs ->> r.rolname::text IS NOT NULL)
      LOOP
        EXECUTE format('ALTER POLICY %I ON %s TO %s', it.name, it.relation, it.roles);
      END LOOP;
      FOR it IN SELECT o.object, o.columns, a.privilege_type AS privilege, r.rolname::text AS old, heirs ->> r.rolname::text AS heir
        FROM (${OBJECTS}) o, aclexplode(o.acl) a JOIN pg_roles r ON r.oid = a.grantee WHERE heirs ->> r.rolname::text IS NOT NULL
      LOOP
        EXECUTE format('GRANT %s %s ON %s TO %I', it.privilege, it.columns, it.object, it.heir);
        EXECUTE format('REVOKE %s %s ON %s FROM %I', it.privilege, it.columns, it.object, it.old);
      END LOOP;
    END`)
    )
    yield* sql`UPDATE ${engine}.installation SET tenant_role = ${sql.literal(quoteLiteral(names.tenantRole))},
      system_role = ${sql.literal(quoteLiteral(names.systemRole))}, database = (SELECT oid FROM pg_database WHERE datname = current_database())`
  })
