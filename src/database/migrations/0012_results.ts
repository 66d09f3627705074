import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "../Installation.ts"
import { tenantTable } from "../TenantTable.ts"

/**
 * How workflows ended, stored with the end: `success` with what `run` returned, `error` with the error it failed with, both as encoded by
 * the kind's schemas, or `defect` with a name and a message. Not jsonb, which cannot hold every JSON text (NUL) and orders its keys.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine } = yield* Installation

  yield* sql`CREATE TABLE ${engine}.workflow_results (
    project_id uuid NOT NULL,
    workflow_id uuid PRIMARY KEY,
    outcome text NOT NULL CHECK (outcome IN ('success', 'error', 'defect')),
    value json NOT NULL,
    FOREIGN KEY (project_id, workflow_id) REFERENCES ${engine}.workflows (project_id, id) ON DELETE CASCADE)`
  yield* tenantTable("workflow_results", { tenant: "SELECT", system: "SELECT, INSERT, UPDATE, DELETE" })
})
