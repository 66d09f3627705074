import { Schema } from "effect"
import { TableName } from "./Catalog.ts"

/** How often a value stands in a column. Values are text, as PostgreSQL prints them. */
export const ValueCount = Schema.Struct({ value: Schema.String, count: Schema.Int })
/** @see ValueCount */
export type ValueCount = typeof ValueCount.Type

/** Values that are no ends of a range: how many rows have each. */
export const NotFinite = Schema.Struct({ infinity: Schema.Int, minusInfinity: Schema.Int, notANumber: Schema.Int })
/** @see NotFinite */
export type NotFinite = typeof NotFinite.Type
/** What the values of a column look like: what may be known of them when they are gone. */
export const Look = Schema.Struct({
  /** What nearly all are written like; null where they have no form of their own. */
  form: Schema.NullOr(Schema.Literal("email", "url", "ip_address", "date", "timestamp")),
  /** Why they are to be kept from others, as far as they show it themselves; null where they do not. */
  sensitive: Schema.NullOr(Schema.String)
})
/** @see Look */
export type Look = typeof Look.Type

/**
 * What is known of a column's values. Where its table is `sampled`, `nulls`, `distinct` and counts are estimates for the whole table and
 * everything else is of the sample's rows; where only the column is `estimated`, that holds for `distinct`, `sample` and `common`, and
 * the rest is counted. Values are equal where PostgreSQL says so, and are cut after 256 characters.
 */
export const ColumnProfile = Schema.Struct({
  column: Schema.String,
  nulls: Schema.Int,
  /** Distinct values that are not null; null where the type has no equality of PostgreSQL's own (json, xml, …) and nothing was counted. */
  distinct: Schema.NullOr(Schema.Int),
  /**
   * The smallest and largest value as text, in the type's own order (texts and enums: byte order); null where there is none. Infinities
   * and NaN are counted in `notFinite`.
   */
  minimum: Schema.NullOr(Schema.String),
  maximum: Schema.NullOr(Schema.String),
  /** Lengths of the values as text, in characters (longer than 1,000 bytes: in bytes); null without values. */
  minimumLength: Schema.NullOr(Schema.Int),
  maximumLength: Schema.NullOr(Schema.Int),
  averageLength: Schema.NullOr(Schema.Number),
  /** Up to `SAMPLE_SIZE` distinct values, picked evenly by a hash of the value: random with regard to its meaning, and the same twice. */
  sample: Schema.Array(Schema.String),
  /**
   * The most frequent values with their counts, most frequent first, then by value; at most `COMMON_VALUES`. A value that stands once is
   * only there where the column has no more than so many.
   */
  common: Schema.Array(ValueCount),
  /** Whether `distinct` rests on a sample: that no value stands twice is then likely, and not known. */
  estimated: Schema.optional(Schema.Boolean),
  /** Only where there are any. */
  notFinite: Schema.optional(NotFinite),
  /** How many of the values looked at are no text in the database's encoding, and left out. */
  garbled: Schema.optional(Schema.Int),
  /** Of an array of what can be keys: a sample of its elements, as `sample`. */
  elements: Schema.optional(Schema.Array(Schema.String)),
  /** What the values look like, of those that are not kept; what else is known of them is read off the sample. */
  look: Schema.optionalWith(Look, { exact: true })
})
/** @see ColumnProfile */
export type ColumnProfile = typeof ColumnProfile.Type

/** A column whose values could not be read, though others of its table could, and why. */
export const UnreadColumn = Schema.Struct({ column: Schema.String, reason: Schema.String })
/** @see UnreadColumn */
export type UnreadColumn = typeof UnreadColumn.Type

/** What one scan of a table says: figures that name, key and relationship inference share. */
export const TableProfile = Schema.Struct({
  ...TableName.fields,
  /** Rows counted, or estimated where `sampled`. */
  rows: Schema.Int,
  /** Whether the figures rest on a sample of the rows; what is derived from them says so. */
  sampled: Schema.Boolean,
  /** Whether values were removed when a run had ended: whoever needs them has to read the table again. */
  reduced: Schema.optionalWith(Schema.Boolean, { exact: true }),
  columns: Schema.Array(ColumnProfile),
  /** Columns that failed when they were read (a view that divides by zero); there is no profile of them. */
  unread: Schema.optional(Schema.Array(UnreadColumn))
})
/** @see TableProfile */
export type TableProfile = typeof TableProfile.Type

/** A profile without anybody's values: what may be stored as it is. */
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

const NO_VALUES = {
  minimum: null,
  maximum: null,
  minimumLength: null,
  maximumLength: null,
  averageLength: null,
  sample: [],
  common: []
}
