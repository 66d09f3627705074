import { expect, it } from "@effect/vitest"
import { DurableClock, Workflow } from "@effect/workflow"
import { Effect, Exit, Layer, Schema, TestClock } from "effect"
import { InfraWorkflowEngine } from "../../../src/effect-workflow.ts"
import { WorkflowInfra } from "../../../src/index.ts"

const Long = Workflow.make({ name: "Long", payload: { id: Schema.String }, idempotencyKey: ({ id }) => id })
const LongLayer = Long.toLayer(() => DurableClock.sleep({ name: "sleep", duration: "1 day" }))

it.scoped("sleeps a day", () =>
  Effect.gen(function* () {
    const id = yield* Long.execute({ id: "1" }, { discard: true })
    expect(yield* Long.poll(id)).toEqual(undefined)
    yield* TestClock.adjust("1 hour")
    console.log(yield* Long.poll(id))
    yield* TestClock.adjust("23 hours")
    expect(yield* Long.poll(id)).toEqual(new Workflow.Complete({ exit: Exit.void }))
  }).pipe(Effect.provide(LongLayer.pipe(Layer.provideMerge(InfraWorkflowEngine.layer({ projectId: "p" })), Layer.provide(WorkflowInfra.layerMemory))))
)
