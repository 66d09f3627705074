import { describe, expect, it } from "@effect/vitest"
import { copiedTables, copiesOf } from "../../src/datasource/Copies.ts"
import { inference } from "../../src/relationships/inference/Inference.ts"
import { atOnce } from "../../src/steps/Steps.ts"
import { described, numbers, picked, type TestTable } from "../relationships/schema.ts"

const keys = numbers(20)

/** A small shop in a schema; `further` is what it has besides, `ordered` what its orders have. */
const shop = (
  schema: string,
  further: ReadonlyArray<TestTable> = [],
  prefix = "",
  ordered: TestTable["columns"] = {}
): ReadonlyArray<TestTable> => [
  { schema, name: `${prefix}clients`, key: ["id"], columns: { id: keys, full_name: keys.map((n) => `client ${n}`) } },
  {
    schema,
    name: `${prefix}orders`,
    key: ["id"],
    columns: { id: keys, client_id: picked(keys, 20), total: keys, ...ordered }
  },
  { schema, name: `${prefix}visits`, key: ["id"], columns: { id: keys, client_id: picked(keys, 20), page: keys } },
  ...further
]

const find = (tables: ReadonlyArray<TestTable>) => {
  const { catalog, profiles } = described(tables)
  return atOnce(copiesOf(catalog, profiles))
}

const notes: TestTable = { schema: "b", name: "notes", key: ["id"], columns: { id: keys, order_id: picked(keys, 20) } }

describe("copies", () => {
  it("of a schema are recognised by their tables and columns, and the first by name is described", () => {
    const { all, originalOf } = find(["c", "a", "b"].flatMap((schema) => shop(schema)))
    expect(all).toEqual([
      {
        of: { schema: "a", prefix: "" },
        copies: ["b", "c"].map((schema) => ({
          schema,
          prefix: "",
          tables: ["clients", "orders", "visits"],
          rows: 60,
          differs: []
        }))
      }
    ])
    expect(originalOf({ schema: "c", table: "orders" })).toMatchObject({ schema: "a", table: "orders" })
    expect(originalOf({ schema: "a", table: "orders" })).toBeUndefined()
    expect(copiedTables(all).has("b.visits")).toBe(true)
  })

  it("that have a table or column more or less are copies, too, and it is said which", () => {
    const { all } = find([...shop("a"), ...shop("b", [notes]), ...shop("c", [], "", { remark: keys })])
    expect(all.map(({ copies, of }) => [of.schema, copies.map(({ differs, schema }) => [schema, differs])])).toEqual([
      [
        "b",
        [
          ["a", ["without the table notes"]],
          ["c", ["without the table notes", "orders with a column remark"]]
        ]
      ]
    ])
  })

  it("are recognised by a number in front of their tables' names, too", () => {
    const { all } = find(["t1_", "t2_", "t3_"].flatMap((prefix) => shop("public", [], prefix)))
    expect(all.map(({ copies, of }) => [of.prefix, copies.map(({ prefix }) => prefix)])).toEqual([
      ["t1_", ["t2_", "t3_"]]
    ])
  })

  it("are described where there is most to see", () => {
    const empty = shop("a").map((table) => ({
      ...table,
      columns: Object.fromEntries(Object.keys(table.columns).map((name) => [name, []]))
    }))
    expect(find([...empty, ...shop("b")]).all[0]?.of.schema).toBe("b")
  })

  it("are not schemas that have one table in common, or other columns under the same names", () => {
    const one = shop("a").slice(0, 1)
    const other = shop("b").map((table) => ({ ...table, columns: { id: keys, [`${table.name}_x`]: keys, y: keys } }))
    expect(find([...one, ...shop("c")]).all).toEqual([])
    expect(find([...shop("a"), ...other]).all).toEqual([])
  })

  it("take time in proportion to their number", () => {
    const steps = (copies: number) => {
      const { catalog, profiles } = described(numbers(copies).flatMap((n) => shop(`tenant_${n}`)))
      const running = copiesOf(catalog, profiles)
      let taken = 0
      while (running.next().done !== true) taken++
      return taken
    }
    expect(steps(400) / steps(200)).toBeLessThan(2.5)
  })
})

describe("inference", () => {
  const pairs = (tables: ReadonlyArray<TestTable>) => {
    const { catalog, foundKeys, profiles } = described(tables)
    const { probes } = atOnce(inference({ catalog, profiles, foundKeys }))
    return probes.flatMap(({ pairs }) =>
      pairs.map(({ from, to }) => `${from.schema}.${from.table} ${to.schema}.${to.table}`)
    )
  }

  it("looks at what is described only", () => {
    expect(pairs(["a", "b", "c"].flatMap((schema) => shop(schema))).filter((pair) => /\b[bc]\./.test(pair))).toEqual([])
  })

  it("sees no reference from one copy to another, whatever further tables a copy has", () => {
    const further = ["b", "c"].flatMap((schema) => shop(schema, [{ ...notes, schema, name: `${schema}_notes` }]))
    const found = pairs([...shop("a"), ...further])
    expect(found).toContain("c.c_notes c.orders")
    for (const pair of found) {
      const [from, to] = pair.split(" ").map((side) => side.split(".")[0])
      expect(from).toBe(to)
    }
  })
})
