import type { ColumnProfile } from "../datasource/TableProfile.ts"
import { dayOf, isPlaceholder } from "./Range.ts"

/** Rows at least that have a value which stands for none. */
const FEWEST = 2
/** Share of the rows with a frequent value at least that have a number which stands for none: a few may be measured. */
const OFTEN = 0.01
/** A number of nines stands for none if no other value is more than this share of it. */
const NEAR = 0.5

const NINES = /^-?9{3,}(?:\.0+)?$/
const NEGATIVE = /^-(?:1|9|99)(?:\.0+)?$/

/**
 * A value at an end of the range of a column of numbers or times that may stand for none, and how many rows have it: 9999 or -999 of numbers that are otherwise much
 * smaller, -1 of numbers that are otherwise not negative, 1900-01-01 or 9999-12-31 of days. Of several the most frequent.
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
