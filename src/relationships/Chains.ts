import { Array } from "effect"
import { endsIn, sameWords } from "./ColumnWords.ts"
import type { TargetKey } from "./Keys.ts"
import type { ColumnModel } from "./SchemaModel.ts"
import type { Line } from "./Scorecard.ts"
import { missRate } from "./ValueMatch.ts"
import type { Weighed } from "./Weighing.ts"

/** A key that comes from another table is meant there, unless a name says the table that it was handed on to. */
const HANDED_ON = -4
/**
 * A kind of a kind has the keys of the nearer one. That they are all among these, which are but a share of the farther one's, is no
 * coincidence: what each e-fold of that weighs, for the nearer kind and against the farther, and the most it weighs.
 */
const NEARER = 0.5
const MOST_NEARER = 4
/** Where nothing but the values says which, and those are in two tables alike: what the one refers to is likelier meant than that one. */
const BEHIND = -2
/** With more orphans than this a column does not come from a key. */
const FEW_ORPHANS = 0.05

/**
 * What follows where a column may refer to two keys of which one comes from the other (`probability` says how likely that is): a line
 * for each such pair of targets.
 */
export const chains = (
  candidates: ReadonlyArray<Weighed>,
  probability: (candidate: Weighed) => number
): ((candidate: Weighed) => ReadonlyArray<Line>) => {
  const byPair = new Map(candidates.map((each) => [pair(each.from, each.key.column), each]))
  const named = bySource(candidates.filter(({ names }) => names.strong))
  const nameless = bySource(candidates.filter(({ evidence, names }) => names.pattern === null && evidence !== null))
  /** How likely a table refers to a key. */
  const refers = new Map<string, number>()
  for (const each of candidates) {
    const id = `${each.from.table.id} ${each.key.column.id}`
    refers.set(id, Math.max(refers.get(id) ?? 0, probability(each)))
  }
  const direct = (nearer: ColumnModel, farther: ColumnModel): number => {
    const found = byPair.get(pair(nearer, farther))
    return found === undefined ? 0 : probability(found)
  }
  /** Whether a key comes from another, by itself or by way of a third one. */
  const comesFrom = ({ column: nearer }: TargetKey, { column: farther }: TargetKey): number =>
    (named[nearer.id] ?? []).reduce(
      (most, { key: { column: between } }) => Math.max(most, direct(nearer, between) * direct(between, farther)),
      direct(nearer, farther)
    )
  return (candidate) => {
    const { from, isOwnKey, key, names } = candidate
    if (!names.strong) {
      if (names.pattern !== null) return []
      return (nameless[from.id] ?? [])
        .filter((other) => other.key.column.table !== key.column.table && fitsAsWell(other, candidate))
        .map(({ key: { column } }) => ({
          points: BEHIND * (refers.get(`${key.column.table.id} ${column.id}`) ?? 0),
          reason: `${column.table.table.table} has all its values, too, and ${key.column.table.table.table} refers to it`
        }))
    }
    return (named[from.id] ?? []).flatMap((other): ReadonlyArray<Line> => {
      const title = other.key.column.table.table.table
      const handedOn = comesFrom(key, other.key)
      if (!isOwnKey) {
        if (handedOn === 0 || saysTable(from, key)) return []
        return [{ points: HANDED_ON * handedOn, reason: `${key.column.column.name} is ${title}'s, and was handed on` }]
      }
      const handsOn = comesFrom(other.key, key)
      const either = Math.min(1, probability(candidate) + probability(other))
      return [
        { points: nearness(candidate, other) * handedOn * either, reason: `it is a kind of ${title}, and nearer` },
        { points: -nearness(other, candidate) * handsOn, reason: `${title} is a kind of it, and nearer` }
      ]
    })
  }
}

const bySource = (candidates: ReadonlyArray<Weighed>) => Array.groupBy(candidates, ({ from }) => from.id)

/** Whether a target has no fewer of the source's values than another, and is no larger. */
const fitsAsWell = (one: Weighed, other: Weighed): boolean =>
  (one.evidence?.inclusion?.matched ?? 0) >= (other.evidence?.inclusion?.matched ?? 1) &&
  (one.key.column.profile.distinct ?? 1) <= (other.key.column.profile.distinct ?? 0)

const pair = (from: ColumnModel, to: ColumnModel): string => `${from.id} ${to.id}`

/** What it says for the nearer of two targets that all the source's values are in it. */
const nearness = ({ evidence, from, key }: Weighed, farther: Weighed): number => {
  const share = (key.column.profile.distinct ?? 0) / (farther.key.column.profile.distinct ?? 1)
  if (evidence === null || missRate(evidence) > FEW_ORPHANS || share >= 1 || share === 0) return 0
  return Math.min(MOST_NEARER, -NEARER * (from.profile.distinct ?? 0) * Math.log(share))
}

/** Whether a name says the table itself, and not only what its key is called. */
const saysTable = ({ words: { stem } }: ColumnModel, { column: { table } }: TargetKey): boolean =>
  sameWords(stem, table.words) || endsIn(stem, table.words) || endsIn(table.words, stem)
