import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "../Installation.ts"

/**
 * Values that were read of a datasource are kept encrypted, and for as long as a run needs them. What is there was written as it is: it
 * is read again by the next run.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine } = yield* Installation

  yield* sql`ALTER TABLE ${engine}.table_profiles ADD COLUMN sealed bytea`
  yield* sql`TRUNCATE ${engine}.table_profiles, ${engine}.relationship_candidates`
})
