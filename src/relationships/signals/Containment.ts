import type { ColumnModel } from "../../schema/TableModel.ts"
import { densityIn, isNumeric, rangeOf } from "./Values.ts"

/** If fewer common values than this are expected in two samples, their absence says nothing. */
const FEWEST_EXPECTED = 3
/** Share of the expected values that must be there. */
const MOST = 0.8
/** How unlikely it must be, in e-folds, that numbers are there by chance. */
const LEAST_SURPRISE = 8

/**
 * Whether a column's values are among another's, by their profiles alone: "yes" only where that is no coincidence. Samples of all columns
 * are chosen by one hash of the value, so that common values are in both.
 */
export const containment = (from: ColumnModel, to: ColumnModel): "yes" | "perhaps" | "no" => {
  if (from.profile.estimated === true || to.profile.estimated === true) return "perhaps"
  const [few, many] = [from.profile.distinct ?? 0, to.profile.distinct ?? 0]
  if (few === 0 || few > many) return "no"
  const [inner, outer] = [rangeOf(from.profile), rangeOf(to.profile)]
  if (isNumeric(from) && inner !== undefined && outer !== undefined) {
    if (inner.low < outer.low || inner.high > outer.high) return "no"
    if (to.profile.sample.length < many) return "perhaps"
    if (!from.profile.sample.every((value) => to.sampled().has(value))) return "no"
    return -few * Math.log(densityIn(to, inner)) >= LEAST_SURPRISE ? "yes" : "perhaps"
  }
  const expected = Math.min(from.profile.sample.length, (to.profile.sample.length * few) / many)
  const there = from.profile.sample.filter((value) => to.sampled().has(value)).length
  if (expected < FEWEST_EXPECTED) return "perhaps"
  return there >= MOST * expected ? "yes" : "no"
}
