import { NodeRuntime } from "@effect/platform-node"
import { Effect, Layer, Metric, Schedule } from "effect"
import { enableRuntimeMetrics } from "effect/RuntimeFlags"
import { Database } from "../src/database/Database.ts"
import { TenantContext } from "../src/tenant/TenantContext.ts"
import { WorkflowInfra } from "../src/workflow/WorkflowInfra.ts"
import * as Metrics from "../src/workflow/WorkflowMetrics.ts"
import { soakKind, type Vitals } from "./soak/SoakKind.ts"

/** One of the servers that `soak.ts` starts and kills: runs what it finds, and says every second how it is. */

/** As Effect's runtime counts them, once it is told to. */
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

const layer = WorkflowInfra.layer.pipe(
  Layer.provide(TenantContext.layer),
  Layer.provideMerge(Database.layerConfig),
  Layer.provideMerge(enableRuntimeMetrics)
)

// Nobody is left behind where the soak itself is killed.
process.on("disconnect", () => process.exit(1))

NodeRuntime.runMain(Effect.scoped(Effect.provide(program, layer)))
