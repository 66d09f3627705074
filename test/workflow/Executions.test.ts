import { describe, expect, it, layer } from "@effect/vitest"
import { Cause, Deferred, Duration, Effect, Exit, Fiber, Option, Ref, Schema, type Scope, TestClock } from "effect"
import { DatabaseError } from "../../src/database/DatabaseError.ts"
import { Database } from "../../src/database/Database.ts"
import { TenantContext } from "../../src/tenant/TenantContext.ts"
import * as WorkflowKind from "../../src/workflow/WorkflowKind.ts"
import { WorkflowFailed } from "../../src/workflow/WorkflowError.ts"
import { WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import { defaults } from "../../src/workflow/WorkflowSettings.ts"
import { eventually } from "../fixtures/eventually.ts"
import { recording } from "../fixtures/statements.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { endless, kind as kindOf } from "../fixtures/TestWorkflows.ts"

// A test that adjusts hours and waits for nothing pays for every beat and poll in real time.
const calm = { ...defaults, heartbeatInterval: Duration.hours(1), pollInterval: Duration.minutes(1) }

const run = <A, E>(test: Effect.Effect<A, E, TestInfra.Memory | Scope.Scope>) => Effect.provide(test, TestInfra.memory)

class Declined extends Schema.TaggedError<Declined>()("Declined", { cents: Schema.BigInt }) {}

const Receipt = Schema.Struct({ at: Schema.Date, cents: Schema.BigInt })

/** Answers as its config says: with a receipt, with an error, in `run` or in a task, or with a defect. */
const payment = WorkflowKind.make("payment", {
  config: Schema.Literal(
    "pay",
    "decline",
    "decline in a task",
    "fail in a task",
    "die",
    "return nonsense",
    "return a lot"
  ),
  success: Schema.Union(Receipt, Schema.String.pipe(Schema.minLength(1))),
  error: Declined,
  run: ({ config, queue }) =>
    Effect.gen(function* () {
      const task = <E>(execute: Effect.Effect<void, E>) =>
        queue.enqueue({ id: "card", name: "The card", class: "data", execute })
      if (config === "decline") return yield* new Declined({ cents: 7n })
      if (config === "decline in a task") yield* task(new Declined({ cents: 8n }))
      if (config === "fail in a task") yield* task(Effect.fail("no answer from https://me:hunter2@bank"))
      if (config === "die") return yield* Effect.die(new RangeError("out of range: password=hunter2"))
      if (config === "return nonsense") return ""
      if (config === "return a lot") return "x".repeat(1_000_000)
      return { at: new Date(0), cents: 42n }
    })
})

/** How an execution ended, in words. */
const executed = (config: typeof payment.config.Type, name: string = config) =>
  Effect.gen(function* () {
    const infra = yield* TestInfra.start(calm)
    const payments = yield* infra.register(payment)
    const fiber = yield* Effect.fork(payments.execute({ projectId: "project", idempotencyKey: name, config }))
    yield* TestClock.adjust("10 seconds")
    return yield* Fiber.await(fiber)
  })

describe("execute", () => {
  it.scoped("returns what the run returned, as itself", () =>
    Effect.gen(function* () {
      expect(yield* executed("pay")).toEqual(Exit.succeed({ at: new Date(0), cents: 42n }))
    }).pipe(run)
  )

  it.scoped("fails with an error that the kind declares, as itself, whether the run or a task failed with it", () =>
    Effect.gen(function* () {
      expect(yield* executed("decline")).toEqual(Exit.fail(new Declined({ cents: 7n })))
      expect(yield* executed("decline in a task")).toEqual(Exit.fail(new Declined({ cents: 8n })))
    }).pipe(run)
  )

  it.scoped("fails with WorkflowFailed for every other error, in one line without passwords", () =>
    Effect.gen(function* () {
      const error = Option.getOrThrow(Cause.failureOption(causeOf(yield* executed("fail in a task"))))
      expect(error).toBeInstanceOf(WorkflowFailed)
      expect(String(error)).toMatch(
        /workflow \S+ of kind payment failed: The card: no answer from https:\/\/\*\*\*@bank$/
      )
    }).pipe(run)
  )

  it.scoped("dies of a defect, with its name and its message, without passwords", () =>
    Effect.gen(function* () {
      const cause = causeOf(yield* executed("die"))
      expect(Cause.isDie(cause)).toBe(true)
      expect(String(Cause.squash(cause))).toBe("RangeError: out of range: password=***")
    }).pipe(run)
  )

  it.scoped("dies of a result that its schema does not encode, or that is too large, and says so", () =>
    Effect.gen(function* () {
      const defect = (exit: Exit.Exit<unknown, unknown>) => String(Cause.squash(causeOf(exit)))
      expect(defect(yield* executed("return nonsense"))).toContain("its result cannot be stored: ")
      expect(defect(yield* executed("return a lot"))).toContain(
        "its result cannot be stored: it is 1000002 bytes of JSON, and 1000000 is the most"
      )
    }).pipe(run)
  )

  it.scoped("of a kind that returns nothing returns nothing", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start(calm)
      const brief = yield* infra.register(kindOf("brief", () => Effect.void))
      const fiber = yield* Effect.fork(brief.execute({ projectId: "project", config: null }))
      yield* TestClock.adjust("10 seconds")
      expect(yield* Fiber.join(fiber)).toBe(undefined)
    }).pipe(run)
  )

  it.scoped("goes on when its process was stopped and it is called again: one workflow, one result", () =>
    Effect.gen(function* () {
      const runs = yield* Ref.make(0)
      const may = yield* Deferred.make<void>()
      const slow = WorkflowKind.make("slow", {
        config: Schema.Null,
        success: Schema.Int,
        run: () =>
          Effect.zipRight(
            Deferred.await(may),
            Ref.updateAndGet(runs, (n) => n + 1)
          )
      })
      const execute = Effect.flatMap(TestInfra.start(calm), ({ register }) =>
        Effect.flatMap(register(slow), (kind) =>
          Effect.fork(kind.execute({ projectId: "project", idempotencyKey: "it", config: null }))
        )
      )
      yield* Effect.scoped(Effect.zipRight(execute, TestClock.adjust("10 seconds")))
      const again = yield* execute
      yield* TestClock.adjust("2 minutes")
      expect(yield* Fiber.poll(again)).toEqual(Option.none())
      yield* Deferred.succeed(may, undefined)
      yield* TestClock.adjust("10 seconds")
      expect(yield* Fiber.join(again)).toBe(1)
      const third = yield* execute
      yield* TestClock.adjust("10 seconds")
      expect([yield* Fiber.join(third), yield* Ref.get(runs)]).toEqual([1, 1])
    }).pipe(run)
  )

  it.scoped("outlasts an outage of our own database, before it has started and while it waits", () =>
    Effect.gen(function* () {
      const real = yield* WorkflowRepository
      let isDown = true
      const down = new DatabaseError({ message: "connection refused", code: null, retryable: true })
      const orDown = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
        Effect.suspend((): Effect.Effect<A, E | DatabaseError, R> => (isDown ? Effect.fail(down) : effect))
      const infra = yield* Effect.provideService(TestInfra.start(calm), WorkflowRepository, {
        ...real,
        insert: (wanted) => orDown(real.insert(wanted)),
        outcome: (...which) => orDown(real.outcome(...which))
      })
      const may = yield* Deferred.make<void>()
      const slow = yield* infra.register(
        WorkflowKind.make("slow", {
          config: Schema.Null,
          success: Schema.Int,
          run: () => Effect.as(Deferred.await(may), 7)
        })
      )
      const fiber = yield* Effect.fork(slow.execute({ projectId: "project", config: null }))
      yield* TestClock.adjust("1 minute")
      isDown = false
      yield* TestClock.adjust("15 seconds")
      isDown = true
      yield* Deferred.succeed(may, undefined)
      yield* TestClock.adjust("1 minute")
      expect(yield* Fiber.poll(fiber)).toEqual(Option.none())
      isDown = false
      yield* TestClock.adjust("15 seconds")
      expect(yield* Fiber.join(fiber)).toBe(7)
    }).pipe(run)
  )
})

describe("poll, interrupt and resume", () => {
  it.scoped("say how a workflow stands, end it, and let it go on, as @effect/workflow's do", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start(calm)
      const may = yield* Deferred.make<void>()
      const slow = yield* infra.register(
        WorkflowKind.make("slow", {
          config: Schema.Null,
          success: Schema.Int,
          run: () => Effect.as(Deferred.await(may), 7)
        })
      )
      const moment = TestClock.adjust("2 minutes")
      const { id } = yield* Effect.zipLeft(slow.start({ projectId: "project", config: null }), moment)
      expect(yield* slow.poll("project", id)).toBe(undefined)
      yield* Effect.zipRight(infra.pause("project", id), moment)
      expect((yield* slow.poll("project", id))?._tag).toBe("Suspended")
      yield* Effect.zipRight(slow.resume("project", id), moment)
      expect(yield* slow.poll("project", id)).toBe(undefined)
      const other = yield* slow.start({ projectId: "project", config: null })
      const joined = yield* Effect.fork(slow.join("project", other.id))
      yield* Effect.zipRight(slow.interrupt("project", other.id), moment)
      const failed = new WorkflowFailed({ workflowId: other.id, kind: "slow", reason: "cancelled" })
      expect(yield* Fiber.await(joined)).toEqual(Exit.fail(failed))
      expect(yield* slow.poll("project", other.id)).toMatchObject({ _tag: "Complete", exit: Exit.fail(failed) })
      yield* Effect.zipRight(Deferred.succeed(may, undefined), moment)
      expect(yield* slow.poll("project", id)).toMatchObject({ _tag: "Complete", exit: Exit.succeed(7) })
      expect((yield* Effect.flip(slow.resume("project", id)))._tag).toBe("InvalidTransition")
    }).pipe(run)
  )

  it.scoped("retry goes on with a failed workflow: what is completed of it does not run again", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start(calm)
      const ran: Array<string> = []
      let isBroken = true
      const note = (id: string) => Effect.sync(() => ran.push(id))
      const two = yield* infra.register(
        WorkflowKind.make("two", {
          config: Schema.Null,
          success: Schema.String,
          run: Effect.fnUntraced(function* ({ queue }) {
            const broken = Effect.suspend(() => (isBroken ? Effect.fail("broken") : note("second")))
            yield* queue.enqueue({ id: "first", name: "First", class: "data", execute: note("first") })
            yield* queue.wait
            yield* queue.enqueue({ id: "second", name: "Second", class: "data", execute: broken })
            yield* queue.wait
            return "done"
          })
        })
      )
      const moment = TestClock.adjust("2 minutes")
      const { id } = yield* Effect.zipLeft(two.start({ projectId: "project", config: null }), moment)
      const failed = yield* Effect.flip(two.join("project", id))
      expect(failed).toMatchObject({ _tag: "WorkflowFailed", reason: "Second: broken" })
      isBroken = false
      yield* Effect.zipRight(two.retry("project", id), moment)
      expect(yield* two.join("project", id)).toBe("done")
      expect(ran).toEqual(["first", "second"])
      expect((yield* Effect.flip(two.retry("project", id)))._tag).toBe("InvalidTransition")
    }).pipe(run)
  )

  it.scoped("do not know a workflow of another kind", () =>
    Effect.gen(function* () {
      const infra = yield* TestInfra.start(calm)
      const slow = yield* infra.register(endless("slow"))
      const other = yield* infra.register(endless("other"))
      const { id } = yield* slow.start({ projectId: "project", config: null })
      for (const ask of [other.join, other.poll, other.interrupt, other.resume, other.retry]) {
        const error = yield* Effect.flip<unknown, { readonly message: string }, never>(ask("project", id))
        expect(error.message).toBe(`there is no workflow ${id}`)
      }
    }).pipe(run)
  )
})

layer(TestInfra.database, { timeout: "60 seconds", excludeTestServices: true })("in PostgreSQL", (it) => {
  it.scoped("a result is a row that its project can read, and comes back in another process", () =>
    Effect.gen(function* () {
      const { tenantTransaction, work: sql } = yield* Database
      const [one, other] = yield* Effect.all([TestInfra.start(), TestInfra.start()])
      const note = WorkflowKind.make("note", {
        config: Schema.String,
        success: Schema.Struct({ text: Schema.String }),
        run: ({ config }) => Effect.succeed({ text: `${config}\0` })
      })
      const [here, there] = yield* Effect.all([one.register(note), other.register(note)])
      const projectId = yield* TestInfra.project
      const { id } = yield* here.start({ projectId, config: "\u{1F600}" })
      expect(yield* there.join(projectId, id)).toEqual({ text: "\u{1F600}\0" })
      const rows = sql`SELECT outcome, value FROM engine.workflow_results WHERE workflow_id = ${id}`
      expect(yield* tenantTransaction(projectId)(() => rows)).toEqual([
        { outcome: "success", value: { text: "\u{1F600}\0" } }
      ])
      expect(yield* tenantTransaction(yield* TestInfra.project)(() => rows)).toEqual([])
    })
  )

  it.scoped(
    "a run that has no right to a table of the program's fails at once and says so: in `fenced`, a commit, and `withProject` in a task",
    () =>
      Effect.gen(function* () {
        const { work: sql } = yield* Database
        yield* sql`CREATE TABLE IF NOT EXISTS private (project_id uuid)`
        const server = yield* TestInfra.start()
        const projectId = yield* TestInfra.project
        const reading = kindOf("reading", ({ fenced }) => fenced(sql`SELECT FROM private`))
        const writing = kindOf("writing", ({ queue }) =>
          Effect.forEach([1, 2, 3], (n) =>
            queue.enqueue({
              id: `write ${n}`,
              name: "Write",
              class: "data",
              execute: Effect.void,
              commit: () => sql`INSERT INTO private VALUES (${projectId})`
            })
          )
        )
        const { withProject } = yield* TenantContext
        const asking = kindOf("asking", ({ queue }) => {
          const execute = withProject(projectId)(sql`SELECT FROM private`)
          return queue.enqueue({ id: "ask", name: "Ask", class: "data", execute })
        })
        for (const kind of [reading, writing, asking]) {
          const registered = yield* server.register(kind)
          const error = yield* Effect.flip(registered.execute({ projectId, config: null }))
          expect(error.message).toContain("permission denied for table private")
        }
      })
  )

  it.scoped("500 that wait for workflows elsewhere read all of them in a few statements every two seconds", () =>
    Effect.gen(function* () {
      const [owner, watcher] = yield* Effect.all([TestInfra.start(), TestInfra.start()])
      const may = yield* Deferred.make<void>()
      const slow = kindOf("slow", () => Deferred.await(may))
      const [here, there] = yield* Effect.all([owner.register(slow), watcher.register(slow)])
      const projectId = yield* TestInfra.project
      const all = { concurrency: "unbounded" } as const
      const started = yield* Effect.replicateEffect(here.start({ projectId, config: null }), 500, all)
      const waiting = yield* Effect.fork(Effect.forEach(started, ({ id }) => there.join(projectId, id), all))
      const sent = yield* recording
      const reads = Effect.sync(() => sent.filter(({ text }) => text.includes("workflow_results r")))
      yield* eventually("they read three times", reads, ({ length }) => length >= 15)
      const [first, ...others] = yield* reads
      const seconds = ((others.at(-1)?.at ?? 0) - (first?.at ?? 0)) / 1000
      // Five statements of 100 at a time.
      expect(others.length).toBeLessThanOrEqual(5 * (seconds / 2 + 2))
      yield* Deferred.succeed(may, undefined)
      yield* Fiber.join(waiting)
    })
  )
})

const causeOf = (exit: Exit.Exit<unknown, unknown>) => Option.getOrThrow(Exit.causeOption(exit))
