import type { Steps } from "../../steps/Steps.ts"
import { endsIn, sameWords } from "../../schema/ColumnWords.ts"
import type { TargetKey } from "../../schema/Keys.ts"
import { memoised } from "../../language/memoised.ts"
import type { Panel, Standing } from "./Panel.ts"
import type { ColumnModel, TableModel } from "../../schema/TableModel.ts"
import { CLEAN, missRate } from "./Values.ts"
import type { Weighed } from "../Possible.ts"
import { family, type Tell, TRIAL } from "./Signal.ts"

/** What references between the targets of one column say. The strength is how probable those are. */
export const CHAINS = family("chains", {
  handedOn: [
    -4,
    "the target is itself a reference: the table that owns the key is meant, unless the name says this one"
  ],
  lacks: [
    -2.5,
    "the name says another key as well, and that has all of the values: in full from one orphan in ten on, below that in proportion"
  ],
  nearer: [0.5, "the key's values are all in two tables of which one is a kind of the other: the smaller one is meant"],
  behind: [-2, "another table has all the values, too, and the target's table refers to it", TRIAL]
})
/** Most of what `nearer` says, in log odds. */
const MOST_NEARER = 4
/** With a larger share of orphans than this, from 0 to 1, a column is no subset of a key. */
const FEW_ORPHANS = 0.05
/** Share of orphans, from 0 to 1, from which `lacks` counts in full. */
const MANY_ORPHANS = 0.1

/**
 * The evidence from references between the targets of one column, where `probability` is how likely each of those is: a line for each pair of
 * targets of which one references the other.
 */
export function* chains(
  { all, between, bySource, named, nameless }: Panel,
  probability: (candidate: Standing) => number
): Steps<(candidate: Standing, tell: Tell) => void> {
  /** The probability that a table references a key. */
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
  /** The probability that a key references another, directly or through a third. */
  const comesFrom = memoised((nearer: ColumnModel) =>
    memoised((farther: ColumnModel): number => {
      let most = direct(nearer, farther)
      for (const each of likeliestFirst(nearer)) {
        // A path of two steps is at most as probable as its first step.
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
        const title = column.table.table
        tell(
          CHAINS.behind,
          likely,
          () => `${title} has all its values, too, and ${key.column.table.table} refers to it`
        )
      }
      return
    }
    const missing = candidate.evidence === null ? 0 : missRate(candidate.evidence)
    const whole = missing <= CLEAN ? undefined : (named.get(from) ?? []).find(hasAll)
    if (whole !== undefined) {
      const title = whole.key.column.table.table
      tell(
        CHAINS.lacks,
        Math.min(1, missing / MANY_ORPHANS),
        () => `its name may say ${title} as well, which has all of them`
      )
    }
    if (!isOwnKey && !bySource.has(key.column)) return
    const said = !isOwnKey && (names.picked || saysTable(from, key))
    for (const other of named.get(from) ?? []) {
      if (isOwnKey || other.key.column.words.name === key.column.words.name) {
        tellNearer(candidate, other, tell)
      }
      if (!isOwnKey) {
        // `machine_id` says the machine rather than the rented machine.
        if (said && (names.picked || !saysInFull(from, other.key))) continue
        tellHandedOn(candidate, other, tell)
      }
    }
    // What the key is handed on from may be meant although the name says it less clearly, where that has all of the values.
    if (!isOwnKey && !said) {
      for (const other of bySource.get(from) ?? []) {
        if (!other.names.strong && other.names.pattern !== null && hasAll(other)) tellHandedOn(candidate, other, tell)
      }
    }
  }

  /** Tells that a target's key is another target's. */
  function tellHandedOn({ key }: Standing, other: Standing, tell: Tell) {
    const handedOn = comesFrom(key.column)(other.key.column)
    if (handedOn > 0) {
      tell(
        CHAINS.handedOn,
        handedOn,
        () => `${key.column.name} is ${other.key.column.table.table}'s, and was handed on`
      )
    }
  }

  /** Tells which of two targets is nearer, where one is a kind of the other. */
  function tellNearer(candidate: Standing, other: Standing, tell: Tell) {
    const title = other.key.column.table.table
    const nearer = nearness(candidate, other)
    if (nearer > 0) {
      const either = Math.min(1, probability(candidate) + probability(other))
      const strength = nearer * comesFrom(candidate.key.column)(other.key.column) * either
      tell(CHAINS.nearer, strength, () => `it is a kind of ${title}, and nearer`)
    }
    const farther = nearness(other, candidate)
    if (farther > 0) {
      const strength = -farther * comesFrom(other.key.column)(candidate.key.column)
      tell(CHAINS.nearer, strength, () => `${title} is a kind of it, and nearer`)
    }
  }
}

/** Whether a target has all values of its source, as far as they were looked up. */
const hasAll = ({ evidence }: Weighed): boolean =>
  evidence !== null && (evidence.inclusion?.matched ?? evidence.probe.found) > 0 && missRate(evidence) <= CLEAN

/** Whether a target contains at least as many of the source's values as another, and is not larger. */
const fitsAsWell = (one: Weighed, other: Weighed): boolean =>
  (one.evidence?.inclusion?.matched ?? 0) >= (other.evidence?.inclusion?.matched ?? 1) &&
  (one.key.column.profile.distinct ?? 1) <= (other.key.column.profile.distinct ?? 0)

/** How many e-folds, for each value, the smaller of two targets is smaller, if (nearly) all of the source's values are in it. */
const nearness = ({ evidence, from, key }: Weighed, farther: Weighed): number => {
  const share = (key.column.profile.distinct ?? 0) / (farther.key.column.profile.distinct ?? 1)
  if (evidence === null || missRate(evidence) > FEW_ORPHANS || share >= 1 || share === 0) return 0
  return Math.min(MOST_NEARER / CHAINS.nearer.weight, -(from.profile.distinct ?? 0) * Math.log(share))
}

/** Whether a name is the table's, and no more. */
const saysInFull = ({ words: { stem } }: ColumnModel, { column: { table } }: TargetKey): boolean =>
  sameWords(stem, table.words)

/** Whether a name says the table itself, and not only its key's name. */
const saysTable = ({ words: { stem } }: ColumnModel, { column: { table } }: TargetKey): boolean =>
  sameWords(stem, table.words) || endsIn(stem, table.words) || endsIn(table.words, stem)
