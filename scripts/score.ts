import { FileSystem, Path } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Duration, Effect } from "effect"
import { asked, has } from "./score/asked.ts"
import * as Datasets from "./score/Datasets.ts"
import * as Discovery from "./score/Discovery.ts"
import * as Judgement from "./score/Judgement.ts"
import * as Reliability from "./score/Reliability.ts"
import { original, originalEnds } from "./score/Transforms.ts"
import * as Variants from "./score/Variants.ts"

/**
 * How well discovery does on databases whose foreign keys are known: `npx tsx scripts/score.ts [VARIANT…] [DATASET…] [OPTION…]`.
 *
 * `DATASETS` is a folder of datasets, each in a folder of its own, with the programs `load` (it needs psql) and `score.mjs` beside
 * them. They are loaded into a PostgreSQL of the script's own, or that of `SERVER_URL` (a superuser's); the services run in this
 * process. Variants are `full`, `nofk` and `bare`, as `load` makes them, and what `Transforms.ts` makes of `nofk`; by default the
 * first three. All datasets by default. `--misses` lists what was wrong; `--reliability` says, for each tenth of probability, what share
 * is right. How a dataset fares with weights that the others say: `fit.ts`.
 */

/** The services' own database, on the server of the datasets. */
const OWN = "score_discovery"

const program = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const results = yield* fs.makeTempDirectoryScoped({ prefix: "score-" })
  const server = yield* Datasets.server
  const all = yield* Datasets.names
  const names = asked(all)

  const run = (name: string, variant: string) =>
    Effect.gen(function* () {
      const { originals, url } = yield* Variants.make(server, name, variant)
      const [elapsed, found] = yield* Effect.timed(Discovery.discover(url))
      yield* Console.error(`${name} ${variant}: ${Duration.format(elapsed)}`)
      const file = path.join(results, `${name}.json`)
      yield* fs.writeFileString(file, JSON.stringify(original(originals, found)))
      const { verdict } = yield* Judgement.judge(name)
      return {
        scored: `${yield* Datasets.folderOf(name)}=${file}`,
        tenths: (before: typeof Reliability.NONE) =>
          Reliability.add(before, found.relationships, (each) => verdict(originalEnds(originals, each)))
      }
    })

  const recalls = new Map<string, number>()
  const own = yield* Datasets.recreate(server, OWN)
  yield* Effect.gen(function* () {
    for (const variant of asked(Variants.VARIANTS, Variants.LOADED)) {
      const runs = yield* Effect.forEach(names, (name) => run(name, variant))
      const table = yield* Datasets.score(
        runs.map(({ scored }) => scored),
        has("--misses") ? ["--misses"] : []
      )
      yield* Console.log(`== ${variant}\n${table}`)
      const recall = Number(/^micro .* R ([\d.]+) F1/m.exec(table)?.[1])
      recalls.set(variant, recall)
      const before = recalls.get("nofk")
      if (variant.startsWith("orphans") && before !== undefined) {
        yield* Console.log(`recall lost against nofk: ${(before - recall).toFixed(3)}`)
      }
      if (has("--reliability")) {
        yield* Console.log(Reliability.report(runs.reduce((sum, { tenths }) => tenths(sum), Reliability.NONE)))
      }
    }
  }).pipe(Effect.provide(Discovery.layer(own)))
}).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

NodeRuntime.runMain(program)
