import type { Weighed } from "./Weighing.ts"

/** How convinced a group of columns is, on average per column, of one target and of others. */
export interface Vote {
  readonly same: number
  readonly other: number
  readonly voters: number
}

interface Group {
  total: number
  readonly targets: Map<string, number>
  readonly sources: Map<string, number>
}

const NOBODY: Vote = { same: 0, other: 0, voters: 0 }

/** Columns that all refer to their own tables agree. */
const targetOf = ({ from, key }: Weighed): string => (from.table === key.column.table ? "its own" : key.column.id)

/** Counts convictions by groups of columns, so that each question costs the same however many candidates there are. */
export const votes = (candidates: ReadonlyArray<Weighed>, probability: (candidate: Weighed) => number) => {
  const poll = (by: (candidate: Weighed) => string) => {
    const groups = new Map<string, Group>()
    for (const candidate of candidates) {
      const id = by(candidate)
      const group = groups.get(id) ?? {
        total: 0,
        targets: new Map<string, number>(),
        sources: new Map<string, number>()
      }
      groups.set(id, group)
      const chance = probability(candidate)
      const target = targetOf(candidate)
      group.total += chance
      group.targets.set(target, (group.targets.get(target) ?? 0) + chance)
      group.sources.set(candidate.from.id, (group.sources.get(candidate.from.id) ?? 0) + chance)
    }
    /** What the group says about a candidate, without the candidate's own source and without the target itself. */
    return (candidate: Weighed): Sum => {
      const group = groups.get(by(candidate))
      if (group === undefined) return { same: 0, all: 0, voters: 0 }
      const self = group.sources.get(candidate.from.id) ?? 0
      const target = group.sources.get(candidate.key.column.id)
      return {
        same: (group.targets.get(targetOf(candidate)) ?? 0) - probability(candidate),
        all: group.total - self - (target ?? 0),
        voters: group.sources.size - 1 - (target === undefined ? 0 : 1)
      }
    }
  }
  return poll
}

/** Convictions added up. */
export interface Sum {
  readonly same: number
  readonly all: number
  readonly voters: number
}

/** The average per column; `without` are columns of the group that have been asked already. */
export const average = (sum: Sum, without: Sum = { same: 0, all: 0, voters: 0 }): Vote => {
  const voters = sum.voters - without.voters
  if (voters <= 0) return NOBODY
  const same = Math.max(0, sum.same - without.same)
  return { same: same / voters, other: Math.max(0, sum.all - without.all - same) / voters, voters }
}
