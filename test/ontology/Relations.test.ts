import type { Compared } from "../../src/datasource/Inclusion.ts"
import { describe, expect, it } from "@effect/vitest"
import { buildOntology } from "../../src/ontology/Build.ts"
import type { Table } from "../../src/datasource/Catalog.ts"
import type { Discovered } from "../../src/ontology/Discovered.ts"
import { toMarkdown } from "../../src/ontology/Markdown.ts"
import { atOnce } from "../../src/steps/Steps.ts"
import { made, type MadeReference } from "./shop.ts"

const tables = (rows: number) => [
  { table: "customers", name: "Customer", rows: 500, columns: [{ name: "id", type: "integer" }] },
  {
    table: "orders",
    name: "Order",
    rows,
    columns: [
      { name: "id", type: "integer" },
      { name: "customer_id", type: "integer", comment: "Who pays." }
    ]
  }
]
const reference: MadeReference = { from: ["orders", "customer_id"], to: ["customers", "id"] }
const relations = (discovered: Discovered, table: string) =>
  buildOntology(discovered).entities.find((each) => each.table === table)?.relations

describe("relations in words", () => {
  it("has one only where no row lacks a counterpart", () => {
    expect(relations(made(tables(900), [reference]), "orders")?.[0]).toMatch(/^Each Order has one Customer/)
    const orphans = made(tables(900), [{ ...reference, orphanRows: 3 }])
    expect(relations(orphans, "orders")?.[0]).toMatch(/^Each Order has at most one Customer/)
    expect(buildOntology(orphans).domain.relationships[0]?.optional).toBe(true)
  })

  it("has at most one where rows of either side may be hidden, or another key than this one is validated", () => {
    const found = made(tables(900), [reference])
    const changed = (table: string, change: Partial<Table>) => ({
      ...found,
      catalog: {
        ...found.catalog,
        tables: found.catalog.tables.map((each) => (each.table === table ? { ...each, ...change } : each))
      }
    })
    const hidden = { partsNotRead: [{ schema: "public", table: "part", reason: "locked" }] }
    for (const table of ["orders", "customers"]) {
      expect(relations(changed(table, { rowSecurity: true }), "orders")?.[0]).toMatch(/^Each Order has at most one/)
      expect(relations(changed(table, hidden), "orders")?.[0]).toMatch(/^Each Order has at most one/)
    }
    const key = (table: string) => ({
      rowSecurity: true,
      foreignKeys: [{ name: "fk", columns: ["customer_id"], target: { schema: "public", table, columns: ["id"] } }]
    })
    expect(relations(changed("orders", key("customers")), "orders")?.[0]).toMatch(/^Each Order has one Customer/)
    expect(relations(changed("orders", key("people")), "orders")?.[0]).toMatch(/^Each Order has at most one/)
  })

  it("has at most one of what refers to it by a unique column, also where that matches several", () => {
    const found = made(tables(900), [reference])
    const of = (cardinality: "1:1" | "1:N" | "N:1" | "N:M") =>
      relations({ ...found, relationships: found.relationships.map((each) => ({ ...each, cardinality })) }, "customers")
    expect(of("1:1")?.[0]).toMatch(/^Each Customer has at most one Order/)
    expect(of("1:N")?.[0]).toMatch(/^Each Customer has at most one Order/)
    expect(of("N:1")?.[0]).toMatch(/^Each Customer has any number of Orders/)
    expect(of("N:M")?.[0]).toMatch(/^Each Customer has any number of Orders/)
  })

  it("of a table that was not read are those that names say, and never that it has no rows", () => {
    const found = made(tables(900), [{ ...reference, status: "needs_review" }])
    const unseen = {
      ...found,
      entities: found.entities.map((each) => (each.table === "orders" ? { ...each, rows: 0, sampled: true } : each)),
      relationships: found.relationships.map((each) => ({ ...each, evidence: { ...each.evidence, inclusion: null } }))
    }
    for (const table of ["orders", "customers"]) {
      expect(relations(unseen, table)?.[0]).toContain("the rows to see it by were not read")
    }
  })

  it("say how texts are compared that may not all be numbers or UUIDs", () => {
    const found = made(tables(900), [reference])
    const compared = (as: Compared) =>
      relations({ ...found, relationships: found.relationships.map((each) => ({ ...each, compared: as })) }, "orders")
    expect(compared("as whole numbers")?.[0]).toContain("(CAST(orders.customer_id AS bigint) → customers.id)")
    expect(compared("as whole numbers, where they are some")?.[0]).toContain(
      "(CAST(substring(orders.customer_id FROM '^ *([+-]?[0-9]+)([.]0+)? *$') AS numeric) → customers.id)"
    )
    expect(compared("as uuids")?.[0]).toContain("(CAST(orders.customer_id AS uuid) → customers.id)")
  })

  it("of a table without rows are those that names say, and its comments are told", () => {
    const found = made(tables(0), [{ ...reference, status: "needs_review" }])
    const open = {
      ...found,
      relationships: found.relationships.map((each) => ({ ...each, evidence: { ...each.evidence, inclusion: null } }))
    }
    expect(relations(open, "orders")).toEqual([
      "By name, an Order refers to a Customer (orders.customer_id → customers.id); there are no rows to see it by."
    ])
    expect(relations(open, "customers")).toEqual([
      "By name, Orders refer to it (orders.customer_id → customers.id); there are no rows to see it by."
    ])
    expect(atOnce(toMarkdown(buildOntology(open)))).toContain("`customer_id` integer (Who pays.)")
  })
})
