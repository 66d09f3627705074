import type { TypeClass } from "../../datasource/Catalog.ts"
import type { Steps } from "../../steps/Steps.ts"
import { abbreviates, foldsInto, isAcronym } from "../../schema/ColumnWords.ts"
import { ofTooMany } from "./Crowd.ts"
import type { Keys, TargetKey } from "../../schema/Keys.ts"
import { memoised } from "../../language/memoised.ts"
import { mentioned } from "./Mentions.ts"
import { saysSomebody } from "../../schema/People.ts"
import { canRefer, comparable, hasFractions, isCast, isDay, type Possible } from "../Possible.ts"
import { isCompound, isEnd, withoutPreposition } from "../signals/NamePatterns.ts"
import { fitsOf, matchNames } from "../signals/Names.ts"
import type { SchemaModel } from "../../schema/SchemaModel.ts"
import type { ColumnModel, TableModel } from "../../schema/TableModel.ts"

/** All keys that a column may refer to. Pairs without a name are made on demand: a large schema has millions of them. */
export interface Source {
  readonly from: ColumnModel
  readonly isOwnKey: boolean
  /** The keys that its name may say, with what it says, in the order of the keys. */
  readonly named: ReadonlyArray<Possible>
  /** The keys that its name does not say, and its values may fit, in their order. */
  readonly unnamed: () => Iterable<TargetKey>
}

/** What a schema's columns may refer to. */
export interface Sources {
  readonly all: ReadonlyArray<Source>
  /** Every table that a name alone says. */
  readonly said: ReadonlySet<TableModel>
}

/** Whether the ranges of numbers overlap at all: where they do not, no value can match. */
const overlap = (from: ColumnModel, to: ColumnModel): boolean => {
  if (from.typeClass !== "integer" && from.typeClass !== "number") return true
  const { maximum, minimum } = from.profile
  const other = to.profile
  if (minimum === null || maximum === null || other.minimum === null || other.maximum === null) return true
  return Number(minimum) <= Number(other.maximum) && Number(maximum) >= Number(other.minimum)
}

/**
 * Every column that may refer to a key, with the keys that are worth a probe, in the model's order. Pairs that are `apart` are left out:
 * neither can refer to the other.
 */
export function* sources(
  model: SchemaModel,
  keys: Keys,
  apart: (one: ColumnModel, other: ColumnModel) => boolean
): Steps<Sources> {
  const mentions = yield* mentioned(keys)
  const comparableWith = memoised((type: TypeClass) =>
    keys.targets.filter(({ column }) => comparable(type, column.typeClass))
  )
  const said = new Set<TableModel>()
  const all: Array<Source> = []
  for (const from of model.columns) {
    yield
    const ofDays = isDay(from)
    if (!canRefer(from) && !ofDays) continue
    const isOwnKey = keys.isOwnKey(from)
    const empty = from.table.rows === 0 || (from.profile.distinct ?? 0) === 0
    const fits = ({ column }: TargetKey) =>
      !empty &&
      column.table.rows > 0 &&
      !hasFractions(from) &&
      !hasFractions(column) &&
      overlap(from, column) &&
      !apart(from, column)
    const named: Array<Possible> = []
    for (const key of mentions(from, empty)) {
      yield
      const to = key.column
      if (from === to || ofDays !== isDay(to)) continue
      const isComparable = comparable(from.typeClass, to.typeClass)
      if (!isComparable && !isCast(from, to)) continue
      if (apart(from, to)) continue
      if (!mayBeNamed(from, key) && (empty || to.table.rows === 0 || !saysSomebody(from))) continue
      // Most of the many keys that share a word with the name fit no pattern.
      const patterns = fitsOf(model, from, key)
      if (patterns.length === 0) continue
      const names = matchNames(model, from, key, isOwnKey, patterns)
      if (names.strong) said.add(to.table)
      // If a column or the target is empty, only a strong name makes a candidate.
      if (names.strong || (isComparable && !ofDays && names.pattern !== null && fits(key)))
        named.push({ from, key, isOwnKey, names })
    }
    const isNamed = new Set(named.map(({ key }) => key))
    all.push({
      from,
      isOwnKey,
      named: ofTooMany(named),
      unnamed: function* () {
        if (empty || ofDays) return
        for (const key of comparableWith(from.typeClass)) {
          if (key.column !== from && !isNamed.has(key) && fits(key)) yield key
        }
      }
    })
  }
  return { all, said }
}

/** Whether a name can match a target at all: a fast test before `matchNames`. */
const mayBeNamed = (from: ColumnModel, { column }: TargetKey): boolean =>
  from.table === column.table ||
  from.words.number !== null ||
  isEnd(from) ||
  from.words.stem.some(
    (word) =>
      column.table.words.some((other) => other === word || abbreviates(word, other) || abbreviates(other, word)) ||
      column.table.prefix.includes(word) ||
      isAcronym(word, column.table.words)
  ) ||
  isCompound(from.words.stem.at(-1) ?? "", column.table.words) ||
  (column.table.words.length > 1 && foldsInto(withoutPreposition(from.words.stem).at(-1) ?? "", column.table.words)) ||
  (column.words.stem.length > 0 && from.words.stem.some((word) => column.words.stem.includes(word)))
