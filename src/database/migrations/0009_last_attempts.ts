import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "../Installation.ts"

/**
 * Every claim looks for workflows that have one attempt left. They are few; without an index of their own the query reads all pending
 * workflows.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine } = yield* Installation

  yield* sql`CREATE INDEX last_attempts ON ${engine}.workflows (kind, version, start_at)
    WHERE state = 'pending' AND attempt = 4`
})
