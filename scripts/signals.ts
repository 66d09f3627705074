import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import type { Factors } from "../src/relationships/signals/Signal.ts"
import { SIGNALS } from "../src/relationships/signals/Signals.ts"
import { figures } from "./fit/Figures.ts"
import { decide, decideAll, STANDING, weighIn } from "./fit/Runs.ts"
import { asked, has } from "./score/asked.ts"
import { captures } from "./score/Captures.ts"
import * as Datasets from "./score/Datasets.ts"
import { table } from "./score/table.ts"
import { VARIANTS } from "./score/Variants.ts"

/**
 * Every signal with its weight, how often it counts, and what it is worth: `npx tsx scripts/signals.ts [VARIANT…] [DATASET…] [--table]`.
 *
 * `DATASETS`, `SERVER_URL`, `CAPTURES` and the variants as for `fit.ts`. Each database is discovered once; then all is decided again, once
 * for each signal, as if it weighed nothing: from the same candidates, probes and test joins, which were made with it. `uses` counts the
 * lines in all decisions that are kept; `micro`, `macro` and `loss` are F1 and log loss (for each foreign key) without the signal, and how
 * much that changes; nothing where the signal only orders reasons, or has no line. Weights are log odds. `--table` only prints what is known without any database.
 */

const program = Effect.gen(function* () {
  if (has("--table")) {
    const rows = SIGNALS.map(({ id, says, source, weight }) => [id, String(weight), says, source])
    return yield* Console.log(table([["signal", "weight", "what it says", "where the weight comes from"], ...rows]))
  }
  const names = asked(yield* Datasets.names)
  const variants = asked(VARIANTS, ["nofk"])
  const captured = yield* captures(names, variants)
  const standing = yield* decideAll(captured, STANDING)
  const uses = new Map<string, number>()
  for (const { evidence } of standing.flatMap(({ decided }) => decided.relationships)) {
    for (const { signal } of evidence.lines ?? []) uses.set(signal, (uses.get(signal) ?? 0) + 1)
  }
  const weighing = standing.map((run) => ({ run, signals: weighIn(run) }))
  const { loss, macro, micro } = yield* figures(standing)
  const row = (figure: number, before: number) => {
    const change = figure - before
    return `${figure.toFixed(4)} ${change > 0 ? "+" : ""}${Math.abs(change) < 0.00005 ? "" : change.toFixed(4)}`.trim()
  }
  const rows = yield* Effect.forEach(SIGNALS, ({ id, source, weight }) =>
    Effect.gen(function* () {
      const count = String(uses.get(id) ?? 0)
      // Without a line of it, nothing is decided by it.
      if (!weighing.some(({ signals }) => signals.has(id))) return [id, String(weight), count, "", "", "", source]
      const without: Factors = new Map([[id, 0]])
      const found = yield* Effect.forEach(weighing, ({ run, signals }) =>
        signals.has(id) ? decide(run.captured, without) : Effect.succeed(run)
      ).pipe(Effect.flatMap(figures))
      return [
        id,
        String(weight),
        count,
        row(found.micro, micro),
        row(found.macro, macro),
        row(found.loss, loss),
        source
      ]
    })
  )
  const all = ["all of them", "", "", micro.toFixed(4), macro.toFixed(4), loss.toFixed(4), ""]
  yield* Console.log(`${variants.join(", ")} of ${names.join(", ")}\n`)
  yield* Console.log(
    table([["signal", "weight", "uses", "micro", "macro", "loss", "where the weight comes from"], all, ...rows])
  )
}).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

NodeRuntime.runMain(program)
