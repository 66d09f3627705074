import * as NodeWorker from "@effect/platform-node/NodeWorker"
import * as Worker from "@effect/platform/Worker"
import { Context, Effect, Layer } from "effect"
import { createRequire } from "node:module"
import * as WorkerThreads from "node:worker_threads"
import type { Laid, Unplaced } from "./Layout.ts"

/** `layout` in a thread of its own: dagre takes up to a second for a picture of many boxes, in one step that cannot be paused. */
export class Placing extends Context.Tag("workflow-infra/report/Placing")<
  Placing,
  { readonly place: (unplaced: Unplaced) => Effect.Effect<Laid> }
>() {
  /** The thread starts with the layer and ends with its scope. A thread that cannot start or breaks off is a defect. */
  static readonly layer = Layer.scoped(
    Placing,
    Effect.map(Worker.makePool<Unplaced, Laid, never>({ size: 1 }), (pool) => ({
      place: (unplaced: Unplaced) => Effect.orDie(pool.executeEffect(unplaced))
    }))
  ).pipe(
    Layer.provide(NodeWorker.layer(() => new WorkerThreads.Worker(createRequire(import.meta.url).resolve("#layout")))),
    Layer.orDie
  )
}
