import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "../Installation.ts"
import { tenantTable } from "../TenantTable.ts"

/** The relationships between the tables of a datasource, and the candidates of a detection that is under way. */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine } = yield* Installation

  // The results of a detection's probes and test joins. They are deleted with its workflow.
  yield* sql`CREATE TABLE ${engine}.relationship_candidates (
    project_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    pair text COLLATE "C" NOT NULL,
    candidate jsonb NOT NULL,
    PRIMARY KEY (project_id, workflow_id, pair),
    FOREIGN KEY (project_id, workflow_id) REFERENCES ${engine}.workflows (project_id, id) ON DELETE CASCADE)`
  yield* tenantTable("relationship_candidates")

  yield* sql`CREATE TABLE ${engine}.relationships (
    project_id uuid NOT NULL,
    datasource_id uuid NOT NULL,
    pair text COLLATE "C" NOT NULL,
    status text NOT NULL CHECK (status IN ('accepted', 'needs_review', 'rejected')),
    method text NOT NULL CHECK (method IN ('foreign_key', 'inferred')),
    decided_by text NOT NULL CHECK (decided_by IN ('rules', 'person')),
    confidence double precision NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    relationship jsonb NOT NULL,
    decided_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, datasource_id, pair),
    FOREIGN KEY (project_id, datasource_id) REFERENCES ${engine}.datasources (project_id, id) ON DELETE CASCADE)`
  yield* tenantTable("relationships")
})
