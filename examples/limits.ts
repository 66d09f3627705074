/**
 * A limit per project and for all: one customer's hundred imports do not keep another's single one from its turn.
 * `DATABASE_URL=postgres://… npx tsx examples/limits.ts`
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Layer, Ref, Schema } from "effect"
import { Database, Projects, TenantContext, WorkflowInfra, WorkflowKind } from "workflow-infra"

const program = Effect.gen(function* () {
  const running = yield* Ref.make(0)
  const most = yield* Ref.make(0)

  const Import = WorkflowKind.make("import", {
    config: Schema.Struct({ file: Schema.String }),
    // In all processes together: three at a time, and two of each project.
    limit: { running: 3, perProject: 2 },
    run: () =>
      Effect.acquireUseRelease(
        Effect.tap(
          Ref.updateAndGet(running, (count) => count + 1),
          (count) => Ref.update(most, (before) => Math.max(before, count))
        ),
        () => Effect.sleep("100 millis"),
        () => Ref.update(running, (count) => count - 1)
      )
  })

  const infra = yield* WorkflowInfra
  const imports = yield* infra.register(Import)
  const { ensure } = yield* Projects
  const [large, small] = [yield* ensure("large customer"), yield* ensure("small customer")]

  const backlog = yield* Effect.forEach(Array.from({ length: 30 }), (_, n) =>
    imports.start({ projectId: large, config: { file: `large-${n}.csv` } })
  )
  // Started last, and it waits for none of the sixty but those that run.
  const { id } = yield* imports.start({ projectId: small, config: { file: "small.csv" } })
  yield* imports.join(small, id)
  const left = yield* Effect.filter(backlog, ({ id }) =>
    Effect.map(infra.get(large, id), ({ state }) => state === "pending")
  )
  yield* Effect.log(left.length > 0 ? "the small customer's import is done, and the large one's are not" : "it waited")

  yield* Effect.forEach(backlog, ({ id }) => imports.join(large, id), { concurrency: "unbounded" })
  const isKept = (yield* Ref.get(most)) <= 3
  yield* Effect.log(isKept ? "never more than three at a time" : "more than three at a time")
}).pipe(Effect.scoped)

const Live = WorkflowInfra.layerConfig.pipe(
  Layer.provideMerge(Projects.layer),
  Layer.provide(TenantContext.layer),
  Layer.provideMerge(Database.layerConfig)
)

NodeRuntime.runMain(Effect.provide(program, Live))
