import { describe, expect, it } from "@effect/vitest"
import { Schema } from "effect"
import { parse } from "yaml"
import { toDbt } from "../../../src/ontology/export/Dbt.ts"
import { errorsBy, published } from "./schemas.ts"
import { asWritten, hostileModel, shopModel, textOf } from "./source.ts"

const errors = errorsBy(published("dbt-yml-files.json"))

const Test = Schema.Union(
  Schema.String,
  Schema.Struct({
    relationships: Schema.Struct({
      to: Schema.String,
      field: Schema.String,
      config: Schema.optional(Schema.Struct({ severity: Schema.optional(Schema.String) }))
    })
  })
)
const Sources = Schema.Struct({
  sources: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      tables: Schema.Array(
        Schema.Struct({
          name: Schema.String,
          identifier: Schema.optional(Schema.String),
          columns: Schema.Array(Schema.Struct({ name: Schema.String, data_tests: Schema.optional(Schema.Array(Test)) }))
        })
      )
    })
  )
})
const read = Schema.decodeUnknownSync(Sources)

/** What Jinja makes of a name that we wrote: itself, or the literal of an expression. */
const rendered = (name: string): string => {
  const expression = /^\{\{ (".*") \}\}$/s.exec(name)?.[1]
  if (expression === undefined) {
    if (/\{[{%#]/.test(name)) throw new Error(`a template: ${name}`)
    return name
  }
  return JSON.parse(expression.replaceAll("\\x", "\\u00"))
}

describe("dbt's sources", () => {
  it("are what dbt's schema describes, with tests of keys and references", () => {
    const document = parse(textOf(toDbt(shopModel)))
    expect(errors(document)).toEqual([])
    const [source] = read(document).sources
    const columns = source?.tables.find(({ name }) => name === "order_lines")?.columns
    expect(source?.name).toBe("public")
    expect(columns?.find(({ name }) => name === "id")?.data_tests).toEqual(["unique", "not_null"])
    expect(columns?.find(({ name }) => name === "order_id")?.data_tests).toEqual([
      "not_null",
      { relationships: { to: "source('public', 'orders')", field: "id" } }
    ])
    expect(columns?.find(({ name }) => name === "product_id")?.data_tests?.at(-1)).toMatchObject({
      relationships: { config: { severity: "warn" } }
    })
  })

  it.prop("read back the names that the database has, and hold no template of its", [hostileModel], ([model]) => {
    const document = parse(textOf(toDbt(model)))
    expect(errors(document)).toEqual([])
    const [source] = read(document).sources
    const described = model.tables.filter(({ entity }) => entity !== undefined)
    expect(source?.tables.map(({ identifier, name }) => rendered(identifier ?? name))).toEqual(
      described.map(({ table }) => asWritten(table))
    )
    expect(source?.tables.map(({ columns }) => columns.map(({ name }) => rendered(name)))).toEqual(
      described.map(({ columns }) => columns.map(({ name }) => asWritten(name)))
    )
    const [reference] = model.references
    const tests = source?.tables.flatMap(({ columns }) => columns.flatMap(({ data_tests }) => data_tests ?? [])) ?? []
    const place = source?.tables[described.findIndex(({ id }) => id === reference?.target.id)]?.name
    expect(tests.filter((test) => typeof test !== "string")).toMatchObject([
      { relationships: { to: `source('${source?.name ?? ""}', '${place ?? ""}')` } }
    ])
  })
})
