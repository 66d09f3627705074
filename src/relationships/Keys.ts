import { grouped } from "../datasource/grouped.ts"
import {
  guessKey,
  type KeyCandidate,
  type Namesakes,
  NOBODY,
  withNamesake
} from "../entities/EntityDiscoveryService.ts"
import { flatMapInSteps, type Steps } from "../steps/Steps.ts"
import { endsIn, sameWords } from "./ColumnWords.ts"
import type { ColumnModel, SchemaModel, TableModel } from "./SchemaModel.ts"

/** A unique column, which others may refer to. */
export interface TargetKey {
  readonly column: ColumnModel
  /** `primary` and `unique` are declared; `guessed` is what the data and the names make the key; `data` only happens to be unique. */
  readonly kind: "primary" | "unique" | "guessed" | "data"
  /** Whether it is its table's key, and not merely unique. */
  readonly isKey: boolean
  /** Whether its name is its own table's, and not that of a key elsewhere. */
  readonly owned: boolean
  /** Whether it is its table's key and comes from elsewhere at once, as a subtype's does. */
  readonly handedOn: boolean
}

/** Whether a column's values do not repeat, as counted. */
export const isUnique = ({ profile, table }: ColumnModel): boolean =>
  profile.distinct !== null && profile.distinct > 0 && profile.distinct === table.rows - profile.nulls

/** The column, of several with one name, that the others refer to; undefined if none stands out. */
const ownerOf = (namesakes: ReadonlyArray<ColumnModel>): ColumnModel | undefined => {
  if (namesakes.length < 2) return namesakes[0]
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

/** Whether a key is named after its own table: `customer_id` in `customer`, and in `vip_customer` if there is no table `customer`. */
const owns = (model: SchemaModel, column: ColumnModel, owner: (name: string) => ColumnModel | undefined): boolean => {
  const { stem } = column.words
  const { words } = column.table
  if (stem.length === 0 || sameWords(stem, words)) return true
  if (model.named(stem) !== undefined) return false
  return owner(column.words.name) === column
}

/** The possible targets of references in a schema, among them each table's own key of one column, declared or guessed. */
export interface Keys {
  /** Ordered by table and position. */
  readonly targets: ReadonlyArray<TargetKey>
  readonly isOwnKey: (column: ColumnModel) => boolean
  /** The target that a column is, where it is one. */
  readonly target: (column: ColumnModel) => TargetKey | undefined
  /** The table's own key, if it has one of one column. */
  readonly keyOf: (table: TableModel) => TargetKey | undefined
}

/** Finds the keys of a schema. */
export function* findKeys(model: SchemaModel): Steps<Keys> {
  const names = new Map<string, Namesakes>()
  for (const { profile, words } of model.columns) {
    names.set(words.name, withNamesake(profile, names.get(words.name)))
    yield
  }
  const found = yield* flatMapInSteps(model.tables, (table) => keysOf(table, names))
  const keyed = grouped(found, ({ column }) => column.words.name)
  const owners = new Map<string, ColumnModel | undefined>()
  for (const { column } of found) {
    const { name } = column.words
    if (!owners.has(name)) owners.set(name, ownerOf(keyed(name).map((each) => each.column)))
    yield
  }
  const own = new Set(found.filter(({ kind }) => kind === "primary" || kind === "guessed").map(({ column }) => column))
  const targets = found.map(({ column, kind }) => {
    const isKey = own.has(column)
    const owned = owns(model, column, (name) => owners.get(name))
    return { column, kind, isKey, owned, handedOn: !owned && isKey }
  })
  const byColumn = new Map(targets.map((key) => [key.column, key]))
  const keyOf = new Map(
    targets
      .filter(({ isKey }) => isKey)
      .toReversed()
      .map((key) => [key.column.table, key])
  )
  return {
    targets,
    isOwnKey: (column) => own.has(column),
    target: (column) => byColumn.get(column),
    keyOf: (table) => keyOf.get(table)
  }
}

const keysOf = (
  table: TableModel,
  names: ReadonlyMap<string, Namesakes>
): ReadonlyArray<{ readonly column: ColumnModel; readonly kind: TargetKey["kind"] }> => {
  const declared = table.table.keys.flatMap((key) => {
    const column = key.columns.length === 1 ? table.column(key.columns[0] ?? "") : undefined
    return column === undefined ? [] : [{ column, kind: key.primary ? ("primary" as const) : ("unique" as const) }]
  })
  const primary = table.table.keys.some((key) => key.primary)
  const unique = table.columns.filter((column) => isUnique(column) && column.profile.nulls === 0)
  const guessed = primary ? undefined : guessKey(unique.map((column) => keyCandidate(column, names)))
  const kindOf = (column: ColumnModel): TargetKey["kind"] | undefined => {
    const stated = declared.filter((each) => each.column === column).map(({ kind }) => kind)
    if (stated.includes("primary")) return "primary"
    if (column.column.name === guessed) return "guessed"
    if (stated.length > 0) return "unique"
    const known = column.profile.estimated !== true
    return table.table.keys.length === 0 && known && unique.includes(column) ? "data" : undefined
  }
  return table.columns.flatMap((column) => {
    const kind = kindOf(column)
    return kind === undefined ? [] : [{ column, kind }]
  })
}

const keyCandidate = (column: ColumnModel, names: ReadonlyMap<string, Namesakes>): KeyCandidate => ({
  column: column.column,
  unique: isUnique(column) && column.profile.nulls === 0,
  profile: column.profile,
  rows: column.table.rows,
  stem: column.words.stem,
  suffix: column.words.suffix,
  table: column.table.words,
  namesakes: names.get(column.words.name) ?? NOBODY
})
