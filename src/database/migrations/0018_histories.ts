import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "../Installation.ts"
import { tenantTable } from "../TenantTable.ts"

/**
 * What executions of `@effect/workflow` have done and wait for, so that they go on from there in any process.
 *
 * - `workflow_activities`: how an activity ended in an attempt, written under the fence.
 * - `workflow_deferreds`: the result of a deferred, which counts from `due_at` on: a clock is one with a later time. By the execution's key
 *   and not its row, because a deferred may have its result before the execution begins.
 * - `workflows.signals`: how often somebody had news for the workflow; a run that suspends compares it with what it had seen.
 * - `workflows.awaited_by`: workflows of the project that wait for this one to end.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine } = yield* Installation

  yield* sql`ALTER TABLE ${engine}.workflows ADD COLUMN signals integer NOT NULL DEFAULT 0, ADD COLUMN awaited_by uuid[]`

  yield* sql`CREATE TABLE ${engine}.workflow_activities (
    project_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    attempt integer NOT NULL,
    exit json NOT NULL,
    completed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, workflow_id, name, attempt),
    FOREIGN KEY (project_id, workflow_id) REFERENCES ${engine}.workflows (project_id, id) ON DELETE CASCADE)`
  yield* tenantTable("workflow_activities", { tenant: "SELECT, INSERT", system: "SELECT" })

  yield* sql`CREATE TABLE ${engine}.workflow_deferreds (
    project_id uuid NOT NULL REFERENCES ${engine}.projects (id) ON DELETE CASCADE,
    kind text COLLATE "C" NOT NULL,
    execution_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    exit json NOT NULL,
    due_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, kind, execution_id, name))`
  yield* tenantTable("workflow_deferreds", {
    tenant: "SELECT, INSERT, UPDATE",
    system: "SELECT, INSERT, UPDATE, DELETE"
  })

  // Deferreds go with their execution. Once a statement, and retention deletes many workflows in one.
  yield* sql`CREATE FUNCTION ${engine}.delete_deferreds() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    DELETE FROM ${engine}.workflow_deferreds d USING gone g
      WHERE d.project_id = g.project_id AND d.kind = g.kind AND d.execution_id = g.idempotency_key;
    RETURN NULL; END $$`
  yield* sql`CREATE TRIGGER delete_deferreds AFTER DELETE ON ${engine}.workflows
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION ${engine}.delete_deferreds()`
})
