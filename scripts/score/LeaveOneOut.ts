import { Effect } from "effect"
import type { Candidate } from "../../src/relationships/Candidate.ts"
import { inference, type InferenceInput } from "../../src/relationships/Inference.ts"
import type { Relationship } from "../../src/relationships/Relationship.ts"
import { type Emphasis, EVEN } from "../../src/relationships/Scorecard.ts"
import { stepwise } from "../../src/steps/Steps.ts"

/** What a decision about a database rests on, so that it can be decided again without it. */
export interface Evidence {
  readonly input: InferenceInput
  readonly candidates: ReadonlyArray<Candidate>
}

/** The weights are tried a third lighter and heavier. */
const FACTORS = [2 / 3, 1, 4 / 3]
/** Besides each group of reasons by itself, so many mixtures of all. */
const MIXTURES = 8

/** The weights as they stand, then what they are held against: the same in every run. */
export const emphases: ReadonlyArray<Emphasis> = [
  EVEN,
  ...(["names", "values", "kinds", "others"] as const).flatMap((group) =>
    FACTORS.filter((factor) => factor !== 1).map((factor) => ({ ...EVEN, [group]: factor }))
  ),
  ...Array.from({ length: MIXTURES }, (_, i): Emphasis => {
    const factor = (group: number) =>
      FACTORS[Math.floor(((i * 29 + 11) % FACTORS.length ** 4) / FACTORS.length ** group) % FACTORS.length] ?? 1
    return { names: factor(0), values: factor(1), kinds: factor(2), others: factor(3) }
  })
]

/** Decides again with other weights. */
export const decideAgain = (
  { candidates, input }: Evidence,
  emphasis: Emphasis
): Effect.Effect<ReadonlyArray<Relationship>> =>
  Effect.flatMap(
    stepwise(() => inference({ ...input, emphasis })),
    ({ conclude }) => stepwise(() => conclude(candidates))
  )

const mean = (figures: ReadonlyArray<number>): number => figures.reduce((a, b) => a + b, 0) / figures.length

/** `figures`: per emphasis, F1 per database. Each database with what is best for all others, beside the weights as they stand. */
export const report = (names: ReadonlyArray<string>, figures: ReadonlyArray<ReadonlyArray<number>>): string => {
  const standing = figures[0] ?? []
  const rows = names.map((name, left) => {
    const others = (row: ReadonlyArray<number>) => mean(row.filter((_, i) => i !== left))
    const best = figures.reduce((a, b) => (others(b) > others(a) ? b : a), standing)
    return { name, tuned: best[left] ?? 0, hand: standing[left] ?? 0 }
  })
  const macros = figures.map(mean)
  return [
    "left out                F1 tuned on the others   as it stands",
    ...rows.map(({ hand, name, tuned }) => `${name.padEnd(24)}${tuned.toFixed(3).padEnd(25)}${hand.toFixed(3)}`),
    `${"macro".padEnd(24)}${mean(rows.map(({ tuned }) => tuned))
      .toFixed(3)
      .padEnd(25)}${mean(standing).toFixed(3)}`,
    `all weights a third lighter or heavier, ${figures.length - 1} ways: macro F1 from ${Math.min(...macros).toFixed(3)} to ${Math.max(...macros).toFixed(3)}`
  ].join("\n")
}
