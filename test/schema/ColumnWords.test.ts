import { describe, expect, it } from "@effect/vitest"
import { abbreviated, foldsInto, withoutForm } from "../../src/schema/ColumnWords.ts"

describe("The words of a name", () => {
  it("abbreviate others each by each, or begin one that was not cut", () => {
    expect(abbreviated(["cust", "addr"], ["customer", "address"])).toBe(true)
    expect(abbreviated(["tax", "auth"], ["taxauthority"])).toBe(true)
    expect(abbreviated(["taxauthority"], ["tax", "auth"])).toBe(true)
  })

  it("do not abbreviate what only begins with them, or with the letters of one of them", () => {
    expect(abbreviated(["external"], ["external", "service"])).toBe(false)
    expect(abbreviated(["set", "of"], ["setoff"])).toBe(false)
  })

  it("do not abbreviate numbers: 101 is no short form of 1014", () => {
    expect(abbreviated(["thing", "101"], ["thing", "1014"])).toBe(false)
    expect(abbreviated(["period2019"], ["period201901"])).toBe(false)
    expect(abbreviated(["event", "20"], ["event201"])).toBe(false)
    expect(foldsInto("thing101", ["thing", "1014"])).toBe(false)
    expect(abbreviated(["addr1"], ["address1"])).toBe(true)
  })

  it("say what a table holds without those at the end that say in what form", () => {
    expect(withoutForm(["supplier", "invoice", "header", "data"])).toEqual(["supplier", "invoice"])
    expect(withoutForm(["record", "entry"])).toEqual(["record"])
    expect(withoutForm(["data", "source"])).toEqual(["data", "source"])
  })
})
