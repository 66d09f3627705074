import { expect, layer } from "@effect/vitest"
import { DurableDeferred } from "@effect/workflow"
import type { WorkflowEngine } from "@effect/workflow/WorkflowEngine"
import { type Context, Effect, Fiber, Layer } from "effect"
import { fileURLToPath } from "node:url"
import { Database } from "../../src/database/Database.ts"
import { InfraWorkflowEngine } from "../../src/effect-workflow.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import * as Faults from "./Faults.ts"
import * as Server from "./Server.ts"
import * as Tour from "./Tour.ts"

const program = fileURLToPath(new URL("./tourProgram.ts", import.meta.url))

/** Somebody who starts tours and cannot run them, and a way to have servers that can. */
const world = Effect.gen(function* () {
  const projectId = yield* TestInfra.project
  const client: Context.Context<WorkflowEngine> = yield* Layer.build(
    InfraWorkflowEngine.layer({ projectId }).pipe(Layer.provide(TestInfra.server()))
  )
  const tour = projectId
  const executionId = yield* Tour.Tour.executionId({ id: tour })
  return {
    tour,
    projectId,
    serve: (hold = "") => Server.runProgram(program, { TOUR_PROJECT: projectId, TOUR_HOLD: hold }),
    execute: Effect.provide(Tour.Tour.execute({ id: tour }), client),
    go: DurableDeferred.succeed(Tour.Go, {
      token: DurableDeferred.tokenFromExecutionId(Tour.Go, { workflow: Tour.Tour, executionId }),
      value: undefined
    }).pipe(Effect.provide(client)),
    poll: Effect.provide(Tour.Tour.poll(executionId), client)
  }
})

const reaches = (tour: string, step: string) =>
  eventually(`${step} has begun`, Tour.begun(tour), (steps) => steps.includes(step))

/** Nobody owns a workflow of the project. */
const unowned = (projectId: string) =>
  Effect.flatMap(Database, ({ work: sql }) =>
    eventually(
      "nobody owns it",
      sql<{ state: string; owner_id: string | null; epoch: number }>`SELECT state, owner_id, epoch
        FROM engine.workflows WHERE project_id = ${projectId}`,
      (rows) => rows.length > 0 && rows.every(({ owner_id, state }) => owner_id === null && state !== "running")
    )
  )

/** Every activity has one result, and is completed as a task. */
const expectOneResultEach = (projectId: string) =>
  Effect.flatMap(Database, ({ work: sql }) =>
    Effect.gen(function* () {
      const results = yield* sql`SELECT name FROM engine.workflow_activities
        WHERE project_id = ${projectId} AND name NOT LIKE 'Workflow/%'`
      expect(results.map(({ name }) => name).sort()).toEqual([...Tour.STEPS].sort())
      expect(
        yield* sql`SELECT task_id FROM engine.workflow_tasks WHERE project_id = ${projectId} AND status <> 'completed'`
      ).toEqual([])
    })
  )

layer(Layer.provideMerge(Layer.effectDiscard(Effect.orDie(Tour.create)), TestInfra.database), {
  timeout: "60 seconds",
  excludeTestServices: true
})("executions of @effect/workflow whose processes die", (it) => {
  for (const held of ["second", "child", "last"] as const) {
    it.scoped(`SIGKILL half-way in an activity (${held}): it runs again elsewhere, and no other one does`, () =>
      Effect.gen(function* () {
        const { execute, go, projectId, serve, tour } = yield* world
        const owner = yield* serve(held)
        const running = yield* Effect.fork(execute)
        yield* go
        yield* owner.reached(held)
        yield* owner.kill
        yield* serve()
        expect(yield* Fiber.join(running)).toEqual(Tour.STEPS)
        const steps = yield* Tour.begun(tour)
        expect(steps).toEqual(Tour.STEPS.flatMap((step) => (step === held ? [step, step] : [step])))
        yield* expectOneResultEach(projectId)
      })
    )
  }

  it.scoped("SIGKILL while it sleeps, and while nobody is there it is due: it goes on, each activity once", () =>
    Effect.gen(function* () {
      const { execute, go, projectId, serve, tour } = yield* world
      const owner = yield* serve()
      const running = yield* Effect.fork(execute)
      yield* go
      yield* reaches(tour, "second")
      expect((yield* unowned(projectId))[0]?.state).toBe("pending")
      yield* owner.kill
      const { work: sql } = yield* Database
      yield* eventually(
        "it is due",
        sql`SELECT FROM engine.workflows WHERE project_id = ${projectId} AND start_at <= now()`,
        ({ length }) => length > 0
      )
      yield* serve()
      expect(yield* Fiber.join(running)).toEqual(Tour.STEPS)
      expect(yield* Tour.begun(tour)).toEqual(Tour.STEPS)
      yield* expectOneResultEach(projectId)
    })
  )

  it.scoped(
    "SIGKILL while it waits for a deferred, which is done while nobody is there: it goes on, each activity once",
    () =>
      Effect.gen(function* () {
        const { execute, go, poll, projectId, serve, tour } = yield* world
        const owner = yield* serve()
        const running = yield* Effect.fork(execute)
        yield* reaches(tour, "third")
        expect((yield* unowned(projectId))[0]?.state).toBe("awaiting_input")
        expect((yield* poll)?._tag).toBe("Suspended")
        yield* owner.kill
        yield* go
        yield* serve()
        expect(yield* Fiber.join(running)).toEqual(Tour.STEPS)
        expect(yield* Tour.begun(tour)).toEqual(Tour.STEPS)
        yield* expectOneResultEach(projectId)
      })
  )

  it.scoped("a process that shuts down gives its executions to others, and compensates for nothing", () =>
    Effect.gen(function* () {
      const { execute, go, projectId, serve, tour } = yield* world
      const owner = yield* serve("second")
      const running = yield* Effect.fork(execute)
      yield* go
      yield* owner.reached("second")
      yield* owner.signal("SIGTERM")
      yield* owner.ended
      yield* serve()
      expect(yield* Fiber.join(running)).toEqual(Tour.STEPS)
      expect((yield* Tour.begun(tour)).filter((step) => step !== "second")).toEqual(
        Tour.STEPS.filter((step) => step !== "second")
      )
      yield* expectOneResultEach(projectId)
    })
  )

  it.scoped("many tours on two servers, of which one is killed: each activity has one result", () =>
    Effect.gen(function* () {
      const projectId = yield* TestInfra.project
      const client = yield* Layer.build(
        InfraWorkflowEngine.layer({ projectId }).pipe(Layer.provide(TestInfra.server()))
      )
      const tours = Array.from({ length: 20 * Faults.ROUNDS }, (_, n) => `${projectId} ${n}`)
      const settings = { TOUR_PROJECT: projectId }
      const one = yield* Server.runProgram(program, settings)
      yield* Server.runProgram(program, settings)
      const all = { concurrency: "unbounded" } as const
      const running = yield* Effect.fork(
        Effect.provide(
          Effect.forEach(tours, (id) => Tour.Tour.execute({ id }), all),
          client
        )
      )
      yield* Effect.forEach(
        tours,
        (id) =>
          Effect.flatMap(Tour.Tour.executionId({ id }), (executionId) =>
            DurableDeferred.succeed(Tour.Go, {
              token: DurableDeferred.tokenFromExecutionId(Tour.Go, { workflow: Tour.Tour, executionId }),
              value: undefined
            })
          ).pipe(Effect.provide(client)),
        all
      )
      yield* reaches(tours[0] ?? "", "third")
      yield* one.kill
      expect(yield* Fiber.join(running)).toEqual(tours.map(() => Tour.STEPS))
      const { work: sql } = yield* Database
      expect(
        yield* sql`SELECT name, count(*)::int AS results FROM engine.workflow_activities
          WHERE project_id = ${projectId} AND name NOT LIKE 'Workflow/%' GROUP BY name ORDER BY name COLLATE "C"`
      ).toEqual([...Tour.STEPS].sort().map((name) => ({ name, results: tours.length })))
    })
  )
})
