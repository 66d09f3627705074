import * as SqlClient from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { createRoles } from "../OwnRoles.ts"
import { Installation } from "../Installation.ts"
import { tenantTable } from "../TenantTable.ts"

/** Roles, tenants, servers, workflows and their tasks. */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { engine, system, tenant } = yield* Installation

  yield* createRoles
  yield* sql`GRANT USAGE ON SCHEMA ${engine} TO ${tenant}, ${system}`

  yield* sql`CREATE TABLE ${engine}.projects (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now())`
  yield* sql`ALTER TABLE ${engine}.projects ENABLE ROW LEVEL SECURITY`
  yield* sql`ALTER TABLE ${engine}.projects FORCE ROW LEVEL SECURITY`
  yield* sql`CREATE POLICY tenant ON ${engine}.projects FOR SELECT TO ${tenant}
    USING (id = NULLIF(current_setting('app.current_project_id', true), '')::uuid)`
  yield* sql`CREATE POLICY system ON ${engine}.projects TO ${system} USING (true) WITH CHECK (true)`
  yield* sql`GRANT SELECT ON ${engine}.projects TO ${tenant}`
  yield* sql`GRANT SELECT, INSERT, UPDATE, DELETE ON ${engine}.projects TO ${system}`

  // One row per process, which each heartbeat updates. The columns that it updates have no index, so that the update is heap-only (HOT).
  yield* sql`CREATE TABLE ${engine}.server_instances (
    id uuid PRIMARY KEY,
    started_at timestamptz NOT NULL DEFAULT now(),
    last_heartbeat timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    uses_session_lock boolean NOT NULL DEFAULT false,
    host text NOT NULL,
    pid integer NOT NULL,
    version text NOT NULL) WITH (fillfactor = 50)`
  yield* sql`GRANT SELECT, INSERT, UPDATE, DELETE ON ${engine}.server_instances TO ${system}`

  // Every transaction of a workflow locks its row here with FOR KEY SHARE as the fence. The row is updated rarely, so that the lock stays
  // cheap; what changes often is in workflow_progress.
  yield* sql`CREATE TABLE ${engine}.workflows (
    project_id uuid NOT NULL REFERENCES ${engine}.projects (id) ON DELETE CASCADE,
    id uuid PRIMARY KEY,
    datasource_id uuid,
    ontology_id uuid,
    kind text NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'running', 'paused', 'awaiting_input', 'completed', 'failed')),
    requested text CHECK (requested IN ('cancel', 'pause')),
    config jsonb NOT NULL,
    error_message text,
    owner_id uuid,
    epoch integer NOT NULL,
    attempt integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    completed_at timestamptz,
    UNIQUE (project_id, id),
    CONSTRAINT only_the_running_are_owned CHECK ((state = 'running') = (owner_id IS NOT NULL)),
    CONSTRAINT the_ended_have_an_end CHECK ((state IN ('completed', 'failed')) = (completed_at IS NOT NULL)))`
  yield* sql`CREATE UNIQUE INDEX one_active_workflow ON ${engine}.workflows (project_id, datasource_id, kind)
    NULLS NOT DISTINCT WHERE state NOT IN ('completed', 'failed')`
  yield* sql`CREATE INDEX claimable_workflows ON ${engine}.workflows (kind, created_at) WHERE state = 'pending'`
  yield* sql`CREATE INDEX owned_workflows ON ${engine}.workflows (owner_id) WHERE owner_id IS NOT NULL`
  yield* sql`CREATE INDEX requested_workflows ON ${engine}.workflows (owner_id) WHERE requested IS NOT NULL`
  yield* sql`CREATE INDEX ended_workflows ON ${engine}.workflows (completed_at) WHERE completed_at IS NOT NULL`
  yield* sql`CREATE INDEX latest_workflows ON ${engine}.workflows (project_id, datasource_id, kind, created_at DESC)`
  // FOR KEY SHARE needs the right to update some column. `requested` is the only one that a tenant may write.
  yield* tenantTable("workflows", {
    tenant: "SELECT, UPDATE (requested)",
    system: "SELECT, INSERT, UPDATE, DELETE"
  })

  yield* sql`CREATE TABLE ${engine}.workflow_progress (
    project_id uuid NOT NULL,
    workflow_id uuid PRIMARY KEY,
    message text NOT NULL,
    done integer NOT NULL,
    total integer NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (project_id, workflow_id) REFERENCES ${engine}.workflows (project_id, id) ON DELETE CASCADE)
    WITH (fillfactor = 50)`
  yield* tenantTable("workflow_progress", { system: "SELECT" })

  yield* sql`CREATE TABLE ${engine}.workflow_tasks (
    project_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    task_id text NOT NULL,
    ordinal integer NOT NULL,
    name text NOT NULL,
    status text NOT NULL CHECK (status IN ('pending', 'running', 'completed', 'failed', 'paused', 'unknown')),
    requires_llm boolean NOT NULL,
    error text,
    retry_count integer NOT NULL,
    started_at timestamptz,
    completed_at timestamptz,
    completed_epoch integer,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, workflow_id, task_id),
    FOREIGN KEY (project_id, workflow_id) REFERENCES ${engine}.workflows (project_id, id) ON DELETE CASCADE)
    WITH (fillfactor = 80)`
  yield* tenantTable("workflow_tasks", { system: "SELECT, UPDATE" })

  yield* sql`CREATE TABLE ${engine}.datasources (
    project_id uuid NOT NULL REFERENCES ${engine}.projects (id) ON DELETE CASCADE,
    id uuid PRIMARY KEY,
    name text NOT NULL,
    connection bytea NOT NULL,
    settings jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (project_id, id),
    UNIQUE (project_id, name))`
  yield* tenantTable("datasources")
})
