import { pairOf } from "../../src/relationships/inference/Find.ts"
import type { Verdict } from "../score/Judgement.ts"
import { judgeable } from "./Figures.ts"
import type { Run } from "./Runs.ts"

/** One of the targets that a column may refer to. */
export interface Choice {
  readonly verdict: Verdict
  /** The points that each signal gives it, at today's weights. Signals are numbered as the fit numbers them. */
  readonly points: ReadonlyArray<readonly [signal: number, points: number]>
  /** The points that no weight changes. */
  readonly rest: number
}

/** What a column refers to: one of its targets, or nothing, at 0 points. */
export interface Question {
  /** How much it counts. */
  readonly weight: number
  readonly choices: ReadonlyArray<Choice>
}

/**
 * The questions that decisions with today's weights have answered, with all lines of the last round.
 *
 * A database counts by the square root of its keys: between one with 284 and one with 2, neither should settle everything.
 */
export const questions = (run: Run, numbers: ReadonlyMap<string, number>): ReadonlyArray<Question> => {
  const weight = 1 / Math.sqrt(run.captured.keys)
  return [...judgeable(run).values()].map((candidates): Question => ({
    weight,
    choices: candidates.map(({ candidate, card }): Choice => {
      const points = new Map<number, number>()
      let rest = 0
      for (const { points: given, signal } of card()) {
        const number = numbers.get(signal.id)
        if (number === undefined) rest += given
        else points.set(number, (points.get(number) ?? 0) + given)
      }
      return { verdict: run.captured.verdict(pairOf(candidate)), points: [...points], rest }
    })
  }))
}
