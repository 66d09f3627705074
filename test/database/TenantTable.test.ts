import { expect, layer } from "@effect/vitest"
import { Duration, Effect, Option } from "effect"
import { Database } from "../../src/database/Database.ts"
import { LEGACY_ROLES, type Roles } from "../../src/database/Roles.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { TenantContext } from "../../src/tenant/TenantContext.ts"
import { WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { ghost, given } from "../fixtures/TestWorkflows.ts"

/** Tables that belong to no one project. `projects` has a policy of its own; the others show nothing to a tenant. */
const SHARED = ["installation", "migrations", "projects", "server_instances"]
/** Tables that show every project's rows to the system role: what takeover and its like read. Every other shows it none. */
const SEEN_BY_SYSTEM = [
  "api_tokens",
  "workflow_activities",
  "workflow_deferreds",
  "workflow_lost_owners",
  "workflow_progress",
  "workflow_results",
  "workflow_schedules",
  "workflow_tasks",
  "workflows"
]

const tables = Effect.flatMap(
  Database,
  ({ work: sql }) => sql<{ name: string; tenants: boolean }>`
    SELECT c.relname AS name, EXISTS (SELECT FROM pg_attribute a
      WHERE a.attrelid = c.oid AND a.attname = 'project_id' AND NOT a.attisdropped) AS tenants
    FROM pg_class c WHERE c.relnamespace = 'engine'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1`
)

const tenantTables = Effect.map(tables, (all) => all.filter(({ tenants }) => tenants).map(({ name }) => name))

/** Gives both projects a row in every table, with nothing in it but the project. The tables keep nothing but their policies for it. */
const plant = (projects: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { work: sql } = yield* Database
    for (const table of yield* tenantTables) {
      yield* sql.unsafe(`DO $$ DECLARE it record; BEGIN
        FOR it IN SELECT conname FROM pg_constraint WHERE conrelid = 'engine.${table}'::regclass
          ORDER BY contype = 'n', contype = 'p' LOOP
          EXECUTE format('ALTER TABLE engine.${table} DROP CONSTRAINT IF EXISTS %I CASCADE', it.conname);
        END LOOP;
        FOR it IN SELECT attname FROM pg_attribute WHERE attrelid = 'engine.${table}'::regclass AND attnum > 0 AND attnotnull LOOP
          EXECUTE format('ALTER TABLE engine.${table} ALTER COLUMN %I DROP NOT NULL', it.attname);
        END LOOP; END $$`)
      for (const project of projects) {
        yield* sql`INSERT INTO ${sql(`engine.${table}`)} (project_id) VALUES (${project})`
      }
    }
  })

/** The schema's own. */
const roles = Effect.flatMap(Database, ({ work: sql }) =>
  Effect.map(
    sql<Roles>`SELECT tenant_role AS "tenantRole", system_role AS "systemRole" FROM engine.installation`,
    ([row]) => row ?? LEGACY_ROLES
  )
)

/** The projects whose rows somebody sees in a table; none where they may not look at all. */
const seen = (table: string, role: string, projectId: string | null) =>
  Effect.flatMap(Database, ({ work: sql }) =>
    sql`SELECT set_config('role', ${role}, true), set_config('app.current_project_id', ${projectId}, true)`.pipe(
      Effect.zipRight(sql<{ project: string }>`SELECT project_id AS project FROM ${sql(`engine.${table}`)} ORDER BY 1`),
      sql.withTransaction,
      Effect.map((rows) => rows.map(({ project }) => project)),
      Effect.catchIf(
        (error) => String(error.cause).includes("permission denied"),
        () => Effect.succeed([])
      )
    )
  )

layer(TestInfra.database, { timeout: "60 seconds", excludeTestServices: true })("row-level security", (it) => {
  it.scoped("is enabled and forced on every table of a tenant's, and the others are known by name", () =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      const rows = yield* sql<{ name: string }>`SELECT relname AS name FROM pg_class c
        WHERE relnamespace = 'engine'::regnamespace AND relrowsecurity AND relforcerowsecurity
          AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) ORDER BY 1`
      expect(rows.map(({ name }) => name)).toEqual([...(yield* tenantTables), "projects"].toSorted())
      expect((yield* tables).filter(({ tenants }) => !tenants).map(({ name }) => name)).toEqual(SHARED)
    })
  )

  it.scoped(
    "holds no row of a tenant's that another tenant's row could refer to: every foreign key names the project",
    () =>
      Effect.gen(function* () {
        const { work: sql } = yield* Database
        const loose = yield* sql`SELECT conrelid::regclass::text AS from, conname FROM pg_constraint k
        WHERE contype = 'f' AND connamespace = 'engine'::regnamespace AND confrelid <> 'engine.projects'::regclass
          AND NOT EXISTS (SELECT FROM pg_attribute a
            WHERE a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey) AND a.attname = 'project_id')`
        expect(loose).toEqual([])
      })
  )

  // Last: it takes the tables' constraints away.
  it.scoped("hides every table's rows from every project but their own, also where the login is a superuser", () =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      const tenants = yield* TenantContext
      const [one, other] = [yield* TestInfra.project, yield* TestInfra.project]
      yield* plant([one, other])
      expect(yield* sql`SELECT rolsuper FROM pg_roles WHERE rolname = current_user`).toEqual([{ rolsuper: true }])
      const all = yield* tenantTables
      expect(all.length).toBeGreaterThan(10)
      const { systemRole, tenantRole } = yield* roles
      for (const table of all) {
        const within = yield* tenants.withProject(one)(
          sql<{ project_id: string }>`SELECT project_id FROM ${sql(`engine.${table}`)}`
        )
        expect([table, within]).toEqual([table, [{ project_id: one }]])
        expect([table, yield* seen(table, tenantRole, other)]).toEqual([table, [other]])
        expect([table, yield* seen(table, tenantRole, null)]).toEqual([table, []])
        expect([table, yield* seen(table, tenantRole, "")]).toEqual([table, []])
        const bySystem = SEEN_BY_SYSTEM.includes(table) ? [one, other].toSorted() : []
        expect([table, yield* seen(table, systemRole, null)]).toEqual([table, bySystem])
      }
    })
  )
})

layer(TestInfra.database, { timeout: "60 seconds", excludeTestServices: true })("the tenant's role", (it) => {
  const workflow = Effect.gen(function* () {
    const repository = yield* WorkflowRepository
    const projectId = yield* TestInfra.project
    const serverId = yield* uuidv7
    yield* ghost(serverId, Duration.hours(1))
    return yield* repository.insert(given(yield* uuidv7, projectId, Option.some(serverId)))
  })

  it.scoped("cannot write who owns a workflow, its epoch, its state or anything else of it but a request", () =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      const tenants = yield* TenantContext
      const { id, projectId } = yield* workflow
      const columns = yield* sql<{ name: string }>`SELECT attname AS name FROM pg_attribute
        WHERE attrelid = 'engine.workflows'::regclass AND attnum > 0 AND NOT attisdropped`
      for (const { name } of columns) {
        const write = tenants.withProject(projectId)(
          sql`UPDATE engine.workflows SET ${sql(name)} = ${sql(name)} WHERE id = ${id}`
        )
        const outcome = yield* Effect.either(write)
        expect([name, outcome._tag]).toEqual([name, name === "requested" ? "Right" : "Left"])
      }
      for (const write of [
        sql`DELETE FROM engine.workflows WHERE id = ${id}`,
        sql`INSERT INTO engine.workflows (project_id, id, kind, state, config, epoch)
          VALUES (${projectId}, ${yield* uuidv7}, 'own', 'pending', '{}', 1)`,
        sql`TRUNCATE engine.workflows CASCADE`,
        sql`ALTER TABLE engine.workflows DISABLE ROW LEVEL SECURITY`
      ]) {
        expect((yield* Effect.flip(tenants.withProject(projectId)(write))).message).toMatch(
          /permission denied|must be owner/
        )
      }
    })
  )

  it.scoped("sees no server, no migration, and of the projects its own", () =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      const tenants = yield* TenantContext
      const { projectId } = yield* workflow
      for (const table of ["server_instances", "migrations", "installation"]) {
        const look = tenants.withProject(projectId)(sql`SELECT * FROM ${sql(`engine.${table}`)}`)
        expect((yield* Effect.flip(look)).message).toContain("permission denied")
      }
      expect(yield* tenants.withProject(projectId)(sql`SELECT id FROM engine.projects`)).toEqual([{ id: projectId }])
    })
  )

  it.scoped("and the system's can neither log in nor bypass a policy, and own nothing", () =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      const { systemRole, tenantRole } = yield* roles
      const found = yield* sql`SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
          EXISTS (SELECT FROM pg_class WHERE relowner = r.oid) AS owns
        FROM pg_roles r WHERE ${sql.in("rolname", [tenantRole, systemRole])}`
      const none = {
        rolcanlogin: false,
        rolsuper: false,
        rolbypassrls: false,
        rolcreaterole: false,
        rolcreatedb: false,
        owns: false
      }
      expect(found).toEqual([none, none])
    })
  )
})
