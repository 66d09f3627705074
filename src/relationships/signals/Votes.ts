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
}

const NOBODY: Vote = { same: 0, other: 0, voters: 0 }

/** Self-references of different tables count as one target. */
const ITS_OWN = "its own"
const targetOf = ({ from, key }: Weighed) => (from.table === key.column.table ? ITS_OWN : key.column)

/**
 * Sums probabilities by group of columns (`by`) in one pass, so that each lookup takes constant time. The result is the vote of a
 * candidate's group, without the candidate's own source and without the target column.
 */
export function* poll<C extends Weighed>(
  candidates: ReadonlyArray<C>,
  probability: (candidate: C) => number,
  by: (column: ColumnModel) => string
): Steps<(candidate: C) => Sum> {
  const groups = new Map<string, Group>()
  for (const candidate of candidates) {
    const { from } = candidate
    const id = by(from)
    let group = groups.get(id)
    if (group === undefined) {
      group = { total: 0, targets: new Map(), sources: new Map() }
      groups.set(id, group)
    }
    const chance = probability(candidate)
    const target = targetOf(candidate)
    group.total += chance
    group.targets.set(target, (group.targets.get(target) ?? 0) + chance)
    group.sources.set(from, (group.sources.get(from) ?? 0) + chance)
    yield
  }
  return (candidate) => {
    const group = groups.get(by(candidate.from))
    if (group === undefined) return { same: 0, all: 0, voters: 0 }
    const self = group.sources.get(candidate.from) ?? 0
    const target = group.sources.get(candidate.key.column)
    // Columns of the same name in other tables that refer to this table vote for its self-reference, too (`users.creator`).
    const isOwn = targetOf(candidate) === ITS_OWN && candidate.names.pattern !== null
    const others = isOwn ? (group.targets.get(candidate.key.column) ?? 0) : 0
    return {
      same: (group.targets.get(targetOf(candidate)) ?? 0) - probability(candidate) + others,
      all: group.total - self - (target ?? 0),
      voters: group.sources.size - 1 - (target === undefined ? 0 : 1)
    }
  }
}

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
