import { describe, expect, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { identify } from "../../src/entities/Identification.ts"
import { atOnce } from "../../src/steps/Steps.ts"
import { plural } from "../../src/language/Words.ts"
import { plurals } from "../../src/ontology/Text.ts"

const named = (tables: ReadonlyArray<readonly [schema: string, table: string]>) =>
  atOnce(
    identify({
      profiles: [],
      catalog: {
        database: "test",
        serverVersion: "18",
        skipped: [],
        tables: tables.map(([schema, table]) => ({
          schema,
          table,
          kind: "table" as const,
          comment: null,
          estimatedRows: 10,
          keys: [{ name: "key", columns: ["id"], primary: true }],
          foreignKeys: [],
          indexes: [],
          // Different in each schema: of a schema and its copy only one is described.
          columns: ["id", `word of ${schema}`].map((name, i) => ({
            ...{ name, position: i + 1, type: i === 0 ? "integer" : "text" },
            ...{ typeClass: i === 0 ? ("integer" as const) : ("text" as const), nullable: false, sequence: false },
            ...{ enumLabels: null, comment: null }
          }))
        }))
      }
    })
  ).map(({ schema, table, name }) => [`${schema}.${table}`, name] as const)

describe("the names of entities", () => {
  it("tell spellings of one name apart", () => {
    const tables = ["A-B", "A_B", "a b", "orders", "order"].map((table) => ["public", table] as const)
    expect(Object.fromEntries(named(tables))).toEqual({
      "public.A-B": "A B (A-B)",
      "public.A_B": "A B (A_B)",
      "public.a b": "A B (a b)",
      "public.order": "Order (order)",
      "public.orders": "Order (orders)"
    })
  })

  it("say the schema where several have such a table", () => {
    const tables = [
      ["sales", "tasks"],
      ["human_resources", "tasks"],
      ["sales", "customers"]
    ] as const
    expect(Object.fromEntries(named(tables))).toEqual({
      "human_resources.tasks": "Human Resources Task",
      "sales.customers": "Customer",
      "sales.tasks": "Sales Task"
    })
  })

  it("are never twice the same, whatever tables are called, in whatever order", () => {
    const part = fc.constantFrom("a", "b", "A", "task", "tasks", "tbl", "注文", "é", "1", "order")
    const table = fc.tuple(part, fc.constantFrom("_", "-", " ", "", "__"), part).map((parts) => parts.join(""))
    const place = fc.tuple(fc.constantFrom("public", "a", "A", "sales"), table)
    fc.assert(
      fc.property(fc.uniqueArray(place, { selector: (each) => each.join("."), maxLength: 12 }), (tables) => {
        const names = named(tables)
        expect(new Set(names.map(([, name]) => name)).size).toBe(names.length)
        expect(Object.fromEntries(named(tables.toReversed()))).toEqual(Object.fromEntries(names))
      }),
      { numRuns: 200 }
    )
  })

  it("have no plural that is not English", () => {
    for (const word of ["注文", "заказ", "παραγγελία", "tick1"]) expect(plural(word)).toBe(word)
    expect(plurals("注文")).toBe("注文")
    expect(plurals("Invoice Line")).toBe("Invoice Lines")
  })
})
