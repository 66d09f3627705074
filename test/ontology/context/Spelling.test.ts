import { describe, expect, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { decimal, identifier, literal, numeral, share, span, typeName } from "../../../src/ontology/context/Spelling.ts"

/** What PostgreSQL makes of a string in the notations that the page uses. */
const read = (spelled: string): string => {
  const coded = spelled.startsWith("U&")
  const quote = coded ? spelled[2] : spelled[0]
  const inner = spelled.slice(coded ? 3 : 1, -1).replaceAll(`${quote}${quote}`, quote ?? "")
  return coded
    ? inner.replaceAll(/\\(\\|\+([0-9A-F]{6})|([0-9A-F]{4}))/g, (_, all: string, long?: string, short?: string) =>
        all === "\\" ? all : String.fromCodePoint(Number.parseInt(long ?? short ?? "0", 16))
      )
    : inner
}

const hostile = fc.string({
  unit: fc.constantFrom(..."aZ9_ '\"\\`|*-\n\r\t\u0000\u0007\u200B\u202E\u2028\u00A0é漢😀"),
  maxLength: 40
})

describe("names and values of the page", () => {
  it("come back from it as they went in, on one line", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const value = literal(text)
        expect(value).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
        expect(read(value)).toBe(text)
        const name = identifier(text)
        expect(name).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
        expect(/^[a-z_]/.test(name) ? name : read(name)).toBe(text)
      })
    )
  })

  it("are quoted where SQL needs it, key words too", () => {
    expect(["orders", "Order", "order", "2b", "région", 'a"b'].map(identifier)).toEqual([
      "orders",
      '"Order"',
      '"order"',
      '"2b"',
      '"région"',
      '"a""b"'
    ])
    expect(literal("L'Aquila")).toBe("'L''Aquila'")
    expect(literal("x".repeat(70))).toBe(`'${"x".repeat(60)}'…`)
  })

  it("stand in a code span that they do not end", () => {
    expect(span("a`b``c")).toBe("```a`b``c```")
    expect(span("`a`")).toBe("`` `a` ``")
  })

  it("have types and shares in short", () => {
    expect(
      ["bigint", "character varying(20)", "character(3)", "numeric(10,2)", "timestamp(3) with time zone", "text[]"].map(
        typeName
      )
    ).toEqual(["int", "text", "char(3)", "numeric", "timestamptz", "text[]"])
    expect([share(0, 9), share(1, 900), share(899, 900), share(9, 9)]).toEqual(["0 %", "<1 %", ">99 %", "100 %"])
    expect(["1265793.0395", "0.125", "-0.001", "830", "19.990", "9.995"].map((text) => decimal(text))).toEqual([
      "1265793.04",
      "0.13",
      "0",
      "830",
      "19.99",
      "10"
    ])
  })

  it("are cut where a number has thousands of digits", () => {
    const thousands = `1${"0".repeat(5000)}`
    expect([thousands, `-25${thousands}`].map((text) => decimal(text))).toEqual([
      "about 1.000e5000",
      "about -2.510e5002"
    ])
    expect(numeral(`0.${"3".repeat(4000)}`)).toBe(`0.${"3".repeat(58)}…`)
    expect([numeral("9223372036854775807"), decimal(`-0.5${"1".repeat(90)}`, 6)]).toEqual([
      "9223372036854775807",
      "-0.511111"
    ])
  })
})
