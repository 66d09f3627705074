import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "../Installation.ts"

/** What the throughput of a project is counted from, without a look at its rows: when its workflows ended, and how. */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine } = yield* Installation

  yield* sql`CREATE INDEX counted_workflows ON ${engine}.workflows (project_id, completed_at) INCLUDE (state)
    WHERE completed_at IS NOT NULL`
})
