import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "../Installation.ts"

/**
 * The caller's keys of a workflow. `idempotency_key` names it: a project has one workflow of a kind with this key. `exclusive_key` names
 * what it has for itself: a project has one workflow of a kind with this key that has not ended. Before, that was the datasource, which
 * becomes the key of the rows from before.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine } = yield* Installation

  yield* sql`ALTER TABLE ${engine}.workflows ADD COLUMN idempotency_key text COLLATE "C",
    ADD COLUMN exclusive_key text COLLATE "C"`
  // Not an UPDATE, which would see no rows: row-level security holds for the table's owner, too.
  yield* sql`ALTER TABLE ${engine}.workflows ALTER COLUMN exclusive_key TYPE text COLLATE "C" USING datasource_id::text`

  yield* sql`DROP INDEX ${engine}.one_active_workflow`
  yield* sql`CREATE UNIQUE INDEX one_exclusive_workflow ON ${engine}.workflows (project_id, kind, exclusive_key)
    WHERE exclusive_key IS NOT NULL AND state NOT IN ('completed', 'failed')`
  yield* sql`CREATE UNIQUE INDEX idempotent_workflows ON ${engine}.workflows (project_id, kind, idempotency_key)
    WHERE idempotency_key IS NOT NULL`
})
