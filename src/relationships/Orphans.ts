import { type Catalog, type Table, tableId } from "../datasource/Catalog.ts"
import type { ColumnSet, Inclusion } from "../datasource/Inclusion.ts"
import { memoised } from "../language/memoised.ts"
import { sensitiveByName } from "../language/SensitiveNames.ts"
import type { Pair } from "./Candidate.ts"
import { isSentinel } from "./signals/Values.ts"

/**
 * Test joins as they may be stored and shown. Orphaned values are kept only if all columns on both sides are numbers or uuids without a
 * sensitive name; otherwise only sentinels (0, -1) are. Texts are never kept: they may be somebody's.
 */
export const quotableOrphans = (catalog: Catalog): ((pair: Pair, inclusion: Inclusion) => Inclusion) => {
  const tables = new Map(catalog.tables.map((table) => [tableId(table), table]))
  const isPlainOf = memoised((table: Table) => {
    const columns = new Map(table.columns.map((column) => [column.name, column]))
    const named = { name: table.table, aboutPeople: false }
    return memoised((name: string) => {
      const column = columns.get(name)
      return (
        column !== undefined &&
        PLAIN.has(column.typeClass) &&
        sensitiveByName({ ...column, label: "" }, named) === undefined
      )
    })
  })
  const isPlain = (side: ColumnSet) => {
    const table = tables.get(tableId(side))
    return table !== undefined && side.columns.every(isPlainOf(table))
  }
  return ({ from, to }, inclusion) => {
    const plain = isPlain(from) && isPlain(to)
    return {
      ...inclusion,
      orphans: inclusion.orphans.filter((value) => isSentinel(value) || (plain && !LONG.test(value)))
    }
  }
}

/** Numbers of nine digits and more: cards, accounts, telephones and people's documents have such, whatever their column is called. */
const LONG = /^\D*\d{9}[\d.]*$/

/** Type classes whose values may be shown. */
const PLAIN = new Set(["integer", "number", "uuid"])
