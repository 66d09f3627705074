import { describe, expect, it } from "vitest"
import type { Ontology } from "../../src/ontology/Ontology.ts"
import { search } from "../../src/ontology/Search.ts"
import { column, entity } from "../fixtures/Ontologies.ts"

const library: Ontology = {
  domain: { database: "library", summary: "", businessDomains: [], relationships: [], sampleQuestions: [] },
  entities: [
    entity("loans", {
      description: "A book that a member has borrowed.",
      synonyms: ["borrowing"],
      columns: [
        column("due_on"),
        column("state", { values: [{ value: "L", label: "Lost", count: 3 }] }),
        column("returned_on")
      ]
    }),
    entity("members", { columns: [column("join_year")] })
  ],
  otherTables: [],
  copies: [],
  questions: [],
  knowledge: []
}

const found = (query: string) =>
  search(library, query).map(({ id, value, where }) => [id, where, ...(value === undefined ? [] : [value])])

describe("A search in an ontology", () => {
  it("finds a table by its name, also in the singular, before columns and descriptions", () => {
    expect(found("loan")).toEqual([["public.loans", "name"]])
    expect(found("member")).toEqual([
      ["public.members", "name"],
      ["public.loans", "description"]
    ])
  })

  it("finds a column by a value or what the value means, and says which", () => {
    expect(found("lost")).toEqual([["public.loans.state", "value", "L = Lost"]])
  })

  it("finds what other people call it", () => {
    expect(found("borrowing")).toEqual([["public.loans", "synonym"]])
  })

  it("wants every word, in any order and any case", () => {
    expect(found("ON Due")).toEqual([["public.loans.due_on", "name"]])
    expect(found("due members")).toEqual([])
  })

  it("finds nothing for a query without a word", () => {
    expect(found(" -- ")).toEqual([])
  })
})
