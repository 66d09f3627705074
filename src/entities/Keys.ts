import { type Catalog, type Table, tableId, type TableName } from "../datasource/Catalog.ts"
import { copiesOf } from "../datasource/Copies.ts"
import { compositeKeys, guessKey, type Namesakes, NOBODY, withNamesake } from "./KeyGuess.ts"
import { indexInSteps, type Steps } from "../steps/Steps.ts"
import type { TableProfile } from "../datasource/TableProfile.ts"
import type { Naming } from "../language/Naming.ts"

/** The key of a table; no columns if none is known. */
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

/** The keys of a catalog's tables: declared ones, and else the column that looks most like one and is unique in the data. */
export function* singleKeys(options: {
  readonly catalog: Catalog
  readonly profiles: ReadonlyMap<string, TableProfile>
  readonly naming: Naming
}): Steps<(table: TableName) => EntityKey | undefined> {
  const { catalog, naming, profiles } = options
  const namesakes = new Map<string, Namesakes>()
  for (const table of catalog.tables) {
    for (const profile of profiles.get(tableId(table))?.columns ?? []) {
      namesakes.set(profile.column, withNamesake(profile, namesakes.get(profile.column)))
    }
    yield
  }
  const guess = (table: Table): EntityKey | undefined => {
    const id = tableId(table)
    const scan = profiles.get(id)
    if (scan === undefined || scan.sampled) return undefined
    const words = naming.words(table.table).join(" ")
    const found = guessKey(
      table.columns.flatMap((column) => {
        const profile = scan.columns.find((each) => each.column === column.name)
        const stem = naming.columnWords(table.table, column.name)
        const suffix = naming.keyWord(table.table, column.name)
        // In an empty table every column is unique: only a name can identify the key.
        const says = suffix !== "" && (stem.length === 0 || stem.join(" ") === words)
        if (profile === undefined || (scan.rows === 0 && !says)) return []
        return [
          {
            column,
            profile,
            rows: scan.rows,
            unique: profile.nulls === 0 && profile.distinct === scan.rows,
            stem,
            suffix,
            table: naming.words(table.table),
            namesakes: namesakes.get(column.name) ?? NOBODY
          }
        ]
      })
    )
    return found === undefined ? undefined : { columns: [found], declared: false }
  }
  const keys = yield* indexInSteps(catalog.tables, (table) => [tableId(table), declaredKey(table) ?? guess(table)])
  return (table) => keys.get(tableId(table))
}

/** Keys of several columns to try on the data, the likeliest first, for tables that have none of one. */
export function* compositesToTry(
  input: Parameters<typeof singleKeys>[0]
): Steps<ReadonlyArray<{ readonly table: Table; readonly keys: ReadonlyArray<ReadonlyArray<string>> }>> {
  const keyOf = yield* singleKeys(input)
  const { originalOf } = yield* copiesOf(input.catalog, [...input.profiles.values()])
  return input.catalog.tables.flatMap((table) => {
    // A copied table has the key of its original.
    if (originalOf(table) !== undefined) return []
    const profile = input.profiles.get(tableId(table))
    if (keyOf(table) !== undefined || profile === undefined || profile.sampled) return []
    const keys = compositeKeys(table.columns, profile.columns, profile.rows)
    return keys.length === 0 ? [] : [{ table, keys }]
  })
}
