import { describe, expect, it } from "@effect/vitest"
import type { ExportModel } from "../../../src/ontology/export/ExportModel.ts"
import { toR2rml } from "../../../src/ontology/export/R2rml.ts"
import { made } from "../shop.ts"
import { r2rmlFaults as faults, readTurtle } from "./ownTools.ts"
import { asWritten, hostileModel, modelOf, shopModel, textOf } from "./source.ts"

const RR = "http://www.w3.org/ns/r2rml#"
const TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

const read = (model: ExportModel) => readTurtle(textOf(toR2rml(model)))

/** A delimited identifier of SQL, without its quotes. */
const unquoted = (identifier: string) => identifier.slice(1, -1).replaceAll('""', '"')

describe("R2RML", () => {
  it("maps every table to its class, every column to its property, every reference to a join", () => {
    const store = read(shopModel)
    expect(faults(store)).toEqual([])
    expect(store.getSubjects(TYPE, `${RR}TriplesMap`, null)).toHaveLength(6)
    expect(store.getQuads(null, `${RR}column`, null, null)).toHaveLength(27)
    expect(store.getQuads(null, `${RR}joinCondition`, null, null)).toHaveLength(5)
    expect(store.getObjects(null, `${RR}template`, null).map(({ value }) => value)).toContain(
      'urn:database:shop#public.product_tags/product_id={"product_id"};tag_id={"tag_id"}'
    )
  })

  it("maps rows without a key to blank nodes, and references where another column decides from those rows alone", () => {
    const found = made(
      [
        { table: "posts", name: "Post", rows: 9, columns: [{ name: "id", type: "integer" }] },
        {
          table: "notes",
          name: "Note",
          rows: 90,
          key: [],
          columns: [
            { name: "on_id", type: "integer" },
            { name: "on_type", type: "text" }
          ]
        }
      ],
      [{ from: ["notes", "on_id"], to: ["posts", "id"] }]
    )
    const relationships = found.relationships.map((each) => ({
      ...each,
      when: { column: "on_type", value: "it's a post" }
    }))
    const store = read(modelOf({ ...found, relationships }))
    expect(faults(store)).toEqual([])
    expect(store.getObjects(null, `${RR}sqlQuery`, null).map(({ value }) => value)).toEqual([
      `SELECT * FROM "public"."notes" WHERE CAST("on_type" AS text) = 'it''s a post'`
    ])
    expect(store.getObjects(null, `${RR}termType`, null)).toHaveLength(1)
  })

  it.prop("reads back the names that the database has", [hostileModel], ([model]) => {
    const store = read(model)
    expect(faults(store)).toEqual([])
    const described = model.tables.filter(({ entity }) => entity !== undefined)
    expect(store.getObjects(null, `${RR}tableName`, null).map(({ value }) => value)).toEqual(
      described.map(({ schema, table }) => `"${schema}"."${asWritten(table).replaceAll('"', '""')}"`)
    )
    const columns = store.getQuads(null, `${RR}column`, null, null).map(({ object }) => unquoted(object.value))
    expect(columns.toSorted()).toEqual(
      described.flatMap(({ columns }) => columns.map(({ name }) => asWritten(name))).toSorted()
    )
  })
})
