import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "../Installation.ts"
import { tenantTable } from "../TenantTable.ts"

/** What discovery has read of a datasource: its catalog and the statistics of its tables. */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine } = yield* Installation

  yield* sql`CREATE TABLE ${engine}.catalogs (
    project_id uuid NOT NULL,
    datasource_id uuid NOT NULL,
    catalog jsonb NOT NULL,
    read_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, datasource_id),
    FOREIGN KEY (project_id, datasource_id) REFERENCES ${engine}.datasources (project_id, id) ON DELETE CASCADE)`
  yield* tenantTable("catalogs")

  yield* sql`CREATE TABLE ${engine}.table_profiles (
    project_id uuid NOT NULL,
    datasource_id uuid NOT NULL,
    schema_name text COLLATE "C" NOT NULL,
    table_name text COLLATE "C" NOT NULL,
    profile jsonb NOT NULL,
    profiled_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, datasource_id, schema_name, table_name),
    FOREIGN KEY (project_id, datasource_id) REFERENCES ${engine}.datasources (project_id, id) ON DELETE CASCADE)`
  yield* tenantTable("table_profiles")
})
