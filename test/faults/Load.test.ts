import { expect, layer } from "@effect/vitest"
import { Clock, Context, Effect, Layer } from "effect"
import { Database } from "../../src/database/Database.ts"
import { WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { look, task } from "../fixtures/TestWorkflows.ts"
import * as Faults from "./Faults.ts"
import { expectCompleted, owned, reaches, startOn } from "./Invariants.ts"
import * as Proxy from "./Proxy.ts"
import * as Server from "./Server.ts"

/** How much a process's heap may grow while it waits for the database: no more than its 1,000 tasks need. */
const HEAP_GROWTH = 40_000_000

/** A repository on the test's database that is reached through a proxy, and the proxy. */
const behindProxy = Effect.gen(function* () {
  const { url } = yield* Database
  const proxy = yield* Proxy.make(url)
  const context = yield* Layer.build(Layer.fresh(TestInfra.databaseAt(proxy.url)))
  return { proxy, repository: Context.get(context, WorkflowRepository) }
})

/** The names under which the tasks of a flood are stored, each once. */
const floodNames = (projectId: string, workflowId: string) =>
  Effect.flatMap(WorkflowRepository, (repository) =>
    Effect.map(repository.tasks(projectId, workflowId), (tasks) => {
      const flood = tasks.filter(({ id }) => id.startsWith("flood:"))
      return { count: flood.length, names: [...new Set(flood.map(({ name }) => name))] }
    })
  )

layer(Faults.database, { timeout: "60 seconds", excludeTestServices: true })("load", (it) => {
  it.scoped(
    "16: database stalled, 100,000 task changes queued: bounded memory; the last state of each arrives; flushed at shutdown",
    () =>
      Effect.gen(function* () {
        const owner = yield* Server.run({ LEDGER_HOLD: "execute:1", WORKFLOW_HEARTBEAT_INTERVAL: "30 seconds" })
        const { id, projectId } = yield* startOn(owner, { tasks: 3, millis: 0 })
        yield* owner.reached("execute:1")
        const flood = (changes: number, name: string) =>
          Effect.map(owner.ask({ ask: "flood", workflowId: id, tasks: 1_000, changes, name }), Number)
        const arrives = (name: string) =>
          eventually(
            "the last state of each has arrived",
            floodNames(projectId, id),
            ({ count, names }) => count === 1_000 && names.length === 1 && names[0] === name
          )
        const before = yield* flood(1_000, "first")
        yield* arrives("first")
        yield* owner.proxy.stall("books")
        expect((yield* flood(100_000, "second")) - before).toBeLessThan(HEAP_GROWTH)
        expect((yield* flood(100_000, "third")) - before).toBeLessThan(HEAP_GROWTH)
        expect(yield* floodNames(projectId, id)).toEqual({ count: 1_000, names: ["first"] })
        yield* owner.proxy.heal
        yield* arrives("third")
        // Told to end at the moment after the last change.
        yield* owner.proxy.stall("books")
        yield* flood(1_000, "last")
        yield* owner.signal("SIGTERM")
        yield* owner.reached("closing")
        yield* owner.proxy.heal
        yield* owner.ended
        expect(yield* floodNames(projectId, id)).toEqual({ count: 1_000, names: ["last"] })
        expect((yield* look(projectId, id)).state).toBe("pending")
      }).pipe(Faults.soundly)
  )

  it.scoped(
    "19: a queue of 100,000 tasks: the cost of a flush grows with the changes, not with the queue",
    () =>
      Effect.gen(function* () {
        const { work: sql } = yield* Database
        const repository = yield* WorkflowRepository
        const ownership = yield* owned
        const rows: Array<number> = []
        const counting = {
          ...repository,
          save: (...[whose, update]: Parameters<typeof repository.save>) =>
            Effect.zipRight(
              Effect.sync(() => rows.push(update.tasks.length)),
              repository.save(whose, update)
            )
        }
        const writers = yield* TestInfra.writers(counting, TestInfra.quick)
        const writer = yield* writers.start(ownership, Effect.void)
        const whole = Array.from({ length: 100_000 }, (_, n) => task(`t${n}`, { ordinal: n }))
        yield* writer.send(whole)
        const stored = sql<{ n: number; running: number }>`SELECT count(*)::int AS n,
        (count(*) FILTER (WHERE status = 'running'))::int AS running
        FROM engine.workflow_tasks WHERE workflow_id = ${ownership.workflowId}`
        yield* eventually("all are stored", stored, ([seen]) => seen?.n === 100_000)
        for (const changes of [1, 10, 100]) {
          rows.length = 0
          const [{ last } = { last: "" }] = yield* sql<{ last: string }>`SELECT pg_current_xact_id()::text AS last`
          // The whole list again, as a program does that keeps one.
          const next = whole.map((one, n) =>
            n < changes ? { ...one, name: `change ${changes}`, retryCount: changes } : one
          )
          yield* writer.send(next)
          const written = sql<{ n: number }>`SELECT count(*)::int AS n FROM engine.workflow_tasks
          WHERE workflow_id = ${ownership.workflowId} AND name = ${`change ${changes}`}`
          yield* eventually("the changes are stored", written, ([seen]) => seen?.n === changes)
          expect(rows).toEqual([changes])
          // And no other row was touched by any transaction since.
          const [touched] = yield* sql<{ n: number }>`SELECT count(*)::int AS n FROM engine.workflow_tasks
          WHERE workflow_id = ${ownership.workflowId} AND xmin::text::bigint > ${last}::bigint % 4294967296`
          expect(touched?.n).toBe(changes)
        }
        yield* writer.stop
      }).pipe(Faults.soundly),
    180_000
  )

  it.scoped("20: a wake-up arrives while the thing it wakes is committing: not lost (the writer)", () =>
    Effect.gen(function* () {
      const { proxy, repository } = yield* behindProxy
      const ownership = yield* owned
      const writers = yield* TestInfra.writers(repository, TestInfra.quick)
      const writer = yield* writers.start(ownership, Effect.void)
      for (let round = 0; round < 5 * Faults.ROUNDS; round++) {
        const committing = yield* proxy.intercept("", 'INTO "engine".workflow_tasks', "hold")
        yield* writer.send([task("a", { name: `first ${round}` })])
        yield* committing
        yield* writer.send([task("a", { name: `second ${round}` })])
        yield* proxy.heal
        yield* eventually(
          "the later one is stored",
          repository.tasks(ownership.projectId, ownership.workflowId),
          ([stored]) => stored?.name === `second ${round}`
        )
      }
      yield* writer.stop
    }).pipe(Faults.soundly)
  )

  it.scoped(
    "20: a wake-up arrives while the thing it wakes is committing: not lost (a request, told and not polled)",
    () =>
      Effect.gen(function* () {
        const owner = yield* Server.run({ WORKFLOW_POLL_INTERVAL: "1 hour" })
        for (let round = 0; round < 2 * Faults.ROUNDS; round++) {
          const committing = yield* owner.proxy.intercept('INTO "ledger"', "COMMIT", "hold")
          const workflow = yield* startOn(owner, { tasks: 200, millis: 20 })
          yield* committing
          yield* owner.ask({ ask: "cancel", projectId: workflow.projectId, workflowId: workflow.id })
          yield* owner.proxy.heal
          yield* reaches(workflow, "failed")
        }
        yield* Server.expectNoLeak(owner)
      }).pipe(Faults.soundly)
  )

  it.scoped(
    `22: a session idle in transaction for ${Faults.isLong ? "10 min" : "a while"}: throughput at least 90 % of before`,
    () =>
      Effect.gen(function* () {
        const { url } = yield* Database
        // How long a server takes for a hundred tasks, in milliseconds, by its database's clock.
        const server = Effect.map(Server.run(), (one) =>
          Effect.gen(function* () {
            const { rows } = yield* expectCompleted(yield* startOn(one, { tasks: 100, millis: 0 }), 100)
            const times = rows.map(({ at }) => at.getTime())
            return Math.max(...times) - Math.min(...times)
          })
        )
        // What stays as it was before is another database: both work at the same time, so that both have the same machine.
        const twin = yield* Effect.map(Layer.build(Layer.fresh(Faults.database)), (context) => Effect.provide(context))
        const [here, there] = [yield* server, twin(yield* twin(server))]
        const idle = yield* Effect.flatMap(TestDatabase.connect(url), (other) => Effect.uninterruptible(other.reserve))
        yield* idle.executeUnprepared("BEGIN ISOLATION LEVEL REPEATABLE READ", [], undefined)
        yield* idle.executeUnprepared("SELECT count(*) FROM engine.workflows", [], undefined)
        const end = (yield* Clock.currentTimeMillis) + (Faults.isLong ? 600_000 : 15_000)
        const pair = Effect.map(Effect.all([here, there], { concurrency: 2 }), ([one, other]) => other / one)
        const ratios: Array<number> = []
        while ((yield* Clock.currentTimeMillis) < end || ratios.length < 9) ratios.push(yield* pair)
        yield* idle.executeUnprepared("ROLLBACK", [], undefined)
        const last = ratios.slice(-9).toSorted((one, other) => one - other)
        // The median of the last nine.
        expect(last[4]).toBeGreaterThanOrEqual(0.9)
      }).pipe(Faults.soundly),
    900_000
  )
})
