import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Table } from "../../src/datasource/Catalog.ts"
import { quoteIdentifier, quoteTable } from "../../src/datasource/Identifier.ts"
import { buildOntology } from "../../src/ontology/Build.ts"
import type { Discovered } from "../../src/ontology/Discovered.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import { made, shop } from "./shop.ts"

const create = (table: Table) =>
  `CREATE TABLE ${quoteTable(table)} (${[
    ...table.columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`),
    ...table.keys.map(
      ({ columns, primary }) => `${primary ? "PRIMARY KEY" : "UNIQUE"} (${columns.map(quoteIdentifier).join(", ")})`
    )
  ].join(", ")})`

/** Creates the tables, and runs every sample question's SQL on them. */
const ask = (discovered: Discovered) =>
  Effect.gen(function* () {
    const sql = yield* Effect.flatMap(TestDatabase.create, TestDatabase.connect)
    for (const table of discovered.catalog.tables) yield* sql.unsafe(create(table))
    const questions = buildOntology(discovered).domain.sampleQuestions
    for (const question of questions) yield* sql.unsafe(question.sql)
    return questions
  }).pipe(Effect.scoped)

const ofShop = buildOntology(shop).domain.sampleQuestions.map(({ question }) => question)

describe("sample questions", () => {
  it("combine measures, time, links, dimensions and what is missing", () => {
    expect(ofShop).toContain("Which Customers have the highest total amount over all their Orders?")
    expect(ofShop).toContain("How does the total amount of Orders develop by month (ordered at)?")
    expect(ofShop).toContain("Which Products have the most Tags?")
    expect(ofShop).toContain("How many Orders are there per status?")
    expect(ofShop).toContain("Which Customers have no Order?")
  })
  it("are none twice, and no more than a reader reads", () => {
    expect(new Set(ofShop).size).toBe(ofShop.length)
    expect(ofShop.length).toBeLessThanOrEqual(12)
  })
  it.live("are answered by SQL that PostgreSQL accepts", () =>
    Effect.gen(function* () {
      expect((yield* ask(shop)).length).toBeGreaterThan(5)
    })
  )
  it.live("are answered whatever tables and columns are called", () =>
    Effect.gen(function* () {
      const key = { name: 'select "', type: "integer" }
      const hostile = made(
        [
          {
            table: 'Group"; --',
            name: "Group",
            rows: 10,
            key: [key.name],
            columns: [key, { name: "na me", type: "text" }]
          },
          {
            table: "order",
            name: "Order",
            rows: 100,
            key: [key.name],
            columns: [
              key,
              { name: "user", type: "integer" },
              { name: "Total Price $1", type: "numeric(9,2)" },
              { name: "from", type: "date", profile: { minimum: "2020-01-01", maximum: "2024-01-01" } }
            ]
          }
        ],
        [{ from: ["order", "user"], to: ['Group"; --', key.name], unmatched: 1 }]
      )
      expect((yield* ask(hostile)).length).toBeGreaterThan(3)
    })
  )
})
