import { type Catalog, tableId } from "../datasource/Catalog.ts"
import type { ColumnSet, Inclusion } from "../datasource/Inclusion.ts"
import { sensitiveByName } from "../language/Sensitive.ts"
import type { Pair } from "./Candidate.ts"
import { isSentinel } from "./ValueMatch.ts"

/**
 * Test joins as they may be stored and shown. Orphaned values are kept only if all columns on both sides are numbers or uuids without a
 * sensitive name; otherwise only sentinels (0, -1) are. Texts are never kept: they may be somebody's.
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

/** Type classes whose values may be shown. */
const PLAIN = new Set(["integer", "number", "uuid"])
