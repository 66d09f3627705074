import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "../Installation.ts"

/**
 * `workflows.priority`: pending workflows of a higher one are claimed first. The index of claims has it before the time, so that a claim
 * reads the first workflows of each priority in use, and none that wait for a later time.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine } = yield* Installation

  yield* sql`ALTER TABLE ${engine}.workflows ADD COLUMN priority smallint NOT NULL DEFAULT 0`
  yield* sql`DROP INDEX ${engine}.claimable_workflows`
  yield* sql`CREATE INDEX claimable_workflows ON ${engine}.workflows (kind, version, priority DESC, start_at)
    WHERE state = 'pending'`
})
