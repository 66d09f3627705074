import { Schema } from "effect"

/** A table's place: its schema and its name, exactly as the database spells them. */
export const TableName = Schema.Struct({ schema: Schema.String, table: Schema.String })
/** @see TableName */
export type TableName = typeof TableName.Type

/** One string per table, for maps and task ids: `public.orders`. For people and keys only, never for SQL (nothing is quoted). */
export const tableId = (name: TableName): string => `${name.schema}.${name.table}`

/** What a column's type is good for: which types can be compared with which, and what statistics mean for them. */
export const TypeClass = Schema.Literal(
  "integer",
  "number",
  "text",
  "uuid",
  "boolean",
  "time",
  "json",
  "binary",
  "other"
)
/** @see TypeClass */
export type TypeClass = typeof TypeClass.Type

/** A column as the catalog describes it. */
export const Column = Schema.Struct({
  name: Schema.String,
  /** From 1, without gaps, in the table's order. */
  position: Schema.Int,
  /** As `format_type` prints it: `character varying(20)`. */
  type: Schema.String,
  typeClass: TypeClass,
  nullable: Schema.Boolean,
  /** Filled by a sequence or an identity. */
  sequence: Schema.Boolean,
  /** The labels of an enum type, in their order. */
  enumLabels: Schema.NullOr(Schema.Array(Schema.String)),
  comment: Schema.NullOr(Schema.String)
})
/** @see Column */
export type Column = typeof Column.Type

/** A declared primary key or a unique constraint or index over plain columns without a predicate. */
export const Key = Schema.Struct({ name: Schema.String, columns: Schema.Array(Schema.String), primary: Schema.Boolean })
/** @see Key */
export type Key = typeof Key.Type

/** A declared foreign key; `columns` and `target.columns` pair up by position. */
export const ForeignKey = Schema.Struct({
  name: Schema.String,
  columns: Schema.Array(Schema.String),
  target: Schema.Struct({ ...TableName.fields, columns: Schema.Array(Schema.String) })
})
/** @see ForeignKey */
export type ForeignKey = typeof ForeignKey.Type

/** A table as the catalog describes it. Partitions are folded into their parent, which carries their rows. */
export const Table = Schema.Struct({
  ...TableName.fields,
  kind: Schema.Literal("table", "view", "materialized view", "foreign table"),
  comment: Schema.NullOr(Schema.String),
  /** The planner's estimate, partitions summed; null where the table was never analysed. */
  estimatedRows: Schema.NullOr(Schema.Number),
  columns: Schema.Array(Column),
  keys: Schema.Array(Key),
  foreignKeys: Schema.Array(ForeignKey),
  /** Leading columns of every index that is not a key: a hint that somebody joins on them. */
  indexes: Schema.Array(Schema.Array(Schema.String))
})
/** @see Table */
export type Table = typeof Table.Type

/** Tables in the order to read them in: a large one that comes last is waited for alone. */
export const largestFirst = (tables: ReadonlyArray<Table>): ReadonlyArray<Table> =>
  [...tables].sort((a, b) => (b.estimatedRows ?? 0) - (a.estimatedRows ?? 0))

/** A table that was passed over, and why, in words a person can act on ("permission denied"). */
export const SkippedTable = Schema.Struct({ ...TableName.fields, reason: Schema.String })
/** @see SkippedTable */
export type SkippedTable = typeof SkippedTable.Type

/** What a datasource's catalog says, as far as the login may read it; ordered by schema and table, so that it reads the same twice. */
export const Catalog = Schema.Struct({
  database: Schema.String,
  serverVersion: Schema.String,
  tables: Schema.Array(Table),
  skipped: Schema.Array(SkippedTable)
})
/** @see Catalog */
export type Catalog = typeof Catalog.Type
