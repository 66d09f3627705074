import { NodeRuntime } from "@effect/platform-node"
import { Config, Effect, Layer } from "effect"
import { Database } from "../../src/database/Database.ts"
import { InfraWorkflowEngine } from "../../src/effect-workflow.ts"
import { TenantContext } from "../../src/tenant/TenantContext.ts"
import { WorkflowInfra } from "../../src/workflow/WorkflowInfra.ts"
import type { Said } from "./Asked.ts"
import * as Tour from "./Tour.ts"

/** A server that runs tours, and stands still for ever in the middle of the step that it is told to hold. */
const program = Effect.gen(function* () {
  const projectId = yield* Config.string("TOUR_PROJECT")
  const held = yield* Config.withDefault(Config.string("TOUR_HOLD"), "")
  const say = (said: Said) => Effect.sync(() => process.send?.(said))
  const workflows = yield* Tour.register((step) =>
    step === held ? Effect.zipRight(say({ reached: step, workflowId: "" }), Effect.never) : Effect.void
  )
  yield* Layer.build(Layer.mergeAll(...workflows).pipe(Layer.provide(InfraWorkflowEngine.layer({ projectId }))))
  yield* say({ ready: true })
  return yield* Effect.never
})

NodeRuntime.runMain(
  program.pipe(
    Effect.scoped,
    Effect.provide(
      WorkflowInfra.layerConfig.pipe(Layer.provide(TenantContext.layer), Layer.provideMerge(Database.layerConfig))
    )
  )
)
