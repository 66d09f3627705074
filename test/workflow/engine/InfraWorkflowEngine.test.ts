import { describe, expect, it, layer } from "@effect/vitest"
import { Workflow } from "@effect/workflow"
import { Effect, Exit, Layer, TestClock } from "effect"
import { InfraWorkflowEngine } from "../../../src/effect-workflow.ts"
import { Projects } from "../../../src/tenant/Projects.ts"
import { WorkflowInfra } from "../../../src/workflow/WorkflowInfra.ts"
import * as TestDatabase from "../../fixtures/TestDatabase.ts"
import * as TestInfra from "../../fixtures/TestInfra.ts"
import { behaviours } from "./Behaviours.ts"
import * as Workflows from "./Workflows.ts"

const inMemory = Workflows.layer.pipe(
  Layer.provideMerge(
    Layer.unwrapEffect(
      Effect.flatMap(Projects, ({ ensure }) =>
        Effect.map(ensure("example"), (projectId) => InfraWorkflowEngine.layer({ projectId }))
      )
    )
  ),
  Layer.provideMerge(Workflows.Notes.layer),
  Layer.provide(WorkflowInfra.layerMemory)
)

describe("in memory", () => {
  for (const [name, behaviour] of Object.entries(behaviours)) {
    it.scopedLive(name, () => Effect.provide(behaviour, inMemory))
  }

  it.scoped("a day of sleep passes under TestClock, and its parent waits for it", () =>
    Effect.gen(function* () {
      const parent = yield* Workflows.LongParent.execute({ id: "a" }, { discard: true })
      yield* TestClock.adjust("1 hour")
      const child = yield* Workflows.Long.executionId({ id: "a" })
      expect(yield* Workflows.Long.poll(child)).toEqual(new Workflow.Suspended({}))
      expect(yield* Workflows.LongParent.poll(parent)).toEqual(new Workflow.Suspended({}))
      yield* TestClock.adjust("23 hours")
      // Fibers that are ready when the clock has been set go on in turns.
      const result = yield* Effect.repeat(
        Effect.zipRight(TestClock.adjust("1 second"), Workflows.LongParent.poll(parent)),
        { until: (polled) => polled?._tag === "Complete", times: 100 }
      )
      const done = new Workflow.Complete({ exit: Exit.void })
      expect(result).toEqual(done)
      expect(yield* Workflows.Long.poll(child)).toEqual(done)
    }).pipe(Effect.provide(inMemory))
  )
})

/** A database of a login that owns it, and is no superuser. */
const owned = Layer.unwrapScoped(
  Effect.gen(function* () {
    // Dropped after its database.
    const login = yield* TestDatabase.login("CREATEROLE")
    const url = yield* TestDatabase.create
    yield* TestDatabase.own(url, login)
    return TestInfra.databaseAt(TestDatabase.as(url, login))
  })
)

layer(owned, { timeout: "60 seconds", excludeTestServices: true })(
  "in PostgreSQL, as a login without rights of its own",
  (it) => {
    for (const [name, behaviour] of Object.entries(behaviours)) {
      it.scoped(name, () =>
        Effect.flatMap(TestInfra.project, (projectId) =>
          Effect.provide(
            behaviour,
            Workflows.layer.pipe(
              Layer.provideMerge(InfraWorkflowEngine.layer({ projectId })),
              Layer.provideMerge(Workflows.Notes.layer),
              Layer.provide(TestInfra.server())
            )
          )
        )
      )
    }
  }
)
