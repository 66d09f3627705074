import type { Column, Table } from "../datasource/Catalog.ts"
import type { ColumnSet } from "../datasource/Inclusion.ts"
import type { ColumnProfile, TableProfile } from "../datasource/TableProfile.ts"
import type { ColumnWords } from "./ColumnWords.ts"

/** A column with what the catalog, its profile and its name say. */
export interface ColumnModel extends Column {
  /** `schema.table.column`: unique, and the order in which everything is done. */
  readonly id: string
  readonly table: TableModel
  /** Without values if they were not read. */
  readonly profile: ColumnProfile
  /** Whether its values were read. */
  readonly isRead: boolean
  readonly words: ColumnWords
  /** The sampled values that are numbers, in ascending order. */
  readonly sampledNumbers: () => ReadonlyArray<number>
  /** The sampled values. */
  readonly sampled: () => ReadonlySet<string>
}

/** A table with what the catalog, its profile and its name say. */
export interface TableModel extends Table {
  /** `schema.table` */
  readonly id: string
  readonly columns: ReadonlyArray<ColumnModel>
  /** Undefined if it was not read. */
  readonly profile: TableProfile | undefined
  /** 0 if it was not read. */
  readonly rows: number
  /** The words of its name, singular. */
  readonly words: ReadonlyArray<string>
  /** The words that its columns' names begin with, cut off there: `bk` of `bk_id`, `bk_title`. Empty if there are none. */
  readonly prefix: ReadonlyArray<string>
  /** A key of several columns that was found in the data, if none is declared; empty if there is none. */
  readonly foundKey: ReadonlyArray<string>
  readonly column: (name: string) => ColumnModel | undefined
  /** The first column whose words are this name (`ColumnWords.name`). */
  readonly called: (name: string) => ColumnModel | undefined
}

/** Columns of one table, one at least, as a side of a reference. */
export const sideOf = (...columns: ReadonlyArray<ColumnModel>): ColumnSet => {
  const { schema, table } = columns[0]?.table ?? { schema: "", table: "" }
  return { schema, table, columns: columns.map(({ name }) => name) }
}

export { isView } from "../datasource/Catalog.ts"

/** Whether a column's values do not repeat, as counted. */
export const isUnique = ({ profile, table }: ColumnModel): boolean =>
  profile.distinct !== null && profile.distinct > 0 && profile.distinct === table.rows - profile.nulls
