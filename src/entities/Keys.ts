import type { Column, Table } from "../datasource/Catalog.ts"
import type { TableProfile } from "../datasource/TableProfile.ts"
import type { Naming } from "../language/Naming.ts"

/** The columns that tell a table's rows apart: none where nothing is known to. */
export interface EntityKey {
  readonly columns: ReadonlyArray<string>
  readonly declared: boolean
}

/** The declared key: the primary one, or else the unique one without nulls with the fewest columns. */
export const declaredKey = (table: Table): EntityKey | undefined => {
  const nullable = new Set(table.columns.filter((column) => column.nullable).map(({ name }) => name))
  const unique = table.keys
    .filter(({ columns }) => !columns.some((column) => nullable.has(column)))
    .sort((a, b) => a.columns.length - b.columns.length || (a.name < b.name ? -1 : 1))
  const key = table.keys.find(({ primary }) => primary) ?? unique[0]
  return key === undefined ? undefined : { columns: key.columns, declared: true }
}

/** The column whose values tell the rows apart and that looks most like a key; none where no column does, or only a sample is known. */
export const uniqueColumn = (table: Table, profile: TableProfile, naming: Naming): EntityKey | undefined => {
  if (profile.rows < 2 || profile.sampled) return undefined
  const isUnique = (column: Column) => {
    const found = profile.columns.find((each) => each.column === column.name)
    return found !== undefined && found.nulls === 0 && found.distinct === profile.rows
  }
  const score = (column: Column) => {
    const words = naming.columnWords(table.table, column.name).join(" ")
    const bare = words === "" || words === naming.words(table.table).join(" ")
    const says = naming.saysKey(table.table, column.name)
    return (column.sequence ? 4 : 0) + (says && bare ? 4 : 0) + (says ? 2 : 0) + (column.position === 1 ? 1.5 : 0)
  }
  const [best] = table.columns
    .filter((column) => ["integer", "text", "uuid"].includes(column.typeClass) && isUnique(column))
    .map((column) => ({ column, score: score(column) }))
    .sort((a, b) => b.score - a.score || a.column.position - b.column.position)
  return best === undefined ? undefined : { columns: [best.column.name], declared: false }
}
