import type { Column } from "../datasource/Catalog.ts"
import type { ColumnProfile } from "../datasource/TableProfile.ts"

/** A column with the facts that decide whether it is its table's key. */
export interface KeyCandidate {
  readonly column: Column
  readonly profile: ColumnProfile
  /** The number of rows of the table. */
  readonly rows: number
  /** Whether the data contain neither duplicates nor NULLs. */
  readonly unique: boolean
  /** The words of its name without key words (`["customer"]` of `customer_id`), singular; empty for a bare `id`. */
  readonly stem: ReadonlyArray<string>
  /** The key words at the end of its name: `id`; "" where there are none. */
  readonly suffix: string
  /** The words of its table's name, singular. */
  readonly table: ReadonlyArray<string>
  /** The columns of the same name in all tables, this one included. */
  readonly namesakes: Namesakes
}

/** Figures of all columns of one name, which decide whether one of them can contain the values of all others. */
export interface Namesakes {
  /** The number of these columns. */
  readonly columns: number
  /** The most distinct values of one of them. */
  readonly distinct: number
  /** The smallest and the largest number in those whose minimum and maximum are numbers. */
  readonly low: number
  readonly high: number
}

/** Adds a column to the figures of its name. */
export const withNamesake = (profile: ColumnProfile, others: Namesakes = NOBODY): Namesakes => {
  const columns = others.columns + 1
  if (profile.distinct === null || profile.distinct === 0) return { ...others, columns }
  const distinct = Math.max(others.distinct, profile.distinct)
  const [low, high] = [number(profile.minimum), number(profile.maximum)]
  if (Number.isNaN(low) || Number.isNaN(high)) return { ...others, columns, distinct }
  return { columns, distinct, low: Math.min(others.low, low), high: Math.max(others.high, high) }
}

/** The figures of a name that no column has. */
export const NOBODY: Namesakes = {
  columns: 0,
  distinct: 0,
  low: Number.POSITIVE_INFINITY,
  high: Number.NEGATIVE_INFINITY
}

const number = (value: string | null): number => (value === null || value.trim() === "" ? Number.NaN : Number(value))

/** Points for and against a column as its table's key. Chosen by hand: only the order of their sums matters. */
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

/** Words in names of columns that measure or describe, and do not identify. */
const MEASURE_WORDS = new Set(
  "amount price cost total sum count quantity qty rate date time day year value score weight height length width size percent balance order position rank sequence level description comment note text".split(
    " "
  )
)

/** The points of a unique column as its table's key. */
const keyPoints = (candidate: KeyCandidate): number => {
  const { column, namesakes, profile, rows, stem, suffix, table } = candidate
  let points = 0
  if (column.position === 1) points += FIRST
  if (suffix !== "") points += KEY_SUFFIX
  if (suffix !== "" && stem.length === 0) points += BARE_KEY_WORD
  if (stem.length > 0 && stem.every((word, i) => word === table[table.length - stem.length + i]))
    points += NAMES_ITS_TABLE
  if (countsUp(profile, rows)) points += COUNTS_UP
  if (column.sequence) points += FROM_SEQUENCE
  if (!column.nullable) points += NOT_NULL
  if (suffix === "" && stem.some((word) => MEASURE_WORDS.has(word))) points += MEASURE
  if (column.typeClass === "number" || column.typeClass === "time") points += MEASURE
  if (stem.length > 0 && namesakes.columns > SHARED) {
    points += holds(profile, namesakes) ? HOLDS_ITS_NAMESAKES : LACKS_ITS_NAMESAKES
  }
  return points
}

/**
 * Guesses the key of a table that declares none: the unique column with the most points, the first of equals. Undefined where no column is
 * unique, or none has positive points.
 */
export const guessKey = (candidates: ReadonlyArray<KeyCandidate>): string | undefined => {
  let best: { readonly name: string; readonly points: number } | undefined
  for (const candidate of candidates) {
    if (!candidate.unique || !CAN_BE_KEY.has(candidate.column.typeClass)) continue
    const points = keyPoints(candidate)
    if (points > LEAST && (best === undefined || points > best.points)) best = { name: candidate.column.name, points }
  }
  return best?.name
}

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
 * key. Sets whose distinct counts multiply to fewer than `rows` cannot be unique and are left out.
 */
export const compositeKeys = (
  columns: ReadonlyArray<Column>,
  profiles: ReadonlyArray<ColumnProfile>,
  rows: number
): ReadonlyArray<ReadonlyArray<string>> => {
  const distinct = new Map(profiles.map((profile) => [profile.column, profile]))
  const sets: Array<ReadonlyArray<string>> = []
  let combinations = 1
  const leading: Array<string> = []
  for (const column of columns) {
    const profile = distinct.get(column.name)
    if (leading.length === LONGEST_KEY || !CAN_BE_KEY.has(column.typeClass)) break
    if (profile === undefined || profile.distinct === null || profile.nulls > 0) break
    leading.push(column.name)
    combinations *= profile.distinct
    if (leading.length > 1 && combinations >= rows && rows > 0) sets.push([...leading])
  }
  return sets
}
