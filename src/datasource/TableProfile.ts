import { Schema } from "effect"
import { TableName } from "./Catalog.ts"

/** A value as text, as PostgreSQL prints it, and the number of rows with it. */
export const ValueCount = Schema.Struct({ value: Schema.String, count: Schema.Int })
/** @see ValueCount */
export type ValueCount = typeof ValueCount.Type

/** The numbers of rows with infinity, minus infinity and NaN, which `minimum` and `maximum` leave out. */
export const NotFinite = Schema.Struct({ infinity: Schema.Int, minusInfinity: Schema.Int, notANumber: Schema.Int })
/** @see NotFinite */
export type NotFinite = typeof NotFinite.Type

/** How many rows there are in each of several parts of equal width, from `low` to `high`, the smallest and the largest value that was read. */
export const Histogram = Schema.Struct({ low: Schema.String, high: Schema.String, rows: Schema.Array(Schema.Int) })
/** @see Histogram */
export type Histogram = typeof Histogram.Type

/** What the values of a column look like: kept when the values themselves are removed. */
export const Look = Schema.Struct({
  /** The form that nearly all values have; null where there is none. */
  form: Schema.NullOr(Schema.Literal("email", "url", "ip_address", "date", "timestamp")),
  /** Why the values are sensitive, as far as they show it themselves; null where they do not. */
  sensitive: Schema.NullOr(Schema.String)
})
/** @see Look */
export type Look = typeof Look.Type

/**
 * Figures and values of a column. If its table is `sampled`, `nulls`, `distinct` and counts are estimates for the whole table, and all else is
 * of the sampled rows. If only the column is `estimated`, this applies to `distinct`, `sample` and `common`, and the rest is exact. Equality
 * is PostgreSQL's. Values are cut after 256 characters.
 */
export const ColumnProfile = Schema.Struct({
  column: Schema.String,
  nulls: Schema.Int,
  /** The number of distinct values without NULL; null where they were not counted, because the type has no built-in equality (json, xml, …). */
  distinct: Schema.NullOr(Schema.Int),
  /**
   * The smallest and largest value as text, in the order of the type (texts and enums: byte order); null where there is none. Without
   * infinities and NaN, which `notFinite` counts.
   */
  minimum: Schema.NullOr(Schema.String),
  maximum: Schema.NullOr(Schema.String),
  /** Lengths of the values as text, in characters, or in bytes above 1,000 bytes; null without values. */
  minimumLength: Schema.NullOr(Schema.Int),
  maximumLength: Schema.NullOr(Schema.Int),
  averageLength: Schema.NullOr(Schema.Number),
  /** Up to `SAMPLE_SIZE` distinct values, picked by a hash of the value: independent of its meaning, and the same in each run. */
  sample: Schema.Array(Schema.String),
  /**
   * Up to `COMMON_VALUES` most frequent values with their counts, most frequent first, then by value. Values that occur once are included only
   * if the column has no more than `COMMON_VALUES` distinct values.
   */
  common: Schema.Array(ValueCount),
  /** How values are spread: of numbers and times, where two differ. */
  histogram: Schema.optionalWith(Histogram, { exact: true }),
  /** Whether `distinct` is an estimate from a sample: uniqueness is then likely, but not certain. */
  estimated: Schema.optional(Schema.Boolean),
  /** Left out where all are 0. */
  notFinite: Schema.optional(NotFinite),
  /** How many values, at least, were left out because their bytes are invalid in the database's encoding. */
  garbled: Schema.optional(Schema.Int),
  /** Of an array column whose elements may be keys: a sample of the elements, picked as `sample`. */
  elements: Schema.optional(Schema.Array(Schema.String)),
  /** What the values look like, where they are not kept. */
  look: Schema.optionalWith(Look, { exact: true })
})
/** @see ColumnProfile */
export type ColumnProfile = typeof ColumnProfile.Type

/** A column whose values could not be read although others of its table could, with the reason. */
export const UnreadColumn = Schema.Struct({ column: Schema.String, reason: Schema.String })
/** @see UnreadColumn */
export type UnreadColumn = typeof UnreadColumn.Type

/** The figures of a table and its columns, which the inference of names, keys and relationships uses. */
export const TableProfile = Schema.Struct({
  ...TableName.fields,
  /** The number of rows; an estimate where `sampled`. */
  rows: Schema.Int,
  /** Whether the figures are of a sample of the rows. */
  sampled: Schema.Boolean,
  /** Whether the values were removed at the end of a run: to have them, the table must be read again. */
  reduced: Schema.optionalWith(Schema.Boolean, { exact: true }),
  columns: Schema.Array(ColumnProfile),
  /** Columns that failed when they were read (a view that divides by zero); there is no profile of them. */
  unread: Schema.optional(Schema.Array(UnreadColumn))
})
/** @see TableProfile */
export type TableProfile = typeof TableProfile.Type

/** The profile without values, which may be stored unencrypted. */
export const withoutValues = (profile: TableProfile): TableProfile => ({
  ...profile,
  reduced: true,
  columns: profile.columns.map(({ column, distinct, estimated, garbled, notFinite, nulls }) => ({
    ...NO_VALUES,
    column,
    nulls,
    distinct,
    ...(estimated === undefined ? {} : { estimated }),
    ...(notFinite === undefined ? {} : { notFinite }),
    ...(garbled === undefined ? {} : { garbled })
  }))
})

/** The part of a column's profile that comes from its values, when none are known. */
export const NO_VALUES = {
  minimum: null,
  maximum: null,
  minimumLength: null,
  maximumLength: null,
  averageLength: null,
  sample: [],
  common: []
}
