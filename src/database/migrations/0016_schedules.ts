import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { Installation } from "../Installation.ts"
import { tenantTable } from "../TenantTable.ts"

/**
 * The schedules that start workflows: `ticked_at` is the last tick whose workflow was started, or left out by rule, and at first when the
 * schedule was registered. `cron` is for people, and shows that an expression has changed.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine } = yield* Installation

  yield* sql`CREATE TABLE ${engine}.workflow_schedules (
    project_id uuid NOT NULL REFERENCES ${engine}.projects (id) ON DELETE CASCADE,
    kind text NOT NULL,
    name text COLLATE "C" NOT NULL,
    cron text NOT NULL,
    ticked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, kind, name))`
  yield* tenantTable("workflow_schedules", { tenant: "SELECT", system: "SELECT, INSERT, UPDATE, DELETE" })
})
