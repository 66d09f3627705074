import { describe, expect, it } from "@effect/vitest"
import { infer, numbers, of, picked, type TestTable } from "../schema.ts"

const thing = (name: string, count: number, more: TestTable["columns"] = {}): TestTable => ({
  name,
  key: ["id"],
  columns: { id: numbers(count), title: numbers(count).map((i) => `${name} ${i}`), ...more }
})

describe("how a name says a table", () => {
  it("says it more surely the more of its words it says, also where one value is all there is", () => {
    const penalties = thing("standing_penalties", 20)
    const cards = (column: string) => thing("cards", 90, { [column]: numbers(90).map(() => 1) })
    expect(of(infer([penalties, cards("standing_penalty")]), "accepted")).toEqual([
      "cards(standing_penalty) standing_penalties(id)"
    ])
    expect(of(infer([thing("penalties", 20), cards("penalty")]), "accepted")).toEqual([])
  })

  it("says the column that is called as its table, although that has an id as well", () => {
    const kinds = ["CO", "TI", "VO", "IS", "PA", "FO", "RE", "ME"]
    const types: TestTable = {
      name: "hold_types",
      columns: { id: numbers(8), hold_type: kinds, rank: picked([1, 2], 8) }
    }
    const requests = thing("requests", 60, { hold_type: picked(kinds.slice(0, 5), 60) })
    expect(of(infer([types, requests]), "accepted")).toEqual(["requests(hold_type) hold_types(hold_type)"])
  })
})
