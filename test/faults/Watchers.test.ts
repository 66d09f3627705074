import { expect, layer } from "@effect/vitest"
import { Clock, Context, Effect, Fiber, Layer, Option, Stream } from "effect"
import { Database } from "../../src/database/Database.ts"
import { Notifications } from "../../src/workflow/Notifications.ts"
import { SessionLock } from "../../src/workflow/SessionLock.ts"
import type { WorkflowSnapshot } from "../../src/workflow/WorkflowChanges.ts"
import { WorkflowInfra } from "../../src/workflow/WorkflowInfra.ts"
import { WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import { hasEnded } from "../../src/workflow/WorkflowState.ts"
import { recording } from "../fixtures/statements.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { allAtOnce, enqueueMany, kind } from "../fixtures/TestWorkflows.ts"
import * as Faults from "./Faults.ts"

const TASKS = Faults.isLong ? 40_000 : 10_000
const WATCHERS = 5
/** Rows that a process which watches may read in a second, however many tasks there are. */
const ROWS_PER_SECOND = 40_000

const listening = (repository: Layer.Layer<WorkflowRepository, never, WorkflowRepository>) =>
  Layer.fresh(
    WorkflowInfra.layerWith(TestInfra.quick).pipe(
      Layer.provide([SessionLock.layerOff, Notifications.layer]),
      Layer.provide(repository)
    )
  )

/** A process of its own on the same database: what it reads of workflows that it follows is counted. */
const watching = Effect.gen(function* () {
  const looks: Array<number> = []
  const counting = Layer.effect(
    WorkflowRepository,
    Effect.map(WorkflowRepository, (repository) => ({
      ...repository,
      news: (...asked: Parameters<typeof repository.news>) =>
        Effect.tap(repository.news(...asked), (found) =>
          Effect.sync(() => looks.push(Option.match(found, { onNone: () => 0, onSome: ({ tasks }) => tasks.length })))
        )
    }))
  )
  const { url } = yield* Database
  const context = yield* Layer.build(listening(counting).pipe(Layer.provide(Layer.fresh(TestInfra.databaseAt(url)))))
  return { infra: Context.get(context, WorkflowInfra), looks }
})

const ORDER = ["pending", "running", "completed"]

/** What one watcher saw, each consistent with itself and none before the one before: the last one is the end. */
const expectConsistent = (seen: ReadonlyArray<WorkflowSnapshot>) => {
  let before = new Map<string, number>()
  for (const { tasks, workflow } of seen) {
    const now = new Map(tasks.map(({ id, status }) => [id, ORDER.indexOf(status)]))
    expect([now.size, Math.min(...now.values(), 0)]).toEqual([tasks.length, 0])
    expect(tasks.every((task, n) => n === 0 || (tasks[n - 1]?.ordinal ?? 0) < task.ordinal)).toBe(true)
    expect([...before].filter(([id, status]) => (now.get(id) ?? -1) < status)).toEqual([])
    // Who says that it has completed shows every task as completed.
    if (hasEnded(workflow.state)) {
      expect([workflow.state, tasks.filter(({ status }) => status === "completed").length]).toEqual([
        "completed",
        TASKS
      ])
    }
    before = now
  }
  expect(seen.at(-1)?.workflow.state).toBe("completed")
}

layer(Faults.database, { timeout: "60 seconds", excludeTestServices: true })("those who watch", (it) => {
  it.scoped(
    `35: five watchers of a workflow of ${TASKS} tasks: all see its end; what they read does not grow with them, nor with the tasks, and what is written is the same`,
    () =>
      Effect.gen(function* () {
        const context = yield* Layer.build(listening(Layer.service(WorkflowRepository)))
        const owner = Context.get(context, WorkflowInfra)
        const { infra, looks } = yield* watching
        const open = yield* Effect.makeLatch()
        const registered = yield* owner.register(
          kind(
            "watched",
            ({ queue }) =>
              Effect.zipRight(
                open.await,
                enqueueMany(queue, TASKS, (n) => (n % 2 === 0 ? undefined : () => Effect.void))
              ),
            { strategy: allAtOnce }
          )
        )
        /** Statements by which its tasks are written while so many watch. */
        const watchedBy = (watchers: number) =>
          Effect.gen(function* () {
            const named = yield* registered.start({ projectId: yield* TestInfra.project, config: null })
            const told = Array.from({ length: watchers }, () => new Array<WorkflowSnapshot>())
            const fibers = yield* Effect.forEach(told, (seen) =>
              Effect.fork(
                Stream.runForEach(infra.changes(named.projectId, named.id), (snapshot) =>
                  Effect.sync(() => seen.push(snapshot))
                )
              )
            )
            const sent = yield* recording
            const from = yield* Clock.currentTimeMillis
            yield* open.open
            yield* Stream.runDrain(owner.changes(named.projectId, named.id))
            for (const fiber of fibers) yield* Fiber.join(fiber)
            yield* open.close
            for (const seen of told) expectConsistent(seen)
            return {
              writes: sent.filter(({ text }) => text.includes('INTO "engine".workflow_tasks')).length,
              seconds: ((yield* Clock.currentTimeMillis) - from) / 1000
            }
          }).pipe(Effect.scoped)

        const alone = yield* watchedBy(0)
        expect(looks).toEqual([])
        const watched = yield* watchedBy(WATCHERS)
        // One look for all of them, and each reads the workflow's tasks at the most; those before there are any come when they come.
        const reading = looks.length - looks.findIndex((tasks) => tasks > 0)
        expect((reading - 2) * TASKS).toBeLessThanOrEqual(ROWS_PER_SECOND * watched.seconds)
        expect(watched.writes).toBeLessThanOrEqual(1.25 * alone.writes + 5)
      }).pipe(Faults.soundly),
    Faults.isLong ? 600_000 : 180_000
  )
})
