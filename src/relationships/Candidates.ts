import type { TypeClass } from "../datasource/Catalog.ts"
import { abbreviates } from "./ColumnWords.ts"
import type { Keys, TargetKey } from "./Keys.ts"
import { matchNames, type NameMatch, saysPerson } from "./NameMatch.ts"
import { flatMapInSteps, type Steps } from "./Steps.ts"
import type { ColumnModel, SchemaModel } from "./SchemaModel.ts"

/** A column that may refer to a key, as far as names and counts say. */
export interface Possible {
  readonly from: ColumnModel
  readonly key: TargetKey
  /** Whether `from` is the key of its own table. */
  readonly isOwnKey: boolean
  readonly names: NameMatch
}

/** All that a column may refer to. A large schema has millions of pairs: those without a name are kept as the keys alone. */
export interface Source {
  readonly from: ColumnModel
  readonly isOwnKey: boolean
  /** The keys that its name may say, with what it says. */
  readonly named: ReadonlyArray<Possible>
  /** The keys that its name does not say, and its values may fit. */
  readonly unnamed: ReadonlyArray<TargetKey>
}

/** Longest text that can be a reference. */
const LONGEST_REFERENCE = 100

const REFERRING = new Set<TypeClass>(["integer", "number", "text", "uuid"])

/** Whether a column's type and values let it refer to anything. */
export const canRefer = ({ column, profile }: ColumnModel): boolean =>
  REFERRING.has(column.typeClass) && (profile.maximumLength ?? 0) <= LONGEST_REFERENCE

/** Whether two types can be compared without reading one as the other. */
export const comparable = (a: TypeClass, b: TypeClass): boolean =>
  a === b || (a === "integer" && b === "number") || (a === "number" && b === "integer")

/** Whether the ranges of numbers overlap at all: where they do not, no value can match. */
const overlap = (from: ColumnModel, to: ColumnModel): boolean => {
  if (from.column.typeClass !== "integer" && from.column.typeClass !== "number") return true
  const { maximum, minimum } = from.profile
  const other = to.profile
  if (minimum === null || maximum === null || other.minimum === null || other.maximum === null) return true
  return Number(minimum) <= Number(other.maximum) && Number(maximum) >= Number(other.minimum)
}

/** Columns held against all keys in one step. */
const COLUMNS_AT_ONCE = 20

/** Every column that may refer to a key, with the keys that are worth a probe, in the model's order. */
export const sources = (model: SchemaModel, keys: Keys): Steps<ReadonlyArray<Source>> =>
  flatMapInSteps(
    model.columns.filter(canRefer),
    (from) => {
      const isOwnKey = keys.isOwnKey(from)
      const empty = from.table.rows === 0 || (from.profile.distinct ?? 0) === 0
      const named: Array<Possible> = []
      const unnamed: Array<TargetKey> = []
      for (const key of keys.targets) {
        const to = key.column
        if (from === to || !comparable(from.column.typeClass, to.column.typeClass)) continue
        const unfilled = empty || to.table.rows === 0
        const fits = !unfilled && overlap(from, to)
        if (mayBeNamed(from, key) || (!unfilled && saysPerson(from))) {
          const names = matchNames(model, from, key, isOwnKey)
          // Without values only names speak.
          if (names.strong || (fits && names.pattern !== null)) named.push({ from, key, isOwnKey, names })
          else if (fits) unnamed.push(key)
        } else if (fits) unnamed.push(key)
      }
      return named.length + unnamed.length === 0 ? [] : [{ from, isOwnKey, named, unnamed }]
    },
    COLUMNS_AT_ONCE
  )

/** Whether a name can say a target at all: a quick look before the thorough one. */
const mayBeNamed = (from: ColumnModel, { column }: TargetKey): boolean =>
  from.table === column.table ||
  from.words.number !== null ||
  from.words.stem.some((word) =>
    column.table.words.some((other) => other === word || abbreviates(word, other) || abbreviates(other, word))
  ) ||
  (column.words.stem.length > 0 && from.words.stem.some((word) => column.words.stem.includes(word)))
