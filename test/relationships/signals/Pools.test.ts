import { describe, expect, it } from "@effect/vitest"
import { infer, numbers, of, picked, type TestTable } from "../schema.ts"

/** Ids with a gap, as those of branches and their counters. */
const unitIds = [...numbers(9), ...numbers(10, 101)]
const UNITS: TestTable = {
  name: "org_units",
  key: ["id"],
  columns: { id: unitIds, name: unitIds.map((id) => `U${id}`) }
}
const READERS: TestTable = {
  name: "readers",
  key: ["id"],
  columns: { id: numbers(200), name: numbers(200).map((id) => `Name ${id}`) }
}
/** Tables whose rows belong to a unit by a column that names none, each to few. */
const kept = (column: string, values: (i: number) => ReadonlyArray<number>): ReadonlyArray<TestTable> =>
  ["copies", "shelves", "orders", "loans", "cards", "notes"].map((name, i) => ({
    name,
    key: ["id"],
    columns: { id: numbers(60), reader_id: picked(numbers(200), 60), [column]: picked(values(i), 60) }
  }))
const some = (i: number) => unitIds.slice(i * 3, i * 3 + 4)

describe("what the columns of one name say together", () => {
  it("finds the key that has all their values, where each has few", () => {
    const accepted = of(infer([UNITS, READERS, ...kept("owning_lib", some)]), "accepted")
    expect(accepted.filter((each) => each.includes("owning_lib"))).toEqual(
      ["cards", "copies", "loans", "notes", "orders", "shelves"].map((name) => `${name}(owning_lib) org_units(id)`)
    )
  })

  it("says so of an owner that is no person, although there are people", () => {
    const accepted = of(infer([UNITS, READERS, ...kept("owner", some)]), "accepted")
    expect(accepted).toContain("cards(owner) org_units(id)")
    expect(accepted.join()).not.toContain("owner) readers")
  })

  it("says nothing where ids have no gaps, or where the values are too few", () => {
    const dense = { ...UNITS, columns: { ...UNITS.columns, id: numbers(19) } }
    const low = (i: number) => numbers(4, 1 + i * 2)
    expect(of(infer([dense, READERS, ...kept("owning_lib", low)]), "accepted").join()).not.toContain("owning_lib")
    const few = () => [2, 3]
    expect(of(infer([UNITS, READERS, ...kept("owning_lib", few)]), "accepted").join()).not.toContain("owning_lib")
  })
})
