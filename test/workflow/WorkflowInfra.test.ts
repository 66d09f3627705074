import { expect, layer } from "@effect/vitest"
import { Effect, Option, Schema } from "effect"
import { WorkflowInfra } from "../../src/workflow/WorkflowInfra.ts"
import * as WorkflowKind from "../../src/workflow/WorkflowKind.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"

const Count = Schema.Struct({ tasks: Schema.Int })

const counting = (execute: (n: number) => Effect.Effect<void> = () => Effect.void) =>
  WorkflowKind.make("counting", {
    config: Count,
    run: (run) =>
      Effect.gen(function* () {
        for (let n = 0; n < run.config.tasks; n++) {
          yield* run.queue.enqueue({ id: `count:${n}`, name: `Count ${n}`, class: "data", execute: execute(n) })
        }
        yield* run.progress({ message: "counted", done: run.config.tasks, total: run.config.tasks })
      })
  })

const state = (projectId: string, workflowId: string) =>
  Effect.flatMap(WorkflowInfra, (infra) => Effect.map(infra.get(projectId, workflowId), (workflow) => workflow.state))

layer(TestInfra.database, { timeout: "60 seconds", excludeTestServices: true })("on a real PostgreSQL", (it) => {
  it.scoped("a workflow runs its tasks, and afterwards every task is there with its final state", () =>
    Effect.gen(function* () {
      const infra = yield* WorkflowInfra
      const projectId = yield* TestInfra.project
      const kind = yield* infra.register(counting())
      const { id } = yield* kind.start({ projectId, config: { tasks: 5 } })
      yield* eventually("it completes", state(projectId, id), (is) => is === "completed")
      const tasks = Option.getOrThrow(yield* infra.loadQueue(projectId, id))
      expect(tasks.map((task) => [task.id, task.status])).toEqual(
        [0, 1, 2, 3, 4].map((n) => [`count:${n}`, "completed"])
      )
      const workflow = yield* infra.get(projectId, id)
      expect(workflow.progress).toEqual(Option.some({ message: "counted", done: 5, total: 5 }))
      expect(Option.isNone(workflow.ownerId)).toBe(true)
    }).pipe(Effect.provide(TestInfra.server()))
  )
})
