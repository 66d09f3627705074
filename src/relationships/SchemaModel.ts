import { columnPrefix, Vocabulary } from "../language/Vocabulary.ts"
import { byText } from "../datasource/byText.ts"
import { type Catalog, type Column, type Table, tableId, type TableName } from "../datasource/Catalog.ts"
import type { ColumnSet } from "../datasource/Inclusion.ts"
import { grouped } from "../datasource/grouped.ts"
import { indexInSteps, mapInSteps, sortInSteps, type Steps } from "../steps/Steps.ts"
import { type ColumnProfile, NO_VALUES, type TableProfile } from "../datasource/TableProfile.ts"
import { type ColumnWords, columnWords, tableWords } from "./ColumnWords.ts"

/** A column with what the catalog, its profile and its name say. */
export interface ColumnModel {
  /** `schema.table.column`: unique, and the order in which everything is done. */
  readonly id: string
  readonly table: TableModel
  readonly column: Column
  readonly profile: ColumnProfile
  readonly words: ColumnWords
}

/** A table with what the catalog, its profile and its name say. */
export interface TableModel {
  /** `schema.table` */
  readonly id: string
  readonly table: Table
  readonly rows: number
  /** The words of its name, singular. */
  readonly words: ReadonlyArray<string>
  readonly columns: ReadonlyArray<ColumnModel>
  readonly column: (name: string) => ColumnModel | undefined
}

/** What is known about each table of a datasource before tables are compared. Tables are ordered by their id. */
export interface SchemaModel {
  readonly tables: ReadonlyArray<TableModel>
  readonly table: (name: TableName) => TableModel | undefined
  /** The words of a name, as of a table's: singular, without plumbing in front. */
  readonly words: (name: string) => ReadonlyArray<string>
  /** The table that is called exactly this, where there is one and only one. */
  readonly named: (words: ReadonlyArray<string>) => TableModel | undefined
  /** The tables whose names end in this word. */
  readonly ending: (word: string) => ReadonlyArray<TableModel>
  /** How many of them have no more than `length` words. */
  readonly endings: (word: string, length: number) => number
  readonly columns: ReadonlyArray<ColumnModel>
}

/** The profile of a column that was not read. */
const UNKNOWN: Omit<ColumnProfile, "column"> = { ...NO_VALUES, nulls: 0, distinct: null }

/** Columns of one table, one at least, as a side of a reference. */
export const sideOf = (...columns: ReadonlyArray<ColumnModel>): ColumnSet => {
  const { schema, table } = columns[0]?.table.table ?? { schema: "", table: "" }
  return { schema, table, columns: columns.map(({ column }) => column.name) }
}

/** Tables, and share of the tables with a key, whose keys must have one name for it to be a generic name of keys. */
const FEWEST_COMMON = 3
const COMMON_SHARE = 0.5

/** The generic names of keys in this schema, such as `id` in another language. The name of a table is none. */
function* commonKeyNames(
  tables: ReadonlyArray<Table>,
  profiled: ReadonlyMap<string, TableProfile>,
  wordsOf: (table: Table, column: Column) => ColumnWords,
  said: ReadonlySet<string>
): Steps<ReadonlySet<string>> {
  const names = new Map<string, number>()
  let keyed = 0
  for (const table of tables) {
    yield
    const key = singleKey(table, profiled.get(tableId(table)))
    if (key === undefined) continue
    const { name, stem } = wordsOf(table, key)
    keyed++
    if (!said.has(stem.join(" "))) names.set(name, (names.get(name) ?? 0) + 1)
  }
  return new Set(
    [...names].filter(([, count]) => count >= FEWEST_COMMON && count >= COMMON_SHARE * keyed).map(([name]) => name)
  )
}

/** The primary key of one column or, where no key is declared, the first column if it tells the rows apart. */
const singleKey = (table: Table, profile: TableProfile | undefined): Column | undefined => {
  const primary = table.keys.find((key) => key.primary)
  if (primary !== undefined) {
    return primary.columns.length > 1 ? undefined : table.columns.find(({ name }) => name === primary.columns[0])
  }
  const [first] = table.columns
  if (first === undefined || profile === undefined || profile.rows === 0 || table.keys.length > 0) return undefined
  return profile.columns.find(({ column }) => column === first.name)?.distinct === profile.rows ? first : undefined
}

/**
 * Joins a catalog with its profiles. Views are left out: their columns are those of their tables. A table without a profile has 0 rows
 * here.
 */
export function* schemaModel(catalog: Catalog, profiles: ReadonlyArray<TableProfile>): Steps<SchemaModel> {
  const profiled = new Map(profiles.map((profile) => [tableId(profile), profile]))
  const vocabulary = yield* Vocabulary.make(
    catalog.tables.flatMap((table) => [table.table, ...table.columns.map((column) => column.name)])
  )
  const kept = catalog.tables.filter((table) => table.kind === "table" || table.kind === "foreign table")
  const prefixes = yield* indexInSteps(kept, (table) => [
    table,
    columnPrefix(table.columns.map((column) => column.name))
  ])
  const wordsOf = (table: Table, column: Column) =>
    columnWords(vocabulary, column.name.slice(prefixes.get(table)?.length ?? 0))
  const said = new Set(yield* mapInSteps(kept, (table) => tableWords(vocabulary, table.table).join(" ")))
  const common = yield* commonKeyNames(kept, profiled, wordsOf, said)
  const tables = yield* sortInSteps(
    yield* mapInSteps(kept, (table): TableModel => {
      const id = tableId(table)
      const profile = profiled.get(id)
      const columnProfiles = new Map(profile?.columns.map((each) => [each.column, each]))
      const byName = new Map<string, ColumnModel>()
      const columns: Array<ColumnModel> = []
      const model: TableModel = {
        id,
        table,
        rows: profile?.rows ?? 0,
        words: tableWords(vocabulary, table.table),
        columns,
        column: (name) => byName.get(name)
      }
      for (const column of table.columns) {
        const words = wordsOf(table, column)
        const made: ColumnModel = {
          id: `${id}.${column.name}`,
          table: model,
          column,
          profile: columnProfiles.get(column.name) ?? { column: column.name, ...UNKNOWN },
          words: common.has(words.name) ? { ...words, stem: [], suffix: words.name } : words
        }
        byName.set(column.name, made)
        columns.push(made)
      }
      return model
    }),
    (a, b) => byText(a.id, b.id)
  )
  const byId = new Map(tables.map((table) => [table.id, table]))
  const byWords = new Map<string, TableModel | undefined>()
  const ending = grouped(tables, ({ words }) => words.at(-1) ?? "")
  const endings = new Map<string, number>()
  for (const table of tables) {
    const words = table.words.join(" ")
    byWords.set(words, byWords.has(words) ? undefined : table)
  }
  return {
    tables,
    words: (name) => tableWords(vocabulary, name),
    ending,
    endings: (word, length) => {
      const id = `${length} ${word}`
      const count = endings.get(id) ?? ending(word).filter(({ words }) => words.length <= length).length
      endings.set(id, count)
      return count
    },
    named: (words) => byWords.get(words.join(" ")),
    table: (name) => byId.get(tableId(name)),
    columns: tables.flatMap((table) => table.columns)
  }
}
