import type { ColumnProfile } from "../datasource/TableProfile.ts"
import type { Possible, Source } from "./Candidates.ts"
import type { TargetKey } from "./Keys.ts"
import { matchNames } from "./NameMatch.ts"
import type { ColumnModel, SchemaModel } from "./SchemaModel.ts"
import { total } from "./Scorecard.ts"
import { isNumeric, rangeOf } from "./ValueMatch.ts"

/**
 * A column that could refer to more keys than this is looked up in some of them only: dense ids fit every table, and a large schema
 * would have a candidate for each pair of its columns.
 */
export const CROWD = 40
/** So many where no name says which. */
const LIKELIEST = 10

/**
 * The keys that a column is looked up in. Of a crowd: those that its name says or, where the names of a schema say nothing, those that
 * its values fit best as far as the profiles know.
 */
export const outOfCrowd = (
  model: SchemaModel,
  { from, isOwnKey, named, unnamed }: Source,
  namesSpeak: boolean
): ReadonlyArray<Possible> => {
  const others: Array<TargetKey> = []
  for (const key of unnamed()) {
    others.push(key)
    if (namesSpeak && named.length + others.length > CROWD) return named
  }
  const kept = named.length + others.length > CROWD ? likeliest(from, others) : others
  return [...named, ...kept.map((key) => ({ from, key, isOwnKey, names: matchNames(model, from, key, isOwnKey) }))]
}

/**
 * A name that says a crowd of keys in full, as that of a key that a whole tree of subtypes has, means the one that it says best, or one
 * of the likeliest of those: all of them would be as many candidates as the square of the tables.
 */
export const ofTooMany = (named: ReadonlyArray<Possible>): ReadonlyArray<Possible> => {
  const strong = named.filter(({ names }) => names.strong)
  const [{ from } = {}] = strong
  if (strong.filter(({ key }) => key.isKey).length <= CROWD || from === undefined) return named
  const best = Math.max(...strong.map(({ names }) => total(names.lines)))
  const meant = new Set(
    likeliest(
      from,
      strong.flatMap(({ key, names }) => (total(names.lines) === best ? [key] : []))
    )
  )
  return named.filter(({ key, names }) => !names.strong || meant.has(key))
}

const likeliest = (from: ColumnModel, keys: ReadonlyArray<TargetKey>): ReadonlyArray<TargetKey> => {
  const fit = isNumeric(from) ? numbersFit : textsFit
  return keys
    .map((key) => ({ key, fit: fit(from.profile, key.column.profile) }))
    .sort((a, b) => b.fit - a.fit)
    .slice(0, LIKELIEST)
    .map(({ key }) => key)
}

/** How much of the source's range lies in the target's, and how much of the target's in the source's: from 0 to 2. */
const numbersFit = (from: ColumnProfile, to: ColumnProfile): number => {
  const a = rangeOf(from)
  const b = rangeOf(to)
  if (a === undefined || b === undefined) return 0
  const common = Math.min(a.high, b.high) - Math.max(a.low, b.low) + 1
  return common / (a.high - a.low + 1) + common / (b.high - b.low + 1)
}

/** A key is held against many columns: its sample is indexed once. */
const indexed = new WeakMap<ColumnProfile, ReadonlySet<string>>()

const samplesOf = (profile: ColumnProfile): ReadonlySet<string> => {
  const known = indexed.get(profile) ?? new Set(profile.sample)
  indexed.set(profile, known)
  return known
}

/** Fewer expected values than this say nothing by being missing. */
const FEWEST_EXPECTED = 3

/**
 * The same of texts. Samples of all columns are picked by one hash of the value: of the source's, those that should be in the target's
 * sample if the target had all of them are, or are not.
 */
const textsFit = (from: ColumnProfile, to: ColumnProfile): number => {
  const covered = Math.min(1, (from.distinct ?? 0) / Math.max(1, to.distinct ?? 1))
  const expected = Math.min(from.sample.length, to.sample.length * covered)
  const samples = samplesOf(to)
  const there = from.sample.filter((value) => samples.has(value)).length
  // The sample of a part of the values says nothing about those that are not in it.
  if (from.estimated === true || to.estimated === true) return covered + 1
  return covered + (expected < FEWEST_EXPECTED ? 1 : Math.min(1, there / expected))
}
