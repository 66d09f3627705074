import { Command, FileSystem, Path } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Config, Console, Duration, Effect, Redacted } from "effect"

/**
 * How well discovery does on databases whose foreign keys are known: `npx tsx scripts/score.ts [VARIANT…] [DATABASE…]`.
 *
 * `DATASETS` is a folder of datasets, each in a folder of its own, with the programs `load` and `score.mjs` beside them. `SERVER_URL` is
 * a PostgreSQL server that they are loaded into, as a superuser. Each goes through the program as a user would start it (with
 * `DATABASE_URL`, where that is set, as its own database). By default all three variants of all datasets; `--misses` lists what was wrong.
 */
const VARIANTS = ["full", "nofk", "bare"]

const args = process.argv.slice(2)

const settings = Config.all({ datasets: Config.string("DATASETS"), server: Config.redacted("SERVER_URL") })

const program = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { datasets, server } = yield* settings
  const results = yield* fs.makeTempDirectoryScoped({ prefix: "score-" })

  const names = []
  for (const name of (yield* fs.readDirectory(datasets)).sort()) {
    const truth = fs.exists(path.join(datasets, name, "foreign-keys.json"))
    if (yield* Effect.orElseSucceed(truth, () => false)) names.push(name)
  }
  const wanted = (all: ReadonlyArray<string>) => {
    const named = all.filter((each) => args.includes(each))
    return named.length === 0 ? all : named
  }
  for (const variant of wanted(VARIANTS)) {
    const scored = yield* Effect.forEach(wanted(names), (name) =>
      Effect.gen(function* () {
        const folder = path.join(datasets, name)
        const loaded = yield* Command.string(
          Command.make(path.join(datasets, "load"), folder, variant, Redacted.value(server))
        )
        const result = path.join(results, `${name}_${variant}.json`)
        const discover = Command.make(
          "node",
          ...["--import", "tsx", "src/main.ts", "discover", loaded.trim().split("\n").at(-1) ?? ""],
          ...["--only", "entities,relationships", "--json", result, "--out", path.join(results, `${name}_${variant}`)]
        )
        const [elapsed, status] = yield* Effect.timed(Command.exitCode(Command.stderr(discover, "inherit")))
        yield* Console.error(`${name} ${variant}: exit ${status} after ${Duration.format(elapsed)}`)
        return `${folder}=${result}`
      })
    )
    const options = args.includes("--misses") ? ["--misses"] : []
    yield* Console.log(`== ${variant}`)
    yield* Console.log(
      yield* Command.string(Command.make("node", path.join(datasets, "score.mjs"), ...options, ...scored))
    )
  }
}).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

NodeRuntime.runMain(program)
