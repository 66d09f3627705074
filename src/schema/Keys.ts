import type { Table } from "../datasource/Catalog.ts"
import { grouped } from "../datasource/grouped.ts"
import { flatMapInSteps, indexInSteps, type Steps } from "../steps/Steps.ts"
import { endsIn, sameWords } from "./ColumnWords.ts"
import { guessKey, keyHints, keysToTry } from "./KeyGuess.ts"
import type { SchemaModel } from "./SchemaModel.ts"
import { type ColumnModel, isUnique, type TableModel } from "./TableModel.ts"

/** A unique column, which others may refer to. */
export interface TargetKey {
  readonly column: ColumnModel
  /** `primary` and `unique` are declared; `guessed` is what the data and the names make the key; `data` only happens to be unique. */
  readonly kind: "primary" | "unique" | "guessed" | "data"
  /** Whether it is its table's key, and not merely unique. */
  readonly isKey: boolean
  /** Whether its name is its own table's, and not that of a key elsewhere. */
  readonly owned: boolean
  /** Whether other tables have a key of this name, and it is not named after its own. */
  readonly shared: boolean
  /** Whether it is its table's key and comes from elsewhere at once, as a subtype's does. */
  readonly handedOn: boolean
}

/** What tells a table's rows apart; no columns if nothing known does. */
export interface TableKey {
  readonly columns: ReadonlyArray<string>
  readonly declared: boolean
}

/** The keys of a schema: what tells each table's rows apart, and the columns that others may refer to. */
export interface Keys {
  /** The possible targets of references of one column. Ordered by table and position. */
  readonly targets: ReadonlyArray<TargetKey>
  readonly isOwnKey: (column: ColumnModel) => boolean
  /** The target that a column is, where it is one. */
  readonly target: (column: ColumnModel) => TargetKey | undefined
  /** The table's own key, if it has one of one column. */
  readonly keyOf: (table: TableModel) => TargetKey | undefined
  /** What tells the rows of a table (or view) apart: declared, found in the data, or guessed, in that order. */
  readonly ownKey: (table: TableModel) => TableKey
}

/**
 * The declared key: the primary one, or else the unique one without nulls with the fewest columns. No columns where the login may not read
 * those of the primary one: then no others are taken for the key, whatever the data say.
 */
export const declaredKey = (table: Table): TableKey | undefined => {
  const nullable = new Set(table.columns.filter((column) => column.nullable).map(({ name }) => name))
  const unique = table.keys
    .filter(({ columns }) => !columns.some((column) => nullable.has(column)))
    .sort((a, b) => a.columns.length - b.columns.length || (a.name < b.name ? -1 : 1))
  const key = table.keys.find(({ primary }) => primary) ?? unique[0]
  if (key !== undefined) return { columns: key.columns, declared: true }
  return table.hiddenKey === undefined ? undefined : { columns: [], declared: true }
}

/** Finds the keys of a schema. */
export function* findKeys(model: SchemaModel): Steps<Keys> {
  const keyless = model.everything.filter(
    ({ hiddenKey, keys }) => hiddenKey === undefined && !keys.some((key) => key.primary)
  )
  const hints = yield* keyHints(model.tables)
  const guesses = yield* indexInSteps(keyless, (table) => [table, guessKey(table, hints)])
  const found = yield* flatMapInSteps(model.tables, (table) => targetsOf(table, guesses.get(table)))
  const keyed = grouped(found, ({ column }) => column.words.name)
  const own = new Set(found.filter(({ kind }) => kind === "primary" || kind === "guessed").map(({ column }) => column))
  const owners = new Map<string, ColumnModel | undefined>()
  for (const { column } of found) {
    const { name } = column.words
    if (!owners.has(name)) {
      owners.set(
        name,
        ownerOf(
          keyed(name).map((each) => each.column),
          own
        )
      )
    }
    yield
  }
  const targets = found.map(({ column, kind }) => {
    const isKey = own.has(column)
    const owned = owns(model, column, (name) => owners.get(name))
    const { name, stem } = column.words
    const shared = stem.length > 0 && !sameWords(stem, column.table.words) && keyed(name).length > 1
    return { column, kind, isKey, owned, shared, handedOn: !owned && isKey }
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
    keyOf: (table) => keyOf.get(table),
    ownKey: (table) => {
      const declared = declaredKey(table)
      if (declared !== undefined) return declared
      // A key that was found in the data before is kept: the values may have been removed meanwhile.
      if (table.foundKey.length > 0) return { columns: table.foundKey, declared: false }
      const guess = table.profile?.sampled === true ? undefined : guesses.get(table)
      return { columns: guess === undefined ? [] : [guess.name], declared: false }
    }
  }
}

/** Keys of several columns to try on the data, the likeliest first, for tables that have none of one. Copies have the keys of their originals. */
export function* compositesToTry(
  model: SchemaModel
): Steps<ReadonlyArray<{ readonly table: TableModel; readonly keys: ReadonlyArray<ReadonlyArray<string>> }>> {
  const { ownKey } = yield* findKeys(model)
  const isOpen = (table: TableModel) =>
    declaredKey(table) === undefined &&
    model.copies.originalOf(table) === undefined &&
    table.profile !== undefined &&
    !table.profile.sampled
  const conventional = yield* conventions(model, (table) => (isOpen(table) ? ownKey(table).columns : undefined))
  return yield* flatMapInSteps(model.everything, (table) => {
    if (!isOpen(table)) return []
    const own = ownKey(table).columns
    const alike = conventional(table, own)
    const keys = own.length > 0 ? alike : [...alike, ...keysToTry(table)]
    return keys.length === 0 ? [] : [{ table, keys }]
  })
}

/** Fewest tables that begin with the same columns for these to be how the schema identifies things. Set by hand: two may be chance. */
const FEWEST_ALIKE = 3
/** Numbers of columns of such a key, most often two: (authority, code). */
const LENGTHS = [2, 3]

/**
 * Composite keys by convention: if several tables begin with the same columns, and some of them need all of these to tell their rows
 * apart, these columns are the key of all of them, also where one column happens to be unique (a table with few rows).
 */
function* conventions(
  model: SchemaModel,
  keyOf: (table: TableModel) => ReadonlyArray<string> | undefined
): Steps<(table: TableModel, own: ReadonlyArray<string>) => ReadonlyArray<ReadonlyArray<string>>> {
  const start = ({ columns }: TableModel, length: number) =>
    columns.length > length ? columns.slice(0, length).map(({ name }) => name) : []
  const seen = new Map<string, { tables: number; needing: number }>()
  for (const table of model.tables) {
    yield
    const own = keyOf(table)
    if (own === undefined || table.rows === 0) continue
    const tried = own.length > 0 ? [] : keysToTry(table).map((key) => key.join("\0"))
    for (const length of LENGTHS) {
      const id = start(table, length).join("\0")
      if (id === "") continue
      const { needing, tables } = seen.get(id) ?? { tables: 0, needing: 0 }
      seen.set(id, { tables: tables + 1, needing: needing + (tried[0] === id ? 1 : 0) })
    }
  }
  return (table, own) =>
    LENGTHS.flatMap((length) => {
      const key = start(table, length)
      const { needing = 0, tables = 0 } = seen.get(key.join("\0")) ?? {}
      const isPart = own.every((name) => key.includes(name))
      return tables >= FEWEST_ALIKE && needing > 0 && isPart ? [key] : []
    })
}

/**
 * The column, of several with one name, that the others refer to; undefined if none stands out. What is unique in several tables, the key of
 * none and named after none (`external_id`), is a property of all of them.
 */
const ownerOf = (namesakes: ReadonlyArray<ColumnModel>, own: ReadonlySet<ColumnModel>): ColumnModel | undefined => {
  if (namesakes.length < 2) return namesakes[0]
  const named = (test: (column: ColumnModel) => boolean) => {
    const found = namesakes.filter(test)
    return found.length === 1 ? found[0] : undefined
  }
  const widest = Math.max(...namesakes.map((column) => column.profile.distinct ?? 0))
  return (
    named(({ table, words }) => sameWords(words.stem, table.words)) ??
    named(({ table, words }) => endsIn(table.words, words.stem)) ??
    named((column) => own.has(column) && (column.profile.distinct ?? 0) === widest)
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

/** The unique columns of a table, by why they are taken to be. */
const targetsOf = (
  table: TableModel,
  guess: ColumnModel | undefined
): ReadonlyArray<{ readonly column: ColumnModel; readonly kind: TargetKey["kind"] }> => {
  const declared = table.keys.flatMap((key) => {
    const column = key.columns.length === 1 ? table.column(key.columns[0] ?? "") : undefined
    return column === undefined ? [] : [{ column, kind: key.primary ? ("primary" as const) : ("unique" as const) }]
  })
  // Nothing refers to an empty table's column that is only named like a key.
  const guessed = table.rows === 0 ? undefined : guess
  const kindOf = (column: ColumnModel): TargetKey["kind"] | undefined => {
    const stated = declared.filter((each) => each.column === column).map(({ kind }) => kind)
    if (stated.includes("primary")) return "primary"
    if (column === guessed) return "guessed"
    if (stated.length > 0) return "unique"
    const known = column.profile.estimated !== true && column.profile.nulls === 0
    return table.keys.length === 0 && known && isUnique(column) ? "data" : undefined
  }
  // A parent's key is what references to it mean, also where children by inheritance repeat it.
  const [ofParent, ...further] = table.parentKey ?? []
  if (ofParent !== undefined && further.length === 0 && declared.length === 0) {
    const column = table.column(ofParent)
    if (column !== undefined) declared.push({ column, kind: "unique" })
  }
  return table.columns.flatMap((column) => {
    const kind = kindOf(column)
    return kind === undefined ? [] : [{ column, kind }]
  })
}
