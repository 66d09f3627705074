import { describe, expect, it } from "@effect/vitest"
import { ends, infer, numbers, picked, type TestTable } from "../schema.ts"

const customers: TestTable = { name: "customers", key: ["id"], columns: { id: numbers(60, 11, 7) } }
const orders: TestTable = { name: "sales_orders", key: ["id"], columns: { id: numbers(90, 1000, 3) } }

/** Notes that are about a customer or an order, row by row. */
const notes = (kinds: readonly [string, string], ids = picked(numbers(90, 1000, 3), 100)): TestTable => ({
  name: "notes",
  key: ["id"],
  columns: {
    id: numbers(200),
    subject_type: numbers(200).map((n) => (n <= 100 ? kinds[0] : kinds[1])),
    subject_id: [...picked(numbers(60, 11, 7), 100), ...ids]
  }
})

const found = (table: TestTable) =>
  infer([customers, orders, table])
    .filter(({ status }) => status !== "rejected")
    .map((each) => `${ends(each)} when ${each.when?.value}: ${each.status}`)

describe("a column whose table another one names, row by row", () => {
  it("refers to each of these tables, where it does", () => {
    const both = ["notes(subject_id) customers(id)", "notes(subject_id) sales_orders(id)"]
    for (const kinds of [
      ["customer", "sales_order"],
      ["Customer", "SalesOrder"],
      ["App\\Models\\Customer", "App\\Models\\SalesOrder"]
    ] as const) {
      expect(found(notes(kinds))).toEqual(both.map((pair, n) => `${pair} when ${kinds[n]}: accepted`))
    }
  })

  it("says so in words", () => {
    const [first] = infer([customers, orders, notes(["customer", "order"])])
    expect(first?.evidence.reasons).toEqual([
      'it is meant where subject_type is "customer", which names customers',
      "all its 60 values there are in customers.id"
    ])
  })

  it("is a case for a person where many rows have no counterpart", () => {
    expect(found(notes(["customer", "order"], [...numbers(70, 1000, 3), ...numbers(30, 5000)]))).toContain(
      "notes(subject_id) sales_orders(id) when order: needs_review"
    )
  })

  it("refers to nothing where the other column's values name no tables", () => {
    expect(found(notes(["red", "green"]))).toEqual([])
  })
})
