import { FileSystem, Path } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Duration, Effect } from "effect"
import * as Datasets from "./score/Datasets.ts"
import * as Discovery from "./score/Discovery.ts"
import { TRANSFORMS, UNCHANGED } from "./score/Transforms.ts"

/**
 * How well discovery does on databases whose foreign keys are known: `npx tsx scripts/score.ts [VARIANT…] [DATASET…] [--misses]`.
 *
 * `DATASETS` is a folder of datasets, each in a folder of its own, with the programs `load` (it needs psql) and `score.mjs` beside
 * them. They are loaded into a PostgreSQL of the script's own, or that of `SERVER_URL` (a superuser's); the services run in this
 * process. Variants are `full`, `nofk` and `bare`, as `load` makes them, and what `Transforms.ts` makes of `nofk`; by default the
 * first three. All datasets by default; `--misses` lists what was wrong.
 */
const LOADED = ["full", "nofk", "bare"]
const VARIANTS = [...LOADED, ...Object.keys(TRANSFORMS)]

const args = process.argv.slice(2)

const named = (all: ReadonlyArray<string>, otherwise: ReadonlyArray<string>) => {
  const found = all.filter((each) => args.includes(each))
  return found.length === 0 ? otherwise : found
}

/** The services' own database, on the server of the datasets. */
const OWN = "score_discovery"

const program = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const results = yield* fs.makeTempDirectoryScoped({ prefix: "score-" })
  const server = yield* Datasets.server
  const all = yield* Datasets.names
  const names = named(all, all)

  const prepare = (name: string, variant: string) =>
    Effect.gen(function* () {
      const transform = TRANSFORMS[variant]
      if (transform === undefined) {
        return { url: yield* Datasets.load(server, name, variant), originals: UNCHANGED }
      }
      yield* Datasets.load(server, name, "nofk")
      const url = yield* Datasets.recreate(server, `${name}_${variant}`, `${name}_nofk`)
      return { url, originals: yield* transform(url, yield* Datasets.truth(name)) }
    })

  const run = (name: string, variant: string) =>
    Effect.gen(function* () {
      const { originals, url } = yield* prepare(name, variant)
      const [elapsed, found] = yield* Effect.timed(Discovery.discover(url))
      yield* Console.error(`${name} ${variant}: ${Duration.format(elapsed)}`)
      const file = path.join(results, `${name}_${variant}.json`)
      yield* fs.writeFileString(file, JSON.stringify(originals(found)))
      return `${yield* Datasets.folderOf(name)}=${file}`
    })

  const own = yield* Datasets.recreate(server, OWN)
  yield* Effect.gen(function* () {
    for (const variant of named(VARIANTS, LOADED)) {
      const scored = yield* Effect.forEach(names, (name) => run(name, variant))
      yield* Console.log(`== ${variant}`)
      yield* Console.log(yield* Datasets.score(scored, args.includes("--misses") ? ["--misses"] : []))
    }
  }).pipe(Effect.provide(Discovery.layer(own)))
}).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

NodeRuntime.runMain(program)
