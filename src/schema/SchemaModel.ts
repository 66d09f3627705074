import { byText } from "../datasource/byText.ts"
import { type Catalog, type Column, type Table, tableId, type TableName } from "../datasource/Catalog.ts"
import { type Copies, copiesOf } from "../datasource/Copies.ts"
import { grouped } from "../datasource/grouped.ts"
import { type ColumnProfile, NO_VALUES, type TableProfile } from "../datasource/TableProfile.ts"
import { lazily } from "../language/memoised.ts"
import * as Naming from "../language/Naming.ts"
import { columnPrefix, Vocabulary } from "../language/Vocabulary.ts"
import { singular } from "../language/Words.ts"
import { flatMapInSteps, indexInSteps, mapInSteps, sortInSteps, type Steps } from "../steps/Steps.ts"
import { columnWords, tableWords } from "./ColumnWords.ts"
import { type ColumnModel, isUnique, isView, type TableModel } from "./TableModel.ts"
import { accountsOf } from "./People.ts"
import { guessKey, type KeyHints, keyHints } from "./KeyGuess.ts"

/** What is known about each table of a datasource before tables are compared: the one model that entities, relationships and ontology use. */
export interface SchemaModel {
  /** All that are looked at, views included, ordered by id. Of copied tables only those that their original lacks. */
  readonly everything: ReadonlyArray<TableModel>
  /** Those that hold rows of their own: not views, whose columns are those of their tables. Ordered by id. */
  readonly tables: ReadonlyArray<TableModel>
  /** The columns of `tables`. */
  readonly columns: ReadonlyArray<ColumnModel>
  /** Those of `tables` whose rows are accounts, by which people log in. */
  readonly accounts: ReadonlyArray<TableModel>
  /** Tables that are copies of others. */
  readonly copies: Copies
  /** Whether two columns are one of the same rows: of a table, and of one that it inherits from. */
  readonly isInherited: (one: ColumnModel, other: ColumnModel) => boolean
  /** One of `tables`. */
  readonly table: (name: TableName) => TableModel | undefined
  /** The words of a name, as of a table's: singular, without plumbing in front. */
  readonly words: (name: string) => ReadonlyArray<string>
  /** The table that is called exactly this, where there is one and only one. */
  readonly named: (words: ReadonlyArray<string>) => TableModel | undefined
  /** The tables whose names begin with this word. */
  readonly beginning: (word: string) => ReadonlyArray<TableModel>
  /** The tables whose names end in this word. */
  readonly ending: (word: string) => ReadonlyArray<TableModel>
  /** How many of them have no more than `length` words. */
  readonly endings: (word: string, length: number) => number
  /** What people call its tables and columns. Made from the same vocabulary when somebody asks: relationships never do. */
  readonly naming: () => Steps<Naming.Naming>
}

/** What a model is made of. */
export interface SchemaInput {
  readonly catalog: Catalog
  /** Of the tables that could be read. */
  readonly profiles: ReadonlyArray<TableProfile>
  /** Keys of several columns that were found in the data, by table id. None by default. */
  readonly foundKeys?: ReadonlyMap<string, ReadonlyArray<string>>
}

const numbersOf = ({ sample }: ColumnProfile): ReadonlyArray<number> =>
  sample
    .map(Number)
    .filter(Number.isFinite)
    .sort((a, b) => a - b)

const NOTHING: ReadonlySet<string> = new Set()

/** The profile of a column that was not read. */
const UNKNOWN: Omit<ColumnProfile, "column"> = { ...NO_VALUES, nulls: 0, distinct: null }

/**
 * Tables, and share of the tables with a key of one column, whose keys must have one name for it to be a generic name of keys. Set by hand:
 * two of three tables with the same name may be chance.
 */
const FEWEST_COMMON = 3
const COMMON_SHARE = 0.5

/** The generic names of keys in this schema, such as `id` in another language. The name of a table is none. */
function* commonKeyNames(tables: ReadonlyArray<TableModel>): Steps<ReadonlySet<string>> {
  const said = new Set(tables.map(({ words }) => words.join(" ")))
  const hints = yield* keyHints(tables)
  const names = new Map<string, number>()
  let keyed = 0
  for (const table of tables) {
    yield
    const key = singleKey(table, hints)
    if (key === undefined) continue
    const { name, stem } = key.words
    keyed++
    if (!said.has(stem.join(" "))) names.set(name, (names.get(name) ?? 0) + 1)
  }
  return new Set(
    [...names].filter(([, count]) => count >= FEWEST_COMMON && count >= COMMON_SHARE * keyed).map(([name]) => name)
  )
}

/** Minimum number of other tables' columns named as one table's key (`uid`) for that name to mean this table. Set by hand. */
const FEWEST_NAMESAKES = 3

/**
 * The key words that are the key of one table only and stand in others, where they repeat: `uid` of accounts is no generic name of keys, but
 * says accounts.
 */
function* soleKeyNames(tables: ReadonlyArray<TableModel>): Steps<ReadonlySet<string>> {
  const owners = new Map<string, number>()
  const others = new Map<string, number>()
  const hints = yield* keyHints(tables)
  for (const table of tables) {
    yield
    const key = singleKey(table, hints)
    for (const column of table.columns) {
      const { name, stem, suffix } = column.words
      if (stem.length > 0 || suffix !== name || !SOLE.has(name)) continue
      if (column === key) owners.set(name, (owners.get(name) ?? 0) + 1)
      else if (!isUnique(column)) others.set(name, (others.get(name) ?? 0) + 1)
    }
  }
  return new Set(
    [...owners]
      .filter(([name, count]) => count === 1 && (others.get(name) ?? 0) >= FEWEST_NAMESAKES)
      .map(([name]) => name)
  )
}

/** Key words that may be what one thing is known by everywhere. A number or code is a property of many things. */
const SOLE = new Set(["uid", "uuid", "guid", "oid", "sku", "isbn", "pk", "sk", "ref"])

/** The primary key of one column or, where no key is declared, the column that looks most like one. */
const singleKey = (table: TableModel, hints: KeyHints): ColumnModel | undefined => {
  const primary = table.keys.find((key) => key.primary)
  if (primary !== undefined) return primary.columns.length > 1 ? undefined : table.column(primary.columns[0] ?? "")
  return table.keys.length > 0 || table.hiddenKey !== undefined ? undefined : guessKey(table, hints)
}

type Mutable<A> = { -readonly [K in keyof A]: A[K] }

/** Joins a catalog with its profiles. */
export function* schemaModel({ catalog, foundKeys = new Map(), profiles }: SchemaInput): Steps<SchemaModel> {
  const copies = yield* copiesOf(catalog, profiles)
  const lookedAt = yield* sortInSteps(catalog.tables.filter(copies.isLookedAt), (a, b) =>
    byText(tableId(a), tableId(b))
  )
  const profiled = new Map(profiles.map((profile) => [tableId(profile), profile]))
  const vocabulary = yield* Vocabulary.make(
    lookedAt.flatMap((table) => [table.table, ...table.columns.map((column) => column.name)])
  )
  const prefixes = yield* indexInSteps(lookedAt, (table) => [
    table,
    columnPrefix(table.columns.map((column) => column.name))
  ])
  const empty = yield* Naming.emptyPrefixes(
    lookedAt.map(({ table }) => vocabulary.tokens(table)),
    yield* mapInSteps(
      lookedAt.flatMap(({ columns }) => columns),
      ({ name }) => vocabulary.tokens(name)
    )
  )
  const titles = new Set(lookedAt.map(({ table }) => tableWords(vocabulary, table, NOTHING).join(" ")))
  /** Drops an empty prefix from a table's words, but not if another table is called exactly so (`messages` beside `rtmessages`). */
  const titleOf = (table: string) => {
    const all = tableWords(vocabulary, table, NOTHING)
    const words = tableWords(vocabulary, table, empty)
    return words.length < all.length && titles.has(words.join(" ")) ? all : words
  }
  const wordsOf = (table: Table, column: Column) =>
    columnWords(vocabulary, column.name.slice(prefixes.get(table)?.length ?? 0))
  const made: Array<Mutable<ColumnModel>> = []
  const everything: Array<TableModel> = []
  for (const table of lookedAt) {
    const id = tableId(table)
    const profile = profiled.get(id)
    const columnProfiles = new Map(profile?.columns.map((each) => [each.column, each]))
    const byName = new Map<string, ColumnModel>()
    const calledSo = new Map<string, ColumnModel>()
    const columns: Array<ColumnModel> = []
    const { columns: described, ...declared } = table
    const model: TableModel = {
      id,
      columns,
      profile,
      rows: profile?.rows ?? 0,
      words: titleOf(table.table),
      prefix: vocabulary.tokens(prefixes.get(table) ?? "").map(singular),
      foundKey: foundKeys.get(id) ?? [],
      column: (name) => byName.get(name),
      called: (name) => calledSo.get(name),
      ...declared
    }
    for (const column of described) {
      const read = columnProfiles.get(column.name)
      const values = read ?? { column: column.name, ...UNKNOWN }
      // The spread comes last here and above: for each object whose literal begins with a spread and adds properties, V8 makes a hidden class
      // of its own (200 to 400 bytes; measured on Node.js 20).
      const columnModel: Mutable<ColumnModel> = {
        id: `${id}.${column.name}`,
        table: model,
        profile: values,
        isRead: read !== undefined,
        words: wordsOf(table, column),
        // A column is compared with many others.
        sampledNumbers: lazily(() => numbersOf(values)),
        sampled: lazily(() => new Set(values.sample)),
        ...column
      }
      byName.set(column.name, columnModel)
      const { name } = columnModel.words
      if (!calledSo.has(name)) calledSo.set(name, columnModel)
      columns.push(columnModel)
      made.push(columnModel)
      yield
    }
    everything.push(model)
  }
  const common = yield* commonKeyNames(everything.filter((table) => !isView(table)))
  const sole = yield* soleKeyNames(everything.filter((table) => !isView(table)))
  // A generic name of keys is no stem, but a key word; and a key word that is one table's key only is a stem.
  for (const column of made) {
    const { words } = column
    if (words.stem.length === 0 && sole.has(words.name)) column.words = { ...words, stem: words.all }
    if (words.stem.length > 0 && common.has(words.name)) column.words = { ...words, stem: [], suffix: words.name }
    yield
  }
  const tables = everything.filter((table) => !isView(table))
  const byId = new Map(tables.map((table) => [table.id, table]))
  const rowsOf = new Map(
    tables.flatMap(({ id, parts = [] }) => {
      const described = parts.map(tableId).filter((part) => byId.has(part))
      return described.length === 0 ? [] : [[id, new Set(described)] as const]
    })
  )
  const holds = (whole: TableModel, part: TableModel) => rowsOf.get(whole.id)?.has(part.id) === true
  const byWords = new Map<string, TableModel | undefined>()
  const ending = grouped(tables, ({ words }) => words.at(-1) ?? "")
  const endings = new Map<string, number>()
  for (const table of tables) {
    const words = table.words.join(" ")
    byWords.set(words, byWords.has(words) ? undefined : table)
  }
  return {
    everything,
    tables,
    columns: yield* flatMapInSteps(tables, (table) => table.columns),
    accounts: accountsOf(tables),
    copies,
    isInherited: (one, other) =>
      one.name === other.name && (holds(one.table, other.table) || holds(other.table, one.table)),
    table: (name) => byId.get(tableId(name)),
    words: (name) => tableWords(vocabulary, name, empty),
    named: (words) => byWords.get(words.join(" ")),
    beginning: grouped(tables, ({ words }) => words[0] ?? ""),
    ending,
    endings: (word, length) => {
      const id = `${length} ${word}`
      const count = endings.get(id) ?? ending(word).filter(({ words }) => words.length <= length).length
      endings.set(id, count)
      return count
    },
    naming: () =>
      Naming.make(
        everything.map(({ columns, table }) => ({ table, columns: columns.map(({ name }) => name) })),
        vocabulary
      )
  }
}
