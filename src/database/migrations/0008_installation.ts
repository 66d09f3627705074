import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "../Installation.ts"
import { quoteLiteral } from "../Sql.ts"

/**
 * The table "installation", one row: the schema's roles, the oid of the database that it was made in (a copy is in one with another oid),
 * and the rights that were granted to the roles, so that a revoked right can be named and granted again.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine, names, system } = yield* Installation

  yield* sql`CREATE TABLE ${engine}.installation (
    is_one boolean PRIMARY KEY DEFAULT true CHECK (is_one),
    tenant_role text NOT NULL,
    system_role text NOT NULL,
    database oid NOT NULL,
    grants jsonb NOT NULL DEFAULT '[]')`
  yield* sql`INSERT INTO ${engine}.installation (tenant_role, system_role, database)
    SELECT ${sql.literal(quoteLiteral(names.tenantRole))}, ${sql.literal(quoteLiteral(names.systemRole))}, oid
    FROM pg_database WHERE datname = current_database()`
  // Read when a program starts; only the tables' owner may write.
  yield* sql`GRANT SELECT ON ${engine}.installation, ${engine}.migrations TO ${system}`
})
