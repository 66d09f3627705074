import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeWorkerRunner from "@effect/platform-node/NodeWorkerRunner"
import * as WorkerRunner from "@effect/platform/WorkerRunner"
import { Effect, Layer } from "effect"
import { layout, type Unplaced } from "./Layout.ts"

// The thread of `Placing`; scripts/page.js bundles it.
WorkerRunner.layer((unplaced: Unplaced) => Effect.sync(() => layout(unplaced))).pipe(
  Layer.provide(NodeWorkerRunner.layer),
  WorkerRunner.launch,
  NodeRuntime.runMain
)
