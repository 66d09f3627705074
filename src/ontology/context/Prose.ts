import type { ContextColumn, ContextTable } from "./Facts.ts"
import type { PageLine } from "./Page.ts"
import { free, span } from "./Spelling.ts"

/** A part of a line of prose: a fixed text, or a name of the database's with the table or column that it is of. */
export interface Said {
  readonly text: string
  readonly tables: ReadonlyArray<string>
  readonly columns: ReadonlyArray<string>
}

/** A table's name. */
export const saidTable = ({ id, name }: ContextTable): Said => ({ text: free(name), tables: [id], columns: [] })

/** A column's name with its table's. */
export const said = (table: ContextTable, column: ContextColumn): Said => ({
  text: free(`${table.name}.${column.name}`),
  tables: [table.id],
  columns: [column.id]
})

/** A column's name alone. */
export const saidColumn = (table: ContextTable, column: ContextColumn): Said => ({
  ...said(table, column),
  text: free(column.name)
})

/** SQL in a code span, over these tables and columns. */
export const saidSql = (
  sql: string,
  tables: ReadonlyArray<ContextTable>,
  columns: ReadonlyArray<ContextColumn> = []
): Said => ({ text: span(sql), tables: tables.map(({ id }) => id), columns: columns.map(({ id }) => id) })

/** Names one after the other: "a, b, c"; those beyond `most` are counted. */
export const saidList = (all: ReadonlyArray<Said>, most = Number.POSITIVE_INFINITY): Said => {
  const kept = all.slice(0, most)
  const more = all.length > kept.length ? `, … ${all.length - kept.length} more` : ""
  return {
    text: kept.map(({ text }) => text).join(", ") + more,
    tables: kept.flatMap(({ tables }) => tables),
    columns: kept.flatMap(({ columns }) => columns)
  }
}

/** A line of prose from its parts. */
export const line = (parts: TemplateStringsArray, ...inserted: ReadonlyArray<Said | string | number>): PageLine => {
  const of = inserted.filter((each) => typeof each === "object")
  return {
    text: parts
      .map((part, place) => {
        const each = inserted[place]
        return part + (each === undefined ? "" : typeof each === "object" ? each.text : String(each))
      })
      .join(""),
    tables: [...new Set(of.flatMap(({ tables }) => tables))],
    columns: [...new Set(of.flatMap(({ columns }) => columns))]
  }
}
