import { Schema } from "effect"

/** A table's place: its schema and its name, exactly as the database spells them. */
export const TableName = Schema.Struct({ schema: Schema.String, table: Schema.String })
/** @see TableName */
export type TableName = typeof TableName.Type

/**
 * One string per table, for maps and task ids: `public.orders`. No two tables share one: a part with a dot or a quote in it is quoted,
 * `a."b.c"`. For people and keys only, never for SQL (nothing else is quoted).
 */
export const tableId = (name: TableName): string => `${idPart(name.schema)}.${idPart(name.table)}`

const idPart = (part: string) => (/[."]/.test(part) ? `"${part.replaceAll('"', '""')}"` : part)

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

const Bound = Schema.Struct({ value: Schema.String, inclusive: Schema.Boolean })

/** What a column may hold, as declared: some values, or a range. Null is no value. */
export const Allowed = Schema.Struct({
  /** Who says so: a CHECK of the table, one of the column's domain, or the enum that the elements of an array are. */
  by: Schema.Literal("check", "domain", "elements"),
  values: Schema.optionalWith(Schema.Array(Schema.String), { exact: true }),
  low: Schema.optionalWith(Bound, { exact: true }),
  high: Schema.optionalWith(Bound, { exact: true })
})
/** @see Allowed */
export type Allowed = typeof Allowed.Type

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
  /** The labels of an enum type, in their order; the first 200. */
  enumLabels: Schema.NullOr(Schema.Array(Schema.String)),
  /** The first 2,000 characters. */
  comment: Schema.NullOr(Schema.String),
  /** What it may hold, where something declares it. */
  allowed: Schema.optionalWith(Allowed, { exact: true }),
  /** Whether `::text` would run a function that somebody wrote for this type, and neither PostgreSQL nor an extension brought. */
  ownCast: Schema.optionalWith(Schema.Boolean, { exact: true }),
  /** The fields of a composite type, as SQL declares them: `street text`. */
  fields: Schema.optionalWith(Schema.Array(Schema.String), { exact: true })
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
  target: Schema.Struct({ ...TableName.fields, columns: Schema.Array(Schema.String) }),
  /** That the server does not see to it for every row: NOT VALID, not enforced, or declared by some part of a hierarchy alone. */
  unvalidated: Schema.optionalWith(Schema.Boolean, { exact: true })
})
/** @see ForeignKey */
export type ForeignKey = typeof ForeignKey.Type

/** A table that was passed over, and why, in words a person can act on ("permission denied"). */
export const SkippedTable = Schema.Struct({ ...TableName.fields, reason: Schema.String })
/** @see SkippedTable */
export type SkippedTable = typeof SkippedTable.Type

/** A partition, or a child by inheritance. */
export const Part = Schema.Struct({
  ...TableName.fields,
  /** Columns that only the child has; nothing else is known of them. */
  columns: Schema.optionalWith(Schema.Array(Schema.String), { exact: true })
})
/** @see Part */
export type Part = typeof Part.Type

/**
 * A table as the catalog describes it. A hierarchy, of partitions or by inheritance, is one table with the rows that `SELECT` gives;
 * what it is made of is named. Facts that are rare are left out where they do not hold.
 */
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
  indexes: Schema.Array(Schema.Array(Schema.String)),
  /** Whether policies decide which rows this login sees. */
  rowSecurity: Schema.optionalWith(Schema.Boolean, { exact: true }),
  /** Columns that this login may not read. They are not among `columns`. */
  unreadable: Schema.optionalWith(Schema.Array(Schema.String), { exact: true }),
  /** Its partitions or children, at any depth, that hold rows. */
  parts: Schema.optionalWith(Schema.Array(Part), { exact: true }),
  /** Parts whose rows are left out, and why. */
  partsNotRead: Schema.optionalWith(Schema.Array(SkippedTable), { exact: true }),
  /** What is lost because its bytes are no text, in words: "the comment of email". */
  lost: Schema.optionalWith(Schema.Array(Schema.String), { exact: true }),
  /** Of a view: a volatile function that it calls, itself or by a view below. Each reading runs it. */
  volatile: Schema.optionalWith(Schema.String, { exact: true })
})
/** @see Table */
export type Table = typeof Table.Type

/** Tables in the order to read them in: a large one that comes last is waited for alone. */
export const largestFirst = (tables: ReadonlyArray<Table>): ReadonlyArray<Table> =>
  [...tables].sort((a, b) => (b.estimatedRows ?? 0) - (a.estimatedRows ?? 0))

/** What a datasource's catalog says, as far as the login may read it; ordered by schema and table, so that it reads the same twice. */
export const Catalog = Schema.Struct({
  database: Schema.String,
  serverVersion: Schema.String,
  tables: Schema.Array(Table),
  skipped: Schema.Array(SkippedTable)
})
/** @see Catalog */
export type Catalog = typeof Catalog.Type
