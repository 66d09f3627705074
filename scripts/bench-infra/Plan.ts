import { Effect } from "effect"
import * as Pg from "pg"

/**
 * The way of the plan that this project began as: a workflow's row carries its heartbeat and its whole task list, and everything is
 * written in a transaction in the tenant's context. A table like the plan's, under the same row-level security as ours.
 */

/** As many connections as our work pool has by default. */
const CONNECTIONS = 10

/** The role of its tenants. */
const PLAN_ROLE = "bench_plan_tenant"

/** The plan's table; the role is there once our own schema is. */
export const TABLE = [
  `CREATE TABLE plan_workflows (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    project_id uuid NOT NULL,
    phase text NOT NULL DEFAULT 'extraction',
    state text NOT NULL DEFAULT 'running',
    server_id uuid,
    last_heartbeat timestamptz NOT NULL DEFAULT now(),
    task_queue jsonb NOT NULL DEFAULT '[]',
    updated_at timestamptz NOT NULL DEFAULT now())`,
  "ALTER TABLE plan_workflows ENABLE ROW LEVEL SECURITY",
  "ALTER TABLE plan_workflows FORCE ROW LEVEL SECURITY",
  `DO $$ BEGIN CREATE ROLE ${PLAN_ROLE} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
  `CREATE POLICY tenant ON plan_workflows TO ${PLAN_ROLE}
    USING (project_id = NULLIF(current_setting('app.current_project_id', true), '')::uuid)
    WITH CHECK (project_id = NULLIF(current_setting('app.current_project_id', true), '')::uuid)`,
  `GRANT SELECT, INSERT, UPDATE ON plan_workflows TO ${PLAN_ROLE}`
]

/** The plan's database: a pool, and a statement in a tenant's context, which is four. */
export const connect = (url: string) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(async () => {
        const pool = new Pg.Pool({ connectionString: url, max: CONNECTIONS })
        pool.on("error", () => {})
        // Everybody has its connections before it is measured.
        const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => pool.connect()))
        for (const client of clients) client.release()
        return pool
      }),
      (pool) => Effect.promise(() => pool.end())
    ),
    (pool) => (projectId: string, text: string, values: ReadonlyArray<unknown>) =>
      Effect.promise(async () => {
        const client = await pool.connect()
        try {
          await client.query("BEGIN")
          await client.query("SELECT set_config('role', $1, true), set_config('app.current_project_id', $2, true)", [
            PLAN_ROLE,
            projectId
          ])
          await client.query(text, [...values])
          await client.query("COMMIT")
        } finally {
          client.release()
        }
      })
  )
