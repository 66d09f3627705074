import { Effect, Option } from "effect"
import type { Catalog } from "../datasource/Catalog.ts"
import type { ColumnSet, Inclusion } from "../datasource/Inclusion.ts"
import { type RelationshipDecision, standings } from "../discovery/Decision.ts"
import type { DecisionRepositoryService } from "../discovery/DecisionRepository.ts"
import { missingIn } from "../discovery/missingIn.ts"
import type { Steps } from "../steps/Steps.ts"
import { byEnds, type Pair, pairId } from "./Candidate.ts"
import { cardinality } from "./Cardinality.ts"
import type { Relationship } from "./Relationship.ts"

/** What is said of a relationship that nobody but a person named. */
const SAID = "a person says so"

/** As the rules decided it; undefined for ends that only a person named. */
const asRuled = ({ ruled, ...relationship }: Relationship): Relationship | undefined =>
  ruled !== undefined
    ? { ...relationship, ...ruled, decidedBy: "rules" }
    : relationship.decidedBy === "person"
      ? undefined
      : relationship

/** As a person decided it. */
const asDecided = (relationship: Relationship, { action }: RelationshipDecision): Relationship => ({
  ...relationship,
  status: action === "accept" ? "accepted" : "rejected",
  confidence: action === "accept" ? 1 : 0,
  decidedBy: "person",
  ruled: { status: relationship.status, confidence: relationship.confidence }
})

/** Ends that the rules did not consider, as a person decided them; `inclusion` is what a test join of them found. */
export const saidOnly = (
  { about, action }: RelationshipDecision,
  inclusion: Inclusion | null = null
): Relationship => ({
  ...about,
  status: action === "accept" ? "accepted" : "rejected",
  confidence: action === "accept" ? 1 : 0,
  cardinality: cardinality(inclusion),
  method: "inferred",
  decidedBy: "person",
  evidence: { inclusion, reasons: [SAID] }
})

const source = ({ from, when }: Pair): string =>
  JSON.stringify([from.schema, from.table, ...from.columns, ...(when === undefined ? [] : [when])])

/** The columns of a decision's ends that are not in the catalog (any more), as `schema.table.column`. */
export const missingColumns = (catalog: Catalog): ((pair: Pair) => ReadonlyArray<string>) => {
  const missing = missingIn(catalog)
  const places = ({ columns, schema, table }: ColumnSet) => columns.map((column) => ({ schema, table, column }))
  return ({ from, to, when }) =>
    missing([
      ...places(from),
      ...places(to),
      ...(when === undefined ? [] : places({ ...from, columns: [when.column] }))
    ])
}

/**
 * What was found, with what people decided (`decisions`, one per pair): their word stands whatever the rules say, with the rules' evidence
 * where there is any. Columns that a person gave a target have no second one: what the rules accept for them becomes a case for review. The
 * result of an earlier call may be given in again, with other decisions. Decisions about columns that are gone have no effect.
 */
export function* withDecisions(
  found: ReadonlyArray<Relationship>,
  decisions: ReadonlyArray<RelationshipDecision>,
  missing: (pair: Pair) => ReadonlyArray<string>
): Steps<ReadonlyArray<Relationship>> {
  const said = new Map(
    decisions.filter(({ about }) => missing(about).length === 0).map((decision) => [pairId(decision.about), decision])
  )
  const given = new Set(
    [...said.values()].filter(({ action }) => action === "accept").map(({ about }) => source(about))
  )
  const merged = new Map([...said].map(([id, decision]) => [id, saidOnly(decision)]))
  for (const each of found) {
    yield
    const id = pairId(each)
    const decision = said.get(id)
    const ruled = asRuled(each)
    if (ruled === undefined) {
      if (decision !== undefined) merged.set(id, saidOnly(decision, each.evidence.inclusion))
      continue
    }
    const isSecond = given.has(source(ruled)) && ruled.method === "inferred" && ruled.status === "accepted"
    if (decision !== undefined) merged.set(id, asDecided(ruled, decision))
    else if (isSecond) {
      const { confidence, status } = ruled
      merged.set(id, { ...ruled, status: "needs_review", ruled: { status, confidence } })
    } else merged.set(id, ruled)
  }
  return yield* byEnds([...merged.values()])
}

/** What holds of people's decisions about relationships of a datasource. */
export const heldDecisions = ({ history }: DecisionRepositoryService) =>
  Effect.fnUntraced(function* (datasourceId: string) {
    const decided = standings(yield* history(datasourceId, "relationship"))
    return [...decided.values()].flatMap(({ decision }): ReadonlyArray<RelationshipDecision> =>
      Option.isSome(decision) && decision.value.kind === "relationship" ? [decision.value] : []
    )
  })
