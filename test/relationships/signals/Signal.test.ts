import { describe, expect, it } from "@effect/vitest"
import { family, line, reasons } from "../../../src/relationships/signals/Signal.ts"
import { SIGNALS } from "../../../src/relationships/signals/Signals.ts"

const { one } = family("tests", { one: [1, "one point"] })
const told = (points: number, why: string) => line(one, why, points)

describe("A scorecard's reasons", () => {
  it("begin with the weightiest for and the weightiest against, and say which speak against", () => {
    const card = [
      told(-1, "its table declares others"),
      told(0.1, "hardly worth a word"),
      told(2, "the name says so"),
      told(3, "every value is there"),
      told(-0.5, "the types differ"),
      told(2, "so does the key")
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
    expect(reasons([told(-1, "no value is there")])).toEqual(["but no value is there"])
    expect(reasons([])).toEqual([])
  })

  it("are told with what qualifies them, and not with it alone", () => {
    const qualifier = { ...told(-2, ""), qualifies: true as const }
    expect(reasons([told(4, "the name says so"), qualifier, told(3, "every value is there")])).toEqual([
      "every value is there",
      "the name says so"
    ])
  })
})

describe("The signals", () => {
  it("have ids of their own, say what they say, and where their weights come from", () => {
    expect(new Set(SIGNALS.map(({ id }) => id)).size).toBe(SIGNALS.length)
    for (const { says, source, weight } of SIGNALS) {
      expect(says).not.toBe("")
      expect(source).not.toBe("")
      expect(weight).not.toBe(0)
    }
  })
})
