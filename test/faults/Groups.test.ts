import { expect, layer } from "@effect/vitest"
import type { PgClient } from "@effect/sql-pg"
import { Duration, Effect, Exit, Fiber, Layer, Option } from "effect"
import { Database } from "../../src/database/Database.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import type { Tenant } from "../../src/tenant/TenantContext.ts"
import * as Commits from "../../src/workflow/Commits.ts"
import { Outages } from "../../src/workflow/Outages.ts"
import * as TaskQueueWriter from "../../src/workflow/TaskQueueWriter.ts"
import { ServerRepository } from "../../src/workflow/ServerRepository.ts"
import { WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import type { Workflow } from "../../src/workflow/WorkflowState.ts"
import type { WorkflowTask } from "../../src/workflow/WorkflowTask.ts"
import { ConcurrencyStrategy } from "../../src/workqueue/ConcurrencyStrategy.ts"
import { describeCause } from "../../src/workqueue/Task.ts"
import { MAX_COMMITTING } from "../../src/workqueue/WorkQueue.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { ghost, given, kind, ownershipOf, task } from "../fixtures/TestWorkflows.ts"
import * as Faults from "./Faults.ts"
import { expectCompleted, type Named, reaches } from "./Invariants.ts"
import * as Ledger from "./Ledger.ts"
import * as Proxy from "./Proxy.ts"

/** Commits of a group, and the one of them that something is wrong with. */
const GROUP = 20
const POISONED = 7

/** A workflow in the hands of a server that no process runs, so that a test may write for it. */
const owned = Effect.gen(function* () {
  const repository = yield* WorkflowRepository
  const projectId = yield* TestInfra.project
  const serverId = yield* uuidv7
  yield* ghost(serverId, Duration.hours(1))
  return ownershipOf(yield* repository.insert(given(yield* uuidv7, projectId, Option.some(serverId))))
})

/** Rows that nobody may hold twice, and that refer to others, which are looked for at the end of a transaction. */
const tables = Effect.gen(function* () {
  const { tenantRole, work: sql } = yield* Database
  yield* sql`CREATE TABLE IF NOT EXISTS rows (id text PRIMARY KEY, n int,
    other text REFERENCES rows (id) DEFERRABLE INITIALLY DEFERRED)`
  yield* sql`INSERT INTO rows VALUES ('held', 0, NULL) ON CONFLICT DO NOTHING`
  yield* sql`GRANT SELECT, INSERT, UPDATE ON rows TO ${sql(tenantRole)}`
  yield* sql`CREATE OR REPLACE FUNCTION end_session() RETURNS void SECURITY DEFINER LANGUAGE sql
    AS 'SELECT pg_terminate_backend(pg_backend_pid())'`
})

/** A group of commits, one of which does something more, on its way: a fiber for each, in their order. */
const together = (poison: Effect.Effect<unknown, unknown, Tenant>) =>
  Effect.gen(function* () {
    const { work: sql } = yield* Database
    const repository = yield* WorkflowRepository
    const outages = yield* Outages
    const ownership = yield* owned
    const { workflowId } = ownership
    const writers = yield* TaskQueueWriter.makeRegistry(repository, TestInfra.quick, TestInfra.unheard)
    const writer = yield* writers.start(ownership, Effect.void)
    const commits = yield* Commits.make({
      kind: "given",
      ownership,
      repository,
      writer,
      outages,
      onCommitted: Effect.void
    })
    const complete = (n: number, more: Effect.Effect<unknown, unknown, Tenant>) =>
      commits.complete(
        task(`t${n}`, { ordinal: n, status: "completed" }),
        Effect.asVoid(
          Effect.zipRight(
            sql`INSERT INTO ledger (workflow_id, epoch, task, pid) VALUES (${workflowId}, 1, ${n}, 0)`,
            more
          )
        )
      )
    // While this one is under way the others gather: they are the next group.
    const underWay = yield* Effect.makeLatch()
    const gathered = yield* Effect.makeLatch()
    const first = yield* Effect.fork(complete(GROUP, Effect.zipRight(underWay.open, gathered.await)))
    yield* underWay.await
    const fibers = yield* Effect.forEach(Array.from({ length: GROUP }), (_, n) =>
      Effect.fork(complete(n, n === POISONED ? poison : Effect.void))
    )
    yield* Effect.yieldNow()
    yield* gathered.open
    yield* Fiber.join(first)
    const written = Effect.map(Ledger.entries("ledger", workflowId), (rows) =>
      rows.map((row) => row.task).toSorted((a, b) => a - b)
    )
    const completed = Effect.map(repository.tasks(ownership.projectId, workflowId), (tasks) =>
      tasks.filter(({ status }) => status === "completed").map(({ ordinal }) => ordinal)
    )
    return {
      poisoned: fibers[POISONED] ?? first,
      siblings: fibers.filter((_, n) => n !== POISONED),
      written,
      completed
    }
  })

const everyone = Array.from({ length: GROUP + 1 }, (_, n) => n)
const siblings = everyone.filter((n) => n !== POISONED)

type Poison = (sql: PgClient.PgClient) => Effect.Effect<unknown, unknown>

/** What is wrong with a commit, and how its task fails of it. */
const failing: Record<string, readonly [Poison, RegExp]> = {
  "violates a constraint": [(sql) => sql`INSERT INTO rows (id) VALUES ('held')`, /duplicate key/],
  "has a type error": [(sql) => sql`SELECT 'x'::int`, /invalid input syntax/],
  "violates a constraint that is looked at in the end": [
    (sql) => sql`INSERT INTO rows (id, other) VALUES ('a', 'nobody')`,
    /violates foreign key/
  ],
  "fails with an error of its own": [() => Effect.fail({ message: "second thoughts" }), /^second thoughts$/],
  dies: [() => Effect.dieMessage("a mistake"), /^a mistake$/],
  "interrupts itself": [() => Effect.interrupt, /interrupted itself/],
  "kills its connection": [(sql) => sql`SELECT end_session()`, /lost its connection/]
}

layer(Faults.database, { timeout: "60 seconds", excludeTestServices: true })("a commit in a group", (it) => {
  for (const [what, [poison, message]] of Object.entries(failing)) {
    it.scoped(`36: a commit in a group ${what}: only its task fails; the others are there once`, () =>
      Effect.gen(function* () {
        const { work: sql } = yield* Database
        yield* tables
        const group = yield* together(poison(sql))
        for (const sibling of group.siblings) yield* Fiber.join(sibling)
        const exit = yield* Fiber.await(group.poisoned)
        expect(Exit.isFailure(exit) ? describeCause(exit.cause) : "").toMatch(message)
        expect(yield* group.written).toEqual(siblings)
        expect(yield* group.completed).toEqual(siblings)
      }).pipe(Faults.soundly)
    )
  }

  it.scoped("36: a commit in a group blocks: the others are there once while it still does", () =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      const blocks = (poison: Effect.Effect<unknown, unknown>) =>
        Effect.gen(function* () {
          const group = yield* together(poison)
          for (const sibling of group.siblings) yield* Fiber.join(sibling)
          expect(yield* Fiber.poll(group.poisoned)).toEqual(Option.none())
          expect(yield* group.completed).toEqual(siblings)
          // Withdrawn, it is not there.
          yield* Fiber.interrupt(group.poisoned)
          expect(yield* group.written).toEqual(siblings)
          expect(yield* group.completed).toEqual(siblings)
        })
      yield* Effect.all([blocks(Effect.never), blocks(sql`SELECT pg_sleep(3600)`)], { concurrency: 2 })
    }).pipe(Faults.soundly)
  )

  it.scoped("36: a commit in a group waits for somebody else's lock: the others are there once; then it, too", () =>
    Effect.gen(function* () {
      yield* tables
      const { url, work: sql } = yield* Database
      const other = yield* Effect.flatMap(TestDatabase.connect(url), (client) => Effect.uninterruptible(client.reserve))
      const say = (text: string) => other.executeUnprepared(text, [], undefined)
      yield* say("BEGIN; SELECT FROM rows WHERE id = 'held' FOR UPDATE")
      const group = yield* together(sql`UPDATE rows SET n = n + 1 WHERE id = 'held'`)
      for (const sibling of group.siblings) yield* Fiber.join(sibling)
      expect(yield* group.completed).toEqual(siblings)
      yield* say("ROLLBACK")
      yield* Fiber.join(group.poisoned)
      expect(yield* group.written).toEqual(everyone)
      expect(yield* sql`SELECT n FROM rows WHERE id = 'held'`).toEqual([{ n: 1 }])
    }).pipe(Faults.soundly)
  )
})

/** As many tasks as like at the same time. */
const strategy = ConcurrencyStrategy.parallelLlm({ dataConcurrency: Infinity })

/** A kind of so many tasks that write down what they do, each with something before it and something more after it in its commit. */
const noting = (
  name: string,
  tasks: number,
  more: (n: number, run: Workflow) => Effect.Effect<unknown, unknown>,
  before: (n: number) => Effect.Effect<void> = () => Effect.void
) =>
  Effect.map(Database, ({ work: sql }) =>
    kind(
      name,
      ({ queue, workflow }) =>
        Effect.forEach(
          Array.from({ length: tasks }, (_, n) => n),
          (n) =>
            queue.enqueue({
              id: `t${n}`,
              name: `Task ${n}`,
              class: "data",
              execute: Effect.void,
              commit: () =>
                Effect.asVoid(
                  Effect.zipRight(
                    Effect.zipRight(
                      before(n),
                      sql`INSERT INTO ledger (workflow_id, epoch, task, pid)
                      VALUES (${workflow.id}, ${workflow.epoch}, ${n}, ${process.pid})`
                    ),
                    more(n, workflow)
                  )
                )
            }),
          { discard: true }
        ),
      { strategy }
    )
  )

/** What a workflow's tasks wrote is what is stored as completed: both or neither, of each. */
const expectBothOrNeither = ({ id, projectId }: Named) =>
  Effect.gen(function* () {
    const tasks = yield* Effect.flatMap(WorkflowRepository, (repository) => repository.tasks(projectId, id))
    const written = yield* Ledger.entries("ledger", id)
    expect(written.map((row) => row.task).toSorted((a, b) => a - b)).toEqual(
      tasks.filter(({ status }) => status === "completed").map(({ ordinal }) => ordinal)
    )
    return tasks
  })

/** A gate at which commits stand still, and how to tell that one does. */
const gate = Effect.gen(function* () {
  const reached = yield* Effect.makeLatch()
  const open = yield* Effect.makeLatch()
  return { reached: reached.await, open: open.open, pass: Effect.zipRight(reached.open, open.await) }
})

layer(Faults.database, { timeout: "60 seconds", excludeTestServices: true })("a group under way", (it) => {
  for (const [request, state] of [
    ["cancel", "failed"],
    ["pause", "paused"]
  ] as const) {
    it.scoped(`36: ${request} while a group is under way: what it wrote is there where its tasks are completed`, () =>
      Effect.gen(function* () {
        for (let round = 0; round < 3 * Faults.ROUNDS; round++) {
          const infra = yield* TestInfra.start()
          const { open, pass, reached } = yield* gate
          // The first group may be one task; the one that stands still is among many.
          const made = yield* noting(`${request} ${round}`, 50, (n) => (n === 30 ? pass : Effect.void))
          const registered = yield* infra.register(made)
          const named = yield* registered.start({ projectId: yield* TestInfra.project, config: null })
          yield* reached
          yield* infra[request](named.projectId, named.id)
          yield* reaches(named, state)
          const tasks = yield* expectBothOrNeither(named)
          expect(tasks.filter(({ status }) => status === "completed").length).toBeLessThan(50)
          yield* open
          if (request === "cancel") continue
          yield* infra.resume(named.projectId, named.id)
          yield* expectCompleted(named, 50)
        }
      }).pipe(Faults.soundly)
    )
  }

  for (const what of ["its owner goes on", "its owner is told"] as const) {
    it.scoped(`36: a lease is lost while a group is under way (${what}): all are there once`, () =>
      Effect.gen(function* () {
        const servers = yield* ServerRepository
        const repository = yield* WorkflowRepository
        // Who does not beat and does not look hears of nothing.
        const deaf = { heartbeatInterval: Duration.hours(1), pollInterval: Duration.hours(1) }
        const owner = yield* TestInfra.start(
          what === "its owner is told"
            ? { ...TestInfra.quick, heartbeatInterval: Duration.millis(200) }
            : { ...TestInfra.quick, ...deaf }
        )
        const { open, pass, reached } = yield* gate
        const named = yield* Effect.flatMap(
          Effect.flatMap(
            noting(`lost, ${what}`, 50, (n) => (n === 30 ? pass : Effect.void)),
            owner.register
          ),
          ({ start }) => Effect.flatMap(TestInfra.project, (projectId) => start({ projectId, config: null }))
        )
        yield* reached
        yield* servers.remove(yield* owner.serverInstanceId)
        const taker = yield* TestInfra.start()
        yield* Effect.flatMap(
          noting(`lost, ${what}`, 50, () => Effect.void),
          taker.register
        )
        yield* eventually("it is revoked", repository.get(named.projectId, named.id), (now) =>
          Option.exists(now, ({ epoch }) => epoch > 1)
        )
        if (what === "its owner goes on") yield* open
        yield* reaches(named, "completed")
        const rows = yield* Ledger.entries("ledger", named.id)
        expect(rows.map(({ task: n }) => n).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n))
        yield* expectBothOrNeither(named)
        yield* open
      }).pipe(Faults.soundly)
    )
  }

  for (const how of ["cut before", "cut after"] as const) {
    it.scoped(`36: the connection dies around the COMMIT of a group (${how} it): all are there once`, () =>
      Effect.gen(function* () {
        const { url } = yield* Database
        const proxy = yield* Proxy.make(url)
        const there = yield* Layer.build(Layer.fresh(TestInfra.databaseAt(proxy.url)))
        const infra = yield* Effect.provide(TestInfra.start(), there)
        for (let round = 0; round < 3 * Faults.ROUNDS; round++) {
          const { open, pass, reached } = yield* gate
          const made = yield* Effect.provide(
            // Before it writes: the others' statements have been sent by then, and its own is the last one before the COMMIT.
            noting(
              `${how} ${round}`,
              50,
              () => Effect.void,
              (n) => (n === 30 ? pass : Effect.void)
            ),
            there
          )
          const registered = yield* infra.register(made)
          const named = yield* registered.start({ projectId: yield* TestInfra.project, config: null })
          yield* reached
          const dead = yield* proxy.intercept("INTO ledger", "COMMIT", how)
          yield* open
          yield* dead
          yield* expectCompleted(named, 50)
        }
      }).pipe(Faults.soundly)
    )
  }

  it.scoped("36: 3,000 commits at once: no more wait than may, and all are there once", () =>
    Effect.gen(function* () {
      const { open, pass, reached } = yield* gate
      const infra = yield* TestInfra.start()
      const made = yield* noting("crowd", 3_000, (n) => (n === 500 ? pass : Effect.void))
      const registered = yield* infra.register(made)
      const named = yield* registered.start({ projectId: yield* TestInfra.project, config: null })
      yield* reached
      const { work: sql } = yield* Database
      const begun = sql<{ n: number }>`SELECT count(*)::int AS n FROM engine.workflow_tasks
        WHERE workflow_id = ${named.id} AND status IN ('running', 'completed')`
      yield* eventually("as many wait as may", begun, ([row]) => (row?.n ?? 0) >= MAX_COMMITTING)
      const [before] = yield* begun
      const done = (yield* Ledger.entries("ledger", named.id)).length
      expect(before?.n).toBeLessThanOrEqual(MAX_COMMITTING + done)
      yield* open
      yield* expectCompleted(named, 3_000)
    }).pipe(Faults.soundly)
  )
})

/** A kind with a task whose children have no commit, and which counts those that are marked completed when it commits itself. */
const parent = (
  name: string,
  children: number,
  counted: (completed: number) => void,
  work: (n: number) => Effect.Effect<void> = () => Effect.void
) =>
  Effect.map(Database, ({ work: sql }) =>
    kind(
      name,
      ({ queue, workflow }) =>
        queue.enqueue({
          id: "parent",
          name: "Parent",
          class: "llm",
          execute: Effect.forEach(
            Array.from({ length: children }, (_, n) => n),
            (n) => queue.enqueue({ id: `child:${n}`, name: `Child ${n}`, class: "data", execute: work(n) }),
            { discard: true }
          ),
          commit: () =>
            Effect.map(
              sql<{ n: number }>`SELECT count(*)::int AS n FROM engine.workflow_tasks
                WHERE workflow_id = ${workflow.id} AND task_id LIKE 'child:%' AND status = 'completed'`,
              ([row]) => counted(row?.n ?? 0)
            )
        }),
      { strategy }
    )
  )

layer(Faults.database, { timeout: "60 seconds", excludeTestServices: true })(
  "a task with children without commit",
  (it) => {
    it.scoped("36: its commit takes along the marks of all its children: of 20,000 that end at once", () =>
      Effect.gen(function* () {
        let marked = 0
        const infra = yield* TestInfra.start()
        const made = yield* parent("many", 20_000, (n) => {
          marked = n
        })
        const registered = yield* infra.register(made)
        const named = yield* registered.start({ projectId: yield* TestInfra.project, config: null })
        yield* reaches(named, "completed")
        expect(marked).toBe(20_000)
      }).pipe(Faults.soundly)
    )

    it.scoped(
      "36: its commit takes along the marks of all its children: also of those that are on their way to be stored",
      () =>
        Effect.gen(function* () {
          const { url } = yield* Database
          const proxy = yield* Proxy.make(url)
          const there = yield* Layer.build(Layer.fresh(TestInfra.databaseAt(proxy.url)))
          const infra = yield* Effect.provide(TestInfra.start(), there)
          let marked = 0
          const first = yield* Effect.makeLatch()
          const last = yield* Effect.makeLatch()
          const made = yield* Effect.provide(
            parent(
              "few",
              10,
              (n) => {
                marked = n
              },
              (n) => (n < 9 ? first : last).await
            ),
            there
          )
          const registered = yield* infra.register(made)
          const projectId = yield* TestInfra.project
          const named = yield* registered.start({ projectId, config: null })
          const tasks = Effect.flatMap(WorkflowRepository, (repository) => repository.tasks(projectId, named.id))
          yield* eventually(
            "all are stored as running",
            tasks,
            (stored) => stored.filter(({ status }) => status === "running").length === 11
          )
          // Nine of them are on their way, and do not arrive.
          const onTheirWay = yield* proxy.intercept("", 'INTO "engine".workflow_tasks', "hold")
          yield* first.open
          yield* onTheirWay
          yield* last.open
          yield* eventually("its parent is completed", tasks, (stored) =>
            stored.some(({ id, status }) => id === "parent" && status === "completed")
          )
          expect(marked).toBe(10)
          yield* proxy.heal
          yield* reaches(named, "completed")
        }).pipe(Faults.soundly)
    )
  }
)

layer(Faults.database, { timeout: "60 seconds", excludeTestServices: true })("marks and task states", (it) => {
  it.scoped("36: marks and states of the same tasks are stored at the same time, in any order: no deadlock", () =>
    Effect.gen(function* () {
      const repository = yield* WorkflowRepository
      const ownership = yield* owned
      for (let round = 0; round < 30 * Faults.ROUNDS; round++) {
        const running = Array.from({ length: 100 }, (_, n) =>
          task(`${round}:${n}`, { ordinal: 100 * round + n, status: "running" })
        )
        const marks = running.map((one): WorkflowTask => ({ ...one, status: "completed" })).toReversed()
        const save = repository.save(ownership, { tasks: running, progress: Option.none() })
        yield* save
        yield* Effect.all([save, repository.complete(ownership, marks, [], () => Effect.void)], { concurrency: 2 })
      }
      const tasks = yield* repository.tasks(ownership.projectId, ownership.workflowId)
      expect(tasks.filter(({ status }) => status !== "completed")).toEqual([])
    }).pipe(Faults.soundly)
  )
})
