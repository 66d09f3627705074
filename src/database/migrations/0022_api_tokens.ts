import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "../Installation.ts"
import { tenantTable } from "../TenantTable.ts"

/**
 * Tokens of the HTTP API, each of one project: the SHA-256 of 32 random bytes, which nobody can guess, and so needs no salt. Whoever sends one
 * has no project yet, so that they are read and written with the system role's rights.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine } = yield* Installation

  yield* sql`CREATE TABLE ${engine}.api_tokens (
    project_id uuid NOT NULL REFERENCES ${engine}.projects (id) ON DELETE CASCADE,
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (name <> ''),
    hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    scopes text[] NOT NULL CHECK (cardinality(scopes) > 0 AND scopes <@ '{read,decide,run}'),
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz)`
  yield* sql`CREATE UNIQUE INDEX valid_api_tokens ON ${engine}.api_tokens (project_id, name) WHERE revoked_at IS NULL`
  yield* tenantTable("api_tokens", { tenant: "SELECT", system: "SELECT, INSERT, UPDATE" })
})
