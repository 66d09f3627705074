import { describe, expect, it } from "@effect/vitest"
import type { ExportModel } from "../../../src/ontology/export/ExportModel.ts"
import { toPrisma } from "../../../src/ontology/export/Prisma.ts"
import { made } from "../shop.ts"
import { readPrisma } from "./ownTools.ts"
import { asWritten, hostileModel, modelOf, shopModel, textOf } from "./source.ts"

const read = (model: ExportModel) => readPrisma(textOf(toPrisma(model)))

describe("Prisma's schema", () => {
  it("is valid, with a model per table and both ends of every reference", () => {
    const models = read(shopModel)
    expect(models.map(({ name }) => name).toSorted()).toEqual([
      "Customers",
      "OldBackup",
      "OrderLines",
      "Orders",
      "ProductTags",
      "Products",
      "Tags"
    ])
    const orders = models.find(({ name }) => name === "Orders")
    expect(
      orders?.fields.filter(({ kind }) => kind === "object").map(({ isList, name, type }) => [name, type, isList])
    ).toEqual([
      ["orderLines", "OrderLines", true],
      ["customer", "Customers", false]
    ])
  })

  it("ignores tables without a key, and says why a reference is no relation", () => {
    const found = made(
      [
        {
          table: "big",
          name: "Big",
          rows: 9,
          columns: [
            { name: "id", type: "bigint" },
            { name: "tiny", type: "numeric(3,5)" },
            { name: "round", type: "numeric(3,-2)" }
          ]
        },
        {
          table: "small",
          name: "Small",
          rows: 90,
          columns: [
            { name: "id", type: "integer" },
            { name: "big_id", type: "integer" }
          ]
        },
        { table: "loose", name: "Loose", rows: 90, key: [], columns: [{ name: "small_id", type: "integer" }] }
      ],
      [
        { from: ["small", "big_id"], to: ["big", "id"] },
        { from: ["loose", "small_id"], to: ["small", "id"] }
      ]
    )
    const text = textOf(toPrisma(modelOf(found)))
    expect(read(modelOf(found)).map(({ name }) => name)).toEqual(["Big", "Small"])
    expect(text).toContain("// No relation, because the types differ: small.big_id to big.id")
    expect(text).toContain("// No relation, because a table has no key: loose.small_id to small.id")
  })

  it("keeps several references between two tables, and of a table to itself, apart", () => {
    const columns = ["id", "bill_to", "ship_to", "boss"].map((name) => ({ name, type: "integer" }))
    const found = made(
      [
        { table: "places", name: "Place", rows: 9, columns: [{ name: "id", type: "integer" }] },
        { table: "orders", name: "Order", rows: 90, columns }
      ],
      [
        { from: ["orders", "bill_to"], to: ["places", "id"] },
        { from: ["orders", "ship_to"], to: ["places", "id"] },
        { from: ["orders", "boss"], to: ["orders", "id"] }
      ]
    )
    const places = read(modelOf(found)).find(({ name }) => name === "Places")
    expect(places?.fields.filter(({ kind }) => kind === "object")).toHaveLength(2)
  })

  it.prop("reads back the names that the database has", [hostileModel], ([model]) => {
    const models = read(model)
    const described = model.tables.filter(({ columns }) => columns.length > 0)
    expect(models.map(({ dbName, name }) => dbName ?? name)).toEqual(described.map(({ table }) => asWritten(table)))
    expect(
      models.map(({ fields }) =>
        fields.filter(({ kind }) => kind !== "object").map(({ dbName, name }) => dbName ?? name)
      )
    ).toEqual(
      described.map(({ columns }) =>
        columns.filter(({ type }) => type === "integer" || type === "text").map(({ name }) => asWritten(name))
      )
    )
  })
})
