import { Schema } from "effect"
import { TableName } from "./Catalog.ts"

/** Columns of one table, which pair by position with those of another: one for a simple key, several for a composite key. */
export const ColumnSet = Schema.Struct({ ...TableName.fields, columns: Schema.Array(Schema.String) })
/** @see ColumnSet */
export type ColumnSet = typeof ColumnSet.Type

/** Restricts a table to the rows where `column` as text equals `value`. */
export const Condition = Schema.Struct({ column: Schema.String, value: Schema.String })
/** @see Condition */
export type Condition = typeof Condition.Type

/**
 * How columns of different types are compared: a text column as whole numbers (`CAST(a.b AS bigint) = c.d`) or as UUIDs, or only those of its
 * texts that are some, where there may be others, on which that cast would fail, or numbers too large for it; or the texts of the key, where
 * whole numbers refer to them (`a.b = CAST(c.d AS bigint)`); or the elements of an array column one by one (`c.d = ANY (a.b)`); or the last of several columns as a period (`a.b && c.d`), as in a foreign key with PERIOD.
 */
export const Compared = Schema.Literal(
  "as whole numbers",
  "as whole numbers, where they are some",
  "key as whole numbers",
  "key as whole numbers, where they are some",
  "as uuids",
  "as uuids, where they are some",
  "element by element",
  "by overlapping periods"
)
/** @see Compared */
export type Compared = typeof Compared.Type

/** Whether it is the texts of the key that are read as something else, and not those of the column. */
export const isOfKey = (
  compared: Compared | undefined
): compared is "key as whole numbers" | "key as whole numbers, where they are some" =>
  compared === "key as whole numbers" || compared === "key as whole numbers, where they are some"

/** The type that texts are cast to where they are compared with a key. */
export const CastTo = Schema.Literal("bigint", "numeric", "uuid")
/** @see CastTo */
export type CastTo = typeof CastTo.Type

/** The type that texts are cast to where they are compared with keys of a type: one that holds them all, and can use an index of theirs. */
export const castTo = (type: string): CastTo =>
  type === "uuid" ? "uuid" : /^(?:smallint|integer|bigint)$/.test(type) ? "bigint" : "numeric"

/** How far the values of `from` are included in those of `to`. Rows with a NULL in any `from` column are not counted. */
export const Inclusion = Schema.Struct({
  /** Rows of `from` without NULLs. */
  rows: Schema.Int,
  /** Those of `rows` whose values are not in `to`. */
  orphanRows: Schema.Int,
  /** Distinct values (tuples) of `from`, and the number of them that are in `to`. */
  distinct: Schema.Int,
  matched: Schema.Int,
  /** Distinct values of `to`, estimated where it is large; `matched / targetDistinct` is the coverage of the target. */
  targetDistinct: Schema.Int,
  /** The five smallest values that are not in `to`, as text, each cut after 256 characters. */
  orphans: Schema.Array(Schema.String),
  /** The most rows of `from` with one value, and the most rows of `to` with one of these: the cardinality (1 and 1 is 1:1, N and 1 is N:1). */
  maxFrom: Schema.Int,
  maxTo: Schema.Int,
  /** Whether the figures are of a sample of `from`: of its rows, or of its distinct values with all their rows. */
  sampled: Schema.Boolean
})
/** @see Inclusion */
export type Inclusion = typeof Inclusion.Type
