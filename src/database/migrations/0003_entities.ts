import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "../Installation.ts"
import { tenantTable } from "../TenantTable.ts"

/** The entity that each table of a datasource stands for, and the columns that refer to it. */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine } = yield* Installation

  // Names have the collation "C", so that their order is the same in every database.
  yield* sql`CREATE TABLE ${engine}.entities (
    project_id uuid NOT NULL,
    datasource_id uuid NOT NULL,
    schema_name text COLLATE "C" NOT NULL,
    table_name text COLLATE "C" NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('entity', 'lookup', 'link', 'log', 'technical', 'empty')),
    reason text NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    description text NOT NULL,
    aliases text[] NOT NULL,
    key_columns text[] NOT NULL,
    key_declared boolean NOT NULL,
    rows bigint NOT NULL,
    sampled boolean NOT NULL,
    PRIMARY KEY (project_id, datasource_id, schema_name, table_name),
    FOREIGN KEY (project_id, datasource_id) REFERENCES ${engine}.datasources (project_id, id) ON DELETE CASCADE)`
  yield* tenantTable("entities")

  yield* sql`CREATE TABLE ${engine}.entity_occurrences (
    project_id uuid NOT NULL,
    datasource_id uuid NOT NULL,
    schema_name text COLLATE "C" NOT NULL,
    table_name text COLLATE "C" NOT NULL,
    from_schema text COLLATE "C" NOT NULL,
    from_table text COLLATE "C" NOT NULL,
    from_column text COLLATE "C" NOT NULL,
    role text NOT NULL,
    confidence double precision NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    PRIMARY KEY (project_id, datasource_id, schema_name, table_name, from_schema, from_table, from_column),
    FOREIGN KEY (project_id, datasource_id, schema_name, table_name)
      REFERENCES ${engine}.entities (project_id, datasource_id, schema_name, table_name) ON DELETE CASCADE)`
  yield* tenantTable("entity_occurrences")
})
