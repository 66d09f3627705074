import { describe, expect, it } from "@effect/vitest"
import { compositesToTry, findKeys } from "../../src/schema/Keys.ts"
import { keysToTry } from "../../src/schema/KeyGuess.ts"
import { schemaModel } from "../../src/schema/SchemaModel.ts"
import { atOnce } from "../../src/steps/Steps.ts"
import { described, numbers, type TestTable } from "../relationships/schema.ts"

const keysOf = (
  tables: ReadonlyArray<TestTable>,
  foundKeys: ReadonlyMap<string, ReadonlyArray<string>> = new Map()
) => {
  const model = atOnce(schemaModel({ ...described(tables), foundKeys }))
  const keys = atOnce(findKeys(model))
  return model.tables.map((table) => ({
    table: table.table,
    own: keys.ownKey(table),
    owned: keys.targets.filter(({ column, owned }) => column.table === table && owned).map(({ column }) => column.name),
    targets: keys.targets.filter(({ column }) => column.table === table).map(({ column, kind }) => [column.name, kind])
  }))
}

describe("The key of a table", () => {
  it("is the declared one", () => {
    const [shelves] = keysOf([
      { name: "shelves", key: ["shelf_no"], columns: { shelf_no: numbers(9, 1), code: numbers(9, 40) } }
    ])
    expect(shelves?.own).toEqual({ columns: ["shelf_no"], declared: true })
    expect(shelves?.targets).toEqual([["shelf_no", "primary"]])
  })

  it("is none that the data say where a declared one may not be read", () => {
    const input = described([{ name: "shelves", columns: { code: numbers(30, 40), shelf_name: numbers(30, 1) } }])
    const tables = input.catalog.tables.map((table) => ({ ...table, hiddenKey: ["shelf_no"] }))
    const model = atOnce(schemaModel({ ...input, catalog: { ...input.catalog, tables } }))
    const keys = atOnce(findKeys(model))
    expect(model.tables.map(keys.ownKey)).toEqual([{ columns: [], declared: true }])
    expect(atOnce(compositesToTry(model))).toEqual([])
  })

  it("is no amount beside another column, where the day tells the rows apart", () => {
    const numeric = { type: "numeric(12,2)", typeClass: "number" } as const
    const triedOf = (name: string) => {
      const columns = { owner_id: numbers(20), [name]: numbers(20, 40), noted_on: numbers(20, 7) }
      const model = atOnce(schemaModel(described([{ name: "levels", columns, also: { [name]: numeric } }])))
      return model.tables.flatMap((table) => keysToTry(table).map((key) => key.join()))
    }
    expect(triedOf("balance")).toEqual(["owner_id,noted_on"])
    expect(triedOf("total_price")).toEqual(["owner_id,noted_on"])
    expect(triedOf("revision")).toContain("owner_id,revision")
  })

  it("is guessed from data and names where none is declared, and other unique columns are no more than that", () => {
    const [shelves] = keysOf([{ name: "shelves", columns: { shelf_no: numbers(9, 1), weight: numbers(9, 40) } }])
    expect(shelves?.own).toEqual({ columns: ["shelf_no"], declared: false })
    expect(shelves?.targets).toEqual([
      ["shelf_no", "guessed"],
      ["weight", "data"]
    ])
  })

  it("is one of several columns where the data say so and nothing is declared", () => {
    const shelf = { name: "shelves", columns: { hall: [1, 1, 2], letter: [1, 2, 1] } }
    const [found] = keysOf([shelf], new Map([["public.shelves", ["hall", "letter"]]]))
    expect(found?.own).toEqual({ columns: ["hall", "letter"], declared: false })
    expect(found?.targets).toEqual([])
  })

  it("is its first column where that tells many rows apart, whatever else is called so", () => {
    const documents = (name: string, low: number): TestTable => ({
      name,
      columns: { docnr: numbers(60, low), opened: numbers(60, 7000) }
    })
    const items = {
      name: "items",
      columns: { docnr: [...numbers(60, 100), ...numbers(60, 100)], weight: numbers(120) }
    }
    const [, letters, parcels] = keysOf([documents("letters", 100), documents("parcels", 90_000), items])
    expect([letters?.own, parcels?.own]).toEqual([
      { columns: ["docnr"], declared: false },
      { columns: ["docnr"], declared: false }
    ])
  })

  it("is no unique column that several tables have: it is a property of all of them, and none of them owns it", () => {
    const thing = (name: string, rows: number): TestTable => ({
      name,
      key: ["id"],
      uniques: [["external_id"]],
      columns: { id: numbers(rows), external_id: numbers(rows).map((i) => `${name}-${i}`) }
    })
    expect(keysOf([thing("clients", 9), thing("offices", 20)]).map(({ owned }) => owned)).toEqual([["id"], ["id"]])
  })

  it("is told by its name in an empty table, to which nothing refers", () => {
    const [shelves] = keysOf([{ name: "shelves", columns: { shelf_id: [], label: [] } }])
    expect(shelves?.own).toEqual({ columns: ["shelf_id"], declared: false })
    expect(shelves?.targets).toEqual([])
  })
})
