import type { Catalog, Column, ForeignKey, Table } from "../../src/datasource/Catalog.ts"
import type { TableProfile } from "../../src/datasource/TableProfile.ts"

/** A table in a few words: `"order_id int"`, key columns, `"customer_id -> customers.id"`. */
export interface TableSketch {
  readonly columns: ReadonlyArray<string>
  readonly key?: ReadonlyArray<string>
  readonly references?: ReadonlyArray<string>
  /** As `references`, but the catalog does not say so; only the values fit. */
  readonly undeclared?: ReadonlyArray<string>
  /** 1,000 by default. */
  readonly rows?: number
  readonly comment?: string
  readonly kind?: Table["kind"]
}

const TYPES: Record<string, Column["typeClass"]> = {
  int: "integer",
  serial: "integer",
  text: "text",
  numeric: "number",
  timestamp: "time",
  date: "time",
  boolean: "boolean",
  uuid: "uuid"
}

const columnOf = (sketch: string, position: number, key: ReadonlyArray<string>): Column => {
  const [name = "", type = "int"] = sketch.split(" ")
  return {
    name,
    position,
    type,
    typeClass: TYPES[type] ?? "other",
    nullable: !key.includes(name),
    sequence: type === "serial",
    enumLabels: null,
    comment: null
  }
}

/** The foreign key that a sketch says. */
export const foreignKeyOf = (sketch: string): ForeignKey => {
  const [from = "", to = ""] = sketch.split(" -> ")
  const [table = "", columns = ""] = to.split(".")
  return { name: from, columns: from.split(","), target: { schema: "public", table, columns: columns.split(",") } }
}

/**
 * A catalog and its profiles from a few words; a key of one column holds different values, all other columns a tenth as many, and what refers to
 * a table no more than that has rows.
 */
export const sketch = (tables: Record<string, TableSketch>) => {
  const all = Object.entries(tables)
  const catalog: Catalog = {
    database: "test",
    serverVersion: "18",
    skipped: [],
    tables: all.map(([table, { columns, comment, key = [], kind = "table", references = [] }]) => ({
      schema: "public",
      table,
      kind,
      comment: comment ?? null,
      estimatedRows: null,
      columns: columns.map((column, i) => columnOf(column, i + 1, key)),
      keys: key.length === 0 ? [] : [{ name: `${table}_pkey`, columns: key, primary: true }],
      foreignKeys: references.map(foreignKeyOf),
      indexes: []
    }))
  }
  const profiles = all.map(
    ([table, { columns, key = [], references = [], rows = 1000, undeclared = [] }]): TableProfile => {
      const referring = [...references, ...undeclared].map(foreignKeyOf)
      const most = (column: string) =>
        Math.min(
          ...referring
            .filter(({ columns }) => columns[0] === column)
            .map(({ target }) => tables[target.table]?.rows ?? 1000)
        )
      const seen = columns.map((column, i) => {
        const unique = key.length > 0 ? key.join() === column.split(" ")[0] : i === 0 && /(^|_)id\b/.test(column)
        const distinct = unique ? rows : Math.min(Math.ceil(rows / 10), most(column.split(" ")[0] ?? ""))
        return {
          column: column.split(" ")[0] ?? "",
          nulls: 0,
          distinct,
          minimum: rows === 0 ? null : "1",
          maximum: rows === 0 ? null : String(distinct),
          minimumLength: null,
          maximumLength: null,
          averageLength: null,
          sample: [],
          common: []
        }
      })
      return { schema: "public", table, rows, sampled: false, columns: seen }
    }
  )
  return { catalog, profiles }
}
