import { FileSystem, Path } from "@effect/platform"
import { Effect } from "effect"
import type { ColumnModel } from "../../src/schema/TableModel.ts"
import type { Decided as DecidedCandidate } from "../../src/relationships/inference/Decision.ts"
import { pairOf } from "../../src/relationships/inference/Find.ts"
import * as Datasets from "../score/Datasets.ts"
import type { Run } from "./Runs.ts"

/** How good decisions are. */
export interface Figures {
  /** F1 over all foreign keys, and the mean of the databases' F1. */
  readonly micro: number
  readonly macro: number
  /** Log loss (natural logarithm) for each foreign key that can be found, over all. */
  readonly loss: number
  /** F1 and log loss of each run, in order. */
  readonly each: ReadonlyArray<{ readonly f1: number; readonly loss: number }>
}

/** A probability of 0 would cost infinitely much. */
const LEAST = 1e-6

/** The decided candidates that can be judged: those of columns of which a value was looked up, by column. */
export const judgeable = ({ decided }: Run): ReadonlyMap<ColumnModel, ReadonlyArray<DecidedCandidate>> => {
  const bySource = new Map<ColumnModel, Array<DecidedCandidate>>()
  for (const each of decided.decisions.alone) {
    const { from } = each.candidate
    bySource.set(from, [...(bySource.get(from) ?? []), each])
  }
  return new Map([...bySource].filter(([, all]) => all.some(({ candidate }) => candidate.evidence !== null)))
}

/**
 * How surprising the right answers are, in e-folds, given the probabilities: for each column with candidates, that it refers to what it does or,
 * if that is none of them, that it refers to nothing. References that nobody can judge count as neither.
 */
const lossOf = (run: Run): number => {
  let loss = 0
  for (const candidates of judgeable(run).values()) {
    const sum = { right: 0, wrong: 0, unjudged: 0 }
    let hasRight = false
    for (const { candidate, probability } of candidates) {
      const verdict = run.captured.verdict(pairOf(candidate))
      sum[verdict] += probability
      hasRight ||= verdict === "right"
    }
    loss -= Math.log(Math.max(LEAST, hasRight ? sum.right / Math.max(LEAST, 1 - sum.unjudged) : 1 - sum.wrong))
  }
  return loss
}

const mean = (figures: ReadonlyArray<number>): number => figures.reduce((a, b) => a + b, 0) / figures.length

/** The figures of these runs: F1 by the program `score.mjs` beside the datasets. */
export const figures = Effect.fn("Figures.figures")(function* (runs: ReadonlyArray<Run>) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "figures-" })
  const scored = yield* Effect.forEach(runs, ({ captured, decided }, i) =>
    Effect.gen(function* () {
      const file = path.join(folder, `${i}.json`)
      yield* fs.writeFileString(file, captured.scorable(decided))
      return `${yield* Datasets.folderOf(captured.name)}=${file}`
    })
  )
  const table = yield* Datasets.score(scored, [])
  const f1s = [...table.matchAll(/\((\d+) of (\d+), (\d+) given\)/g)].map(
    ([, right, wanted, given]) => (2 * Number(right)) / Math.max(1, Number(wanted) + Number(given))
  )
  const losses = runs.map(lossOf)
  const keys = runs.map(({ captured }) => captured.keys)
  const result: Figures = {
    micro: f1s.at(-1) ?? 0,
    macro: mean(f1s.slice(0, -1)),
    loss: mean(losses) / mean(keys),
    each: losses.map((loss, i) => ({ f1: f1s[i] ?? 0, loss: loss / (keys[i] ?? 1) }))
  }
  return result
}, Effect.scoped)
