import { Schema } from "effect"
import { TableName } from "./Catalog.ts"

/** Columns of one table, paired by position with those of another; one column for a single key, more for a composite one. */
export const ColumnSet = Schema.Struct({ ...TableName.fields, columns: Schema.Array(Schema.String) })
/** @see ColumnSet */
export type ColumnSet = typeof ColumnSet.Type

/** Rows of a table that are meant: those where this column has this value, as text. */
export const Condition = Schema.Struct({ column: Schema.String, value: Schema.String })
/** @see Condition */
export type Condition = typeof Condition.Type

/**
 * How two columns are compared that are not of one type: a text that holds whole numbers as a number (`CAST(a.b AS bigint) = c.d`), or the
 * elements of a list one by one (`c.d = ANY (a.b)`).
 */
export const Compared = Schema.Literal("as whole numbers", "element by element")
/** @see Compared */
export type Compared = typeof Compared.Type

/** What a test join of `from` into `to` found. Rows with a null in any `from` column do not take part. */
export const Inclusion = Schema.Struct({
  /** Rows of `from` without nulls. */
  rows: Schema.Int,
  /** Of these, rows whose values are not in `to`. */
  orphanRows: Schema.Int,
  /** Distinct values (tuples) of `from`, and how many of them are in `to`. */
  distinct: Schema.Int,
  matched: Schema.Int,
  /** Distinct values of `to` (an estimate where it is large): matched / targetDistinct is the coverage of the target. */
  targetDistinct: Schema.Int,
  /** Up to five values that are not in `to`, in their order, as text. */
  orphans: Schema.Array(Schema.String),
  /** How many rows of `from` share a value at most, and of `to` one that `from` has: 1 on both sides is 1:1, N and 1 is N:1. */
  maxFrom: Schema.Int,
  maxTo: Schema.Int,
  /** Whether the figures rest on a sample of `from`: of its rows, or of its values with all rows that have one. */
  sampled: Schema.Boolean
})
/** @see Inclusion */
export type Inclusion = typeof Inclusion.Type
