import { Array } from "effect"
import type { ColumnSet, Inclusion } from "../datasource/Inclusion.ts"
import { type Candidate, pairId } from "./Candidate.ts"
import type { Possible } from "./Candidates.ts"
import { type ColumnModel, type SchemaModel, sideOf } from "./SchemaModel.ts"
import type { Scorecard } from "./Scorecard.ts"

/**
 * A reference there and one back: where a country has its capital among the cities, and a city its country, the capital's country is
 * the country itself. No coincidence makes row after row come back to itself, whatever the names say and however dense the ids are.
 * As a test join: the column that may refer and the own key, together, in the key that it refers to and the column that refers back.
 */
export interface RoundTrip {
  readonly from: ColumnSet
  readonly to: ColumnSet
}

/** So many of the rows that have a counterpart must come back. */
const LEAST_BACK = 0.9
/** How unlikely it must be, in bits, that they do so by chance. */
const LEAST_BITS = 10
/** What it weighs then, in log odds. */
export const COMES_BACK = 9

/**
 * The round trips that begin with a reference and end with one of the `sure` ones. Only from columns that do not repeat: what two rows
 * refer to cannot refer back to both. Only to what a row is known by: anything else that both rows have, such as one address of a firm
 * and its head office, comes back as well.
 */
export const roundTrips = (sure: ReadonlyArray<Possible>): ((there: Possible) => ReadonlyArray<RoundTrip>) => {
  const bySource = new Map<string, ReadonlyArray<Possible>>()
  for (const each of sure) bySource.set(each.from.table.id, [...(bySource.get(each.from.table.id) ?? []), each])
  return ({ from, key: { column: to, isKey } }) =>
    (isKey && tellsApart(from) ? (bySource.get(to.table.id) ?? []) : [])
      .filter(({ from: back, key: { column: home } }) => {
        return home.table === from.table && home !== from && back !== to && back !== from
      })
      .map(({ from: back, key: { column: home } }) => ({ from: sideOf(from, home), to: sideOf(to, back) }))
}

/** Whether enough of a column's values tell rows apart. */
const tellsApart = ({ profile, table }: ColumnModel): boolean =>
  (profile.distinct ?? 0) >= LEAST_BACK * (table.rows - profile.nulls)

/**
 * What the test joins of round trips say for a reference there (by its ends and its own test join): that its rows come back. That they
 * do not says nothing: not every way there is one back.
 */
export const comingBack = (model: SchemaModel, tested: ReadonlyArray<Candidate>) => {
  const trips = Array.groupBy(tested, ({ from, to }) => pairId({ from: firstOf(from), to: firstOf(to) }))
  return (there: RoundTrip, found: Inclusion): Scorecard => {
    const lines = (trips[pairId(there)] ?? []).flatMap(({ inclusion, to }) => {
      const back = model.table(to)?.column(to.columns[1] ?? "")
      if (back === undefined || inclusion === null) return []
      const rows = found.rows - found.orphanRows
      const returned = inclusion.rows - inclusion.orphanRows
      const bits = inclusion.matched * Math.log2(Math.max(1, back.profile.distinct ?? 1))
      if (returned < LEAST_BACK * rows || bits < LEAST_BITS) return []
      const which = returned === rows ? "every row" : `${returned} of ${rows} rows`
      return [
        {
          points: COMES_BACK,
          reason: `in ${which}, what it refers to refers back to the same row by ${back.column.name}`
        }
      ]
    })
    return lines.slice(0, 1)
  }
}

const firstOf = ({ columns, schema, table }: ColumnSet): ColumnSet => ({ schema, table, columns: columns.slice(0, 1) })
