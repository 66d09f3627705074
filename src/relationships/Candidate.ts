import { Schema } from "effect"
import { ColumnSet, Inclusion } from "../datasource/Inclusion.ts"
import { mapInSteps, sortInSteps, type Steps } from "../steps/Steps.ts"

/** A possible reference as stored while a detection runs: what the probe and the test join of it found. */
export const Candidate = Schema.Struct({
  from: ColumnSet,
  to: ColumnSet,
  /** Sampled values of `from` that were looked up in the whole of `to`, and how many are there; null where none was probed. */
  probe: Schema.NullOr(Schema.Struct({ tried: Schema.Int, found: Schema.Int })),
  /** Null where no test join was made (yet). */
  inclusion: Schema.NullOr(Inclusion)
})
/** @see Candidate */
export type Candidate = typeof Candidate.Type

/** One string per side. */
export const sideId = (side: ColumnSet): string => JSON.stringify([side.schema, side.table, ...side.columns])

/** One string per pair of ends, for maps: the same pair, the same string. */
export const pairId = ({ from, to }: { readonly from: ColumnSet; readonly to: ColumnSet }): string =>
  `${sideId(from)} ${sideId(to)}`

/** What has two ends, ordered by both. */
export function* byEnds<P extends { readonly from: ColumnSet; readonly to: ColumnSet }>(
  pairs: ReadonlyArray<P>
): Steps<ReadonlyArray<P>> {
  const named = yield* mapInSteps(pairs, (pair) => ({ id: pairId(pair), pair }))
  const sorted = yield* sortInSteps(named, (a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
  return sorted.map(({ pair }) => pair)
}

/** Ends as a person writes them: `public.orders (customer_id) → public.customers (id)`. */
export const showPair = ({ from, to }: { readonly from: ColumnSet; readonly to: ColumnSet }): string =>
  `${showSide(from)} → ${showSide(to)}`

const showSide = ({ columns, schema, table }: ColumnSet) => `${schema}.${table} (${columns.join(", ")})`
