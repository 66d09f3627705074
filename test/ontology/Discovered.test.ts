import { columnSetId } from "../../src/datasource/ColumnSets.ts"
import { describe, expect, it } from "@effect/vitest"
import { FastCheck } from "effect"

const name = FastCheck.string({ unit: FastCheck.constantFrom("a", "b", ",", ".", '"', "(", ")"), maxLength: 4 })
const set = FastCheck.record({
  schema: name,
  table: name,
  columns: FastCheck.array(name, { minLength: 1, maxLength: 3 })
})

describe("the id of a set of columns", () => {
  it("is plain for ordinary names", () => {
    expect(columnSetId({ schema: "public", table: "line", columns: ["order_id", "no"] })).toBe(
      "public.line(order_id,no)"
    )
  })

  it.prop("is that of no other set, whatever dots, commas and parentheses are in names", [set, set], ([a, b]) => {
    expect(columnSetId(a) === columnSetId(b)).toBe(JSON.stringify(a) === JSON.stringify(b))
  })

  it("tells a column with a comma from two columns", () => {
    const of = (...columns: ReadonlyArray<string>) => columnSetId({ schema: "s", table: "t", columns })
    expect(of("a,b")).not.toBe(of("a", "b"))
    expect(of('a","b')).not.toBe(of("a", "b"))
  })
})
