import { expect, it, layer } from "@effect/vitest"
import { Context, Duration, Effect, Either, Layer, Option, Schema } from "effect"
import { Database } from "../../src/database/Database.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { TenantContext } from "../../src/tenant/TenantContext.ts"
import { WorkflowInfra } from "../../src/workflow/WorkflowInfra.ts"
import * as WorkflowKind from "../../src/workflow/WorkflowKind.ts"
import { WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import { recording } from "../fixtures/statements.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { endless, given, kind as kindOf, reaches } from "../fixtures/TestWorkflows.ts"

/** What a transaction fails with to be rolled back. */
class Undone extends Schema.TaggedError<Undone>()("Undone", {}) {}

it.scopedLive("the same workflows started by two processes in opposite orders are stored without a deadlock", () =>
  Effect.gen(function* () {
    const url = yield* TestDatabase.create
    const one = yield* Layer.build(TestInfra.databaseAt(url))
    const other = yield* Layer.build(Layer.fresh(TestInfra.databaseAt(url)))
    const projectId = yield* Effect.provide(TestInfra.project, one)
    const all = { concurrency: "unbounded" } as const
    const keys = Array.from({ length: 400 }, (_, n) => `order ${n}`)
    for (let round = 0; round < 5; round++) {
      const start = (context: Context.Context<WorkflowRepository>) => (key: string) =>
        Effect.flatMap(uuidv7, (id) =>
          Context.get(context, WorkflowRepository).insert(
            given(id, projectId, Option.none(), { idempotencyKey: Option.some(`${round} ${key}`) })
          )
        )
      const sent = yield* recording
      const [ours, theirs] = yield* Effect.all(
        [Effect.forEach(keys, start(one), all), Effect.forEach(keys.toReversed(), start(other), all)],
        all
      )
      expect(theirs.map(({ id }) => id).toReversed()).toEqual(ours.map(({ id }) => id))
      // After a deadlock, each of them would be started by a statement of its own.
      const inserts = sent.filter(({ text }) => /INSERT INTO\s+"engine"\.workflows/.test(text))
      expect(inserts.length).toBeLessThan(keys.length / 4)
    }
  })
)

layer(TestInfra.database, { timeout: "60 seconds", excludeTestServices: true })("a start in a transaction", (it) => {
  it.scoped("is nothing if the transaction rolls back, and runs when it commits", () =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      const infra = yield* TestInfra.start()
      const projectId = yield* TestInfra.project
      const brief = yield* infra.register(kindOf("brief", () => Effect.void))
      const start = brief.start({ projectId, idempotencyKey: "it", config: null })
      yield* sql`CREATE TABLE IF NOT EXISTS orders (id int)`
      const order = Effect.zipRight(sql`INSERT INTO orders VALUES (1)`, start)
      const undone = order.pipe(Effect.zipRight(new Undone()), sql.withTransaction, Effect.flip)
      expect((yield* undone)._tag).toBe("Undone")
      expect((yield* infra.list({ projectId })).workflows).toEqual([])
      const started = yield* order.pipe(
        Effect.tap(({ state }) => expect(state).toBe("pending")),
        // Nobody sees it before the commit, which the sweeps of this server have the time to show.
        Effect.zipLeft(Effect.sleep("300 millis")),
        sql.withTransaction
      )
      const ended = yield* reaches(infra, started, "completed")
      // Claimed by whoever had room: it was owned by nobody at first.
      expect(ended.epoch).toBe(3)
      expect(yield* sql`SELECT count(*)::int AS orders FROM orders`).toEqual([{ orders: 1 }])
    })
  )

  it.scoped("wakes servers when it commits: none waits for its next poll", () =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      // Whose next sweeps are in an hour. Its first ones may still claim the first workflow, but not the others.
      const lazy = { pollInterval: Duration.hours(1), heartbeatInterval: Duration.hours(1) }
      const infra = Context.get(yield* Layer.build(Layer.fresh(WorkflowInfra.layer(lazy))), WorkflowInfra)
      const projectId = yield* TestInfra.project
      const brief = yield* infra.register(kindOf("woken", () => Effect.void))
      for (let round = 0; round < 3; round++) {
        const started = yield* sql.withTransaction(brief.start({ projectId, config: null }))
        yield* reaches(infra, started, "completed")
      }
    })
  )

  it.scoped("finds what its keys name, in its own transaction, too, and fails without ending the transaction", () =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      const infra = yield* TestInfra.start()
      const projectId = yield* TestInfra.project
      const kind = yield* infra.register(endless("endless"))
      const before = yield* kind.start({ projectId, idempotencyKey: "before", exclusiveKey: "a", config: null })
      const anything = yield* infra.register(
        WorkflowKind.make("anything", { config: Schema.Unknown, run: () => Effect.never })
      )
      yield* Effect.gen(function* () {
        const start = (keys: { readonly idempotencyKey?: string; readonly exclusiveKey?: string }) =>
          kind.start({ projectId, config: null, ...keys })
        expect(yield* start({ idempotencyKey: "before" })).toEqual(before)
        expect(yield* Effect.flip(start({ exclusiveKey: "a" }))).toMatchObject({ workflowId: before.id })
        const first = yield* start({ idempotencyKey: "now", exclusiveKey: "b" })
        expect((yield* start({ idempotencyKey: "now" })).id).toBe(first.id)
        expect(yield* Effect.flip(start({ exclusiveKey: "b" }))).toMatchObject({ workflowId: first.id })
        const refused = yield* Effect.flip(anything.start({ projectId, config: "a\0b" }))
        expect(refused._tag).toBe("InvalidConfig")
        yield* start({})
      }).pipe(sql.withTransaction)
      expect((yield* infra.list({ projectId })).workflows.length).toBe(3)
    })
  )

  it.scoped("of a tenant, and of a task's commit, is part of it, and the tenant's rights are as they were", () =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      const tenants = yield* TenantContext
      const infra = yield* TestInfra.start()
      const projectId = yield* TestInfra.project
      const child = yield* infra.register(kindOf("child", () => Effect.void))
      const role = Effect.map(sql<{ role: string }>`SELECT current_user AS role`, ([row]) => row?.role)
      const inTenant = Effect.gen(function* () {
        const was = yield* role
        const started = yield* child.start({ projectId, config: null })
        expect(yield* role).toBe(was)
        const denied = yield* Effect.either(sql`SELECT FROM engine.server_instances`)
        expect(Either.isLeft(denied)).toBe(true)
        return started
      })
      // The refusal at its end rolls it back.
      yield* Effect.either(tenants.withProject(projectId)(inTenant))
      expect((yield* infra.list({ projectId })).workflows).toEqual([])
      const started = yield* tenants.withProject(projectId)(child.start({ projectId, config: null }))
      yield* reaches(infra, started, "completed")

      const parent = yield* infra.register(
        kindOf("parent", ({ queue, workflow: { id } }) =>
          queue.enqueue({
            id: "ask",
            name: "Ask",
            class: "data",
            execute: Effect.void,
            commit: () => Effect.asVoid(child.start({ projectId, idempotencyKey: `of ${id}`, config: null }))
          })
        )
      )
      const { id } = yield* Effect.flatMap(parent.start({ projectId, config: null }), (one) =>
        reaches(infra, one, "completed")
      )
      const children = yield* infra.list({ projectId, kind: "child", idempotencyKey: `of ${id}` })
      expect(children.workflows.length).toBe(1)
      yield* Effect.forEach(children.workflows, (one) => reaches(infra, one, "completed"))
    })
  )

  it.scoped("dies in the transaction of another project, and says which", () =>
    Effect.gen(function* () {
      const tenants = yield* TenantContext
      const infra = yield* TestInfra.start()
      const repository = yield* WorkflowRepository
      const [projectId, other] = [yield* TestInfra.project, yield* TestInfra.project]
      const kind = yield* infra.register(endless("strange"))
      const start = tenants.withProject(other)(kind.start({ projectId, config: null }))
      const death = yield* Effect.flip(Effect.sandbox(start))
      expect(String(death)).toContain(`start in project ${projectId} inside the transaction of another project`)
      expect(yield* repository.latest({ projectId, datasourceId: Option.none(), kind: "strange" })).toEqual(
        Option.none()
      )
    })
  )
})
