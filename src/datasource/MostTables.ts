import { byText } from "./byText.ts"
import { grouped } from "./grouped.ts"
import { estimatedRows, type Hierarchies, type Hierarchy } from "./Hierarchy.ts"
import { mapInSteps, sortInSteps, type Steps } from "../steps/Steps.ts"

/** How much of a database is read. */
export interface Most {
  readonly tables: number
  readonly columns: number
}

/**
 * What is read by default. Memory grows with each table (115 KB) and each column (11 KB); these stay within 512 MB, with five columns a table as
 * with twelve (`scripts/bench-discovery.ts many wide`). A number of tables that somebody gives counts alone.
 */
export const MOST: Most = { tables: 3_000, columns: 12_500 }

/**
 * Keeps no more tables than `most` allows, so that time and memory are bounded in a database of any size. Schemas with more rows (as the planner
 * estimates) come first. A schema is kept as a whole or not at all, because its tables refer to each other: with half of it, they would seem to
 * refer to a copy of it. Only of one that is larger than `most` itself, those with the most rows are kept. The others are left out with the
 * reason.
 */
export function* largest(all: Hierarchies, most: Most): Steps<Hierarchies> {
  const room = { tables: most.tables, columns: most.columns }
  const fits = ({ columns, tables }: Most, within: Most) => tables <= within.tables && columns <= within.columns
  if (fits(sizeOf(all.tables), most)) return all
  const sized = yield* mapInSteps(all.tables, (table) => ({ table, rows: estimatedRows(table) ?? 0 }))
  const bySchema = grouped(sized, ({ table }) => table.relation.schema)
  const schemas = [...new Set(sized.map(({ table }) => table.relation.schema))].map((schema) => {
    const tables = bySchema(schema)
    return {
      schema,
      tables,
      size: sizeOf(tables.map(({ table }) => table)),
      rows: tables.reduce((sum, { rows }) => sum + rows, 0)
    }
  })
  const kept = new Set<number>()
  const keep = ({ relation }: Hierarchy) => {
    kept.add(relation.id)
    room.tables--
    room.columns -= relation.width
  }
  for (const { size, tables } of schemas.sort((a, b) => b.rows - a.rows || byText(a.schema, b.schema))) {
    if (fits(size, room)) tables.forEach(({ table }) => keep(table))
    else if (!fits(size, most)) {
      const sorted = yield* sortInSteps(
        tables,
        (a, b) => b.rows - a.rows || byText(a.table.relation.name, b.table.relation.name)
      )
      for (const { table } of sorted) {
        if (!fits(sizeOf([table]), room)) break
        keep(table)
      }
    }
  }
  const columns = sizeOf(all.tables).columns > most.columns ? ` with ${count(sizeOf(all.tables).columns)} columns` : ""
  const reason = `of ${count(all.tables.length)} tables${columns} ${count(kept.size)} are read (--schema, --exclude and --most-tables choose)`
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

const sizeOf = (tables: ReadonlyArray<Hierarchy>): Most => ({
  tables: tables.length,
  columns: tables.reduce((sum, { relation }) => sum + relation.width, 0)
})

const count = (number: number): string => number.toLocaleString("en")
