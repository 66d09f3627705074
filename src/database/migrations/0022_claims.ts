import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "../Installation.ts"

/**
 * - `due_workflows`: the first pending workflow of each kind, by time. A poll looks at one of its entries for each kind, and at the
 *   priorities only of kinds that have a workflow whose time has come, so that it costs the same however many wait for a later time.
 * - `workflows.freed_at`: when a workflow lost its owner, was resumed or woken; null before. It is left to the server that it is placed on
 *   for a moment from then on, or from `start_at` if that is later.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine } = yield* Installation

  yield* sql`ALTER TABLE ${engine}.workflows ADD COLUMN freed_at timestamptz`
  yield* sql`CREATE INDEX due_workflows ON ${engine}.workflows (kind, version, start_at) WHERE state = 'pending'`
})
