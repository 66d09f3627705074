import type { Steps } from "../../steps/Steps.ts"
import type { ColumnModel } from "../../schema/TableModel.ts"
import type { Weighed } from "../Possible.ts"

/** A candidate in its place among those that are decided together, from 0. */
export interface Standing extends Weighed {
  readonly place: number
}

/** The candidates that are decided together, found by their ends. */
export interface Panel {
  readonly all: ReadonlyArray<Standing>
  readonly bySource: ReadonlyMap<ColumnModel, ReadonlyArray<Standing>>
  /** Candidates with a strong name, by source. */
  readonly named: ReadonlyMap<ColumnModel, ReadonlyArray<Standing>>
  /** Candidates without any match of names, by source. */
  readonly nameless: ReadonlyMap<ColumnModel, ReadonlyArray<Standing>>
  readonly between: (from: ColumnModel, to: ColumnModel) => Standing | undefined
}

/** @see Panel */
export function* panel(all: ReadonlyArray<Standing>): Steps<Panel> {
  const bySource = new Map<ColumnModel, Array<Standing>>()
  const named = new Map<ColumnModel, Array<Standing>>()
  const nameless = new Map<ColumnModel, Array<Standing>>()
  const ends = new Map<ColumnModel, Map<ColumnModel, Standing>>()
  const add = (groups: Map<ColumnModel, Array<Standing>>, each: Standing) => {
    const group = groups.get(each.from)
    if (group === undefined) groups.set(each.from, [each])
    else group.push(each)
  }
  for (const each of all) {
    const { evidence, from, key, names } = each
    add(bySource, each)
    if (names.strong) add(named, each)
    if (names.pattern === null && evidence !== null) add(nameless, each)
    const targets = ends.get(from) ?? new Map<ColumnModel, Standing>()
    ends.set(from, targets.set(key.column, each))
    yield
  }
  return { all, bySource, named, nameless, between: (from, to) => ends.get(from)?.get(to) }
}
