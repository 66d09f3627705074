import { describe, expect, it } from "@effect/vitest"
import type { ColumnProfile } from "../../src/datasource/TableProfile.ts"
import { placeholderOf } from "../../src/ontology/Placeholder.ts"

/** A column with these frequent values and these others, in the order of their kind. */
const profile = (common: Readonly<Record<string, number>>, others: ReadonlyArray<string>): ColumnProfile => {
  const all = [...Object.keys(common), ...others].sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1))
  return {
    ...{ column: "c", nulls: 0, distinct: all.length, minimum: all[0] ?? null, maximum: all.at(-1) ?? null },
    ...{ minimumLength: 1, maximumLength: 10, averageLength: 4, sample: others },
    common: Object.entries(common)
      .map(([value, count]) => ({ value, count }))
      .sort((a, b) => b.count - a.count)
  }
}

describe("a value that may stand for none", () => {
  it("is a number of nines far from all others, or a negative one among others that are none", () => {
    expect(placeholderOf(profile({ "99999": 67, "31": 4 }, ["1", "80"]))).toEqual({ value: "99999", count: 67 })
    expect(placeholderOf(profile({ "-999.00": 67, "1.5": 4 }, ["-20.25", "31"]))).toEqual({
      value: "-999.00",
      count: 67
    })
    expect(placeholderOf(profile({ "-1": 10, "3": 9 }, ["0", "7"]))).toEqual({ value: "-1", count: 10 })
  })

  it("is a day on which nothing happened, at an end of the range", () => {
    expect(placeholderOf(profile({ "9999-12-31": 60 }, ["2024-01-03", "2024-05-01"]))).toEqual({
      value: "9999-12-31",
      count: 60
    })
    expect(placeholderOf(profile({ "1900-01-01 00:00:00": 3 }, ["2024-01-03 10:00:00"]))?.count).toBe(3)
    expect(placeholderOf(profile({ "2024-01-01": 60 }, ["2023-01-03", "2024-05-01"]))).toBeUndefined()
    expect(placeholderOf(profile({ "1970-01-01": 60 }, ["1890-01-03", "2024-05-01"]))).toBeUndefined()
  })

  it("is not one that is near to others, rare, within the range, or the only one", () => {
    expect(placeholderOf(profile({ "999": 5 }, ["870", "910"]))).toBeUndefined()
    expect(placeholderOf(profile({ "-1": 5, "2": 5 }, ["-2", "4"]))).toBeUndefined()
    expect(placeholderOf(profile({ "7": 1000, "9999": 2 }, ["1", "80"]))).toBeUndefined()
    expect(placeholderOf(profile({ "999": 50 }, ["1", "80000"]))).toBeUndefined()
    expect(placeholderOf(profile({ "9999": 50 }, []))).toBeUndefined()
  })

  it("is still there in a profile that is kept with it alone", () => {
    const whole = profile({ "99999": 67, "31": 4 }, ["1", "80"])
    const none = placeholderOf(whole)
    expect(placeholderOf({ ...whole, sample: [], common: none === undefined ? [] : [none] })).toEqual(none)
  })
})
