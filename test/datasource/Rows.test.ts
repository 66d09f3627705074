import { describe, expect, it } from "@effect/vitest"
import { Cause, Effect, FastCheck, Schema } from "effect"
import { decoder, decodeRows, encoder, toJson } from "../../src/datasource/Rows.ts"
import { TableProfile } from "../../src/datasource/TableProfile.ts"

const SECRET = "alice@example.org"

const Stored = Schema.Struct({ profile: TableProfile })
const stored = (column: Record<string, unknown>) => ({
  profile: { schema: "public", table: "person", rows: 1, sampled: false, columns: [column] }
})

describe("a row that does not match its schema", () => {
  it.effect("is a defect that says where and what was expected, and quotes no value", () =>
    Effect.gen(function* () {
      const of = (row: unknown) => Effect.map(Effect.sandbox(decodeRows(Stored)([row])).pipe(Effect.flip), Cause.pretty)
      const told = [
        yield* of(stored({ column: SECRET, nulls: 0, minimum: SECRET, sample: SECRET })),
        yield* of(stored({ column: "email", nulls: SECRET })),
        yield* of({ profile: SECRET }),
        yield* of(SECRET)
      ]
      expect(told.join("\n")).not.toContain(SECRET)
      expect(told[1]).toContain("profile.columns[0].nulls: number")
    })
  )

  it("is the same where it is JSON, with and without a form, and when it is encoded", () => {
    const json = Schema.parseJson(TableProfile)
    const thrown = (run: () => unknown) => {
      try {
        return String(run())
      } catch (error) {
        return String(error) + JSON.stringify(error) + (error instanceof Error ? error.stack : "")
      }
    }
    const told = [
      thrown(() => decoder(json)(`{"table": ${SECRET}`)),
      thrown(() => decoder(json)(JSON.stringify({ schema: 1, table: SECRET }))),
      thrown(() => encoder(Schema.parseJson(Schema.Struct({ rows: Schema.Int })))({ rows: 1.5 }))
    ]
    for (const text of told) expect(text).toContain("a value was not as expected")
    expect(told.join("\n")).not.toContain("alice")
  })
})

describe("JSON for the database", () => {
  it("replaces NUL and lone surrogates, and nothing else", () => {
    expect(toJson({ a: ["x\0y", "\uD800", "\uDC00z", "\u{1F600}"] })).toBe(
      '{"a":["x\uFFFDy","\uFFFD","\uFFFDz","\u{1F600}"]}'
    )
    // These only look like escapes of them.
    for (const text of ["\\u0000", "\\ud800 \\\\u0000"]) expect(JSON.parse(toJson([text]))).toEqual([text])
    FastCheck.assert(
      FastCheck.property(FastCheck.array(FastCheck.string({ unit: "binary" })), (texts) => {
        const kept = texts.map((text) => text.replaceAll("\0", "\uFFFD"))
        expect(JSON.parse(toJson(texts))).toEqual(kept)
      })
    )
  })
})
