import { describe, expect, it } from "@effect/vitest"
import { toTbls } from "../../../src/ontology/export/Tbls.ts"
import { errorsBy, published } from "./schemas.ts"
import { asWritten, hostileModel, shopModel, textOf } from "./source.ts"

const errors = errorsBy(published("tbls.json"))

describe("tbls' JSON", () => {
  it("is what its schema describes, with every table and reference", () => {
    const document = JSON.parse(textOf(toTbls(shopModel)))
    expect(errors(document)).toEqual([])
    expect(document.tables).toHaveLength(7)
    expect(document.relations).toHaveLength(5)
    expect(document.relations[0]).toMatchObject({
      table: "public.order_lines",
      columns: ["order_id"],
      cardinality: "zero_or_more",
      parent_table: "public.orders",
      parent_cardinality: "exactly_one",
      virtual: true
    })
  })

  it.prop("reads back the names that the database has", [hostileModel], ([model]) => {
    const document = JSON.parse(textOf(toTbls(model)))
    expect(errors(document)).toEqual([])
    expect(document.tables.map(({ name }: { name: string }) => name)).toEqual(
      model.tables.map(({ id }) => asWritten(id))
    )
    expect(document.relations[0].columns).toEqual(model.references[0]?.from.columns.map(asWritten))
  })
})
