import { byText } from "./byText.ts"
import { grouped } from "./grouped.ts"
import { estimatedRows, type Hierarchies, type Hierarchy } from "./Hierarchy.ts"
import { mapInSteps, sortInSteps, type Steps } from "../steps/Steps.ts"

/**
 * Tables that are read by default. A run's memory and the files grow with each of them: 5,000 tables of three columns took 640 MB at peak, and
 * made a `discovery.json` of 66 MB (`scripts/bench-discovery.ts many`). 3,000 stay within 512 MB.
 */
export const MOST_TABLES = 3_000

/**
 * Keeps at most `most` tables, so that time and memory are bounded in a database of any size. Schemas with more rows (as the planner estimates)
 * come first. A schema is kept as a whole or not at all, because its tables refer to each other: with half of it, they would seem to refer
 * to a copy of it. Only of one that has more than `most` tables itself, those with the most rows are kept. The others are left out with the
 * reason.
 */
export function* largest(all: Hierarchies, most: number): Steps<Hierarchies> {
  if (all.tables.length <= most) return all
  const sized = yield* mapInSteps(all.tables, (table) => ({ table, rows: estimatedRows(table) ?? 0 }))
  const bySchema = grouped(sized, ({ table }) => table.relation.schema)
  const schemas = [...new Set(sized.map(({ table }) => table.relation.schema))].map((schema) => {
    const tables = bySchema(schema)
    return { schema, tables, rows: tables.reduce((sum, { rows }) => sum + rows, 0) }
  })
  const kept = new Set<number>()
  const keep = (tables: ReadonlyArray<(typeof sized)[number]>) =>
    tables.forEach(({ table }) => kept.add(table.relation.id))
  for (const { tables } of schemas.sort((a, b) => b.rows - a.rows || byText(a.schema, b.schema))) {
    const room = most - kept.size
    if (tables.length <= room) keep(tables)
    else if (tables.length > most) {
      const sorted = yield* sortInSteps(
        tables,
        (a, b) => b.rows - a.rows || byText(a.table.relation.name, b.table.relation.name)
      )
      keep(sorted.slice(0, room))
    }
  }
  const reason = `of ${all.tables.length.toLocaleString("en")} tables ${kept.size.toLocaleString("en")} are read (--schema, --exclude and --most-tables choose)`
  const isKept = ({ relation }: Hierarchy) => kept.has(relation.id)
  return {
    tables: all.tables.filter(isKept),
    leftOut: [
      ...all.leftOut,
      ...all.tables.filter((table) => !isKept(table)).map(({ relation }) => ({ relation, reason }))
    ],
    rootsOf: (relation) => all.rootsOf(relation).filter((root) => kept.has(root))
  }
}
