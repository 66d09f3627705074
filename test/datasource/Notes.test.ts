import { describe, expect, it } from "@effect/vitest"
import type { Table } from "../../src/datasource/Catalog.ts"
import { notesOf, notReadLines } from "../../src/datasource/Notes.ts"
import { NO_VALUES } from "../../src/datasource/TableProfile.ts"

const plain: Table = {
  schema: "public",
  table: "orders",
  kind: "table",
  comment: null,
  estimatedRows: null,
  columns: [],
  keys: [],
  foreignKeys: [],
  indexes: []
}

describe("the notes on a table", () => {
  it("say what must be known before its figures are believed, and nothing of an ordinary table", () => {
    expect(notesOf(plain)).toEqual([])
    expect(
      notesOf({
        ...plain,
        kind: "view",
        rowSecurity: true,
        unreadable: ["salary", "pin"],
        hiddenForeignKeys: [
          { name: "a", columns: ["pin"], target: { schema: "public", table: "pins", columns: ["pin"] } },
          { name: "b", columns: ["x", "y"], target: { schema: "far", table: "away", columns: ["a", "b"] } }
        ],
        parts: ["p1", "p2", "far.p3"].map((table) => ({ schema: "public", table })),
        partsNotRead: [{ schema: "public", table: "p2", reason: "it was excluded" }],
        lost: ["its comment"],
        volatile: "nextval"
      })
    ).toEqual([
      "Row-level security applies here: counts are of what this login sees.",
      "This login may not read salary, pin.",
      "By a foreign key, pin refers to pin of pins, not all of which this login may read.",
      "By a foreign key, x, y refers to a, b of far.away, not all of which this login may read.",
      "Its rows are those of its parts as well: p1, far.p3.",
      "The rows of its part p2 are left out: it was excluded.",
      "Lost, because the bytes are no text: its comment.",
      "Each reading of this view runs nextval(), which may give something else every time."
    ])
  })

  it("say which of its values could not be read", () => {
    const profile = {
      ...{ schema: "public", table: "orders", rows: 3, sampled: false },
      columns: [{ ...NO_VALUES, column: "memo", nulls: 0, distinct: 3, garbled: 1 }],
      unread: [{ column: "per_head", reason: "division by zero" }]
    }
    expect(notesOf(plain, profile)).toEqual([
      "Values of memo are left out where their bytes are no text.",
      "Its column per_head could not be read: division by zero."
    ])
    expect(notesOf(plain, { ...profile, columns: [], unread: undefined })).toEqual([])
  })

  it("name some of many parts, and count the others", () => {
    const parts = Array.from({ length: 300 }, (_, i) => ({ schema: "chunks", table: `c${i}` }))
    const [note] = notesOf({ ...plain, parts })
    expect(note).toContain("chunks.c0, chunks.c1, ")
    expect(note).toContain("… and 289 more")
  })
})

describe("tables that were not read", () => {
  it("are named with the reason, and counted where one reason is true of many", () => {
    const denied = { schema: "hr", table: "wages", reason: "permission denied" }
    const many = Array.from({ length: 1_052 }, (_, n) => ({ schema: "big", table: `t${n}`, reason: "too many" }))
    const lines = notReadLines([denied, ...many])
    expect([lines[0], lines[1], lines.at(-1), lines.length]).toEqual([
      "Not read: hr.wages: permission denied",
      "Not read: big.t0: too many",
      "Not read: 1,002 more: too many",
      52
    ])
  })
})
