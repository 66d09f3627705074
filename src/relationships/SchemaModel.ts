import { columnPrefix, Vocabulary } from "../language/Vocabulary.ts"
import { type Catalog, type Column, type Table, tableId, type TableName } from "../datasource/Catalog.ts"
import type { ColumnProfile, TableProfile } from "../datasource/TableProfile.ts"
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

/** Everything that is known about a datasource before its tables are held against each other. Tables are ordered by their id. */
export interface SchemaModel {
  readonly tables: ReadonlyArray<TableModel>
  readonly table: (name: TableName) => TableModel | undefined
  /** The table that is called exactly this, where there is one and only one. */
  readonly named: (words: ReadonlyArray<string>) => TableModel | undefined
  readonly columns: ReadonlyArray<ColumnModel>
}

const UNKNOWN: Omit<ColumnProfile, "column"> = {
  nulls: 0,
  distinct: null,
  minimum: null,
  maximum: null,
  minimumLength: null,
  maximumLength: null,
  averageLength: null,
  sample: [],
  common: []
}

/** By code unit: the same everywhere, whatever the locale. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Joins a catalog with its profiles; views are left out (what they show is in their tables), tables without a profile count as empty. */
export const schemaModel = (catalog: Catalog, profiles: ReadonlyArray<TableProfile>): SchemaModel => {
  const profiled = new Map(profiles.map((profile) => [tableId(profile), profile]))
  const vocabulary = Vocabulary.make(
    catalog.tables.flatMap((table) => [table.table, ...table.columns.map((column) => column.name)])
  )
  const tables = catalog.tables
    .filter((table) => table.kind === "table" || table.kind === "foreign table")
    .map((table): TableModel => {
      const id = tableId(table)
      const profile = profiled.get(id)
      const columnProfiles = new Map(profile?.columns.map((each) => [each.column, each]))
      const prefix = columnPrefix(table.columns.map((column) => column.name))
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
        const made: ColumnModel = {
          id: `${id}.${column.name}`,
          table: model,
          column,
          profile: columnProfiles.get(column.name) ?? { column: column.name, ...UNKNOWN },
          words: columnWords(vocabulary, column.name.slice(prefix.length))
        }
        byName.set(column.name, made)
        columns.push(made)
      }
      return model
    })
    .sort((a, b) => byText(a.id, b.id))
  const byId = new Map(tables.map((table) => [table.id, table]))
  const byWords = new Map<string, TableModel | undefined>()
  for (const table of tables) {
    const words = table.words.join(" ")
    byWords.set(words, byWords.has(words) ? undefined : table)
  }
  return {
    tables,
    named: (words) => byWords.get(words.join(" ")),
    table: (name) => byId.get(tableId(name)),
    columns: tables.flatMap((table) => table.columns)
  }
}
