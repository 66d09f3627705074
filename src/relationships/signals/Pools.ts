import { grouped } from "../../datasource/grouped.ts"
import type { Keys, TargetKey } from "../../schema/Keys.ts"
import type { ColumnModel } from "../../schema/TableModel.ts"
import { flatMapInSteps, type Steps } from "../../steps/Steps.ts"
import { canRefer, hasFractions } from "../Possible.ts"
import { family, type Line, line } from "./Signal.ts"
import { densityIn, isNumeric, isSentinel } from "./Values.ts"

/** What the values of all columns of one name say together: a few values each prove little, but all of them may prove much. */
export const POOLS = family("pools", {
  together: [
    5,
    "the values of the columns of this name, taken together, would hardly be in the key by chance: in full from 15 e-folds on"
  ]
})

/** A key that has the values of the columns of one name. */
export interface Pool {
  readonly key: TargetKey
  /** How many columns of the name the key has all values of. */
  readonly columns: number
  /** How many different values they have. */
  readonly values: number
  /** How unlikely it is that all of them are in the key by chance, in e-folds. */
  readonly surprise: number
}

/** From here nothing more is proved, and below this nothing is. Set by hand on 26 databases, where all but a few above were right. */
const PROOF = 15
const LEAST = 8
/** E-folds for each letter beyond the first of a text. Little: two columns may have the same words and be no reference. */
const LETTER = 0.25
/** Of the columns of one name, so many must be in the key: the others may refer elsewhere. */
const MOST_COLUMNS = 2 / 3
/** Maximum number of keys per column name: those with the strongest proof, and of equal ones those with fewer values. */
const MOST_KEYS = 3

/** What a pool says about each of its columns. */
export const pooled = ({ columns, key, surprise, values }: Pool): Line =>
  line(
    POOLS.together,
    columns === 1
      ? `that ${key.column.table.table} has all its ${values} values is no coincidence`
      : `that ${key.column.table.table} has all ${values} values of the ${columns} columns of this name is no coincidence`,
    Math.min(1, surprise / PROOF)
  )

/**
 * The keys that have all values of the columns of one name, where that is no coincidence. Compared are samples of small keys, which are all
 * that these hold: no query is made.
 */
export function* pools(
  columns: ReadonlyArray<ColumnModel>,
  keys: Keys
): Steps<(from: ColumnModel) => ReadonlyArray<Pool>> {
  const whole = keys.targets.filter((key) => isId(key) && isWhole(key.column) && !isDense(key.column))
  const valueId = ({ typeClass }: ColumnModel, value: string) => `${typeClass} ${value}`
  const holding = grouped(
    whole.flatMap((key) => key.column.profile.sample.map((value) => ({ key, id: valueId(key.column, value) }))),
    ({ id }) => id
  )
  /** The keys that may have all values of a column: those that have the one that the fewest have. */
  const mayHold = (column: ColumnModel): ReadonlyArray<TargetKey> => {
    const found = meaning(column).map((value) => holding(valueId(column, value)))
    return (found.toSorted((a, b) => a.length - b.length)[0] ?? []).map(({ key }) => key)
  }
  const idOf = ({ typeClass, words: { name } }: ColumnModel) => `${typeClass} ${name}`
  const open = columns.filter(
    (column) =>
      canRefer(column) &&
      !hasFractions(column) &&
      column.words.stem.length > 0 &&
      meaning(column).length > 0 &&
      !keys.isOwnKey(column)
  )
  const byName = grouped(open, idOf)
  const found = new Map<ColumnModel, ReadonlyArray<Pool>>()
  for (const name of new Set(open.map(idOf))) {
    const namesakes = byName(name)
    const counts = new Map<TargetKey, number>()
    for (const column of namesakes) {
      for (const key of mayHold(column)) counts.set(key, (counts.get(key) ?? 0) + 1)
      yield
    }
    const likely = [...counts].filter(([, count]) => count >= MOST_COLUMNS * namesakes.length)
    const all = yield* flatMapInSteps(likely, ([key]) => {
      const members = namesakes.filter((column) => column !== key.column && hasAllOf(key.column, column))
      if (members.length < MOST_COLUMNS * namesakes.length) return []
      const pool = poolOf(key, members)
      // Of its own table's key a column has values more easily than of another's: numbers there have one origin.
      const isSelf = members.every(({ table }) => table === key.column.table)
      return pool.surprise >= (isSelf ? PROOF : LEAST) ? [{ pool, members }] : []
    })
    for (const { pool, members } of all.sort(byProof).slice(0, MOST_KEYS)) {
      for (const column of members) found.set(column, [...(found.get(column) ?? []), pool])
    }
  }
  return (from) => found.get(from) ?? []
}

const byProof = (a: { readonly pool: Pool }, b: { readonly pool: Pool }): number =>
  b.pool.surprise - a.pool.surprise ||
  (a.pool.key.column.profile.distinct ?? 0) - (b.pool.key.column.profile.distinct ?? 0)

const poolOf = (key: TargetKey, members: ReadonlyArray<ColumnModel>): Pool => {
  const there = key.column.sampled()
  const values = new Set(members.flatMap(({ profile }) => profile.sample.filter((value) => there.has(value))))
  return { key, columns: members.length, values: values.size, surprise: surpriseOf(key.column, values) }
}

const surpriseOf = (to: ColumnModel, values: ReadonlySet<string>): number => {
  if (values.size === 0) return 0
  if (!isNumeric(to)) return LETTER * [...values].reduce((sum, { length }) => sum + length - 1, 0)
  const numbers = [...values].map(Number)
  return -values.size * Math.log(densityIn(to, { low: Math.min(...numbers), high: Math.max(...numbers) }))
}

/** The sampled values but those that stand for none. */
const meaning = ({ profile }: ColumnModel): ReadonlyArray<string> =>
  profile.sample.filter((value) => !isSentinel(value))

/** Whether a key is what its table's rows are known by: its first, or another declared one that is called no more than an id. */
const isId = ({ column: { words }, isKey, kind }: TargetKey): boolean =>
  isKey || (kind === "unique" && words.stem.length === 0 && words.suffix !== "")

/** Whether a column's sample is all that it holds. */
const isWhole = ({ profile }: ColumnModel): boolean =>
  profile.estimated !== true && profile.distinct !== null && profile.sample.length === profile.distinct

/** Whether a key's numbers have no gaps: then no value proves anything. */
const isDense = (column: ColumnModel): boolean => {
  const { distinct, maximum, minimum } = column.profile
  return isNumeric(column) && Number(maximum) - Number(minimum) + 1 === distinct
}

/** Whether a key has all values of a column, but those that stand for none. */
const hasAllOf = (to: ColumnModel, from: ColumnModel): boolean => {
  const there = to.sampled()
  return meaning(from).every((value) => there.has(value))
}
