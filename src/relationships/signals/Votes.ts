import type { Steps } from "../../steps/Steps.ts"
import type { ColumnModel } from "../../schema/TableModel.ts"
import type { Weighed } from "../Possible.ts"

/** The average probability per voting column of one target (`same`) and of all others (`other`). */
export interface Vote {
  readonly same: number
  readonly other: number
  readonly voters: number
}

interface Group {
  total: number
  readonly targets: Map<ColumnModel | typeof ITS_OWN, number>
  readonly sources: Map<ColumnModel, number>
  /** The sums of targets that are meant only where the column stands, by target. */
  readonly here: Map<ColumnModel | typeof ITS_OWN, number>
}

const NOBODY: Vote = { same: 0, other: 0, voters: 0 }

/** Self-references of different tables count as one target. */
const ITS_OWN = "its own"
const targetOf = ({ from, key }: Weighed) => (from.table === key.column.table ? ITS_OWN : key.column)

const add = <K>(sums: Map<K, number>, key: K, chance: number) => sums.set(key, (sums.get(key) ?? 0) + chance)

/**
 * Sums probabilities by group of columns (`by`) in one pass, so that each lookup takes constant time. The result is the vote of a
 * candidate's group, without the candidate's own source and without the target column. A column that most likely refers to what is meant only
 * where it stands has no vote on what others of its name refer to, unless that is the same.
 */
export function* poll<C extends Weighed>(
  candidates: ReadonlyArray<C>,
  probability: (candidate: C) => number,
  by: (column: ColumnModel) => string
): Steps<(candidate: C) => Sum> {
  const silent = new Set<ColumnModel>()
  for (const candidate of candidates) {
    if (candidate.names.here && probability(candidate) >= LIKELY) silent.add(candidate.from)
    yield
  }
  const groups = new Map<string, Group>()
  for (const candidate of candidates) {
    const { from } = candidate
    const id = by(from)
    const group = groups.get(id) ?? { total: 0, targets: new Map(), sources: new Map(), here: new Map() }
    groups.set(id, group)
    const chance = probability(candidate)
    const target = targetOf(candidate)
    if (silent.has(from)) {
      if (candidate.names.here) add(group.here, target, chance)
    } else {
      group.total += chance
      add(group.targets, target, chance)
      add(group.sources, from, chance)
    }
    yield
  }
  return (candidate) => {
    const { from, key, names } = candidate
    const group = groups.get(by(from))
    if (group === undefined) return { same: 0, all: 0, voters: 0 }
    const self = group.sources.get(from)
    const target = group.sources.get(key.column)
    const chance = probability(candidate)
    // Columns of the same name in other tables that refer to this table vote for its self-reference, too (`users.creator`).
    const isOwn = targetOf(candidate) === ITS_OWN && names.pattern !== null
    const others = isOwn ? (group.targets.get(key.column) ?? 0) : 0
    const here = candidate.names.here ? (group.here.get(targetOf(candidate)) ?? 0) : 0
    const alsoHere = silent.has(from) && here > 0 ? here - chance : here
    return {
      same: (group.targets.get(targetOf(candidate)) ?? 0) - (self === undefined ? 0 : chance) + others + alsoHere,
      // What refers to the column itself does not refer elsewhere: a kind of something is referred to as well.
      all: group.total - (self ?? 0) - (target ?? 0) - (group.targets.get(from) ?? 0) + alsoHere,
      voters: group.sources.size - (self === undefined ? 0 : 1) - (target === undefined ? 0 : 1) + Math.round(alsoHere)
    }
  }
}

/** From this probability on what a column refers to is taken to be settled, for others of its name. */
const LIKELY = 0.5

/** Sums of probabilities over `voters` columns. */
export interface Sum {
  readonly same: number
  readonly all: number
  readonly voters: number
}

/** The average per column; `without` is the part of the group that has been counted already. */
export const average = (sum: Sum, without: Sum = { same: 0, all: 0, voters: 0 }): Vote => {
  const voters = sum.voters - without.voters
  if (voters <= 0) return NOBODY
  const same = Math.max(0, sum.same - without.same)
  return { same: same / voters, other: Math.max(0, sum.all - without.all - same) / voters, voters }
}
