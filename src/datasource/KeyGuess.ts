import type { Column } from "./Catalog.ts"
import type { ColumnProfile } from "./TableProfile.ts"

/** A column as far as it matters to whether it is its table's key. */
export interface KeyCandidate {
  readonly column: Column
  readonly profile: ColumnProfile
  /** Rows of the table. */
  readonly rows: number
  /** Whether the data show no value twice and no null. */
  readonly unique: boolean
  /** The words of its name without key words (`["customer"]` of `customer_id`), singular; empty for a bare `id`. */
  readonly stem: ReadonlyArray<string>
  /** The key words at the end of its name: `id`; "" where there are none. */
  readonly suffix: string
  /** The words of its table's name, singular. */
  readonly table: ReadonlyArray<string>
  /** The columns of its name, its own among them. */
  readonly namesakes: Namesakes
}

/** The columns of one name, as far as it matters whether one of them can contain all others. */
export interface Namesakes {
  readonly columns: number
  /** The most distinct values that one of them has. */
  readonly distinct: number
  /** The least and the greatest number in those that hold numbers only. */
  readonly low: number
  readonly high: number
}

/** Adds a column to those of its name. */
export const withNamesake = (profile: ColumnProfile, others: Namesakes = NOBODY): Namesakes => {
  const columns = others.columns + 1
  if (profile.distinct === null || profile.distinct === 0) return { ...others, columns }
  const distinct = Math.max(others.distinct, profile.distinct)
  const [low, high] = [number(profile.minimum), number(profile.maximum)]
  if (Number.isNaN(low) || Number.isNaN(high)) return { ...others, columns, distinct }
  return { columns, distinct, low: Math.min(others.low, low), high: Math.max(others.high, high) }
}

/** No column is called so. */
export const NOBODY: Namesakes = {
  columns: 0,
  distinct: 0,
  low: Number.POSITIVE_INFINITY,
  high: Number.NEGATIVE_INFINITY
}

const number = (value: string | null): number => (value === null || value.trim() === "" ? Number.NaN : Number(value))

/** What speaks for a column being its table's key, in round numbers: only their order matters. */
const FIRST = 1.5
const KEY_SUFFIX = 1
const BARE_KEY_WORD = 1.2
const NAMES_ITS_TABLE = 1.2
const COUNTS_UP = 0.7
const FROM_SEQUENCE = 2
const NOT_NULL = 0.5
const MEASURE = -2
/** A name that stands in several tables is the key where all the others' values fit in, and refers elsewhere where they do not. */
const HOLDS_ITS_NAMESAKES = 1.5
const LACKS_ITS_NAMESAKES = -1.5
/** Namesakes that make a name a shared one. */
const SHARED = 2

/** Words of columns that measure or describe, and identify nothing. */
const MEASURE_WORDS = new Set(
  "amount price cost total sum count quantity qty rate date time day year value score weight height length width size percent balance order position rank sequence level description comment note text".split(
    " "
  )
)

/** How well a column that is unique would do as its table's key. */
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
 * The column that is a table's key where none is declared: of those that are unique the one that most speaks for, the first of
 * equals; undefined where none is unique, or nothing speaks for any.
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
/** Below this a column is unique by chance: a table without a key has none. */
const LEAST = 0

/** Whether the values are 0, 1, 2, … or 1, 2, 3, … without gaps. */
const countsUp = (profile: ColumnProfile, rows: number): boolean =>
  profile.minimum !== null &&
  profile.maximum !== null &&
  /^[01]$/.test(profile.minimum) &&
  Number(profile.maximum) - Number(profile.minimum) + 1 === rows

/** Whether a column can contain all of its name, as far as counts and (for numbers) ranges say. */
const holds = (whole: ColumnProfile, namesakes: Namesakes): boolean => {
  if (namesakes.distinct === 0) return true
  if (whole.distinct === null || whole.distinct < namesakes.distinct) return false
  const [low, high] = [number(whole.minimum), number(whole.maximum)]
  return Number.isNaN(low) || Number.isNaN(high) || (low <= namesakes.low && namesakes.high <= high)
}

/** Columns tried together before a table counts as one without a key: longer ones are no key that a person would name. */
const LONGEST_KEY = 5

/**
 * Composite keys to try, in this order, until one is unique in the data: the table's leading columns, two, three, … of them. Not the
 * smallest set: people put what identifies first. Those that cannot be unique by their distinct counts are left out.
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
