import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "../Installation.ts"
import { tenantTable } from "../TenantTable.ts"

/**
 * The owners that a workflow had and that died: `epoch` is the one that they held. A row is written by the statement that takes a workflow
 * from a dead owner, and by no other, so that workflows whose owners live cost nothing.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine } = yield* Installation

  yield* sql`CREATE TABLE ${engine}.workflow_lost_owners (
    project_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    epoch integer NOT NULL,
    owner_id uuid NOT NULL,
    lost_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, workflow_id, epoch),
    FOREIGN KEY (project_id, workflow_id) REFERENCES ${engine}.workflows (project_id, id) ON DELETE CASCADE)`
  yield* tenantTable("workflow_lost_owners", { tenant: "SELECT", system: "SELECT, INSERT" })
})
