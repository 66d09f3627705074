import { type Catalog, tableId } from "../datasource/Catalog.ts"
import type { Affected } from "./Decision.ts"

/** Of places, those that are not in the catalog (any more), as `schema.table.column`. */
export const missingIn = (catalog: Catalog): ((places: ReadonlyArray<Affected>) => ReadonlyArray<string>) => {
  const known = new Map(catalog.tables.map((table) => [tableId(table), new Set(table.columns.map(({ name }) => name))]))
  return (places) =>
    places.flatMap(({ column, ...table }) => {
      const columns = known.get(tableId(table))
      const isThere = columns !== undefined && (column === null || columns.has(column))
      return isThere ? [] : [column === null ? tableId(table) : `${tableId(table)}.${column}`]
    })
}
