import { describe, expect, layer } from "@effect/vitest"
import { Effect } from "effect"
import { Database } from "../../src/database/Database.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { Tenant, TenantContext } from "../../src/tenant/TenantContext.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"

const datasource = (projectId: string, name: string) =>
  Effect.gen(function* () {
    const { work: sql } = yield* Database
    yield* sql`INSERT INTO engine.datasources (project_id, id, name, connection, settings)
      VALUES (${projectId}, ${yield* uuidv7}, ${name}, '', '{}')`
  })

const names = Effect.flatMap(
  Database,
  ({ work: sql }) => sql<{ name: string }>`SELECT name FROM engine.datasources ORDER BY name`
).pipe(Effect.map((rows) => rows.map(({ name }) => name)))

layer(TestInfra.database, { timeout: "60 seconds", excludeTestServices: true })("a tenant", (it) => {
  it.scoped("sees its own rows and no others, and writes no others", () =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      const tenants = yield* TenantContext
      const [one, other] = [yield* TestInfra.project, yield* TestInfra.project]
      yield* tenants.withProject(one)(datasource(one, "mine"))
      yield* tenants.withProject(other)(datasource(other, "theirs"))
      expect(yield* tenants.withProject(one)(names)).toEqual(["mine"])
      const foreign = yield* Effect.flip(tenants.withProject(one)(datasource(other, "planted")))
      expect(foreign.message).toContain("row-level security")
      yield* tenants.withProject(one)(sql`UPDATE engine.datasources SET name = 'changed' WHERE project_id = ${other}`)
      yield* tenants.withProject(one)(sql`DELETE FROM engine.datasources WHERE project_id = ${other}`)
      expect(yield* tenants.withProject(other)(names)).toEqual(["theirs"])
      const moved = tenants.withProject(one)(sql`UPDATE engine.datasources SET project_id = ${other}`)
      expect((yield* Effect.flip(moved)).message).toContain("row-level security")
    })
  )

  it.scoped("of a nested withProject of the same project is in the same transaction", () =>
    Effect.gen(function* () {
      const tenants = yield* TenantContext
      const project = yield* TestInfra.project
      const nested = tenants.withProject(project)(datasource(project, "inner"))
      yield* Effect.ignore(tenants.withProject(project)(Effect.zipRight(nested, Effect.fail("rolled back"))))
      expect(yield* tenants.withProject(project)(names)).toEqual([])
      const seen = yield* tenants.withProject(project)(
        Effect.zipRight(nested, tenants.withProject(project)(Effect.zip(names, Tenant)))
      )
      expect(seen).toEqual([["inner"], { projectId: project }])
    })
  )

  it.scoped("cannot reach into another project's transaction: that is a defect, and nothing is kept", () =>
    Effect.gen(function* () {
      const tenants = yield* TenantContext
      const [one, other] = [yield* TestInfra.project, yield* TestInfra.project]
      const reaching = tenants.withProject(one)(
        Effect.zipRight(datasource(one, "mine"), tenants.withProject(other)(names))
      )
      const cause = yield* Effect.flip(Effect.sandbox(reaching))
      expect([cause._tag, String(cause)]).toEqual(["Die", expect.stringContaining(`inside the transaction of project`)])
      expect(yield* tenants.withProject(one)(names)).toEqual([])
    })
  )

  it.scoped("has its transaction on our database, though the caller is in one of another database", () =>
    Effect.gen(function* () {
      const tenants = yield* TenantContext
      const project = yield* TestInfra.project
      const elsewhere = yield* TestDatabase.connect(yield* TestDatabase.create)
      yield* elsewhere.withTransaction(
        Effect.zipRight(elsewhere`SELECT 1`, tenants.withProject(project)(datasource(project, "mine")))
      )
      expect(yield* tenants.withProject(project)(names)).toEqual(["mine"])
    })
  )

  it.scoped("leaves no trace on the connection that it used", () =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      const tenants = yield* TenantContext
      yield* tenants.withProject(yield* TestInfra.project)(names)
      const after = yield* Effect.replicateEffect(
        sql`SELECT current_user = session_user AS self, current_setting('app.current_project_id', true) AS project`,
        20
      )
      for (const [row] of after) expect([row?.["self"], row?.["project"] ?? ""]).toEqual([true, ""])
    })
  )

  describe("without a project", () => {
    it.scoped("is refused an id that is none, as an error", () =>
      Effect.gen(function* () {
        const tenants = yield* TenantContext
        const error = yield* Effect.flip(tenants.withProject("'; DROP TABLE x")(names))
        expect(error._tag === "DatabaseError" && error.code).toBe("22P02")
      })
    )

    it.scoped("sees nothing: the policies fail closed", () =>
      Effect.gen(function* () {
        const { tenantRole, work: sql } = yield* Database
        const tenants = yield* TenantContext
        const project = yield* TestInfra.project
        yield* tenants.withProject(project)(datasource(project, "mine"))
        const seen = yield* sql.withTransaction(
          Effect.zipRight(sql`SELECT set_config('role', ${tenantRole}, true)`, names)
        )
        expect(seen).toEqual([])
      })
    )
  })
})
