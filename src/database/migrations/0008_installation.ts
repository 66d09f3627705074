import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "../Installation.ts"
import { quoteLiteral } from "../Sql.ts"

/**
 * The schema says which roles are its own, in which database it was made (a copy has another oid), and what it granted to them, so
 * that a right that somebody took away can be named and given back.
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
  // What a login reads when it starts. Nobody but the owner writes it.
  yield* sql`GRANT SELECT ON ${engine}.installation, ${engine}.migrations TO ${system}`
})
