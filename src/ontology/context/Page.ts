import { Schema } from "effect"

/** A line of prose, and the tables that it names. */
export const PageLine = Schema.Struct({
  text: Schema.String,
  /** Ids of tables. */
  tables: Schema.Array(Schema.String),
  /** Ids of columns: `table id.column`. No budget drops them. */
  columns: Schema.Array(Schema.String)
})
/** @see PageLine */
export type PageLine = typeof PageLine.Type

/** What the page says of a column. Texts are spelled as they stand in it. */
export const PageColumn = Schema.Struct({
  /** `table id.column`. */
  id: Schema.String,
  name: Schema.String,
  type: Schema.String,
  /** Whether it is one of several columns of the table's key: it is said at the column. */
  keyPart: Schema.Boolean,
  /** `-> customers.customer_id (0…31)`, with all that the join costs; null for a column that refers to nothing. */
  join: Schema.NullOr(Schema.String),
  /** Whether it joins nothing, because there are no values: nothing is said of the column but its target. */
  dead: Schema.Boolean,
  /** The table that it refers to, by id; null without one. */
  to: Schema.NullOr(Schema.String),
  /** Literals, most frequent first, each with its meaning and number of rows as they stand in the page. */
  values: Schema.Array(
    Schema.Struct({ literal: Schema.String, meaning: Schema.String, count: Schema.NullOr(Schema.Int) })
  ),
  /** How many further values there are, or null where nobody counted. */
  more: Schema.Int,
  /** `1…25`, `always 0`; null without one. */
  range: Schema.NullOr(Schema.String),
  /** What a query goes wrong without. */
  remarks: Schema.Array(Schema.String),
  /** What helps to understand it: formats, an example, its comment. */
  notes: Schema.Array(Schema.String),
  /** Where it stands: on a line of its own, or with others on the `+` line, and there in which part of it. */
  place: Schema.Literal("line", "rest", "empty", "blank", "personal", "secret")
})
/** @see PageColumn */
export type PageColumn = typeof PageColumn.Type

/** What the page says of a table. */
export const PageTable = Schema.Struct({
  id: Schema.String,
  /** The head line. */
  head: Schema.String,
  rows: Schema.Int,
  /** Whether it only joins others. */
  link: Schema.Boolean,
  /** Ids of the tables that it refers to, and how many joins end at it. */
  refersTo: Schema.Array(Schema.String),
  joinsIn: Schema.Int,
  /** The column that says what a row is called; null without one. */
  nameColumn: Schema.NullOr(Schema.String),
  columns: Schema.Array(PageColumn)
})
/** @see PageTable */
export type PageTable = typeof PageTable.Type

/** A step from a table to one that it refers to, for paths between tables. */
export const PageStep = Schema.Struct({ from: Schema.String, to: Schema.String, byName: Schema.Boolean })
/** @see PageStep */
export type PageStep = typeof PageStep.Type

/** All that `context.md` may say of a database, before a budget drops anything. */
export const ContextPage = Schema.Struct({
  header: Schema.Array(Schema.String),
  traps: Schema.Array(PageLine),
  chains: Schema.Array(PageLine),
  figures: Schema.Array(PageLine),
  domains: Schema.Array(Schema.Struct({ name: Schema.String, tables: Schema.Array(PageTable) })),
  steps: Schema.Array(PageStep)
})
/** @see ContextPage */
export type ContextPage = typeof ContextPage.Type
