import { type Catalog, tableId } from "../datasource/Catalog.ts"
import type { ColumnSet, Inclusion } from "../datasource/Inclusion.ts"
import { sensitiveByName } from "../language/Sensitive.ts"
import type { Pair } from "./Candidate.ts"
import { isSentinel } from "./ValueMatch.ts"

/**
 * Test joins as they may be stored and shown: of values without a counterpart only numbers and identifiers that nobody has to be kept
 * from, and what stands for none. Of texts nobody knows whose they are.
 */
export const quotableOrphans = (catalog: Catalog): ((pair: Pair, inclusion: Inclusion) => Inclusion) => {
  const tables = new Map(catalog.tables.map((table) => [tableId(table), table]))
  const isPlain = (side: ColumnSet) =>
    side.columns.every((name) => {
      const column = tables.get(tableId(side))?.columns.find((each) => each.name === name)
      return (
        column !== undefined &&
        PLAIN.has(column.typeClass) &&
        sensitiveByName({ ...column, label: "" }, false) === undefined
      )
    })
  return ({ from, to }, inclusion) =>
    isPlain(from) && isPlain(to) ? inclusion : { ...inclusion, orphans: inclusion.orphans.filter(isSentinel) }
}

const PLAIN = new Set(["integer", "number", "uuid"])
