import { describe, expect, it } from "@effect/vitest"
import { reasons } from "../../src/relationships/Scorecard.ts"

describe("A scorecard's reasons", () => {
  it("begin with the weightiest for and the weightiest against, and say which speak against", () => {
    const card = [
      { points: -1, reason: "its table declares others" },
      { points: 0.1, reason: "hardly worth a word" },
      { points: 2, reason: "the name says so" },
      { points: 3, reason: "every value is there" },
      { points: -0.5, reason: "the types differ" },
      { points: 2, reason: "so does the key" }
    ]
    expect(reasons(card)).toEqual([
      "every value is there",
      "but its table declares others",
      "the name says so",
      "so does the key",
      "but the types differ"
    ])
  })

  it("may all be on one side", () => {
    expect(reasons([{ points: -1, reason: "no value is there" }])).toEqual(["but no value is there"])
    expect(reasons([])).toEqual([])
  })
})
