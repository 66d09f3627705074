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
/** A name that says more keys than this says most of them by a word that many share: no database of those this was tried on means more than ten. */
const FEW_SAID = 20

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
  const unsaid = kept.map((key) => ({ from, key, isOwnKey, names: matchNames(model, from, key, isOwnKey) }))
  // What its name says all the same was one of too many.
  return [...named, ...unsaid.filter(({ names }) => !names.strong)]
}

/**
 * Of a crowd of keys that a name says, those that are meant. Those that it says in full, as the name of a key that a whole tree of
 * subtypes has: where they are a crowd themselves, the one that it says best, or some of those. Those that it says in part, as by a
 * word that many tables share: some that it says best. The likeliest by their values, where it says several alike. All of them would
 * be as many candidates as the square of the tables.
 */
export const ofTooMany = (named: ReadonlyArray<Possible>): ReadonlyArray<Possible> => {
  if (named.length <= FEW_SAID) return named
  const strong = named.filter(({ names }) => names.strong)
  const isCrowd = strong.filter(({ key }) => key.isKey).length > CROWD
  const meant = new Set([
    ...(isCrowd ? bestOf(saidBest(strong)) : strong),
    ...bestOf(named.filter(({ names }) => !names.strong))
  ])
  return named.filter((each) => meant.has(each))
}

/** Those that the name says best, all alike. */
const saidBest = (named: ReadonlyArray<Possible>): ReadonlyArray<Possible> => {
  const best = Math.max(...named.map(({ names }) => total(names.lines)))
  return named.filter(({ names }) => total(names.lines) === best)
}

/** Some of those that the name says best, the likeliest first where it says several alike. */
const bestOf = (named: ReadonlyArray<Possible>): ReadonlyArray<Possible> => {
  const [first] = named
  if (named.length <= LIKELIEST || first === undefined) return named
  const fit = fitOf(first.from)
  return named
    .map((each) => ({ each, said: total(each.names.lines), fit: fit(each.key) }))
    .sort((a, b) => b.said - a.said || b.fit - a.fit)
    .slice(0, LIKELIEST)
    .map(({ each }) => each)
}

const likeliest = (from: ColumnModel, keys: ReadonlyArray<TargetKey>): ReadonlyArray<TargetKey> => {
  const fit = fitOf(from)
  return keys
    .map((key) => ({ key, fit: fit(key) }))
    .sort((a, b) => b.fit - a.fit)
    .slice(0, LIKELIEST)
    .map(({ key }) => key)
}

/** How well a column's values fit a key's, as far as the profiles know. */
const fitOf = (from: ColumnModel): ((key: TargetKey) => number) => {
  const fit = isNumeric(from) ? numbersFit : textsFit
  return ({ column }) => fit(from.profile, column.profile)
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
