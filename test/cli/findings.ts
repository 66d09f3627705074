import type { Entity, EntityVerdict } from "../../src/entities/Entity.ts"
import type { Relationship } from "../../src/relationships/Relationship.ts"

/** A table with a verdict; what a test does not care about is plausible. */
export const entity = (table: string, verdict: EntityVerdict, other: Partial<Entity> = {}): Entity => ({
  schema: "public",
  table,
  verdict,
  reason: `it looks like ${verdict}`,
  name: table,
  description: `One of the ${table}.`,
  aliases: [],
  keyColumns: ["id"],
  keyDeclared: true,
  rows: 10,
  sampled: false,
  occurrences: [],
  ...other
})

/** `orders.customer_id -> customers.id`, accepted and inferred unless said otherwise; several columns with a comma. */
export const relationship = (key: string, other: Partial<Relationship> = {}, orphanRows = 0): Relationship => {
  const [from, to] = key.split(" -> ").map((side) => {
    const [table = "", columns = ""] = side.split(".")
    return { schema: "public", table, columns: columns.split(",") }
  })
  if (from === undefined || to === undefined) throw new Error(`not a relationship: ${key}`)
  return {
    from,
    to,
    status: "accepted",
    confidence: 0.93,
    cardinality: "N:1",
    method: "inferred",
    decidedBy: "rules",
    evidence: {
      inclusion: {
        rows: 3_400,
        orphanRows,
        distinct: 100,
        matched: 100 - orphanRows,
        targetDistinct: 120,
        orphans: Array.from({ length: Math.min(5, orphanRows) }, (_, n) => String(7_001 + n)),
        maxFrom: 9,
        maxTo: 1,
        sampled: false
      },
      reasons: ["the name says so", "every value is there"]
    },
    ...other
  }
}
