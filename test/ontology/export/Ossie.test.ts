import { describe, expect, it } from "@effect/vitest"
import { Schema } from "effect"
import { parse } from "yaml"
import { toOssieJson, toOssieYaml } from "../../../src/ontology/export/Ossie.ts"
import { errorsBy, published } from "./schemas.ts"
import { asWritten, hostileModel, shopModel, textOf } from "./source.ts"

const errorsFor = {
  json: errorsBy(published("ossie-0.1.1.json")),
  yaml: errorsBy(published("ossie-0.2.0.dev0.json"))
}

/** What a test reads of a document. */
const Document = Schema.Struct({
  version: Schema.String,
  semantic_model: Schema.Tuple(
    Schema.Struct({
      name: Schema.String,
      datasets: Schema.Array(
        Schema.Struct({
          name: Schema.String,
          source: Schema.String,
          fields: Schema.Array(Schema.Struct({ name: Schema.String, datatype: Schema.optional(Schema.String) }))
        })
      ),
      relationships: Schema.Array(
        Schema.Struct({
          name: Schema.String,
          from: Schema.String,
          to: Schema.String,
          from_columns: Schema.Array(Schema.String),
          to_columns: Schema.Array(Schema.String),
          custom_extensions: Schema.Array(Schema.Struct({ vendor_name: Schema.String, data: Schema.String }))
        })
      ),
      metrics: Schema.Array(Schema.Struct({ name: Schema.String }))
    })
  )
})
const read = Schema.decodeUnknownSync(Document)

const written = {
  json: (model: typeof shopModel): unknown => JSON.parse(textOf(toOssieJson(model))),
  yaml: (model: typeof shopModel): unknown => parse(textOf(toOssieYaml(model)))
}

describe.each(["json", "yaml"] as const)("Ossie as %s", (format) => {
  it("is what the published schema of its version describes", () => {
    expect(errorsFor[format](written[format](shopModel))).toEqual([])
  })

  it("has tables, references with their signals, and sums", () => {
    const document = read(written[format](shopModel))
    const [{ datasets, metrics, relationships }] = document.semantic_model
    expect(document.version).toBe(format === "json" ? "0.1.1" : "0.2.0.dev0")
    expect(datasets.map(({ source }) => source)).toContain("shop.public.order_lines")
    expect(relationships.find(({ from }) => from === "orders")).toMatchObject({
      name: "orders_customer_id_to_customers",
      to: "customers",
      from_columns: ["customer_id"],
      to_columns: ["id"]
    })
    expect(JSON.parse(relationships[0]?.custom_extensions[0]?.data ?? "")).toMatchObject({ confidence: 1, signals: [] })
    expect(metrics.map(({ name }) => name)).toContain("orders_total_amount_sum")
    expect(datasets[0]?.fields[0]?.datatype).toBe(format === "json" ? undefined : "Integer")
  })

  it.prop("reads back the names that the database has", [hostileModel], ([model]) => {
    const document = written[format](model)
    expect(errorsFor[format](document)).toEqual([])
    const [{ datasets, relationships }] = read(document).semantic_model
    const [reference] = model.references
    expect(datasets.map(({ name }) => name)).toEqual(
      model.tables.filter(({ entity }) => entity !== undefined).map(({ table }) => asWritten(table))
    )
    expect(datasets.map(({ fields }) => fields.map(({ name }) => name))).toEqual(
      model.tables.flatMap(({ columns, entity }) =>
        entity === undefined ? [] : [columns.map(({ name }) => asWritten(name))]
      )
    )
    expect(relationships.map(({ from_columns }) => from_columns)).toEqual([reference?.from.columns.map(asWritten)])
  })
})
