import type { Relationship } from "../../src/relationships/Relationship.ts"
import type { Verdict } from "./Judgement.ts"

/** A probability's tenth: how many inferred references had it, and how many of them are right. */
interface Tenth {
  readonly given: number
  readonly right: number
}

/** The tenths from 0 to 1, of nothing. */
export const NONE: ReadonlyArray<Tenth> = Array.from({ length: 10 }, () => ({ given: 0, right: 0 }))

/** Adds references whose values were joined to the tenths of their probabilities; those that nobody can judge are left out. */
export const add = (
  tenths: ReadonlyArray<Tenth>,
  relationships: ReadonlyArray<Relationship>,
  verdict: (relationship: Relationship) => Verdict
): ReadonlyArray<Tenth> => {
  const counted = tenths.map((tenth) => ({ ...tenth }))
  for (const each of relationships) {
    const judged = verdict(each)
    const tenth = counted[Math.min(counted.length - 1, Math.floor(each.confidence * counted.length))]
    if (each.method !== "inferred" || each.evidence.inclusion === null || judged === "unjudged") continue
    if (tenth === undefined) continue
    tenth.given++
    if (judged === "right") tenth.right++
  }
  return counted
}

/** The table: a line for each tenth. */
export const report = (tenths: ReadonlyArray<Tenth>): string =>
  [
    "probability  references  share right",
    ...tenths.map(({ given, right }, i) => {
      const range = `${(i / tenths.length).toFixed(1)} to ${((i + 1) / tenths.length).toFixed(1)}`
      return `${range.padEnd(13)}${String(given).padEnd(12)}${given === 0 ? "–" : (right / given).toFixed(3)}`
    })
  ].join("\n")
