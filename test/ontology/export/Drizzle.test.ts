import { describe, expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { toDrizzle } from "../../../src/ontology/export/Drizzle.ts"
import { made } from "../shop.ts"
import { loadDrizzle, readDrizzle as read } from "./ownTools.ts"
import { asWritten, hostileModel, modelOf, shopModel, textOf } from "./source.ts"

describe("Drizzle's tables and relations", () => {
  it("compile, and drizzle-orm reads every table and both ends of every reference", async () => {
    const [module = {}] = await loadDrizzle([textOf(toDrizzle(shopModel))])
    const tables = read(module)
    expect(tables.map(({ name }) => name).toSorted()).toEqual([
      "customers",
      "old_backup",
      "order_lines",
      "orders",
      "product_tags",
      "products",
      "tags"
    ])
    expect(tables.find(({ name }) => name === "orders")?.relations).toEqual([
      ["orderLines", "order_lines"],
      ["customer", "customers"]
    ])
  })

  it("compile where two tables refer to each other, one to one", async () => {
    const found = made(
      [
        { table: "stores", name: "Store", rows: 9, columns: ["id", "boss"].map((name) => ({ name, type: "integer" })) },
        { table: "staff", name: "Staff", rows: 9, columns: ["id", "store"].map((name) => ({ name, type: "integer" })) }
      ],
      [
        { from: ["stores", "boss"], to: ["staff", "id"] },
        { from: ["staff", "store"], to: ["stores", "id"] }
      ]
    )
    const relationships = found.relationships.map((each) => ({ ...each, cardinality: "1:1" as const }))
    const [module = {}] = await loadDrizzle([textOf(toDrizzle(modelOf({ ...found, relationships })))])
    expect(read(module).map(({ relations }) => relations.length)).toEqual([2, 2])
  })

  it("read back the names that the database has", async () => {
    const models = FastCheck.sample(hostileModel, 40)
    const modules = await loadDrizzle(models.map((model) => textOf(toDrizzle(model))))
    for (const [n, module] of modules.entries()) {
      const shown = (models[n]?.tables ?? []).filter(({ columns }) => columns.length > 0)
      expect(
        read(module)
          .map(({ columns, name }) => JSON.stringify([name, columns]))
          .toSorted()
      ).toEqual(
        shown
          .map(({ columns, table }) => JSON.stringify([asWritten(table), columns.map(({ name }) => asWritten(name))]))
          .toSorted()
      )
    }
  })
})
