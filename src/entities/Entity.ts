import { Schema } from "effect"
import { count } from "../language/Describing.ts"
import { type SkippedTable, type Table, tableId, TableName } from "../datasource/Catalog.ts"
import { isView } from "../schema/TableModel.ts"

/** A column elsewhere that refers to an entity. */
export const EntityOccurrence = Schema.Struct({
  ...TableName.fields,
  column: Schema.String,
  /** What the entity is to that row, where the column says so: `shipping_address_id` → "shipping"; "" where it only says which. */
  role: Schema.String,
  /** From 0 to 1: 1 is declared. */
  confidence: Schema.Number
})
/** @see EntityOccurrence */
export type EntityOccurrence = typeof EntityOccurrence.Type

/**
 * What a table stands for. `entity`: a thing people talk about; `lookup`: a short list of named values that others refer to, a thing too;
 * `link`: nothing of its own, it joins others; `log`: events or history recorded by a machine; `technical`: staging, backup, migration
 * or other plumbing, and what is a copy of another table; `empty`: nothing in it, and nothing says otherwise.
 */
export const EntityVerdict = Schema.Literal("entity", "lookup", "link", "log", "technical", "empty")
/** @see EntityVerdict */
export type EntityVerdict = typeof EntityVerdict.Type

/** Whether a verdict says that the table stands for a thing. */
export const isEntity = (verdict: EntityVerdict): boolean => verdict === "entity" || verdict === "lookup"

/** A table and what it stands for. Every table has a verdict; name, description and key are there whatever it says. */
export const Entity = Schema.Struct({
  ...TableName.fields,
  verdict: EntityVerdict,
  /** One sentence: why this verdict. */
  reason: Schema.String,
  /** What a person calls one of them, singular, Title Case: "Invoice Line". */
  name: Schema.String,
  /** One sentence that says more than the name. */
  description: Schema.String,
  aliases: Schema.Array(Schema.String),
  /** The columns that tell one row from another; empty where nothing does. */
  keyColumns: Schema.Array(Schema.String),
  /** Whether the key is declared, or was found in the data. */
  keyDeclared: Schema.Boolean,
  /** The number of rows; 0 where `isUnread`. */
  rows: Schema.Int,
  /** Whether figures rest on a sample of the rows, or `isUnread`. */
  sampled: Schema.Boolean,
  occurrences: Schema.Array(EntityOccurrence)
})
/** @see Entity */
export type Entity = typeof Entity.Type

/** The row count of a table, as it is in all results: `rows` 0 and `sampled` where it `isUnread`. */
export type RowCount = Pick<Entity, "rows" | "sampled">

/**
 * Whether no row of the table was read, so that their number is unknown: reading failed, or the table seems empty and row-level security or
 * an unread part may hide its rows. It is never said to have no rows, and belongs in no sum.
 */
export const isUnread = ({ rows, sampled }: RowCount): boolean => rows === 0 && sampled

/** A table and the number of its rows. */
type CountedTable = RowCount & TableName

/** Ids of tables whose rows are those of others: views, and parts of tables that were read with them. */
const heldElsewhere = (counts: ReadonlyArray<CountedTable>, catalog: ReadonlyArray<Table>): ReadonlySet<string> => {
  const read = new Set(counts.filter((table) => !isUnread(table)).map(tableId))
  return new Set(
    catalog.flatMap((table) => {
      if (isView(table)) return [tableId(table)]
      const left = new Set(table.partsNotRead?.map(tableId))
      return read.has(tableId(table)) ? (table.parts ?? []).map(tableId).filter((part) => !left.has(part)) : []
    })
  )
}

/**
 * The rows of some tables together. By the `catalog`, each row counts once: those of a view are those of its tables, and those of a part are
 * its whole's. Views alone count as tables do.
 */
export const rowsTogether = (tables: ReadonlyArray<CountedTable>, catalog: ReadonlyArray<Table>): number => {
  const held = heldElsewhere(tables, catalog)
  const own = tables.filter((table) => !held.has(tableId(table)))
  const counted = own.some((table) => !isUnread(table)) ? own : tables
  return counted.reduce((sum, { rows }) => sum + rows, 0)
}

/** `rowsTogether` in words: "1,204 rows", "about 3 rows in what was read (2 tables were not)", "not read". */
export const rowsInWords = (tables: ReadonlyArray<CountedTable>, catalog: ReadonlyArray<Table>): string => {
  const read = tables.filter((table) => !isUnread(table))
  if (read.length === 0 && tables.length > 0) return NOT_READ
  const rows = rowsTogether(tables, catalog)
  const left = tables.length - read.length
  const about = read.some(({ sampled }) => sampled) ? "about " : ""
  return `${about}${count(rows)} ${rows === 1 ? "row" : "rows"}${left === 0 ? "" : ` in what was read (${count(left)} ${left === 1 ? "table was" : "tables were"} not)`}`
}

/** Why no row is known of a table that could be read. */
const NO_ROW_SEEN = "this login sees no row of it, which is not to say that it has none"

/** The tables of which no row was read, each with the reason: those that were passed over, and the other ones that are `isUnread`. */
export const tablesNotRead = (
  skipped: ReadonlyArray<SkippedTable>,
  tables: ReadonlyArray<CountedTable>
): ReadonlyArray<SkippedTable> => {
  const known = new Set(skipped.map(tableId))
  const unseen = tables.filter((table) => isUnread(table) && !known.has(tableId(table)))
  return [...skipped, ...unseen.map(({ schema, table }) => ({ schema, table, reason: NO_ROW_SEEN }))]
}

/** What stands in the place of the row count of a table that `isUnread`. */
export const NOT_READ = "not read"
