import { NodeRuntime } from "@effect/platform-node"
import { Effect, Layer, Metric, Schedule } from "effect"
import { enableRuntimeMetrics } from "effect/RuntimeFlags"
import { Database } from "../src/database/Database.ts"
import { TenantContext } from "../src/tenant/TenantContext.ts"
import { WorkflowInfra } from "../src/workflow/WorkflowInfra.ts"
import * as Metrics from "../src/workflow/WorkflowMetrics.ts"
import { soakKind, type Vitals } from "./soak/SoakKind.ts"

/** A server process that `soak.ts` starts and kills. Runs workflows of the soak's kind, and sends its vitals over IPC every second. */

/** The number of active fibers, which Effect's runtime counts when `enableRuntimeMetrics` is provided. */
const fibers = Metric.counter("effect_fiber_active")

const program = Effect.gen(function* () {
  const infra = yield* WorkflowInfra
  yield* infra.register(soakKind)
  const say = Effect.gen(function* () {
    const vitals: Vitals = {
      memory: process.memoryUsage.rss(),
      fibers: (yield* Metric.value(fibers)).count,
      active: (yield* Metric.value(Metrics.active)).value
    }
    process.send?.(vitals)
  })
  return yield* Effect.repeat(say, Schedule.spaced("1 second"))
})

const layer = WorkflowInfra.layerConfig.pipe(
  Layer.provide(TenantContext.layer),
  Layer.provideMerge(Database.layerConfig),
  Layer.provideMerge(enableRuntimeMetrics)
)

// Ends with the soak, also when that is killed.
process.on("disconnect", () => process.exit(1))

NodeRuntime.runMain(Effect.scoped(Effect.provide(program, layer)))
