import type { Steps } from "../../steps/Steps.ts"
import type { ColumnSet, Inclusion } from "../../datasource/Inclusion.ts"
import type { Possible } from "../Possible.ts"
import { type ColumnModel, sideOf, type TableModel } from "../../schema/TableModel.ts"
import { family, line, type Scorecard } from "./Signal.ts"

/**
 * A reference there and one back: where a country has its capital among the cities, and a city its country, the capital's country is
 * the country itself. No coincidence makes row after row come back to itself, whatever the names say and however dense the ids are.
 * As a test join: the column that may refer and the own key, together, in the key that it refers to and the column that refers back.
 */
export interface RoundTrip {
  readonly from: ColumnSet
  readonly to: ColumnSet
  /** The column that refers back, the second of `to`. */
  readonly back: ColumnModel
}

/** So many of the rows that have a counterpart must come back. */
const LEAST_BACK = 0.9
/** How unlikely it must be, in bits, that they do so by chance. */
const LEAST_BITS = 10
/** What round trips say. */
export const ROUND_TRIPS = family("round-trips", {
  comesBack: [9, "row after row, what it refers to refers back to the same row"]
})

/**
 * The round trips that begin with a reference and end with one of these. Only from columns that do not repeat: what two rows refer to
 * cannot refer back to both. Only to what a row is known by: anything else that both rows have, such as one address of a firm and its
 * head office, comes back as well.
 */
export function* roundTrips(references: Iterable<Possible>): Steps<(there: Possible) => ReadonlyArray<RoundTrip>> {
  const byTables = new Map<TableModel, Map<TableModel, Array<Possible>>>()
  for (const each of references) {
    const { from, key } = each
    const targets = byTables.get(from.table) ?? new Map<TableModel, Array<Possible>>()
    byTables.set(from.table, targets)
    const same = targets.get(key.column.table)
    if (same === undefined) targets.set(key.column.table, [each])
    else same.push(each)
    yield
  }
  return ({ from, key: { column: to, isKey } }) =>
    !isKey || !tellsApart(from)
      ? []
      : (byTables.get(to.table)?.get(from.table) ?? [])
          .filter(({ from: back, key: { column: home } }) => home !== from && back !== to && back !== from)
          .map(({ from: back, key: { column: home } }) => ({ from: sideOf(from, home), to: sideOf(to, back), back }))
}

/** Whether enough of a column's values tell rows apart. */
const tellsApart = ({ profile, table }: ColumnModel): boolean =>
  (profile.distinct ?? 0) >= LEAST_BACK * (table.rows - profile.nulls)

/**
 * What the test joins of a reference and of a round trip with it say: that the rows come back. That they do not says nothing: not every
 * way there is one back.
 */
export const comesBack = ({ back }: RoundTrip, there: Inclusion, andBack: Inclusion): Scorecard => {
  const rows = there.rows - there.orphanRows
  const returned = andBack.rows - andBack.orphanRows
  const bits = andBack.matched * Math.log2(Math.max(1, back.profile.distinct ?? 1))
  if (returned < LEAST_BACK * rows || bits < LEAST_BITS) return []
  const which = returned === rows ? "every row" : `${returned} of ${rows} rows`
  const why = `in ${which}, what it refers to refers back to the same row by ${back.name}`
  return [line(ROUND_TRIPS.comesBack, why)]
}
