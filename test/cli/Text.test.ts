import { describe, expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { ansi, clean, count, duration, fold, pad, truncate, widthOf, withoutColours, wrap } from "../../src/cli/Text.ts"

describe("Text on a terminal", () => {
  it("is measured in columns: colours and accents take none, Chinese characters two", () => {
    expect(widthOf(ansi.red("rood"))).toBe(4)
    expect(widthOf("cafe\u0301")).toBe(4)
    expect(widthOf("顧客 x")).toBe(6)
  })

  it("cannot move the cursor, colour what follows or turn around, whatever a comment says", () => {
    expect(clean("a\u001b[2J\u001b]0;title\u0007b\nc\u202ed")).toBe("a ]0;title b c d")
    expect(clean("\u009b31mred\r\nover")).toBe("31mred over")
  })

  it.prop(
    "is cut and filled to exactly the width that was asked for",
    [FastCheck.string({ unit: "grapheme" }), FastCheck.integer({ min: 1, max: 30 })],
    ([text, width]) => {
      const fitted = pad(truncate(clean(text), width), width)
      expect(widthOf(fitted)).toBe(width)
    }
  )

  it.prop(
    "is broken into lines without losing a word",
    [FastCheck.array(FastCheck.stringMatching(/^[a-z]{1,12}$/)), FastCheck.integer({ min: 12, max: 40 })],
    ([words, width]) => {
      const lines = wrap(words.join(" "), width)
      expect(lines.join(" ")).toBe(words.join(" "))
      expect(lines.every((line) => widthOf(line) <= width)).toBe(true)
    }
  )

  it("is cut behind a word where there is no room for all of it", () => {
    expect(fold("bikes, trees, and more", 15, 1)).toEqual(["bikes, trees …"])
    expect(fold("eight bikes in a blue shed", 12, 2)).toEqual(["eight bikes", "in a blue …"])
    expect(fold("eight bikes in a blue shed", 12, 3)).toEqual(["eight bikes", "in a blue", "shed"])
    expect(fold("shed", 3, 1)).toEqual(["sh…"])
  })

  it("says how long something took as people do", () => {
    expect([0, 420, 9_940, 12_300, 59_400, 59_600, 125_000, 7_800_000].map(duration)).toEqual([
      "0.0 s",
      "0.4 s",
      "9.9 s",
      "12 s",
      "59 s",
      "1 min 00 s",
      "2 min 05 s",
      "2 h 10 min"
    ])
  })

  it("counts in the singular and the plural", () => {
    expect([count(1, "table"), count(71_148, "row"), count(0, "entity", "entities")]).toEqual([
      "1 table",
      "71,148 rows",
      "0 entities"
    ])
    expect(withoutColours(ansi.bold(ansi.dim("x")))).toBe("x")
  })
})
