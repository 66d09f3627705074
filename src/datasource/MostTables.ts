import { byText } from "./byText.ts"
import { estimatedRows, type Hierarchies } from "./Hierarchy.ts"
import { mapInSteps, sortInSteps, type Steps } from "../steps/Steps.ts"

/**
 * Tables that are read by default. A run's memory and the files grow with each of them: 5,000 tables of three columns took 640 MB at peak, and
 * made a `discovery.json` of 66 MB (`scripts/bench-discovery.ts many`). 3,000 stay within 512 MB.
 */
export const MOST_TABLES = 3_000

/**
 * Keeps at most `most` tables, so that time and memory are bounded in a database of any size. Schemas with more rows (as the planner estimates)
 * come first, each as a whole, because tables refer to others of their schema; of the last one, the tables with the most rows. The others
 * are left out with the reason.
 */
export function* largest(all: Hierarchies, most: number): Steps<Hierarchies> {
  if (all.tables.length <= most) return all
  const sized = yield* mapInSteps(all.tables, (table) => ({ table, rows: estimatedRows(table) ?? 0 }))
  const ofSchema = new Map<string, number>()
  for (const { rows, table } of sized) {
    const { schema } = table.relation
    ofSchema.set(schema, (ofSchema.get(schema) ?? 0) + rows)
  }
  const inSchema = (schema: string) => ofSchema.get(schema) ?? 0
  const sorted = yield* sortInSteps(sized, (a, b) => {
    const [one, other] = [a.table.relation, b.table.relation]
    return (
      inSchema(other.schema) - inSchema(one.schema) ||
      byText(one.schema, other.schema) ||
      b.rows - a.rows ||
      byText(one.name, other.name)
    )
  })
  const kept = new Set(sorted.slice(0, most).map(({ table }) => table.relation.id))
  const count = all.tables.length.toLocaleString("en")
  const reason = `of ${count} tables ${most.toLocaleString("en")} are read (--schema, --exclude and --most-tables choose)`
  return {
    // In the order in which they came, by oid.
    tables: all.tables.filter(({ relation }) => kept.has(relation.id)),
    leftOut: [...all.leftOut, ...sorted.slice(most).map(({ table: { relation } }) => ({ relation, reason }))],
    rootsOf: (relation) => all.rootsOf(relation).filter((root) => kept.has(root))
  }
}
