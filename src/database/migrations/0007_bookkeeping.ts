import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "../Installation.ts"

/**
 * Grants the system role what the engine needs to write the task states and progress of many projects' workflows in one statement.
 *
 * - `workflows.version`: the version of its kind with which a workflow was started.
 * - `workflows.start_at`: no process claims it before this time.
 * - `workflow_tasks.changed_in`: the last transaction that changed the task, so that a watcher reads only the tasks that have changed.
 * - `server_instances.runs`: the kinds and versions that the process can run.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine, system } = yield* Installation

  yield* sql`GRANT SELECT, INSERT, UPDATE ON ${engine}.workflow_tasks, ${engine}.workflow_progress TO ${system}`

  yield* sql`ALTER TABLE ${engine}.workflows ADD COLUMN version integer NOT NULL DEFAULT 1,
    ADD COLUMN start_at timestamptz NOT NULL DEFAULT now()`
  yield* sql`DROP INDEX ${engine}.claimable_workflows`
  yield* sql`CREATE INDEX claimable_workflows ON ${engine}.workflows (kind, version, start_at) WHERE state = 'pending'`
  yield* sql`DROP INDEX ${engine}.ended_workflows`
  yield* sql`CREATE INDEX ended_workflows ON ${engine}.workflows (completed_at, id) WHERE completed_at IS NOT NULL`
  yield* sql`DROP INDEX ${engine}.latest_workflows`
  yield* sql`CREATE INDEX latest_workflows ON ${engine}.workflows (project_id, datasource_id, kind, created_at DESC, id DESC)`

  yield* sql`ALTER TABLE ${engine}.workflow_tasks ADD COLUMN changed_in xid8 NOT NULL DEFAULT pg_current_xact_id()`
  yield* sql`ALTER TABLE ${engine}.server_instances ADD COLUMN runs text[] NOT NULL DEFAULT '{}'`
})
