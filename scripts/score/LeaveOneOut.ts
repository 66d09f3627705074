import { Effect } from "effect"
import type { Candidate } from "../../src/relationships/Candidate.ts"
import { inference, type InferenceInput } from "../../src/relationships/inference/Inference.ts"
import type { Relationship } from "../../src/relationships/Relationship.ts"
import type { Factors } from "../../src/relationships/signals/Signal.ts"
import { SIGNALS } from "../../src/relationships/signals/Signals.ts"
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

/** Families of signals that are tried together. */
const GROUPS = [["pattern", "pattern-is", "names"], ["values"], ["kinds"], ["agreement", "chains"]] as const

/** The signals of each group with its factor. */
const factorsOf = (factor: (group: number) => number): Factors =>
  new Map(
    SIGNALS.flatMap(({ id }) => {
      const group = GROUPS.findIndex((families) => families.some((family) => id.startsWith(`${family}.`)))
      return group === -1 ? [] : [[id, factor(group)] as const]
    })
  )

/** The weights as they stand, then what they are held against: the same in every run. */
export const attempts: ReadonlyArray<Factors> = [
  factorsOf(() => 1),
  ...GROUPS.flatMap((_, tried) =>
    FACTORS.filter((factor) => factor !== 1).map((factor) => factorsOf((group) => (group === tried ? factor : 1)))
  ),
  ...Array.from({ length: MIXTURES }, (_, i) =>
    factorsOf(
      (group) =>
        FACTORS[Math.floor(((i * 29 + 11) % FACTORS.length ** 4) / FACTORS.length ** group) % FACTORS.length] ?? 1
    )
  )
]

/** Decides again with other weights. */
export const decideAgain = (
  { candidates, input }: Evidence,
  factors: Factors
): Effect.Effect<ReadonlyArray<Relationship>> =>
  Effect.flatMap(
    stepwise(() => inference({ ...input, factors })),
    ({ conclude }) => stepwise(() => conclude(candidates))
  )

const mean = (figures: ReadonlyArray<number>): number => figures.reduce((a, b) => a + b, 0) / figures.length

/** `figures`: per attempt, F1 per database. Each database with what is best for all others, beside the weights as they stand. */
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
