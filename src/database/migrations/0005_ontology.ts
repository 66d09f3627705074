import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "../Installation.ts"
import { tenantTable } from "../TenantTable.ts"

/** Ontologies by version, the parts of those being built, and the questions to a datasource's owner with their answers. */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine } = yield* Installation

  // The content is json, not jsonb, because jsonb would change the order of its keys.
  yield* sql`CREATE TABLE ${engine}.ontologies (
    project_id uuid NOT NULL,
    datasource_id uuid NOT NULL,
    id uuid PRIMARY KEY,
    workflow_id uuid,
    version integer NOT NULL,
    active boolean NOT NULL,
    content json NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (project_id, id),
    UNIQUE (project_id, datasource_id, version),
    UNIQUE (project_id, workflow_id),
    FOREIGN KEY (project_id, datasource_id) REFERENCES ${engine}.datasources (project_id, id) ON DELETE CASCADE,
    FOREIGN KEY (project_id, workflow_id) REFERENCES ${engine}.workflows (project_id, id) ON DELETE SET NULL (workflow_id))`
  yield* sql`CREATE UNIQUE INDEX one_active_ontology ON ${engine}.ontologies (project_id, datasource_id) WHERE active`
  yield* tenantTable("ontologies")

  yield* sql`CREATE TABLE ${engine}.ontology_parts (
    project_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    part text COLLATE "C" NOT NULL,
    content json NOT NULL,
    PRIMARY KEY (project_id, workflow_id, part),
    FOREIGN KEY (project_id, workflow_id) REFERENCES ${engine}.workflows (project_id, id) ON DELETE CASCADE)`
  yield* tenantTable("ontology_parts")

  yield* sql`CREATE TABLE ${engine}.questions (
    project_id uuid NOT NULL,
    datasource_id uuid NOT NULL,
    id text COLLATE "C" NOT NULL,
    ordinal integer NOT NULL,
    category text NOT NULL,
    priority text NOT NULL CHECK (priority IN ('high', 'medium', 'low')),
    question text NOT NULL,
    why text NOT NULL,
    affects json NOT NULL,
    PRIMARY KEY (project_id, datasource_id, id),
    FOREIGN KEY (project_id, datasource_id) REFERENCES ${engine}.datasources (project_id, id) ON DELETE CASCADE)`
  yield* tenantTable("questions")

  yield* sql`CREATE TABLE ${engine}.knowledge (
    project_id uuid NOT NULL,
    datasource_id uuid NOT NULL,
    question_id text COLLATE "C" NOT NULL,
    question text NOT NULL,
    answer text NOT NULL CHECK (answer <> ''),
    affects json NOT NULL,
    answered_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, datasource_id, question_id),
    FOREIGN KEY (project_id, datasource_id) REFERENCES ${engine}.datasources (project_id, id) ON DELETE CASCADE)`
  yield* tenantTable("knowledge")
})
