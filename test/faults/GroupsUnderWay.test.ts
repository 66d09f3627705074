import { expect, layer } from "@effect/vitest"
import { Duration, Effect, Layer, Option } from "effect"
import { Database } from "../../src/database/Database.ts"
import { ServerRepository } from "../../src/workflow/ServerRepository.ts"
import { WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import type { Workflow } from "../../src/workflow/WorkflowState.ts"
import { MAX_COMMITTING } from "../../src/workqueue/TaskLanes.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { allAtOnce, enqueueMany, kind } from "../fixtures/TestWorkflows.ts"
import * as Faults from "./Faults.ts"
import { expectCompleted, type Named, reaches } from "./Invariants.ts"
import * as Ledger from "./Ledger.ts"
import * as Proxy from "./Proxy.ts"

/** A kind of so many tasks. Each commit runs `before`, inserts a line into the ledger, and runs `more`. */
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
        enqueueMany(queue, tasks, (n) => () => {
          const noted = sql`INSERT INTO ledger (workflow_id, epoch, task, pid)
            VALUES (${workflow.id}, ${workflow.epoch}, ${n}, ${process.pid})`
          return Effect.all([before(n), noted, more(n, workflow)], { discard: true })
        }),
      { strategy: allAtOnce }
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
            // In its first epoch only: an owner that has a new lease may be the one that takes it over.
            noting(`lost, ${what}`, 50, (n, { epoch }) => (n === 30 && epoch === 1 ? pass : Effect.void)),
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
