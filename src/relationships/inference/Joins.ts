import type { InclusionRequest } from "../../datasource/Datasource.ts"
import type { TableName } from "../../datasource/Catalog.ts"
import type { ColumnSet } from "../../datasource/Inclusion.ts"
import { flatMapInSteps, sortInSteps, type Steps } from "../../steps/Steps.ts"
import { type Candidate, type Pair, pairId } from "../Candidate.ts"
import { ROUND_TRIPS, roundTrips } from "../signals/RoundTrips.ts"
import { byTable } from "./byTable.ts"
import { decide } from "./Decision.ts"
import { type Candidates, compositePair, listPair, pairOf, polymorphicPair } from "./Find.ts"
import type { Prepared } from "./Prepare.ts"
import { weighAll } from "./WeighAll.ts"

/** Least probability after probing for a test join. Candidates with a strong name or for review get one below it, too. Set by hand. */
const WORTH_A_JOIN = 0.01
/**
 * Least share of probed values in the target for a test join by a strong name: many orphaned values may stand in few rows. Set by hand.
 */
const WORTH_BY_NAME = 0.1
/** If a column has a target of at least this probability, a strong name alone gets no other target a test join. Set by hand. */
const AS_GOOD_AS_CERTAIN = 0.99
/** Test joins per column, the most probable first; strong names and round trips are not limited. A join reads both tables whole. */
const MOST_JOINS = 4

/**
 * Step 4: the pairs to test with a join, by what the probes have `kept`: likely candidates, and all composite, polymorphic, list and
 * declared ones. Grouped by referencing table, the largest table first: one that comes last would run alone.
 */
export function* joins(
  candidates: Candidates,
  kept: ReadonlyArray<Candidate>
): Steps<ReadonlyArray<{ readonly table: TableName; readonly pairs: ReadonlyArray<Pair> }>> {
  const { composite, declared, factors, known, lists, model, polymorphic } = candidates
  const decided = yield* decide(yield* weighAll(candidates, kept, false), known, [], factors)
  const sure = decided.filter(({ status }) => status === "accepted").map(({ candidate }) => candidate)
  const sureTripsOf = yield* roundTrips([...sure, ...known])
  const certain = new Set(
    decided.flatMap(({ candidate, probability }) => (probability >= AS_GOOD_AS_CERTAIN ? [candidate.from] : []))
  )
  const worthJoining = yield* flatMapInSteps(decided, ({ candidate, probability, status }) => {
    const { evidence, names } = candidate
    // A strong name needs no round trip.
    const trips = names.strong ? [] : sureTripsOf(candidate)
    const least = trips.length > 0 ? WORTH_A_JOIN * Math.exp(-ROUND_TRIPS.comesBack.weight) : WORTH_A_JOIN
    const isLikely =
      evidence !== null &&
      (status !== "rejected" ||
        probability >= least ||
        (names.strong && !certain.has(candidate.from) && evidence.probe.found >= WORTH_BY_NAME * evidence.probe.tried))
    return isLikely ? [{ candidate, probability, trips }] : []
  })
  const joined = new Map<string, number>()
  const byChance = yield* sortInSteps(worthJoining, (a, b) => b.probability - a.probability)
  const likely = yield* flatMapInSteps(byChance, ({ candidate, trips }) => {
    const before = joined.get(candidate.from.id) ?? 0
    if (before >= MOST_JOINS && !candidate.names.strong && trips.length === 0) return []
    joined.set(candidate.from.id, before + 1)
    return [{ pair: pairOf(candidate), trips }]
  })
  const together = new Set(composite.map((each) => pairId(compositePair(each))))
  const rowsOf = (table: TableName) => model.table(table)?.rows ?? 0
  const holdsRows = ({ from, to }: Pair) => rowsOf(from) > 0 && rowsOf(to) > 0
  const tests = yield* byTable(
    [
      ...likely.map(({ pair }) => pair),
      ...(yield* flatMapInSteps(likely, ({ trips }) => trips.filter((trip) => !together.has(pairId(trip))))),
      ...composite.map(compositePair).filter(holdsRows),
      ...polymorphic.map(polymorphicPair).filter(holdsRows),
      ...lists.map(listPair).filter(holdsRows),
      ...declared.filter(holdsRows)
    ],
    ({ from }) => from
  )
  return tests.sort((a, b) => rowsOf(b.table) - rowsOf(a.table))
}

/** Estimated rows and distinct values on both sides of a pair, so that a test join need not count; undefined if unknown. */
export const sizes = ({ model }: Prepared, { from, to }: Pair): Omit<InclusionRequest, "from" | "to" | "when"> => {
  /** An upper bound for several columns: the product of their distinct values. */
  const distinctOf = (set: ColumnSet): number | undefined => {
    const each = set.columns.map((name) => model.table(set)?.column(name)?.profile.distinct ?? null)
    return each.some((distinct) => distinct === null)
      ? undefined
      : each.reduce<number>((all, distinct) => all * (distinct ?? 1), 1)
  }
  return {
    distinct: distinctOf(from),
    targetDistinct: to.columns.length === 1 ? distinctOf(to) : undefined,
    rows: model.table(from)?.rows || undefined,
    targetRows: model.table(to)?.rows || undefined
  }
}
