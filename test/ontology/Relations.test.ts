import { describe, expect, it } from "@effect/vitest"
import { buildOntology } from "../../src/ontology/Build.ts"
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

  it("say how texts are compared that may not all be numbers", () => {
    const found = made(tables(900), [reference])
    const compared = (as: "as whole numbers" | "as whole numbers, where they are some") =>
      relations({ ...found, relationships: found.relationships.map((each) => ({ ...each, compared: as })) }, "orders")
    expect(compared("as whole numbers")?.[0]).toContain("(CAST(orders.customer_id AS bigint) → customers.id)")
    expect(compared("as whole numbers, where they are some")?.[0]).toContain(
      "(CAST(substring(orders.customer_id FROM '^ *([+-]?[0-9]+)([.]0+)? *$') AS numeric) → customers.id)"
    )
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
