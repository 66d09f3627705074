import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "../Installation.ts"

/** Indexes in the order of lists: the newest workflows of a project, for each kind and state, and for each exclusive key. */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine } = yield* Installation

  yield* sql`CREATE INDEX listed_workflows ON ${engine}.workflows (project_id, kind, state, created_at DESC, id DESC)`
  yield* sql`CREATE INDEX listed_by_exclusive_key ON ${engine}.workflows
    (project_id, kind, exclusive_key, state, created_at DESC, id DESC) WHERE exclusive_key IS NOT NULL`
})
