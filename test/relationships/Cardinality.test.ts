import { describe, expect, it } from "@effect/vitest"
import { infer, numbers, type TestTable } from "./schema.ts"

const ids = numbers(60, 11, 7)
const CUSTOMERS: TestTable = { name: "customers", key: ["id"], columns: { id: ids, name: ids.map((id) => `N ${id}`) } }
const declared = { columns: ["customer_id"], target: { schema: "public", table: "customers", columns: ["id"] } }

const cardinalities = (table: TestTable) =>
  infer([CUSTOMERS, table])
    .filter(({ from, status }) => from.columns.includes("customer_id") && status === "accepted")
    .map(({ cardinality }) => cardinality)

describe("at most one row that refers", () => {
  it("is what a key of the referring columns says", () => {
    const columns = { customer_id: ids, note: ids.map((id) => `note ${id}`) }
    expect(cardinalities({ name: "profiles", key: ["customer_id"], columns, foreignKeys: [declared] })).toEqual(["1:1"])
  })

  it("is not what values say that have not repeated so far", () => {
    const columns = { id: numbers(60), customer_id: ids }
    expect(cardinalities({ name: "projects", key: ["id"], columns, foreignKeys: [declared] })).toEqual(["N:1"])
    expect(cardinalities({ name: "projects", key: ["id"], columns })).toEqual(["N:1"])
  })

  it("is not what a key of more columns says", () => {
    const columns = { customer_id: ids, tag_id: ids.map((id) => id % 5) }
    expect(
      cardinalities({ name: "customer_tags", key: ["customer_id", "tag_id"], columns, foreignKeys: [declared] })
    ).toEqual(["N:1"])
  })
})
