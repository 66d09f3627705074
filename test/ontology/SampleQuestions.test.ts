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
      ({ columns, deferrable, primary }) =>
        `${primary ? "PRIMARY KEY" : "UNIQUE"} (${columns.map(quoteIdentifier).join(", ")})${deferrable === true ? " DEFERRABLE" : ""}`
    )
  ].join(", ")})`

/** Creates the tables, and runs every sample question's SQL on them. */
const ask = (discovered: Discovered, before = "SELECT") =>
  Effect.gen(function* () {
    const sql = yield* Effect.flatMap(TestDatabase.create, TestDatabase.connect)
    yield* sql.unsafe(before)
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
      expect((yield* ask(hostile)).length).toBeGreaterThan(2)
    })
  )
  it.live("are answered where a key is DEFERRABLE, and leave out a join that PostgreSQL has no operator for", () =>
    Effect.gen(function* () {
      const key = { name: "id", type: "integer" }
      const columns = [key, { name: "kind", type: "kind" }, { name: "amount", type: "numeric(9,2)" }]
      const found = made(
        [
          { table: "kinds", name: "Kind", rows: 3, key: ["code"], columns: [{ name: "code", type: "varchar(9)" }] },
          { table: "towns", name: "Town", rows: 20, columns: [key, { name: "town_name", type: "text" }] },
          { table: "sales", name: "Sale", rows: 90, columns: [...columns, { name: "town_id", type: "integer" }] }
        ],
        [
          { from: ["sales", "kind"], to: ["kinds", "code"], unmatched: 1 },
          { from: ["sales", "town_id"], to: ["towns", "id"], unmatched: 1 }
        ]
      )
      const tables = found.catalog.tables.map((table): Table => ({
        ...table,
        keys: table.keys.map((each) => ({ ...each, deferrable: true })),
        columns: table.columns.map((each) => (each.type === "kind" ? { ...each, enumLabels: ["a"] } : each))
      }))
      const asked = yield* ask({ ...found, catalog: { ...found.catalog, tables } }, "CREATE TYPE kind AS ENUM ('a')")
      expect(asked.map(({ question }) => question)).toContain("Which Towns have the most Sales?")
      expect(asked.filter(({ tables }) => tables.some(({ table }) => table === "kinds"))).toEqual([])
    })
  )

  it("mean the same value whether or not backslashes in literals are escapes", () => {
    const relationships = shop.relationships.map((each) => ({
      ...each,
      when: { column: each.from.columns[0] ?? "", value: "a\\b'c" }
    }))
    const told = buildOntology({ ...shop, relationships }).domain.sampleQuestions.flatMap(({ sql }) =>
      sql.includes("::text = ") ? [sql] : []
    )
    expect(told.length).toBeGreaterThan(0)
    for (const sql of told) expect(sql).toContain("::text = E'a\\\\b''c'")
  })
})
