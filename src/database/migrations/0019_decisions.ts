import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "../Installation.ts"
import { tenantTable } from "../TenantTable.ts"

/**
 * What people decided about a datasource: one row per decision, numbered per subject, never changed. Rows from before, which stood in two
 * places and did not say who decided, are copied.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine } = yield* Installation

  yield* sql`CREATE TABLE ${engine}.decisions (
    project_id uuid NOT NULL,
    datasource_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('relationship', 'question')),
    subject text COLLATE "C" NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    action text NOT NULL CHECK (action IN ('accept', 'reject', 'answer', 'undo')),
    answer text CHECK (answer <> ''),
    about json NOT NULL,
    decided_by text NOT NULL CHECK (decided_by <> ''),
    decided_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, datasource_id, kind, subject, version),
    CONSTRAINT only_answers_have_a_text CHECK ((action = 'answer') = (answer IS NOT NULL)),
    FOREIGN KEY (project_id, datasource_id) REFERENCES ${engine}.datasources (project_id, id) ON DELETE CASCADE)`
  // Row-level security holds for the owner, too, who would see no rows.
  yield* sql`ALTER TABLE ${engine}.relationships NO FORCE ROW LEVEL SECURITY`
  yield* sql`INSERT INTO ${engine}.decisions (project_id, datasource_id, kind, subject, version, action, about, decided_by, decided_at)
    SELECT project_id, datasource_id, 'relationship', pair, 1, CASE status WHEN 'accepted' THEN 'accept' ELSE 'reject' END,
      json_strip_nulls(json_build_object('from', relationship -> 'from', 'to', relationship -> 'to', 'when', relationship -> 'when')),
      'unknown', decided_at
    FROM ${engine}.relationships WHERE decided_by = 'person'`
  yield* sql`ALTER TABLE ${engine}.relationships FORCE ROW LEVEL SECURITY`
  yield* sql`ALTER TABLE ${engine}.knowledge NO FORCE ROW LEVEL SECURITY`
  yield* sql`INSERT INTO ${engine}.decisions
      (project_id, datasource_id, kind, subject, version, action, answer, about, decided_by, decided_at)
    SELECT project_id, datasource_id, 'question', question_id, 1, 'answer', answer,
      json_build_object('question', question, 'affects', affects), 'unknown', answered_at
    FROM ${engine}.knowledge`
  yield* sql`DROP TABLE ${engine}.knowledge`
  // A decision is a fact: it is taken back by another one.
  yield* tenantTable("decisions", { tenant: "SELECT, INSERT" })
})
