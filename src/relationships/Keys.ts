import { guessKey } from "../datasource/KeyGuess.ts"
import { endsIn, sameWords } from "./ColumnWords.ts"
import type { ColumnModel, SchemaModel, TableModel } from "./SchemaModel.ts"

/** A column that others may refer to: no value in it stands twice. */
export interface TargetKey {
  readonly column: ColumnModel
  /** `primary` and `unique` are declared; `guessed` is what the data and the names make the key; `data` only happens to be unique. */
  readonly kind: "primary" | "unique" | "guessed" | "data"
  /** Whether its name is its own table's, and not that of a key elsewhere. */
  readonly owned: boolean
  /** Whether it is its table's key and comes from elsewhere at once, as a subtype's does. */
  readonly handedOn: boolean
}

/** Whether a column's values do not repeat, as counted. */
export const isUnique = ({ profile, table }: ColumnModel): boolean =>
  profile.distinct !== null && profile.distinct > 0 && profile.distinct === table.rows - profile.nulls

/** Which of several columns of one name is the thing itself: the others refer to it. */
const ownerOf = (namesakes: ReadonlyArray<ColumnModel>): ColumnModel | undefined => {
  const named = (test: (column: ColumnModel) => boolean) => {
    const found = namesakes.filter(test)
    return found.length === 1 ? found[0] : undefined
  }
  const widest = Math.max(...namesakes.map((column) => column.profile.distinct ?? 0))
  return (
    named(({ table, words }) => sameWords(words.stem, table.words)) ??
    named(({ table, words }) => endsIn(table.words, words.stem)) ??
    named((column) => (column.profile.distinct ?? 0) === widest)
  )
}

/** What can be referred to in a schema, and each table's own key of one column, declared or guessed. */
export interface Keys {
  /** Ordered by table and position. */
  readonly targets: ReadonlyArray<TargetKey>
  readonly isOwnKey: (column: ColumnModel) => boolean
}

/** Finds the keys of a schema. */
export const findKeys = (model: SchemaModel): Keys => {
  const names = new Map<string, Array<ColumnModel>>()
  for (const column of model.columns) {
    const same = names.get(column.words.name)
    if (same === undefined) names.set(column.words.name, [column])
    else same.push(column)
  }
  const found = model.tables.flatMap((table) => keysOf(table, names).map((key) => ({ table, ...key })))
  const keyed = new Map<string, Array<ColumnModel>>()
  for (const { column } of found) {
    const same = keyed.get(column.words.name)
    if (same === undefined) keyed.set(column.words.name, [column])
    else same.push(column)
  }
  const own = new Set(found.filter(({ kind }) => kind === "primary" || kind === "guessed").map(({ column }) => column))
  const targets = found.map(({ column, kind }) => {
    const generic = column.words.stem.length === 0
    const namesakes = keyed.get(column.words.name) ?? []
    const owned = generic || namesakes.length < 2 || ownerOf(namesakes) === column
    return { column, kind, owned, handedOn: !owned && own.has(column) }
  })
  return { targets, isOwnKey: (column) => own.has(column) }
}

const keysOf = (
  table: TableModel,
  names: ReadonlyMap<string, ReadonlyArray<ColumnModel>>
): ReadonlyArray<{ readonly column: ColumnModel; readonly kind: TargetKey["kind"] }> => {
  const declared = table.table.keys.flatMap((key) => {
    const column = key.columns.length === 1 ? table.column(key.columns[0] ?? "") : undefined
    return column === undefined ? [] : [{ column, kind: key.primary ? ("primary" as const) : ("unique" as const) }]
  })
  if (table.table.keys.length > 0)
    return declared.filter(({ column }, i) => declared.findIndex((other) => other.column === column) === i)
  const guessed = guessKey(
    table.columns.map((column) => ({
      column: column.column,
      unique: isUnique(column) && column.profile.nulls === 0,
      profile: column.profile,
      rows: table.rows,
      stem: column.words.stem,
      suffix: column.words.suffix,
      table: table.words,
      namesakes: (names.get(column.words.name) ?? []).filter((other) => other !== column).map((other) => other.profile)
    }))
  )
  return table.columns
    .filter((column) => isUnique(column) && column.profile.nulls === 0)
    .map((column) => ({ column, kind: column.column.name === guessed ? ("guessed" as const) : ("data" as const) }))
}
