import type { ColumnProfile } from "../datasource/TableProfile.ts"
import { MEASURE_WORDS, ORDER_WORDS } from "../language/Lexicon.ts"
import { wordSet } from "../language/wordSet.ts"
import type { Steps } from "../steps/Steps.ts"
import { sameWords } from "./ColumnWords.ts"
import { type ColumnModel, isUnique, type TableModel } from "./TableModel.ts"

/** Figures of all columns of one name, which decide whether one of them can contain the values of all others. */
interface Namesakes {
  /** The number of these columns. */
  readonly columns: number
  /** The most distinct values of one of them. */
  readonly distinct: number
  /** The smallest and the largest number in those whose minimum and maximum are numbers. */
  readonly low: number
  readonly high: number
}

/** Adds a column to the figures of its name. */
const withNamesake = (profile: ColumnProfile, others: Namesakes = NOBODY): Namesakes => {
  const columns = others.columns + 1
  if (profile.distinct === null || profile.distinct === 0) return { ...others, columns }
  const distinct = Math.max(others.distinct, profile.distinct)
  const [low, high] = [number(profile.minimum), number(profile.maximum)]
  if (Number.isNaN(low) || Number.isNaN(high)) return { ...others, columns, distinct }
  return { columns, distinct, low: Math.min(others.low, low), high: Math.max(others.high, high) }
}

/** The figures of a name that no column has. */
const NOBODY: Namesakes = {
  columns: 0,
  distinct: 0,
  low: Number.POSITIVE_INFINITY,
  high: Number.NEGATIVE_INFINITY
}

/** What a schema as a whole says about its tables' keys. */
export interface KeyHints {
  /** The figures of the columns that are called as this one, in all tables. */
  readonly namesakesOf: (column: ColumnModel) => Namesakes
  /** Whether most tables declare a primary key. */
  readonly declares: boolean
}

/** @see KeyHints */
export function* keyHints(tables: ReadonlyArray<TableModel>): Steps<KeyHints> {
  const declaring = tables.filter(({ keys }) => keys.some((key) => key.primary)).length
  // Then no key is guessed.
  if (declaring === tables.length) return { namesakesOf: () => NOBODY, declares: true }
  const names = new Map<string, Namesakes>()
  for (const table of tables) {
    for (const { profile, words } of table.columns) names.set(words.name, withNamesake(profile, names.get(words.name)))
    yield
  }
  return { namesakesOf: ({ words }) => names.get(words.name) ?? NOBODY, declares: 2 * declaring > tables.length }
}

const number = (value: string | null): number => (value === null || value.trim() === "" ? Number.NaN : Number(value))

/** Points for and against a column as its table's key. Set by hand in the trial of twenty databases: only the order of their sums matters. */
const FIRST = 1.5
const KEY_SUFFIX = 1
const BARE_KEY_WORD = 1.2
const NAMES_ITS_TABLE = 1.2
const COUNTS_UP = 0.7
const FROM_SEQUENCE = 2
const NOT_NULL = 0.5
const MEASURE = -2
/** A column whose name occurs in several tables is a key if it can contain the values of all of them, and otherwise a reference. */
const HOLDS_ITS_NAMESAKES = 1.5
const LACKS_ITS_NAMESAKES = -1.5
/** A name with more columns than this counts as shared. */
const SHARED = 2

/** Words in names of columns that describe: with those for measures and orders, what does not identify. */
const DESCRIBING = wordSet("date time value description comment note text")
const identifies = (word: string): boolean =>
  !MEASURE_WORDS.has(word) && !ORDER_WORDS.has(word) && !DESCRIBING.has(word)

/** The points of a unique column as its table's key. */
const keyPoints = (column: ColumnModel, namesakes: Namesakes): number => {
  const { profile } = column
  const { stem, suffix } = column.words
  const { rows, words: table } = column.table
  let points = 0
  if (column.position === 1) points += FIRST
  if (suffix !== "") points += KEY_SUFFIX
  if (suffix !== "" && stem.length === 0) points += BARE_KEY_WORD
  if (stem.length > 0 && stem.every((word, i) => word === table[table.length - stem.length + i]))
    points += NAMES_ITS_TABLE
  if (countsUp(profile, rows)) points += COUNTS_UP
  if (column.sequence) points += FROM_SEQUENCE
  if (!column.nullable) points += NOT_NULL
  if (suffix === "" && !stem.every(identifies)) points += MEASURE
  if (column.typeClass === "number" || column.typeClass === "time") points += MEASURE
  if (stem.length > 0 && namesakes.columns > SHARED) {
    points += holds(profile, namesakes) ? HOLDS_ITS_NAMESAKES : LACKS_ITS_NAMESAKES
  }
  return points
}

/**
 * Guesses the key of a table that declares none: the unique column with the most points, the first of equals. In an empty table every column
 * is unique, and only one that is named as the table's key can be it. Undefined where no column is unique, or none has positive points.
 */
export const guessKey = (table: TableModel, { declares, namesakesOf }: KeyHints): ColumnModel | undefined => {
  let best: { readonly column: ColumnModel; readonly points: number } | undefined
  for (const column of table.columns) {
    if (!tellsApart(column) || !CAN_BE_KEY.has(column.typeClass)) continue
    if (declares && table.rows > 0 && table.rows < FEWEST_ROWS && !isNamedAsKey(column)) continue
    const points = keyPoints(column, namesakesOf(column))
    if (points > LEAST && (best === undefined || points > best.points)) best = { column, points }
  }
  return best?.column ?? table.columns.find(leads)
}

/**
 * In fewer rows than this any column tells them apart: where other tables declare their keys, only a name or a sequence says then that a
 * column is one, for most that declare none are logs. Set by hand.
 */
const FEWEST_ROWS = 3

const isNamedAsKey = ({ sequence, table, words: { stem, suffix } }: ColumnModel): boolean =>
  sequence || suffix !== "" || sameWords(stem, table.words)

/** Rows from which a first column that does not repeat does not happen to. Set by hand. */
const MANY_ROWS = 20

/** Whether a column begins its table and tells its many rows apart, as a document's number does, whatever else is called so. */
const leads = (column: ColumnModel): boolean =>
  column.position === 1 &&
  column.table.rows >= MANY_ROWS &&
  tellsApart(column) &&
  KEY_TYPES.has(column.typeClass) &&
  column.words.stem.every(identifies)

/** Whether the data contain neither duplicates nor NULLs. */
const tellsApart = (column: ColumnModel): boolean => {
  const { stem, suffix } = column.words
  if (!column.isRead) return false
  return column.table.rows === 0
    ? suffix !== "" && (stem.length === 0 || sameWords(stem, column.table.words))
    : isUnique(column) && column.profile.nulls === 0
}

/** Types of keys that nothing else about them says. */
const KEY_TYPES = new Set(["integer", "text", "uuid"])

const CAN_BE_KEY = new Set(["integer", "number", "text", "uuid", "time"])
/** A column with no more points than this is taken to be unique by chance. */
const LEAST = 0

/** Whether a unique column's values are 0, 1, 2, … or 1, 2, 3, … without gaps. */
const countsUp = (profile: ColumnProfile, rows: number): boolean =>
  profile.minimum !== null &&
  profile.maximum !== null &&
  /^[01]$/.test(profile.minimum) &&
  Number(profile.maximum) - Number(profile.minimum) + 1 === rows

/** Whether a column can contain the values of all its namesakes, by distinct counts and the ranges of numbers. */
const holds = (whole: ColumnProfile, namesakes: Namesakes): boolean => {
  if (namesakes.distinct === 0) return true
  if (whole.distinct === null || whole.distinct < namesakes.distinct) return false
  const [low, high] = [number(whole.minimum), number(whole.maximum)]
  return Number.isNaN(low) || Number.isNaN(high) || (low <= namesakes.low && namesakes.high <= high)
}

/** The most columns of a composite key that is tried. */
const LONGEST_KEY = 5

/**
 * Composite keys to test for uniqueness, in this order: the first two, three, … columns of the table, because tables usually begin with their
 * key, without amounts in between. Sets whose distinct counts multiply to fewer than `rows` cannot be unique and are left out.
 */
export const keysToTry = ({ columns, rows }: TableModel): ReadonlyArray<ReadonlyArray<string>> => {
  const sets: Array<ReadonlyArray<string>> = []
  let combinations = 1
  const leading: Array<string> = []
  for (const column of columns) {
    const { profile } = column
    if (leading.length === LONGEST_KEY || !CAN_BE_KEY.has(column.typeClass)) break
    // An amount tells rows apart by chance: a balance, where the day does.
    if (column.typeClass === "number" && !column.words.all.every(identifies)) continue
    if (profile.distinct === null || profile.nulls > 0) break
    leading.push(column.name)
    combinations *= profile.distinct
    if (leading.length > 1 && combinations >= rows && rows > 0) sets.push([...leading])
  }
  return sets
}
