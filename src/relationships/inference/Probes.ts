import type { TableName } from "../../datasource/Catalog.ts"
import { flatMapInSteps, type Steps } from "../../steps/Steps.ts"
import { type Pair, pairId } from "../Candidate.ts"
import { isKeyCast, type Possible } from "../Possible.ts"
import { ROUND_TRIPS } from "../signals/RoundTrips.ts"
import type { Probe } from "../signals/Values.ts"
import { byTable } from "./byTable.ts"
import { type Candidates, pairOf } from "./Find.ts"
import { LEAST_FOUND, weigh } from "./Weighing.ts"

/** A pair whose sampled values are worth looking up in the whole target. */
export interface ProbePair extends Pair {
  readonly values: ReadonlyArray<string>
  /** Whether the values are whole numbers, and the texts of the key are compared as such. */
  readonly areNumbers?: boolean
}

/**
 * A probed candidate with fewer points than this, in log odds, is dropped: the evidence of other candidates cannot make up for that. A
 * possible round trip counts in advance. Set by hand.
 */
const HOPELESS = -5.5

/** Step 3: the pairs to probe, grouped by referenced table, in byte order of the tables. */
export function* probes({
  single
}: Candidates): Steps<ReadonlyArray<{ readonly table: TableName; readonly pairs: ReadonlyArray<ProbePair> }>> {
  const pairs = yield* flatMapInSteps(single.values(), (each): ReadonlyArray<ProbePair> =>
    hasValues(each)
      ? [
          {
            values: each.from.profile.sample,
            ...(isKeyCast(each.from, each.key.column) ? { areNumbers: true } : {}),
            ...pairOf(each)
          }
        ]
      : []
  )
  return yield* byTable(pairs, ({ to }) => to)
}

/** Whether both ends hold something to compare. */
export const hasValues = ({ from, key }: Possible): boolean =>
  from.table.rows > 0 && key.column.table.rows > 0 && from.profile.sample.length > 0

/** Whether a probed pair is worth keeping. */
export const keeps = ({ namedTripsOf, setting, single }: Candidates, pair: Pair, probe: Probe): boolean => {
  const each = single.get(pairId(pair))
  if (each === undefined) return false
  if (each.names.strong) return true
  if (probe.found < LEAST_FOUND * probe.tried) return false
  const { points } = weigh(each, { probe, inclusion: null }, setting)
  return points + (namedTripsOf(each).length > 0 ? ROUND_TRIPS.comesBack.weight : 0) >= HOPELESS
}
