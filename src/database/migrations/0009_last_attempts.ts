import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "../Installation.ts"

/**
 * Workflows that have one attempt left are looked for at every claim, and are few: without an index of their own each look reads
 * everything that waits.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine } = yield* Installation

  yield* sql`CREATE INDEX last_attempts ON ${engine}.workflows (kind, version, start_at)
    WHERE state = 'pending' AND attempt = 4`
})
