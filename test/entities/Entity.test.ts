import { describe, expect, it } from "@effect/vitest"
import type { Table } from "../../src/datasource/Catalog.ts"
import { rowsInWords } from "../../src/entities/Entity.ts"

const name = (table: string) => ({ schema: "public", table })
const counts = (rows: Readonly<Record<string, number>>) =>
  Object.entries(rows).map(([table, count]) => ({ ...name(table), rows: count, sampled: false }))
const table = (of: string, other: Partial<Table> = {}): Table => ({
  ...name(of),
  kind: "table",
  comment: null,
  estimatedRows: null,
  columns: [],
  keys: [],
  foreignKeys: [],
  indexes: [],
  ...other
})

describe("the rows of several tables", () => {
  it("count once: those of views and of children by inheritance are those of other tables", () => {
    const rows = counts({ events: 700, new_events: 400, people: 50, tall_people: 20, sums: 5 })
    const catalog = [
      table("events", { parts: [name("new_events")] }),
      table("new_events"),
      table("people"),
      table("tall_people", { kind: "view" }),
      table("sums", { kind: "materialized view" })
    ]
    expect(rowsInWords(rows, catalog)).toBe("750 rows")
  })

  it("count for a child by itself where its parent's do not hold them", () => {
    const children = { parts: [name("new_events")] }
    const left = { ...name("new_events"), reason: "locked" }
    const catalog = [table("events", { ...children, partsNotRead: [left] }), table("new_events")]
    expect(rowsInWords(counts({ events: 300, new_events: 400 }), catalog)).toBe("700 rows")
    const unread = { ...name("events"), rows: 0, sampled: true }
    expect(
      rowsInWords([unread, ...counts({ new_events: 400 })], [table("events", children), table("new_events")])
    ).toBe("400 rows in what was read (1 table was not)")
  })

  it("are those of its views where a database shows nothing else", () => {
    expect(rowsInWords(counts({ sums: 5 }), [table("sums", { kind: "view" })])).toBe("5 rows")
  })
})
