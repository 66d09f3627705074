import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "../Installation.ts"
import { tenantTable } from "../TenantTable.ts"

/**
 * Answers of a datasource, encrypted, for the next run over tables that have not moved since, and by which marks that is known.
 *
 * - `catalogs.generation`: counts the readings of the catalog; an answer is kept only in the generation it was read in.
 * - `catalogs.marks`: a mark per table that changes when its rows do; a table without one is read each time.
 * - `catalogs.unchanged`, `catalogs.unchanged_since`: how many tables had not moved at the last reading, since the one before.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine } = yield* Installation

  yield* sql`ALTER TABLE ${engine}.catalogs ADD COLUMN generation integer NOT NULL DEFAULT 1,
    ADD COLUMN marks jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN unchanged integer NOT NULL DEFAULT 0,
    ADD COLUMN unchanged_since timestamptz`
  yield* sql`CREATE TABLE ${engine}.readings (
    project_id uuid NOT NULL,
    datasource_id uuid NOT NULL,
    statement bytea NOT NULL,
    tables text[] NOT NULL,
    sealed bytea NOT NULL,
    used_in integer NOT NULL,
    PRIMARY KEY (project_id, datasource_id, statement),
    FOREIGN KEY (project_id, datasource_id) REFERENCES ${engine}.datasources (project_id, id) ON DELETE CASCADE)`
  yield* tenantTable("readings")
})
