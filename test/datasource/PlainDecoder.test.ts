import { describe, expect, it } from "@effect/vitest"
import { Arbitrary, Either, FastCheck as fc, ParseResult, Schema } from "effect"
import { Table } from "../../src/datasource/Catalog.ts"
import { plainDecoder, REFUSED } from "../../src/datasource/PlainDecoder.ts"
import { TableProfile } from "../../src/datasource/TableProfile.ts"
import { Entity } from "../../src/entities/Entity.ts"
import { Ontology, Question } from "../../src/ontology/Ontology.ts"
import { Candidate } from "../../src/relationships/Candidate.ts"
import { Relationship } from "../../src/relationships/Relationship.ts"

const Shapes = {
  TableProfile,
  Table,
  Entity,
  Candidate,
  Relationship,
  Question,
  Ontology,
  Tagged: Schema.Union(
    Schema.TaggedStruct("A", { n: Schema.Int }),
    Schema.TaggedStruct("B", { n: Schema.Number, of: Schema.optional(Schema.String) }),
    Schema.Null
  ),
  Overlapping: Schema.Union(
    Schema.Struct({ a: Schema.Number }),
    Schema.Struct({ a: Schema.Number, b: Schema.optional(Schema.Number) })
  ),
  Lists: Schema.Union(Schema.Array(Schema.Struct({ a: Schema.Int })), Schema.Array(Schema.Struct({ b: Schema.Int }))),
  Pair: Schema.Tuple(Schema.String, Schema.Int),
  Dated: Schema.Struct({ at: Schema.DateFromString, json: Schema.parseJson(Schema.Struct({ n: Schema.Int })) }),
  Named: Schema.Record({ key: Schema.String, value: Schema.Array(Schema.Number) })
}

/** A value with one of its parts removed, replaced, or with something added to it. */
const changed = (value: unknown, at: number, by: unknown): unknown => {
  if (Array.isArray(value)) {
    const items: ReadonlyArray<unknown> = value
    return items.length === 0
      ? by
      : items.map((item, place) => (place === at % items.length ? changed(item, at >> 2, by) : item))
  }
  if (typeof value !== "object" || value === null) return by
  const entries = Object.entries(value)
  if (entries.length === 0 || at % 7 === 0) return { zero: 0, ...value, more: by }
  if (at % 7 === 1) return Object.fromEntries(entries.slice(1))
  const place = at % entries.length
  return Object.fromEntries(entries.map(([name, each], i) => [name, i === place ? changed(each, at >> 2, by) : each]))
}

const backwards = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(backwards)
    : typeof value === "object" && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .map(([name, each]) => [name, backwards(each)] as const)
            .reverse()
        )
      : value

describe("a plain decoder", () => {
  for (const [name, schema] of Object.entries<Schema.Schema.AnyNoContext>(Shapes)) {
    it(`decodes and refuses what ParseResult does, in the same order: ${name}`, () => {
      const decode = plainDecoder(schema.ast)
      const reference = ParseResult.decodeUnknownEither(schema)
      const encoded = Arbitrary.make(Schema.encodedSchema(schema))
      fc.assert(
        fc.property(encoded, fc.nat(), fc.anything(), (value, at, by) => {
          for (const each of [value, backwards(value), changed(value, at, by), by]) {
            const expected = Either.getOrElse(reference(each), () => REFUSED)
            const decoded = decode(each)
            expect(decoded).toStrictEqual(expected)
            expect(JSON.stringify(decoded)).toBe(JSON.stringify(expected))
          }
        }),
        { numRuns: 60 }
      )
    })
  }
})
