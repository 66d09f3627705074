import { flatMapInSteps, indexInSteps, type Steps } from "../../steps/Steps.ts"
import { type Candidate, pairId } from "../Candidate.ts"
import type { Weighed } from "../Possible.ts"
import { comesBack } from "../signals/RoundTrips.ts"
import type { Candidates } from "./Find.ts"
import { hasValues } from "./Probes.ts"
import { survives, weigh } from "./Weighing.ts"

/** Weighs every candidate of one column that probes (and, `withJoins`, test joins) have kept, each by itself. */
export function* weighAll(
  { setting, single, tripsOf }: Candidates,
  found: ReadonlyArray<Candidate>,
  withJoins: boolean
): Steps<ReadonlyArray<Weighed>> {
  const stored = yield* indexInSteps(found, (candidate) => [pairId(candidate), candidate])
  return yield* flatMapInSteps(single, ([id, each]) => {
    const candidate = stored.get(id)
    if (hasValues(each) && (candidate === undefined || candidate.probe === null)) return []
    const probe = candidate?.probe ?? null
    const inclusion = withJoins ? (candidate?.inclusion ?? null) : null
    const evidence = probe === null ? null : { probe, inclusion }
    if (!survives({ ...each, evidence })) return []
    if (inclusion === null) return [weigh(each, evidence, setting)]
    const back = tripsOf(each).flatMap((trip) => {
      const andBack = stored.get(pairId(trip))?.inclusion ?? null
      return andBack === null ? [] : comesBack(trip, inclusion, andBack)
    })
    return [weigh(each, evidence, setting, back.slice(0, 1))]
  })
}
