import { Command, FileSystem, Path } from "@effect/platform"
import { Config, Console, Duration, Effect, Redacted } from "effect"

/** `full` as dumped, `nofk` without foreign keys, `bare` without any key. */
export const VARIANTS = ["full", "nofk", "bare"]

/**
 * `DATASETS`: a folder of datasets, each in a folder of its own, with the programs `load` and `score.mjs` beside them. `SERVER_URL`: a
 * PostgreSQL server that they are loaded into, as a superuser.
 */
export const settings = Config.all({ datasets: Config.string("DATASETS"), server: Config.redacted("SERVER_URL") })

/** Those of `all` that the command line names; all of them where it names none. */
export const asked = (all: ReadonlyArray<string>): ReadonlyArray<string> => {
  const named = all.filter((each) => process.argv.slice(2).includes(each))
  return named.length === 0 ? all : named
}

/** Whether the command line asks what was wrong. */
export const asksForMisses: boolean = process.argv.includes("--misses")

/** Names of the datasets that have one of these files. */
export const datasetsWith = (...files: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const { datasets } = yield* settings
    const names = yield* fs.readDirectory(datasets)
    const found = yield* Effect.filter(names, (name) =>
      Effect.exists(files, (file) => Effect.orElseSucceed(fs.exists(path.join(datasets, name, file)), () => false))
    )
    return found.sort()
  })

/**
 * Loads a variant of a dataset and sends it through the program as a user would start it (with `DATABASE_URL`, where that is set, as its
 * own database), into the folder `results`: the path of the JSON that it wrote.
 */
export const discover = (options: {
  readonly dataset: string
  readonly variant: string
  readonly steps: string
  readonly results: string
}) =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const { datasets, server } = yield* settings
    const { dataset, results, steps, variant } = options
    const loaded = yield* Command.string(
      Command.make(path.join(datasets, "load"), path.join(datasets, dataset), variant, Redacted.value(server))
    )
    const out = path.join(results, `${dataset}_${variant}`)
    const run = Command.make(
      "node",
      ...["--import", "tsx", "src/main.ts", "discover", loaded.trim().split("\n").at(-1) ?? ""],
      ...["--only", steps, "--json", `${out}.json`, "--out", out]
    )
    const [elapsed, status] = yield* Effect.timed(Command.exitCode(Command.stderr(run, "inherit")))
    yield* Console.error(`${dataset} ${variant}: exit ${status} after ${Duration.format(elapsed)}`)
    return `${out}.json`
  })
