import { FileSystem, Path } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Duration, Effect } from "effect"
import type { Factors } from "../src/relationships/signals/Signal.ts"
import { asked, has } from "./score/asked.ts"
import * as Datasets from "./score/Datasets.ts"
import * as Discovery from "./score/Discovery.ts"
import * as LeaveOneOut from "./score/LeaveOneOut.ts"
import * as Reliability from "./score/Reliability.ts"
import { type Result, TRANSFORMS, UNCHANGED } from "./score/Transforms.ts"

/**
 * How well discovery does on databases whose foreign keys are known: `npx tsx scripts/score.ts [VARIANT…] [DATASET…] [OPTION…]`.
 *
 * `DATASETS` is a folder of datasets, each in a folder of its own, with the programs `load` (it needs psql) and `score.mjs` beside
 * them. They are loaded into a PostgreSQL of the script's own, or that of `SERVER_URL` (a superuser's); the services run in this
 * process. Variants are `full`, `nofk` and `bare`, as `load` makes them, and what `Transforms.ts` makes of `nofk`; by default the
 * first three. All datasets by default. `--misses` lists what was wrong; `--reliability` says, for each tenth of probability, what share
 * is right (not with variants that rename); `--leave-one-out` decides again with other weights, and says how each dataset fares with those
 * that are best for all others.
 */
const LOADED = ["full", "nofk", "bare"]
const VARIANTS = [...LOADED, ...Object.keys(TRANSFORMS)]

/** The services' own database, on the server of the datasets. */
const OWN = "score_discovery"

const program = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const results = yield* fs.makeTempDirectoryScoped({ prefix: "score-" })
  const server = yield* Datasets.server
  const all = yield* Datasets.names
  const names = asked(all)

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
      const score = (result: Result) => write(name, originals(result))
      return {
        name,
        relationships: found.relationships,
        scored: yield* score(found),
        again: (factors: Factors) =>
          Effect.flatMap(LeaveOneOut.decideAgain(found.evidence, factors), (relationships) =>
            score({ ...found, relationships })
          )
      }
    })

  const write = (name: string, result: Result) =>
    Effect.gen(function* () {
      const file = path.join(results, `${name}.json`)
      yield* fs.writeFileString(file, JSON.stringify(result))
      return `${yield* Datasets.folderOf(name)}=${file}`
    })

  const leaveOneOut = (runs: ReadonlyArray<{ readonly again: (factors: Factors) => ReturnType<typeof write> }>) =>
    Effect.gen(function* () {
      const figures = yield* Effect.forEach(LeaveOneOut.attempts, (factors) =>
        Effect.forEach(runs, ({ again }) => again(factors)).pipe(
          Effect.flatMap((scored) => Datasets.score(scored, [])),
          Effect.map((table) => [...table.matchAll(/F1 ([\d.]+) {2}\(/g)].map(([, f1]) => Number(f1)).slice(0, -1))
        )
      )
      yield* Console.log(LeaveOneOut.report(names, figures))
    })

  const recalls = new Map<string, number>()
  const own = yield* Datasets.recreate(server, OWN)
  yield* Effect.gen(function* () {
    for (const variant of asked(VARIANTS, LOADED)) {
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
        const tenths = yield* Effect.reduce(runs, Reliability.NONE, (sum, { name, relationships }) =>
          Reliability.add(sum, name, relationships)
        )
        yield* Console.log(Reliability.report(tenths))
      }
      if (has("--leave-one-out")) yield* leaveOneOut(runs)
    }
  }).pipe(Effect.provide(Discovery.layer(own)))
}).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

NodeRuntime.runMain(program)
