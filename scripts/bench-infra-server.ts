import { NodeRuntime } from "@effect/platform-node"
import { Effect, Layer, Option, Queue } from "effect"
import { uuidv7 } from "../src/database/Uuid.ts"
import { WorkflowInfra } from "../src/index.ts"
import * as Engine from "./bench-infra/Engine.ts"
import { heldKind } from "./bench-infra/HeldKind.ts"

/** The server that `bench-infra.ts` kills, or ends, to see who takes over: starts as many workflows as it is told, and answers. */

const program = Effect.gen(function* () {
  const messages = yield* Queue.unbounded<unknown>()
  process.on("message", (message) => messages.unsafeOffer(message))
  const held = yield* Effect.flatMap(WorkflowInfra, (infra) => infra.register(heldKind))
  const projectId = yield* Engine.project
  const many = Option.liftPredicate(Number(yield* Queue.take(messages)), Number.isInteger)
  yield* Effect.forEach(
    Array.from({ length: Option.getOrElse(many, () => 0) }),
    () => Effect.flatMap(uuidv7, (datasourceId) => held.start({ projectId, datasourceId, config: null })),
    { concurrency: 10, discard: true }
  )
  process.send?.("running")
  return yield* Effect.never
})

// Nobody is left behind where the benchmark itself is killed.
process.on("disconnect", () => process.exit(1))

const layer = Layer.unwrapEffect(Effect.sync(() => Engine.layer(process.env["DATABASE_URL"] ?? "")))

NodeRuntime.runMain(Effect.scoped(Effect.provide(program, layer)))
