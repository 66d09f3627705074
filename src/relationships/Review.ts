import type { Steps } from "../steps/Steps.ts"
import { byEnds, type Pair, pairId } from "./Candidate.ts"
import type { Relationship } from "./Relationship.ts"

/** What a person says about a pair. */
export type Decision = "accept" | "reject"

/** A relationship as a person decided it. */
export const reviewed = (relationship: Relationship, decision: Decision): Relationship => ({
  ...relationship,
  status: decision === "accept" ? "accepted" : "rejected",
  confidence: decision === "accept" ? 1 : 0,
  decidedBy: "person"
})

const source = ({ from, when }: Pair): string =>
  JSON.stringify([from.schema, from.table, ...from.columns, ...(when === undefined ? [] : [when])])

/**
 * What was found anew, with what people have said before: their word stands whatever the rules say now, with the evidence of now where
 * there is any. Columns that a person gave a target have no second one: what the rules accept for them becomes a case for review.
 */
export function* withReviews(
  found: ReadonlyArray<Relationship>,
  before: ReadonlyArray<Relationship>
): Steps<ReadonlyArray<Relationship>> {
  const said = new Map(before.filter(({ decidedBy }) => decidedBy === "person").map((each) => [pairId(each), each]))
  const given = new Map(
    [...said.values()].filter(({ status }) => status === "accepted").map((each) => [source(each), pairId(each)])
  )
  const merged = new Map(said)
  for (const each of found) {
    const id = pairId(each)
    const word = said.get(id)
    const other = given.get(source(each))
    if (word !== undefined) merged.set(id, reviewed(each, word.status === "accepted" ? "accept" : "reject"))
    else if (other !== undefined && each.method === "inferred" && each.status === "accepted") {
      merged.set(id, { ...each, status: "needs_review" })
    } else merged.set(id, each)
    yield
  }
  return yield* byEnds([...merged.values()])
}
