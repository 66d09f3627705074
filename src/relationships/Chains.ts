import type { Steps } from "../steps/Steps.ts"
import { endsIn, sameWords } from "./ColumnWords.ts"
import type { TargetKey } from "./Keys.ts"
import { memoised } from "../language/memoised.ts"
import type { Panel, Standing, Tell } from "./Panel.ts"
import type { ColumnModel, TableModel } from "./SchemaModel.ts"
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
export function* chains(
  { all, between, bySource, named, nameless }: Panel,
  probability: (candidate: Standing) => number
): Steps<(candidate: Standing, tell: Tell) => void> {
  /** How likely a table refers to a key. */
  const refers = new Map<TableModel, Map<ColumnModel, number>>()
  for (const each of all) {
    const { from, key } = each
    const targets = refers.get(from.table) ?? new Map<ColumnModel, number>()
    refers.set(from.table, targets.set(key.column, Math.max(targets.get(key.column) ?? 0, probability(each))))
    yield
  }
  const direct = (nearer: ColumnModel, farther: ColumnModel): number => {
    const found = between(nearer, farther)
    return found === undefined ? 0 : probability(found)
  }
  const likeliestFirst = memoised((from: ColumnModel) =>
    [...(named.get(from) ?? [])].sort((a, b) => probability(b) - probability(a))
  )
  /** Whether a key comes from another, by itself or by way of a third one. */
  const comesFrom = memoised((nearer: ColumnModel) =>
    memoised((farther: ColumnModel): number => {
      let most = direct(nearer, farther)
      for (const each of likeliestFirst(nearer)) {
        // No way is likelier than its first half.
        const half = probability(each)
        if (half <= most) break
        most = Math.max(most, half * direct(each.key.column, farther))
      }
      return most
    })
  )
  return (candidate, tell) => {
    const { from, isOwnKey, key, names } = candidate
    if (!names.strong) {
      if (names.pattern !== null) return
      const reach = refers.get(key.column.table)
      if (reach === undefined) return
      for (const other of nameless.get(from) ?? []) {
        const { column } = other.key
        const likely = reach.get(column)
        if (likely === undefined || column.table === key.column.table || !fitsAsWell(other, candidate)) continue
        const title = column.table.table.table
        tell(
          BEHIND * likely,
          () => `${title} has all its values, too, and ${key.column.table.table.table} refers to it`
        )
      }
      return
    }
    if (!isOwnKey && (!bySource.has(key.column) || saysTable(from, key))) return
    for (const other of named.get(from) ?? []) {
      const title = other.key.column.table.table.table
      if (!isOwnKey) {
        const handedOn = comesFrom(key.column)(other.key.column)
        if (handedOn > 0) {
          tell(HANDED_ON * handedOn, () => `${key.column.column.name} is ${title}'s, and was handed on`)
        }
        continue
      }
      const nearer = nearness(candidate, other)
      if (nearer > 0) {
        const either = Math.min(1, probability(candidate) + probability(other))
        const points = nearer * comesFrom(key.column)(other.key.column) * either
        tell(points, () => `it is a kind of ${title}, and nearer`)
      }
      const farther = nearness(other, candidate)
      if (farther > 0) {
        tell(-farther * comesFrom(other.key.column)(key.column), () => `${title} is a kind of it, and nearer`)
      }
    }
  }
}

/** Whether a target has no fewer of the source's values than another, and is no larger. */
const fitsAsWell = (one: Weighed, other: Weighed): boolean =>
  (one.evidence?.inclusion?.matched ?? 0) >= (other.evidence?.inclusion?.matched ?? 1) &&
  (one.key.column.profile.distinct ?? 1) <= (other.key.column.profile.distinct ?? 0)

/** What it says for the nearer of two targets that all the source's values are in it. */
const nearness = ({ evidence, from, key }: Weighed, farther: Weighed): number => {
  const share = (key.column.profile.distinct ?? 0) / (farther.key.column.profile.distinct ?? 1)
  if (evidence === null || missRate(evidence) > FEW_ORPHANS || share >= 1 || share === 0) return 0
  return Math.min(MOST_NEARER, -NEARER * (from.profile.distinct ?? 0) * Math.log(share))
}

/** Whether a name says the table itself, and not only what its key is called. */
const saysTable = ({ words: { stem } }: ColumnModel, { column: { table } }: TargetKey): boolean =>
  sameWords(stem, table.words) || endsIn(stem, table.words) || endsIn(table.words, stem)
