import { PgClient } from "@effect/sql-pg"
import { NodeRuntime } from "@effect/platform-node"
import { Context, Effect, Layer, Queue, Redacted } from "effect"
import { ClusterPlacement } from "../src/effect-cluster.ts"
import { Placement, WorkflowInfra } from "../src/index.ts"
import { heldKind } from "./bench-infra/HeldKind.ts"
import * as Engine from "./bench-infra/Engine.ts"
import { recordStatements, takeStatements } from "./bench-infra/Server.ts"

/** A server of `bench-placement.ts`: says its id, and when it is asked the number of statements that it has sent since it was asked last. */

const url = process.env["DATABASE_URL"] ?? ""

/** Nobody is preferred: whoever polls first claims. */
const layerNone = Layer.succeed(Placement, { isMine: () => () => true })

const layerCluster = ClusterPlacement.layer.pipe(
  Layer.provide(ClusterPlacement.layerRunner()),
  Layer.provide(PgClient.layer({ url: Redacted.make(url), maxConnections: 3 })),
  Layer.orDie
)

const placements = { none: layerNone, hash: Placement.layerRendezvous, cluster: layerCluster }
const named = (name: string | undefined) => (name === "none" || name === "cluster" ? placements[name] : placements.hash)

const program = Effect.gen(function* () {
  const messages = yield* Queue.unbounded<unknown>()
  process.on("message", (message) => messages.unsafeOffer(message))
  const infra = yield* WorkflowInfra
  yield* infra.register(heldKind)
  process.send?.(yield* infra.serverInstanceId)
  return yield* Queue.take(messages).pipe(
    Effect.zipRight(takeStatements),
    Effect.tap((statements) => Effect.sync(() => process.send?.(statements.length))),
    Effect.forever
  )
})

// Nobody is left behind where the benchmark itself is killed.
process.on("disconnect", () => process.exit(1))

const main = Effect.gen(function* () {
  yield* recordStatements
  const placement = yield* Layer.build(named(process.env["PLACEMENT"]))
  const layer = Engine.layer(url).pipe(Layer.provide(Layer.succeedContext(Context.pick(Placement)(placement))))
  return yield* Effect.provide(program, layer)
})

NodeRuntime.runMain(Effect.scoped(main))
