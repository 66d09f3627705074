import { Schema } from "effect"
import { TableName } from "./Catalog.ts"

/** How often a value stands in a column. Values are text, as PostgreSQL prints them. */
export const ValueCount = Schema.Struct({ value: Schema.String, count: Schema.Int })
/** @see ValueCount */
export type ValueCount = typeof ValueCount.Type

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
 * What one scan says about a column. Of a sampled table, `nulls`, `distinct` and counts are estimates for the whole table; everything
 * else is of the sample's rows. Values are cut after 256 characters.
 */
export const ColumnProfile = Schema.Struct({
  column: Schema.String,
  nulls: Schema.Int,
  /** Distinct values that are not null; null where the type has no equality (json, xml, …) and nothing was counted. */
  distinct: Schema.NullOr(Schema.Int),
  /** The smallest and largest value as text, in the type's own order (text: byte order); null where there is none. */
  minimum: Schema.NullOr(Schema.String),
  maximum: Schema.NullOr(Schema.String),
  /** Lengths of the values as text, in characters; null without values. */
  minimumLength: Schema.NullOr(Schema.Int),
  maximumLength: Schema.NullOr(Schema.Int),
  averageLength: Schema.NullOr(Schema.Number),
  /** Up to `SAMPLE_SIZE` distinct values, picked evenly by a hash of the value: random with regard to its meaning, and the same twice. */
  sample: Schema.Array(Schema.String),
  /** The most frequent values with their counts, most frequent first, then by value; at most `COMMON_VALUES`. */
  common: Schema.Array(ValueCount),
  /** What the values look like, of those that are not kept; what else is known of them is read off the sample. */
  look: Schema.optionalWith(Look, { exact: true })
})
/** @see ColumnProfile */
export type ColumnProfile = typeof ColumnProfile.Type

/** What one scan of a table says: figures that name, key and relationship inference share. */
export const TableProfile = Schema.Struct({
  ...TableName.fields,
  /** Rows counted, or estimated where `sampled`. */
  rows: Schema.Int,
  /** Whether the figures rest on a sample of the rows; what is derived from them says so. */
  sampled: Schema.Boolean,
  /** Whether values were removed when a run had ended: whoever needs them has to read the table again. */
  reduced: Schema.optionalWith(Schema.Boolean, { exact: true }),
  columns: Schema.Array(ColumnProfile)
})
/** @see TableProfile */
export type TableProfile = typeof TableProfile.Type

/** A profile without anybody's values: what may be stored as it is. */
export const withoutValues = (profile: TableProfile): TableProfile => ({
  ...profile,
  reduced: true,
  columns: profile.columns.map((column) => ({
    ...NO_VALUES,
    column: column.column,
    nulls: column.nulls,
    distinct: column.distinct
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
