import { describe, expect, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { plural, singular, titleCase } from "../../src/language/Words.ts"

const PAIRS = [
  ["customer", "customers"],
  ["category", "categories"],
  ["address", "addresses"],
  ["status", "statuses"],
  ["box", "boxes"],
  ["branch", "branches"],
  ["house", "houses"],
  ["case", "cases"],
  ["move", "moves"],
  ["day", "days"],
  ["person", "people"],
  ["child", "children"],
  ["movie", "movies"],
  ["analysis", "analyses"],
  ["leaf", "leaves"],
  ["hero", "heroes"],
  ["species", "species"],
  ["id", "ids"]
] as const

describe("Words", () => {
  for (const [one, many] of PAIRS) {
    it(`one ${one}, many ${many}`, () => {
      expect(singular(many)).toBe(one)
      expect(plural(one)).toBe(many)
      expect(singular(one)).toBe(one)
      expect(plural(many)).toBe(many)
    })
  }

  it("a title capitalises words, leaves small ones small and writes acronyms in capitals", () => {
    expect(titleCase(["invoice", "line"])).toBe("Invoice Line")
    expect(titleCase(["date", "of", "birth"])).toBe("Date of Birth")
    expect(titleCase(["the", "customer", "id"])).toBe("The Customer ID")
    expect(titleCase([])).toBe("")
  })

  it("the singular of the plural of a word that ends in a consonant is the word again", () => {
    const letters = fc.string({ unit: fc.constantFrom(..."abdegikloprtuvw"), minLength: 2, maxLength: 10 })
    fc.assert(
      fc.property(letters, (word) => {
        const one = `${word}nt`
        expect(singular(plural(one))).toBe(one)
      })
    )
  })
})
