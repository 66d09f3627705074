import { describe, expect, it } from "@effect/vitest"
import { explain } from "../../src/cli/Explain.ts"
import { plain } from "../../src/cli/Text.ts"
import type { Relationship } from "../../src/relationships/Relationship.ts"
import { atOnce } from "../../src/steps/Steps.ts"
import { relationship } from "./findings.ts"

describe("An explanation", () => {
  const summed = (key: string, points: ReadonlyArray<number>, other: Partial<Relationship> = {}) => {
    const found = relationship(key, other)
    const lines = points.map((each, i) => ({ signal: `family.signal-${i}`, points: each, why: `reason ${i}` }))
    return { ...found, evidence: { ...found.evidence, lines } }
  }
  const explained = (relationships: ReadonlyArray<Relationship>) =>
    atOnce(
      explain(relationships, [{ schema: "public", table: "orders", column: "customer_id" }], {
        style: plain,
        width: 100
      })
    ).join("\n")

  it("shows the lines of each target, their sum, and what a rival lost to", () => {
    const text = explained([
      summed("orders.customer_id -> clients.id", [-5.5, 2], { status: "rejected", confidence: 0.0003 }),
      summed("orders.customer_id -> customers.id", [-5.5, 5, 6.25]),
      summed("orders.shop_id -> shops.id", [9])
    ])
    expect(text).toMatch(/→ customers\.id {3}accepted, probability 93\.0 %/)
    expect(text).toMatch(/\+5\.00 {2}family\.signal-1 {2}reason 1/)
    expect(text).toMatch(/\+5\.75 .*the sum, in log odds/)
    expect(text).toMatch(/→ clients\.id {3}rejected, probability 0\.03 %/)
    expect(text).toContain("Lost: customers.id was accepted, with +5.75: +9.25 more.")
    expect(text.indexOf("customers.id")).toBeLessThan(text.indexOf("clients.id"))
    expect(text).not.toContain("shops")
  })

  it("says where no sum decided", () => {
    expect(explained([relationship("orders.customer_id -> customers.id", { method: "foreign_key" })])).toContain(
      "It is declared"
    )
    expect(explained([summed("orders.customer_id -> customers.id", [1], { decidedBy: "person" })])).toContain(
      "A person said so: accepted."
    )
    const composite = explained([summed("orders.shop,customer_id -> customers.shop,id", [1])])
    expect(composite).toContain("(shop, customer_id) → customers (shop, id)")
    expect(composite).not.toContain("the sum, in log odds")
    expect(explained([])).toContain("Nothing is a candidate")
  })
})
