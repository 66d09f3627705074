import { expect, layer } from "@effect/vitest"
import { Context, Effect, Layer, Option, Redacted } from "effect"
import { Credentials } from "../../src/datasource/Credentials.ts"
import { Datasources, type DatasourceSettings } from "../../src/datasource/Datasources.ts"
import { ProfileRepository } from "../../src/datasource/ProfileRepository.ts"
import { EntityDiscoveryService } from "../../src/entities/EntityDiscoveryService.ts"
import { EntityRepository } from "../../src/entities/EntityRepository.ts"
import type { Workflow } from "../../src/workflow/WorkflowState.ts"
import { WorkflowInfra } from "../../src/workflow/WorkflowInfra.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { reaches } from "../fixtures/TestWorkflows.ts"

const SHOP = `
  CREATE TABLE customers (id serial PRIMARY KEY, full_name text NOT NULL);
  CREATE TABLE tbl_ord (id serial PRIMARY KEY, customer_id int REFERENCES customers, total numeric);
  CREATE TABLE orders_lines (tbl_ord_id int, line_no int, product text, PRIMARY KEY (tbl_ord_id, line_no));
  CREATE TABLE ratings (customer_id int, product text, stars int);
  INSERT INTO customers (full_name) SELECT 'Name ' || i FROM generate_series(1, 20) i;
  INSERT INTO tbl_ord (customer_id, total) SELECT 1 + i % 20, i FROM generate_series(1, 50) i;
  INSERT INTO orders_lines SELECT i, j, 'p' || j FROM generate_series(1, 50) i, generate_series(1, 3) j;
  INSERT INTO ratings SELECT i, 'p' || j, j FROM generate_series(1, 20) i, generate_series(1, 5) j;
  ANALYZE`

/** Everything the service stands on but the server: that comes and goes. */
const base = Layer.mergeAll(EntityRepository.layer, ProfileRepository.layer, Datasources.layer).pipe(
  Layer.provide(Credentials.layer(Redacted.make("ab".repeat(32)))),
  Layer.provideMerge(TestInfra.database),
  Layer.orDie
)

/** A server with the service on it, until the scope closes. */
const server = Effect.map(
  Layer.build(Layer.fresh(EntityDiscoveryService.layer).pipe(Layer.provideMerge(TestInfra.server()))),
  (context) => ({
    service: Context.get(context, EntityDiscoveryService),
    infra: Context.get(context, WorkflowInfra)
  })
)

/** A project with somebody's database in it, and a client of theirs. */
const somebody = (statements: string, settings: DatasourceSettings = {}) =>
  Effect.gen(function* () {
    const url = yield* TestDatabase.create
    const sql = yield* TestDatabase.connect(url)
    yield* sql.unsafe(statements)
    const projectId = yield* TestInfra.project
    const datasources = yield* Datasources
    const { id: datasourceId } = yield* datasources.register(projectId, { url, settings })
    return { sql, projectId, datasourceId }
  }).pipe(Effect.orDie)

const tasksOf = ({ projectId, id }: Workflow) =>
  Effect.flatMap(WorkflowInfra, (infra) =>
    Effect.map(infra.loadQueue(projectId, id), (tasks) => Option.getOrElse(tasks, () => []))
  )

layer(base, { timeout: "60 seconds", excludeTestServices: true })("the discovery of entities", (it) => {
  it.scoped("says of every table what it stands for", () =>
    Effect.gen(function* () {
      const { infra, service } = yield* server
      const target = yield* somebody(SHOP)
      const workflow = yield* service.startDiscovery(target)
      yield* reaches(infra, workflow, "completed")

      const entities = yield* service.entities(target.projectId, target.datasourceId)
      expect(entities.map(({ keyColumns, name, table, verdict }) => [table, name, verdict, keyColumns])).toEqual([
        ["customers", "Customer", "entity", ["id"]],
        ["orders_lines", "Order Line", "entity", ["tbl_ord_id", "line_no"]],
        ["ratings", "Rating", "entity", ["customer_id", "product"]],
        ["tbl_ord", "Order", "entity", ["id"]]
      ])
      expect(entities[0]?.description).toBe("20 customers, referred to by Order.")
      expect(entities[0]?.occurrences).toContainEqual({
        schema: "public",
        table: "tbl_ord",
        column: "customer_id",
        role: "",
        confidence: 1
      })

      const status = yield* service.getStatusWithCounts(target.projectId, workflow.id)
      expect(status).toMatchObject({ state: "completed", counts: { tables: 4, entities: 4 } })
      expect(status.tasks).toMatchObject({ completed: 6, total: 6 })
      expect(status.progress).toEqual(Option.some({ message: "done", done: 6, total: 6 }))
      const tasks = (yield* tasksOf(workflow).pipe(Effect.provideService(WorkflowInfra, infra))).map(({ id }) => id)
      expect([tasks[0], ...tasks.slice(1, -1).toSorted(), tasks.at(-1)]).toEqual([
        "catalog",
        "profile:public.customers",
        "profile:public.orders_lines",
        "profile:public.ratings",
        "profile:public.tbl_ord",
        "identify"
      ])
    }).pipe(Effect.orDie)
  )

  it.scoped("says the same twice, and forgets what is gone", () =>
    Effect.gen(function* () {
      const { infra, service } = yield* server
      const target = yield* somebody(SHOP)
      const found = Effect.gen(function* () {
        yield* reaches(infra, yield* service.startDiscovery(target), "completed")
        return yield* service.entities(target.projectId, target.datasourceId)
      })
      const once = yield* found
      expect(JSON.stringify(yield* found)).toBe(JSON.stringify(once))
      yield* target.sql`DROP TABLE ratings`
      expect((yield* found).map(({ table }) => table)).toEqual(["customers", "orders_lines", "tbl_ord"])
    }).pipe(Effect.orDie)
  )

  it.scoped("passes over what cannot be read, and says so", () =>
    Effect.gen(function* () {
      const { infra, service } = yield* server
      const target = yield* somebody(
        `CREATE TABLE good (id serial PRIMARY KEY, zero int); INSERT INTO good (zero) VALUES (0);
         CREATE VIEW bad AS SELECT id FROM good WHERE 1 / zero = 1`,
        { views: true }
      )
      yield* reaches(infra, yield* service.startDiscovery(target), "completed")
      const [bad, good] = yield* service.entities(target.projectId, target.datasourceId)
      expect(bad).toMatchObject({ table: "bad", verdict: "technical", rows: 0, sampled: true })
      expect(good).toMatchObject({ table: "good", rows: 1, sampled: false })
    }).pipe(Effect.orDie)
  )

  it.scoped("goes on where another server left off: what is completed is not done again", () =>
    Effect.gen(function* () {
      const target = yield* somebody(
        `${SHOP}; CREATE VIEW slow AS SELECT id FROM customers WHERE pg_sleep(60) IS NOT NULL`,
        { views: true }
      )
      const completed = (tasks: Effect.Effect.Success<ReturnType<typeof tasksOf>>) =>
        tasks.filter(({ status }) => status === "completed")

      const { before, workflow } = yield* Effect.gen(function* () {
        const { infra, service } = yield* server
        const tasks = (workflow: Workflow) => Effect.provideService(tasksOf(workflow), WorkflowInfra, infra)
        const workflow = yield* service.startDiscovery(target)
        const before = yield* eventually(
          "all but the slow view are read",
          tasks(workflow),
          (all) => completed(all).length === 5
        )
        return { before, workflow }
      }).pipe(Effect.scoped)
      yield* target.sql`CREATE OR REPLACE VIEW slow AS SELECT id FROM customers`
      // Whoever read the schema again would see this table.
      yield* target.sql`CREATE TABLE late (id int)`

      const { infra, service } = yield* server
      yield* reaches(infra, workflow, "completed")
      const after = yield* Effect.provideService(tasksOf(workflow), WorkflowInfra, infra)
      for (const task of completed(before)) expect(after).toContainEqual(task)
      expect(completed(after)).toHaveLength(7)
      const entities = yield* service.entities(target.projectId, target.datasourceId)
      expect(entities.map(({ rows, table }) => [table, rows])).toEqual([
        ["customers", 20],
        ["orders_lines", 150],
        ["ratings", 100],
        ["slow", 20],
        ["tbl_ord", 50]
      ])
    }).pipe(Effect.orDie)
  )

  it.scoped("can be cancelled, and what was known before stays", () =>
    Effect.gen(function* () {
      const { infra, service } = yield* server
      const target = yield* somebody(SHOP)
      yield* reaches(infra, yield* service.startDiscovery(target), "completed")
      const known = yield* service.entities(target.projectId, target.datasourceId)
      yield* target.sql.unsafe("BEGIN; LOCK TABLE tbl_ord IN ACCESS EXCLUSIVE MODE")
      const workflow = yield* service.startDiscovery(target)
      yield* service.cancel(target.projectId, workflow.id)
      yield* reaches(infra, workflow, "failed")
      yield* target.sql.unsafe("ROLLBACK")
      expect(yield* service.getStatus(target.projectId, workflow.id)).toMatchObject({
        state: "failed",
        errorMessage: Option.some("cancelled")
      })
      expect(yield* service.entities(target.projectId, target.datasourceId)).toEqual(known)
    }).pipe(Effect.orDie)
  )

  it.scoped("fails with a clear line where there is nothing to read", () =>
    Effect.gen(function* () {
      const { infra, service } = yield* server
      const projectId = yield* TestInfra.project
      const datasources = yield* Datasources
      const url = TestDatabase.urlOf(yield* TestDatabase.serverUrl, "nothing_here")
      const { id: datasourceId } = yield* datasources.register(projectId, { url })
      const workflow = yield* service.startDiscovery({ projectId, datasourceId })
      const { errorMessage } = yield* reaches(infra, workflow, "failed")
      expect(Option.getOrThrow(errorMessage)).toContain('there is no database "nothing_here"')
      expect(yield* service.entities(projectId, datasourceId)).toEqual([])
    }).pipe(Effect.orDie)
  )

  it.scoped("takes over what has been decided about references", () =>
    Effect.gen(function* () {
      const { infra, service } = yield* server
      const target = yield* somebody(SHOP)
      yield* reaches(infra, yield* service.startDiscovery(target), "completed")
      const table = (name: string, column: string) => ({ schema: "public", table: name, columns: [column] })
      yield* service.reviseOccurrences({
        ...target,
        references: [
          { from: table("tbl_ord", "customer_id"), to: table("customers", "id"), confidence: 1 },
          { from: table("ratings", "customer_id"), to: table("customers", "id"), confidence: 0.9 }
        ]
      })
      const [customers, lines, ratings] = yield* service.entities(target.projectId, target.datasourceId)
      expect(customers?.occurrences.map(({ column, confidence, table }) => [table, column, confidence])).toEqual([
        ["ratings", "customer_id", 0.9],
        ["tbl_ord", "customer_id", 1]
      ])
      expect(lines?.description).toMatch(/^150 order lines, told apart by /)
      expect(ratings).toMatchObject({ keyColumns: ["customer_id", "product"], keyDeclared: false })
    }).pipe(Effect.orDie)
  )

  it.scoped("belongs to its project", () =>
    Effect.gen(function* () {
      const { infra, service } = yield* server
      const target = yield* somebody("CREATE TABLE a (id int)")
      const other = yield* somebody("CREATE TABLE b (id int)")
      const workflow = yield* service.startDiscovery(target)
      yield* reaches(infra, workflow, "completed")
      const failure = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
        Effect.map(Effect.flip(effect), ({ _tag }) => _tag)
      expect(yield* failure(service.startDiscovery({ ...target, projectId: other.projectId }))).toBe(
        "DatasourceNotFound"
      )
      expect(yield* failure(service.getStatus(other.projectId, workflow.id))).toBe("WorkflowNotFound")
      expect(yield* failure(service.cancel(other.projectId, workflow.id))).toBe("WorkflowNotFound")
      expect(yield* service.entities(other.projectId, target.datasourceId)).toEqual([])
    }).pipe(Effect.orDie)
  )
})
