import { describe, expect, it } from "@effect/vitest"
import { toDbml } from "../../../src/ontology/export/Dbml.ts"
import type { ExportModel } from "../../../src/ontology/export/ExportModel.ts"
import { readDbml } from "./ownTools.ts"
import { asWritten, hostileModel, shopModel, textOf } from "./source.ts"

const read = (model: ExportModel) => {
  const { schemas } = readDbml(textOf(toDbml(model)))
  return {
    tables: schemas.flatMap(({ tables }) => tables),
    refs: schemas.flatMap(({ refs }) => refs),
    groups: schemas.flatMap(({ tableGroups }) => tableGroups)
  }
}

describe("DBML", () => {
  it("is read by dbml's own parser, with every table and reference", () => {
    const { refs, tables } = read(shopModel)
    expect(tables).toHaveLength(7)
    expect(refs).toHaveLength(5)
    const orders = tables.find(({ name }) => name === "orders")
    expect(orders?.note).toMatch(/^9,000 orders, ordered at 2022-01-01 to 2023-12-31/)
    expect(orders?.fields.map(({ name, pk }) => [name, pk ?? false])[0]).toEqual(["id", true])
  })

  it.prop("reads back the names that the database has", [hostileModel], ([model]) => {
    const { refs, tables } = read(model)
    const shown = model.tables.filter(({ columns }) => columns.length > 0)
    expect(tables.map(({ fields, name }) => [name, fields.map((field) => field.name)])).toEqual(
      shown.map(({ columns, table }) => [asWritten(table), columns.map(({ name }) => asWritten(name))])
    )
    const [reference] = model.references
    expect(refs.map(({ endpoints }) => endpoints.map(({ fieldNames, tableName }) => [tableName, fieldNames]))).toEqual([
      [
        [asWritten(reference?.from.table ?? ""), reference?.from.columns.map(asWritten)],
        [asWritten(reference?.to.table ?? ""), reference?.to.columns.map(asWritten)]
      ]
    ])
  })
})
