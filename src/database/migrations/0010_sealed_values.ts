import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "../Installation.ts"

/**
 * Values read from a datasource are stored encrypted (`sealed`), and only for as long as a run needs them. Rows from before hold them
 * unencrypted, so they are deleted; the next run reads the values again.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine } = yield* Installation

  yield* sql`ALTER TABLE ${engine}.table_profiles ADD COLUMN sealed bytea`
  yield* sql`TRUNCATE ${engine}.table_profiles, ${engine}.relationship_candidates`
})
