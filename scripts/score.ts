import { Command, FileSystem, Path } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { asked, asksForMisses, datasetsWith, discover, settings, VARIANTS } from "./score/Discovery.ts"

/**
 * How well discovery does on databases whose foreign keys are known: `npx tsx scripts/score.ts [VARIANT…] [DATABASE…]`, with the settings
 * DATASETS and SERVER_URL. By default all three variants of all datasets; `--misses` lists what was wrong.
 */
const program = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { datasets } = yield* settings
  const results = yield* fs.makeTempDirectoryScoped({ prefix: "score-" })
  const names = asked(yield* datasetsWith("foreign-keys.json"))
  for (const variant of asked(VARIANTS)) {
    const scored = yield* Effect.forEach(names, (dataset) =>
      Effect.map(
        discover({ dataset, variant, steps: "entities,relationships", results }),
        (result) => `${path.join(datasets, dataset)}=${result}`
      )
    )
    const options = asksForMisses ? ["--misses"] : []
    yield* Console.log(`== ${variant}`)
    yield* Console.log(
      yield* Command.string(Command.make("node", path.join(datasets, "score.mjs"), ...options, ...scored))
    )
  }
}).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

NodeRuntime.runMain(program)
