import type { ColumnModel } from "../../schema/TableModel.ts"
import { flatMapInSteps, indexInSteps, type Steps } from "../../steps/Steps.ts"
import { type Candidate, pairId } from "../Candidate.ts"
import { isCast, type Weighed } from "../Possible.ts"
import { memoised } from "../../language/memoised.ts"
import { COMMENTS, deniedTables } from "../signals/Comments.ts"
import { comesBack } from "../signals/RoundTrips.ts"
import { line } from "../signals/Signal.ts"
import { TOGETHER } from "../signals/Together.ts"
import { CLEAN, missRate, type ValueEvidence } from "../signals/Values.ts"
import type { Candidates } from "./Find.ts"
import { hasValues } from "./Probes.ts"
import { isContradicted, survives, weigh } from "./Weighing.ts"

const columnAndTable = (from: ColumnModel, to: ColumnModel) => `${from.id} ${to.table.id}`

/** Weighs every candidate of one column that probes (and, `withJoins`, test joins) have kept, each by itself. */
export function* weighAll(
  { setting, single, tripsOf }: Candidates,
  found: ReadonlyArray<Candidate>,
  withJoins: boolean
): Steps<ReadonlyArray<Weighed>> {
  const stored = yield* indexInSteps(found, (candidate) => [pairId(candidate), candidate])
  const evidenceOf = (id: string): ValueEvidence | null => {
    const candidate = stored.get(id)
    const probe = candidate?.probe ?? null
    return probe === null ? null : { probe, inclusion: withJoins ? (candidate?.inclusion ?? null) : null }
  }
  const denied = memoised(deniedTables)
  /** What comments say that columns refer to, where their values do not contradict them. */
  const said = new Map(
    yield* flatMapInSteps(single, ([id, each]) => {
      if (each.stated !== true) return []
      const evidence = evidenceOf(id)
      const isDenied = evidence === null ? hasValues(each) : isContradicted(evidence)
      return isDenied ? [] : [[each.from, each.key.column] as const]
    })
  )
  /** The tables of which a key has a column's texts as they are. */
  const asTheyAre = new Set(
    yield* flatMapInSteps(single, ([id, { from, key }]) => {
      if (from.typeClass !== "text" || isCast(from, key.column)) return []
      const evidence = evidenceOf(id)
      const isWhole = evidence !== null && evidence.inclusion !== null && missRate(evidence) <= CLEAN
      return isWhole ? [columnAndTable(from, key.column)] : []
    })
  )
  return yield* flatMapInSteps(single, ([id, each]) => {
    const evidence = evidenceOf(id)
    if ((hasValues(each) && evidence === null) || !survives({ ...each, evidence })) return []
    const to = each.key.column
    const other = said.get(each.from)
    const elsewhere = denied(each.from).has(to.table.table.toLowerCase())
      ? [line(COMMENTS.denied, `its comment says that it does not refer to ${to.table.table}`)]
      : other === undefined || other === to
        ? []
        : [line(COMMENTS.elsewhere, `its comment says that it refers to ${other.table.table}`)]
    const inclusion = evidence?.inclusion ?? null
    if (inclusion === null) return [weigh(each, evidence, setting, elsewhere)]
    const needless =
      isCast(each.from, to) && asTheyAre.has(columnAndTable(each.from, to))
        ? [
            line(
              TOGETHER.needlessCast,
              `another key of ${to.table.table} has the texts of ${each.from.name} as they are`
            )
          ]
        : []
    const back = tripsOf(each).flatMap((trip) => {
      const andBack = stored.get(pairId(trip))?.inclusion ?? null
      return andBack === null ? [] : comesBack(trip, inclusion, andBack)
    })
    return [weigh(each, evidence, setting, [...elsewhere, ...needless, ...back.slice(0, 1)])]
  })
}
