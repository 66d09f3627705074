import { FileSystem, Path } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import type { Candidates } from "../src/relationships/inference/Find.ts"
import { find } from "../src/relationships/inference/Find.ts"
import { conclude } from "../src/relationships/inference/Conclude.ts"
import { prepare } from "../src/relationships/inference/Prepare.ts"
import type { Relationship } from "../src/relationships/Relationship.ts"
import type { Factors } from "../src/relationships/signals/Signal.ts"
import { SIGNALS } from "../src/relationships/signals/Signals.ts"
import { stepwise } from "../src/steps/Steps.ts"
import { asked, has } from "./score/asked.ts"
import * as Datasets from "./score/Datasets.ts"
import * as Discovery from "./score/Discovery.ts"

/**
 * Every signal with its weight, how often it counts, and what it is worth: `npx tsx scripts/signals.ts [VARIANT] [DATASET…] [--table]`.
 *
 * `DATASETS` (and `SERVER_URL`) as for `score.ts`. The variant is `full`, `nofk` (by default) or `bare`; all datasets by default. Each is
 * discovered once; then all is decided again, once for each signal, as if it weighed nothing: from the same candidates, probes and test
 * joins, which were made with it. `uses` counts the lines in all decisions that are kept, `without` is the micro F1 without the signal,
 * and `worth` how much is lost. Weights are log odds. It takes about ten minutes for all; `--table` only prints what is known without
 * any database.
 */
const OWN = "signals_discovery"

const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => (row[at] ?? "").length)))
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join("  ")
        .trimEnd()
    )
    .join("\n")
}

/** The candidates with other weights. */
const withFactors = (candidates: Candidates, factors: Factors): Candidates => ({
  ...candidates,
  factors,
  setting: { ...candidates.setting, factors }
})

const program = Effect.gen(function* () {
  if (has("--table")) {
    const rows = SIGNALS.map(({ id, says, source, weight }) => [id, String(weight), says, source])
    return yield* Console.log(table([["signal", "weight", "what it says", "where the weight comes from"], ...rows]))
  }
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const results = yield* fs.makeTempDirectoryScoped({ prefix: "signals-" })
  const server = yield* Datasets.server
  const names = asked(yield* Datasets.names)
  const [variant = "nofk"] = asked(["full", "nofk", "bare"], ["nofk"])
  const own = yield* Datasets.recreate(server, OWN)

  const databases = yield* Effect.forEach(names, (name) =>
    Effect.gen(function* () {
      const url = yield* Datasets.load(server, name, variant)
      const { entities, evidence, relationships } = yield* Discovery.discover(url)
      yield* Console.error(`${name}: discovered`)
      const prepared = yield* stepwise(() => prepare(evidence.input))
      const candidates = yield* stepwise(() => find(prepared))
      return { name, entities, relationships, candidates, found: evidence.candidates }
    })
  ).pipe(Effect.provide(Discovery.layer(own)))

  const f1 = (decided: ReadonlyArray<ReadonlyArray<Relationship>>) =>
    Effect.gen(function* () {
      const scored = yield* Effect.forEach(databases, ({ entities, name }, i) =>
        Effect.gen(function* () {
          const file = path.join(results, `${name}.json`)
          yield* fs.writeFileString(file, JSON.stringify({ entities, relationships: decided[i] ?? [] }))
          return `${yield* Datasets.folderOf(name)}=${file}`
        })
      )
      return Number(/^micro .* F1 ([\d.]+)/m.exec(yield* Datasets.score(scored, []))?.[1])
    })

  const usesIn = databases.map(({ relationships }) => {
    const uses = new Map<string, number>()
    for (const { evidence } of relationships) {
      for (const { signal } of evidence.lines ?? []) uses.set(signal, (uses.get(signal) ?? 0) + 1)
    }
    return uses
  })
  const standing = yield* f1(databases.map(({ relationships }) => relationships))
  const rows = yield* Effect.forEach(SIGNALS, ({ id, source, weight }) =>
    Effect.gen(function* () {
      const uses = usesIn.reduce((sum, counts) => sum + (counts.get(id) ?? 0), 0)
      if (uses === 0) return [id, String(weight), "0", "", "", source]
      const decided = yield* Effect.forEach(databases, ({ candidates, found }) =>
        stepwise(() => conclude(withFactors(candidates, new Map([[id, 0]])), found))
      )
      const without = yield* f1(decided)
      return [id, String(weight), String(uses), without.toFixed(3), (standing - without).toFixed(3), source]
    })
  )
  yield* Console.log(`micro F1 with all signals: ${standing.toFixed(3)} (${variant}: ${names.join(", ")})\n`)
  yield* Console.log(table([["signal", "weight", "uses", "without", "worth", "where the weight comes from"], ...rows]))
}).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

NodeRuntime.runMain(program)
