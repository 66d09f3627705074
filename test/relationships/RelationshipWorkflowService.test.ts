import { expect, layer } from "@effect/vitest"
import { Context, Effect, Layer, Option, Redacted } from "effect"
import { Credentials } from "../../src/datasource/Credentials.ts"
import { Datasources } from "../../src/datasource/Datasources.ts"
import { ProfileRepository } from "../../src/datasource/ProfileRepository.ts"
import { EntityDiscoveryService } from "../../src/entities/EntityDiscoveryService.ts"
import { EntityRepository } from "../../src/entities/EntityRepository.ts"
import type { Relationship } from "../../src/relationships/Relationship.ts"
import { DecisionRepository } from "../../src/discovery/DecisionRepository.ts"
import { RelationshipRepository } from "../../src/relationships/RelationshipRepository.ts"
import { RelationshipWorkflowService } from "../../src/relationships/RelationshipWorkflowService.ts"
import type { Workflow } from "../../src/workflow/WorkflowState.ts"
import { WorkflowInfra } from "../../src/workflow/WorkflowInfra.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { reaches } from "../fixtures/TestWorkflows.ts"

/** One declared foreign key, with an orphan from before it was; everything else undeclared. */
const SHOP = `
  CREATE TABLE customers (id int PRIMARY KEY, full_name text NOT NULL, referred_by_customer_id int);
  CREATE TABLE addresses (id int PRIMARY KEY, customer_id int NOT NULL, street text NOT NULL);
  CREATE TABLE orders (id int PRIMARY KEY, customer_id int, shipping_address_id int, placed_on date);
  CREATE TABLE order_lines (order_id int, line_no int, quantity int, PRIMARY KEY (order_id, line_no));
  CREATE TABLE deliveries (id int PRIMARY KEY, order_id int, line_no int);
  INSERT INTO customers SELECT 7 * i, 'Name ' || i, CASE WHEN i > 5 THEN 7 * (1 + i % 5) END FROM generate_series(1, 40) i;
  INSERT INTO addresses SELECT 1000 + 3 * i, 7 * (1 + i % 40), 'Street ' || i FROM generate_series(1, 80) i;
  INSERT INTO orders SELECT 5 * i, 7 * (1 + i % 40), 1000 + 3 * (1 + i % 80), date '2020-01-01' + i FROM generate_series(1, 120) i;
  INSERT INTO order_lines SELECT 5 * i, j, i % 9 FROM generate_series(1, 120) i, generate_series(1, 1 + i % 3) j;
  INSERT INTO deliveries SELECT row_number() OVER (ORDER BY order_id, line_no), order_id, line_no FROM order_lines
    WHERE order_id % 2 = 0;
  UPDATE orders SET customer_id = 999 WHERE id = 5;
  ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers NOT VALID;
  ANALYZE`

const base = Layer.mergeAll(
  EntityRepository.layer,
  ProfileRepository.layer,
  DecisionRepository.layer,
  RelationshipRepository.layer,
  Datasources.layer
).pipe(
  Layer.provide(Credentials.layer(Redacted.make("ab".repeat(32)))),
  Layer.provideMerge(TestInfra.database),
  Layer.orDie
)

const services = RelationshipWorkflowService.layer.pipe(Layer.provideMerge(EntityDiscoveryService.layer))

/** A server with both services on it, until the scope closes. */
const server = Effect.map(
  Layer.build(Layer.fresh(services).pipe(Layer.provideMerge(TestInfra.server()))),
  (context) => ({
    service: Context.get(context, RelationshipWorkflowService),
    entities: Context.get(context, EntityDiscoveryService),
    infra: Context.get(context, WorkflowInfra)
  })
)

/** A project with somebody's database in it, and a client of theirs. */
const somebody = (statements: string) =>
  Effect.gen(function* () {
    const url = yield* TestDatabase.create
    const sql = yield* TestDatabase.connect(url)
    yield* sql.unsafe(statements)
    const projectId = yield* TestInfra.project
    const { id: datasourceId } = yield* Effect.flatMap(Datasources, ({ register }) => register(projectId, { url }))
    return { sql, projectId, datasourceId }
  }).pipe(Effect.orDie)

const ends = ({ from, to }: Relationship) => `${from.table}(${from.columns.join()}) ${to.table}(${to.columns.join()})`

const accepted = (relationships: ReadonlyArray<Relationship>) =>
  relationships.filter(({ status }) => status === "accepted").map(ends)

const SHOP_RELATIONSHIPS = [
  "addresses(customer_id) customers(id)",
  "customers(referred_by_customer_id) customers(id)",
  "deliveries(order_id,line_no) order_lines(order_id,line_no)",
  "deliveries(order_id) orders(id)",
  "order_lines(order_id) orders(id)",
  "orders(customer_id) customers(id)",
  "orders(shipping_address_id) addresses(id)"
]

const side = (table: string, ...columns: ReadonlyArray<string>) => ({ schema: "public", table, columns })

layer(base, { timeout: "60 seconds", excludeTestServices: true })("the detection of relationships", (it) => {
  it.scoped("finds declared keys and undeclared ones, with what the data say about them", () =>
    Effect.gen(function* () {
      const { entities, infra, service } = yield* server
      const target = yield* somebody(SHOP)
      yield* reaches(infra, yield* entities.startDiscovery(target), "completed")
      const workflow = yield* service.startDetection(target)
      yield* reaches(infra, workflow, "completed")

      const found = yield* service.relationships(target.projectId, target.datasourceId)
      expect(accepted(found)).toEqual(SHOP_RELATIONSHIPS)
      expect(found.find(({ method }) => method === "foreign_key")).toMatchObject({
        from: side("orders", "customer_id"),
        to: side("customers", "id"),
        confidence: 1,
        cardinality: "N:1",
        evidence: { inclusion: { rows: 120, orphanRows: 1, orphans: ["999"], sampled: false } }
      })

      const status = yield* service.getStatusWithCounts(target.projectId, workflow.id)
      expect(status).toMatchObject({ state: "completed", counts: { accepted: SHOP_RELATIONSHIPS.length } })
      expect(status.tasks.completed).toBe(status.tasks.total)
      const tasks = Option.getOrThrow(yield* infra.loadQueue(target.projectId, workflow.id)).map(({ id }) => id)
      expect(tasks).toContain("candidates:public.customers")
      expect(tasks).toContain("evidence:public.orders")
      expect(tasks.slice(-2)).toEqual(["decide", "save"])

      const customers = (yield* entities.entities(target.projectId, target.datasourceId)).find(
        ({ table }) => table === "customers"
      )
      expect(customers?.occurrences.map(({ column, role, table }) => [table, column, role])).toContainEqual([
        "orders",
        "customer_id",
        ""
      ])
    }).pipe(Effect.orDie)
  )

  it.scoped("stores a column's references one by one, though two words beside it mean the same table", () =>
    Effect.gen(function* () {
      const { entities, infra, service } = yield* server
      const target = yield* somebody(`
        CREATE TABLE posts (id int PRIMARY KEY); CREATE TABLE photos (id int PRIMARY KEY);
        CREATE TABLE comments (id int PRIMARY KEY, subject_type text NOT NULL, subject_id int NOT NULL);
        INSERT INTO posts SELECT 11 + 7 * i FROM generate_series(1, 60) i;
        INSERT INTO photos SELECT 2000 + 3 * i FROM generate_series(1, 60) i;
        INSERT INTO comments SELECT i, CASE WHEN i % 3 = 0 THEN 'Photo' WHEN i % 3 = 1 THEN 'Post' ELSE 'post' END,
          CASE WHEN i % 3 = 0 THEN 2000 + 3 * (1 + i % 60) ELSE 11 + 7 * (1 + i % 60) END FROM generate_series(1, 300) i;
        ANALYZE`)
      yield* reaches(infra, yield* entities.startDiscovery(target), "completed")
      yield* reaches(infra, yield* service.startDetection(target), "completed")
      const found = yield* service.relationships(target.projectId, target.datasourceId)
      expect(found.map((each) => `${ends(each)} when ${each.when?.value}: ${each.status}`)).toEqual([
        "comments(subject_id) photos(id) when Photo: accepted",
        "comments(subject_id) posts(id) when Post: accepted",
        "comments(subject_id) posts(id) when post: accepted"
      ])
    }).pipe(Effect.orDie)
  )

  it.scoped("wants the entities first, and says so", () =>
    Effect.gen(function* () {
      const { service } = yield* server
      const target = yield* somebody("CREATE TABLE a (id int)")
      const error = yield* Effect.flip(service.startDetection(target))
      expect(error).toMatchObject({ _tag: "EntitiesMissing" })
      expect(error.message).toContain("not discovered yet")
    }).pipe(Effect.orDie)
  )

  it.scoped("says the same twice, and a person's word outlives what the rules say", () =>
    Effect.gen(function* () {
      const { entities, infra, service } = yield* server
      const target = yield* somebody(SHOP)
      yield* reaches(infra, yield* entities.startDiscovery(target), "completed")
      const detect = Effect.gen(function* () {
        yield* reaches(infra, yield* service.startDetection(target), "completed")
        return yield* service.relationships(target.projectId, target.datasourceId)
      })
      const once = yield* detect
      expect(JSON.stringify(yield* detect)).toBe(JSON.stringify(once))

      const pair = { from: side("orders", "shipping_address_id"), to: side("addresses", "id") }
      const decide = (action: "accept" | "reject" | "undo", to = pair.to) =>
        service.decide({ ...target, from: pair.from, to, action, by: "ann" })
      const { relationship } = yield* decide("reject")
      expect(Option.getOrThrow(relationship)).toMatchObject({ status: "rejected", decidedBy: "person" })
      const again = yield* detect
      expect(accepted(again)).toEqual(SHOP_RELATIONSHIPS.filter((each) => !each.startsWith("orders(shipping")))
      expect(again).toHaveLength(once.length)
      expect(yield* Effect.flip(decide("accept", side("nowhere", "id")))).toMatchObject({
        _tag: "RelationshipNotFound",
        reason: "no column public.nowhere.id"
      })
      yield* decide("undo")
      expect(JSON.stringify(yield* service.relationships(target.projectId, target.datasourceId))).toBe(
        JSON.stringify(once)
      )
    }).pipe(Effect.orDie)
  )

  it.scoped(
    "takes a person's word for what no rule finds, and tests it; what the rules had for the column is for review",
    () =>
      Effect.gen(function* () {
        const { entities, infra, service } = yield* server
        const target = yield* somebody(SHOP)
        yield* reaches(infra, yield* entities.startDiscovery(target), "completed")
        const detect = Effect.zipRight(
          Effect.flatMap(service.startDetection(target), (workflow) => reaches(infra, workflow, "completed")),
          service.relationships(target.projectId, target.datasourceId)
        )
        const once = yield* detect
        const pair = { from: side("orders", "shipping_address_id"), to: side("order_lines", "quantity") }
        const decide = (action: "accept" | "undo") => service.decide({ ...target, ...pair, action, by: "ann" })
        const of = (all: ReadonlyArray<Relationship>, to: string) =>
          all.find((each) => ends(each) === `orders(shipping_address_id) ${to}`)
        yield* decide("accept")
        const atOnce = yield* service.relationships(target.projectId, target.datasourceId)
        expect(of(atOnce, "order_lines(quantity)")).toMatchObject({ status: "accepted", evidence: { inclusion: null } })
        expect(of(atOnce, "addresses(id)")).toMatchObject({ status: "needs_review", decidedBy: "rules" })
        const again = yield* detect
        expect(of(again, "order_lines(quantity)")).toMatchObject({
          status: "accepted",
          decidedBy: "person",
          evidence: { inclusion: { rows: 120, orphanRows: 120 } }
        })
        expect(of(again, "addresses(id)")).toMatchObject({ status: "needs_review" })
        yield* decide("undo")
        expect(JSON.stringify(yield* service.relationships(target.projectId, target.datasourceId))).toBe(
          JSON.stringify(once)
        )
      }).pipe(Effect.orDie)
  )

  it.scoped("keeps a decision whose column is gone, without effect, until the column is back", () =>
    Effect.gen(function* () {
      const { entities, infra, service } = yield* server
      const target = yield* somebody(SHOP)
      const detect = Effect.gen(function* () {
        yield* reaches(infra, yield* entities.startDiscovery(target), "completed")
        yield* reaches(infra, yield* service.startDetection(target), "completed")
        const all = yield* service.relationships(target.projectId, target.datasourceId)
        const held = yield* service.decisions(target.projectId, target.datasourceId)
        return {
          decided: all.filter(({ decidedBy }) => decidedBy === "person"),
          missing: held.map((each) => each.missing)
        }
      })
      yield* detect
      const pair = { from: side("orders", "shipping_address_id"), to: side("addresses", "id") }
      yield* service.decide({ ...target, ...pair, action: "accept", by: "ann" })
      expect(yield* detect).toMatchObject({ decided: [{ status: "accepted" }], missing: [[]] })
      yield* target.sql`ALTER TABLE orders RENAME COLUMN shipping_address_id TO sent_to`
      expect(yield* detect).toEqual({ decided: [], missing: [["public.orders.shipping_address_id"]] })
      yield* target.sql`ALTER TABLE orders RENAME COLUMN sent_to TO shipping_address_id`
      expect(yield* detect).toMatchObject({ decided: [{ status: "accepted" }], missing: [[]] })
    }).pipe(Effect.orDie)
  )

  it.scoped("goes on where another server left off, and ends as if nothing had happened", () =>
    Effect.gen(function* () {
      const target = yield* somebody(SHOP)
      const undisturbed = yield* Effect.gen(function* () {
        const { entities, infra, service } = yield* server
        yield* reaches(infra, yield* entities.startDiscovery(target), "completed")
        yield* reaches(infra, yield* service.startDetection(target), "completed")
        return yield* service.relationships(target.projectId, target.datasourceId)
      }).pipe(Effect.scoped)

      const tasksOf = (infra: Context.Tag.Service<WorkflowInfra>, { id }: Workflow) =>
        Effect.map(infra.loadQueue(target.projectId, id), (tasks) =>
          Option.getOrElse(tasks, () => []).filter(({ status }) => status === "completed")
        )
      const { before, workflow } = yield* Effect.gen(function* () {
        const { infra, service } = yield* server
        yield* target.sql.unsafe("BEGIN; LOCK TABLE addresses IN ACCESS EXCLUSIVE MODE")
        const workflow = yield* service.startDetection(target)
        const before = yield* eventually(
          "the tables that are not locked are probed",
          tasksOf(infra, workflow),
          (tasks) => tasks.some(({ id }) => id === "candidates:public.orders")
        )
        return { before, workflow }
      }).pipe(Effect.scoped)
      yield* target.sql.unsafe("ROLLBACK")

      const { infra, service } = yield* server
      yield* reaches(infra, workflow, "completed")
      const after = yield* tasksOf(infra, workflow)
      for (const task of before) expect(after).toContainEqual(task)
      const found = yield* service.relationships(target.projectId, target.datasourceId)
      expect(JSON.stringify(found)).toBe(JSON.stringify(undisturbed))
    }).pipe(Effect.orDie)
  )

  it.scoped("belongs to its project", () =>
    Effect.gen(function* () {
      const { entities, infra, service } = yield* server
      const target = yield* somebody(SHOP)
      yield* reaches(infra, yield* entities.startDiscovery(target), "completed")
      const workflow = yield* service.startDetection(target)
      yield* reaches(infra, workflow, "completed")
      const other = yield* TestInfra.project
      expect(yield* service.relationships(other, target.datasourceId)).toEqual([])
      expect(yield* Effect.flip(service.getStatus(other, workflow.id))).toMatchObject({ _tag: "WorkflowNotFound" })
      expect(
        yield* Effect.flip(
          service.decide({
            projectId: other,
            datasourceId: target.datasourceId,
            from: side("orders", "customer_id"),
            to: side("customers", "id"),
            action: "reject",
            by: "eve"
          })
        )
      ).toMatchObject({ _tag: "RelationshipNotFound" })
    }).pipe(Effect.orDie)
  )
})
