import { Schema } from "effect"

/** A table's schema and name, spelled exactly as in the database and not quoted. */
export const TableName = Schema.Struct({ schema: Schema.String, table: Schema.String })
/** @see TableName */
export type TableName = typeof TableName.Type

/**
 * A unique string per table for map keys, task ids and people: `public.orders`. A part that is blank, or contains a dot or quote, is quoted:
 * `a."b.c"`. Not for SQL, which must quote more (see `quoteTable`).
 */
export const tableId = (name: TableName): string => `${idPart(name.schema)}.${idPart(name.table)}`

const idPart = (part: string) => (/[."]|^\s*$/.test(part) ? `"${part.replaceAll('"', '""')}"` : part)

/** The class of a column's type: decides which columns are compared with each other, and what their statistics mean. */
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

/** The values that a declaration allows in a column: a list, or a range with one or two bounds. NULL is not covered. */
export const Allowed = Schema.Struct({
  /** The declaration: a CHECK of the table, a CHECK of the column's domain, or the enum type of an array's elements. */
  by: Schema.Literal("check", "domain", "elements"),
  /** Whether a CHECK allows them as the elements of an array. */
  inArrays: Schema.optionalWith(Schema.Literal(true), { exact: true }),
  values: Schema.optionalWith(Schema.Array(Schema.String), { exact: true }),
  low: Schema.optionalWith(Bound, { exact: true }),
  high: Schema.optionalWith(Bound, { exact: true })
})
/** @see Allowed */
export type Allowed = typeof Allowed.Type

/** Whether the values are those of an array's elements. */
export const isOfElements = (allowed: Allowed | undefined): boolean =>
  allowed?.by === "elements" || allowed?.inArrays === true

/** A column as the catalog describes it. */
export const Column = Schema.Struct({
  name: Schema.String,
  /** From 1, without gaps, in the order of the table's columns. */
  position: Schema.Int,
  /** As `format_type` prints it: `character varying(20)`. */
  type: Schema.String,
  /** Of a domain, the type that it is made of, as `format_type` prints it. Absent for any other type. */
  baseType: Schema.optionalWith(Schema.String, { exact: true }),
  typeClass: TypeClass,
  /** The class of an array's elements, where they may be keys of another table: integers, UUIDs or texts. Absent for any other type. */
  elements: Schema.optionalWith(TypeClass, { exact: true }),
  nullable: Schema.Boolean,
  /** Whether it is an identity column, or its default calls a sequence. */
  sequence: Schema.Boolean,
  /** Of a generated column, the columns that its expression names, by name. Absent for any other. */
  computedFrom: Schema.optionalWith(Schema.Array(Schema.String), { exact: true }),
  /** The first 200 labels of an enum type, in the enum's order; null for any other type. */
  enumLabels: Schema.NullOr(Schema.Array(Schema.String)),
  /** The first 2,000 characters of its comment; null without one. */
  comment: Schema.NullOr(Schema.String),
  /** The values that it may contain, where a CHECK, domain or enum declares them. */
  allowed: Schema.optionalWith(Allowed, { exact: true }),
  /**
   * What kind of secrets or personal data its declaration lists, which are therefore in neither `enumLabels` nor `allowed`, or a view may
   * have computed it from.
   */
  withheld: Schema.optionalWith(Schema.String, { exact: true }),
  /** Whether casting the type to text would run a function that neither PostgreSQL nor an extension installed. Then it is never cast. */
  ownCast: Schema.optionalWith(Schema.Boolean, { exact: true }),
  /** The first 50 fields of a composite type, as SQL declares them: `street text`. */
  fields: Schema.optionalWith(Schema.Array(Schema.String), { exact: true })
})
/** @see Column */
export type Column = typeof Column.Type

/** A declared primary key, or a unique constraint or index over plain columns without a predicate. */
export const Key = Schema.Struct({
  name: Schema.String,
  columns: Schema.Array(Schema.String),
  primary: Schema.Boolean,
  /** Whether rows may violate it within a transaction: it is DEFERRABLE. */
  deferrable: Schema.optionalWith(Schema.Boolean, { exact: true })
})
/** @see Key */
export type Key = typeof Key.Type

/** A declared foreign key; `columns` and `target.columns` pair up by position. */
export const ForeignKey = Schema.Struct({
  name: Schema.String,
  columns: Schema.Array(Schema.String),
  target: Schema.Struct({ ...TableName.fields, columns: Schema.Array(Schema.String) }),
  /** Whether rows may violate it: it is NOT VALID or NOT ENFORCED, or only some parts of a hierarchy declare it. */
  unvalidated: Schema.optionalWith(Schema.Boolean, { exact: true }),
  /** Whether its last column is a period, which the periods of several rows of the target cover together. */
  period: Schema.optionalWith(Schema.Boolean, { exact: true })
})
/** @see ForeignKey */
export type ForeignKey = typeof ForeignKey.Type

/** A table that was not read, with a reason that a person can act on ("permission denied"). */
export const SkippedTable = Schema.Struct({ ...TableName.fields, reason: Schema.String })
/** @see SkippedTable */
export type SkippedTable = typeof SkippedTable.Type

/** A partition, or a child by inheritance. */
export const Part = Schema.Struct({
  ...TableName.fields,
  /** Names of columns that the child has in addition to its parent's, where it is not a table of the catalog itself; they are not profiled. */
  columns: Schema.optionalWith(Schema.Array(Schema.String), { exact: true })
})
/** @see Part */
export type Part = typeof Part.Type

/**
 * A table as the catalog describes it. A hierarchy of partitions, or by inheritance, is one table with the rows of a `SELECT` from its root.
 * Optional fields are left out where they do not apply.
 */
export const Table = Schema.Struct({
  ...TableName.fields,
  kind: Schema.Literal("table", "view", "materialized view", "foreign table"),
  comment: Schema.NullOr(Schema.String),
  /** The planner's estimate of rows, summed over the parts; null where the table was never analysed. */
  estimatedRows: Schema.NullOr(Schema.Number),
  columns: Schema.Array(Column),
  keys: Schema.Array(Key),
  foreignKeys: Schema.Array(ForeignKey),
  /** The plain columns at the start of each index that is not a key: a hint that queries join on them. */
  indexes: Schema.Array(Schema.Array(Schema.String)),
  /** Whether row-level security filters the rows for this login. */
  rowSecurity: Schema.optionalWith(Schema.Boolean, { exact: true }),
  /** Columns that this login may not read. They are not among `columns`. */
  unreadable: Schema.optionalWith(Schema.Array(Schema.String), { exact: true }),
  /** The columns of its primary key, where rows of children by inheritance may repeat it: it is not among `keys` then. */
  parentKey: Schema.optionalWith(Schema.Array(Schema.String), { exact: true }),
  /** The columns of its primary key, where this login may not read all of them: it is not among `keys` then. */
  hiddenKey: Schema.optionalWith(Schema.Array(Schema.String), { exact: true }),
  /** Foreign keys of columns, or to columns, that this login may not read. They are not among `foreignKeys`. */
  hiddenForeignKeys: Schema.optionalWith(Schema.Array(ForeignKey), { exact: true }),
  /** Its partitions or children, at any depth, that hold rows. */
  parts: Schema.optionalWith(Schema.Array(Part), { exact: true }),
  /** Parts whose rows are left out, and why. */
  partsNotRead: Schema.optionalWith(Schema.Array(SkippedTable), { exact: true }),
  /** Names and comments whose bytes are not valid text and that were dropped, in words: "the comment of email". */
  lost: Schema.optionalWith(Schema.Array(Schema.String), { exact: true }),
  /** The name of a volatile function that a view, or a policy that filters the rows, calls, directly or through another one: each read runs it. */
  volatile: Schema.optionalWith(Schema.String, { exact: true }),
  /** Of a view, the names of the columns of tables that it reads, at any depth. */
  reads: Schema.optionalWith(Schema.Array(Schema.String), { exact: true })
})
/** @see Table */
export type Table = typeof Table.Type

/** Whether a table only shows what others hold. */
export const isView = ({ kind }: Table): boolean => kind === "view" || kind === "materialized view"

/** Tables by estimated rows, largest first: a large table that is read last would run alone while the other connections idle. */
export const largestFirst = (tables: ReadonlyArray<Table>): ReadonlyArray<Table> =>
  [...tables].sort((a, b) => (b.estimatedRows ?? 0) - (a.estimatedRows ?? 0))

/** The tables that the login may read, and those it may not, each by schema and name in byte order. */
export const Catalog = Schema.Struct({
  database: Schema.String,
  serverVersion: Schema.String,
  tables: Schema.Array(Table),
  skipped: Schema.Array(SkippedTable)
})
/** @see Catalog */
export type Catalog = typeof Catalog.Type

/** Whether the table may have rows that nobody saw: policies hide them from this login, or some of its parts were not read. */
export const mayHideRows = ({ partsNotRead, rowSecurity }: Table): boolean =>
  rowSecurity === true || partsNotRead !== undefined
