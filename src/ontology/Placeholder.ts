import type { ColumnProfile } from "../datasource/TableProfile.ts"
import { dayOf, isPlaceholder } from "./Range.ts"

/** Minimum number of rows with a placeholder. Set by hand. */
const FEWEST = 2
/** Minimum share, from 0 to 1, that a placeholder number has of the rows with frequent values: rarer ones may be measured values. Set by hand. */
const OFTEN = 0.01
/** A number of nines is a placeholder only if every other value is at most this share of it, from 0 to 1. Set by hand. */
const NEAR = 0.5

const NINES = /^-?9{3,}(?:\.0+)?$/
const NEGATIVE = /^-(?:1|9|99)(?:\.0+)?$/

/**
 * The placeholder for "no value" at an end of the range of a column of numbers or times, with its number of rows: 9999 or -999 if all other
 * numbers are much smaller, -1 if no other number is negative, 1900-01-01 or 9999-12-31. If there are several, the most frequent one.
 */
export const placeholderOf = (profile: ColumnProfile): ColumnProfile["common"][number] | undefined => {
  const { common, distinct, maximum, minimum, sample } = profile
  if (distinct === null || distinct < 2 || minimum === null || maximum === null) return undefined
  const days = [dayOf(minimum), dayOf(maximum)]
  if (days[0] !== undefined) {
    return common.find(({ count, value }) => {
      const day = dayOf(value)
      return count >= FEWEST && day !== undefined && days.includes(day) && isPlaceholder(day)
    })
  }
  if (![minimum, maximum].some((end) => NINES.test(end) || NEGATIVE.test(end))) return undefined
  const ends = [Number(minimum), Number(maximum)]
  const all = [...ends, ...[...common.map(({ value }) => value), ...sample].map(Number)].filter(Number.isFinite)
  const rows = common.reduce((sum, { count }) => sum + count, 0)
  return common.find(({ count, value }) => {
    const number = Number(value)
    if (count < FEWEST || count < OFTEN * rows || !ends.includes(number)) return false
    const others = all.filter((other) => other !== number)
    if (NINES.test(value)) return others.every((other) => Math.abs(other) <= Math.abs(number) * NEAR)
    return NEGATIVE.test(value) && others.every((other) => other >= 0)
  })
}
