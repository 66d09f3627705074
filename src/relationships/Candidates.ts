import type { TypeClass } from "../datasource/Catalog.ts"
import { abbreviates } from "./ColumnWords.ts"
import type { Keys, TargetKey } from "./Keys.ts"
import { matchNames, type NameMatch } from "./NameMatch.ts"
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

/** Every pair of a column and a key that is worth a probe, sources in the model's order. */
export const possible = (model: SchemaModel, keys: Keys): Steps<ReadonlyArray<Possible>> =>
  flatMapInSteps(
    model.columns.filter(canRefer),
    (from) => {
      const isOwnKey = keys.isOwnKey(from)
      const unfilled = from.table.rows === 0 || (from.profile.distinct ?? 0) === 0
      return keys.targets.flatMap((key) => {
        const to = key.column
        if (from === to || !comparable(from.column.typeClass, to.column.typeClass)) return []
        if ((unfilled || to.table.rows === 0) && !mayBeNamed(from, key)) return []
        const names = matchNames(model, from, key, isOwnKey)
        if (names.strong) return [{ from, key, isOwnKey, names }]
        // Without values only names speak.
        if (unfilled || to.table.rows === 0) return []
        return overlap(from, to) ? [{ from, key, isOwnKey, names }] : []
      })
    },
    COLUMNS_AT_ONCE
  )

/** Whether a name can say a target at all: a quick look before the thorough one, for the many pairs without values. */
const mayBeNamed = (from: ColumnModel, { column }: TargetKey): boolean =>
  from.table === column.table ||
  from.words.number !== null ||
  from.words.stem.some((word) =>
    column.table.words.some((other) => other === word || abbreviates(word, other) || abbreviates(other, word))
  ) ||
  (column.words.stem.length > 0 && from.words.stem.some((word) => column.words.stem.includes(word)))
