import type { Possible } from "../Possible.ts"
import type { Source } from "./Candidates.ts"
import type { TargetKey } from "../../schema/Keys.ts"
import { matchNames } from "../signals/Names.ts"
import type { SchemaModel } from "../../schema/SchemaModel.ts"
import type { ColumnModel } from "../../schema/TableModel.ts"
import { total } from "../signals/Signal.ts"
import { isNumeric, rangeOf } from "../signals/Values.ts"

/**
 * If a column could refer to more keys than this, only some become candidates: dense ids fit every table, so that the candidates would grow
 * with the square of the tables.
 */
export const CROWD = 40
/** Candidates of such a column that are chosen by values alone, or by equally good names. */
const LIKELIEST = 10
/**
 * A name that matches more keys than this is reduced to the best of them. Measured on replayed captures: with 20 instead of 10, two review
 * questions changed instead of six.
 */
const FEW_SAID = 20

/**
 * The candidates of a column. Of more than `CROWD` keys: those that its name matches and, if the schema's names say nothing
 * (`namesSpeak` is false), those that its values fit best by the profiles.
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
  // `ofTooMany` has dropped these strong names before.
  return [...named, ...unsaid.filter(({ names }) => !names.strong)]
}

/**
 * The candidates by name, reduced if there are more than `FEW_SAID`. Strong names are kept, unless they match more than `CROWD` keys (a tree
 * of subtypes shares a key's name): then at most `LIKELIEST` of the best. Weak names (a word that many tables share) are reduced to the
 * `LIKELIEST` best. Of equally good names those are preferred whose values fit better.
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

/** All candidates with the highest score of names. */
const saidBest = (named: ReadonlyArray<Possible>): ReadonlyArray<Possible> => {
  const best = Math.max(...named.map(({ names }) => total(names.lines)))
  return named.filter(({ names }) => total(names.lines) === best)
}

/** The `LIKELIEST` candidates by score of names, then by fit of values. */
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

/** How well a column's values fit a key's by their profiles, from 0 to 2. Numbers whose ranges do not overlap are below 0. */
const fitOf = (from: ColumnModel): ((key: TargetKey) => number) => {
  const fit = isNumeric(from) ? numbersFit : textsFit
  return ({ column }) => fit(from, column)
}

/** The share of the source's range within the target's plus that of the target's within the source's. 0 if a range is unknown. */
const numbersFit = (from: ColumnModel, to: ColumnModel): number => {
  const a = rangeOf(from.profile)
  const b = rangeOf(to.profile)
  if (a === undefined || b === undefined) return 0
  const common = Math.min(a.high, b.high) - Math.max(a.low, b.low) + 1
  return common / (a.high - a.low + 1) + common / (b.high - b.low + 1)
}

/** If fewer common values than this are expected, their absence says nothing. */
const FEWEST_EXPECTED = 3

/**
 * The same for texts. Samples of all columns are chosen by one hash of the value, so that common values are in both samples: the share of
 * those that would be expected if the target contained all of the source's values.
 */
const textsFit = (source: ColumnModel, target: ColumnModel): number => {
  const { profile: from } = source
  const { profile: to } = target
  const covered = Math.min(1, (from.distinct ?? 0) / Math.max(1, to.distinct ?? 1))
  const expected = Math.min(from.sample.length, to.sample.length * covered)
  const samples = target.sampled()
  const there = from.sample.filter((value) => samples.has(value)).length
  // A sample of some rows only may lack values that the column has.
  if (from.estimated === true || to.estimated === true) return covered + 1
  return covered + (expected < FEWEST_EXPECTED ? 1 : Math.min(1, there / expected))
}
