import { Schema } from "effect"
import { byText } from "../datasource/byText.ts"
import { ColumnSet, Condition, Inclusion } from "../datasource/Inclusion.ts"
import { mapInSteps, sortInSteps, type Steps } from "../steps/Steps.ts"

/** Two ends that may refer to each other. */
export interface Pair {
  readonly from: ColumnSet
  readonly to: ColumnSet
  /** The rows of `from` that refer to `to`; undefined if all of them do. */
  readonly when?: Condition | undefined
}

/** A possible reference as stored while a detection runs: what the probe and the test join of it found. */
export const Candidate = Schema.Struct({
  from: ColumnSet,
  to: ColumnSet,
  /** @see Pair */
  when: Schema.optional(Condition),
  /** Sampled values of `from` that were looked up in the whole of `to`, and how many are there; null where none was probed. */
  probe: Schema.NullOr(Schema.Struct({ tried: Schema.Int, found: Schema.Int })),
  /** Null where no test join was made (yet). */
  inclusion: Schema.NullOr(Inclusion)
})
/** @see Candidate */
export type Candidate = typeof Candidate.Type

/** One string per end, for maps. */
export const sideId = (side: ColumnSet): string => JSON.stringify([side.schema, side.table, ...side.columns])

/** One string per pair of ends and condition, for maps: "Post" and "post" beside one column may both name a table. */
export const pairId = ({ from, to, when }: Pair): string =>
  `${sideId(from)} ${sideId(to)}${when === undefined ? "" : ` ${JSON.stringify([when.column, when.value])}`}`

/** Pairs ordered by both ends. */
export function* byEnds<P extends Pair>(pairs: ReadonlyArray<P>): Steps<ReadonlyArray<P>> {
  const named = yield* mapInSteps(pairs, (pair) => ({ id: pairId(pair), pair }))
  const sorted = yield* sortInSteps(named, (a, b) => byText(a.id, b.id))
  return sorted.map(({ pair }) => pair)
}

/** Ends as a person writes them: `public.orders (customer_id) → public.customers (id)`. */
export const showPair = ({ from, to }: Pair): string => `${showSide(from)} → ${showSide(to)}`

const showSide = ({ columns, schema, table }: ColumnSet) => `${schema}.${table} (${columns.join(", ")})`
