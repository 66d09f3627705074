import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import type { Factors } from "../src/relationships/signals/Signal.ts"
import { SIGNALS } from "../src/relationships/signals/Signals.ts"
import { type Figures, figures } from "./fit/Figures.ts"
import { fit, type Prior } from "./fit/Logistic.ts"
import { questions } from "./fit/Questions.ts"
import { decideAll, type Run, STANDING } from "./fit/Runs.ts"
import { asked } from "./score/asked.ts"
import { captures } from "./score/Captures.ts"
import * as Datasets from "./score/Datasets.ts"
import * as Reliability from "./score/Reliability.ts"
import { table } from "./score/table.ts"
import { VARIANTS } from "./score/Variants.ts"

/**
 * Fits the signals' weights to databases whose foreign keys are known: `npx tsx scripts/fit.ts [VARIANT…] [DATASET…]`.
 *
 * `DATASETS` (and `SERVER_URL`) and the variants as for `score.ts`; `nofk` by default, of all datasets. Each is discovered once; with
 * `CAPTURES`, a folder, what was found is kept there, and the next fit needs no server. The fit is a logistic regression that is pulled
 * toward today's weights. What other candidates say of one depends on the weights, and is taken as today's say it: to go on from new weights,
 * put them in and fit again. It only counts what it says of databases that it has not seen: for each one (in all its variants), the weights are
 * fitted on the others, and its candidates decided again with them, from the same probes and test joins. Printed are F1 and log loss (for
 * each foreign key) with today's weights and with those, how reliable both are on the databases left out, and the weights that are fitted
 * on all, beside today's.
 */

/** A weight may move by about a third of itself where the data do not say more, and keeps a tenth at least. */
const PRIOR: Prior = { deviation: 1 / 3, least: 0.1 }

const signals = SIGNALS.map(({ id }) => id)
const numbers = new Map(signals.map((id, i) => [id, i]))

/** The factors that are fitted on these, which were decided with today's weights. */
const fitted = (decided: ReadonlyArray<Run>): Factors => {
  const asking = decided.flatMap((run) => questions(run, numbers))
  const found = fit(asking, signals.length, PRIOR)
  return new Map(signals.map((id, i) => [id, found[i] ?? 1]))
}

const reliability = (runs: ReadonlyArray<Run>): string =>
  Reliability.report(
    runs.reduce(
      (tenths, { captured, decided }) => Reliability.add(tenths, decided.relationships, captured.verdict),
      Reliability.NONE
    )
  )

const byDatabase = (names: ReadonlyArray<string>, standing: Figures, leftOut: Figures): string => {
  const row = (name: string, ...figures: ReadonlyArray<number>) => [name, ...figures.map((each) => each.toFixed(3))]
  return table([
    ["left out", "F1 today", "fitted on the others", "log loss today", "fitted on the others"],
    ...names.map((name, i) => {
      const before = standing.each[i] ?? { f1: 0, loss: 0 }
      const after = leftOut.each[i] ?? { f1: 0, loss: 0 }
      return row(name, before.f1, after.f1, before.loss, after.loss)
    }),
    row("micro", standing.micro, leftOut.micro, standing.loss, leftOut.loss),
    ["macro", standing.macro.toFixed(3), leftOut.macro.toFixed(3), "", ""]
  ])
}

const program = Effect.gen(function* () {
  const names = asked(yield* Datasets.names)
  const variants = asked(VARIANTS, ["nofk"])
  const captured = yield* captures(names, variants)
  const standing = yield* decideAll(captured, STANDING)
  const leftOut = yield* Effect.forEach(names, (name) =>
    Effect.gen(function* () {
      const factors = fitted(standing.filter((run) => run.captured.name !== name))
      yield* Console.error(`${name}: left out`)
      return yield* decideAll(
        captured.filter((each) => each.name === name),
        factors
      )
    })
  ).pipe(Effect.map((each) => each.flat()))
  for (const variant of variants) {
    const of = (runs: ReadonlyArray<Run>) => runs.filter(({ captured }) => captured.variant === variant)
    const before = yield* figures(of(standing))
    const after = yield* figures(of(leftOut))
    yield* Console.log(`== ${variant}\n${byDatabase(names, before, after)}\n`)
    yield* Console.log(`with today's weights\n${reliability(of(standing))}\n`)
    yield* Console.log(`left out\n${reliability(of(leftOut))}\n`)
  }
  const factors = fitted(standing)
  yield* Console.log(
    table([
      ["signal", "today", "fitted", "times"],
      ...SIGNALS.map(({ id, weight }) => {
        const factor = factors.get(id) ?? 1
        return [id, String(weight), (weight * factor).toFixed(2), factor.toFixed(2)]
      })
    ])
  )
}).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

NodeRuntime.runMain(program)
