import { expect, layer } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { Database } from "../../src/database/Database.ts"
import { WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import type { WorkflowTask } from "../../src/workflow/WorkflowTask.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { allAtOnce, kind, task } from "../fixtures/TestWorkflows.ts"
import * as Faults from "./Faults.ts"
import { owned, reaches } from "./Invariants.ts"
import * as Proxy from "./Proxy.ts"

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
      { strategy: allAtOnce }
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
