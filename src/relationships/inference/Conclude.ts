import type { TableName } from "../../datasource/Catalog.ts"
import type { ColumnSet, Inclusion } from "../../datasource/Inclusion.ts"
import { flatMapInSteps, indexInSteps, mapInSteps, type Steps } from "../../steps/Steps.ts"
import { byEnds, type Candidate, type Pair, pairId } from "../Candidate.ts"
import { cardinality, refined } from "../Cardinality.ts"
import { hiddenIn, withoutHiddenRows } from "../HiddenRows.ts"
import { castOf, isCast } from "../Possible.ts"
import type { Relationship } from "../Relationship.ts"
import { reasons, told } from "../signals/Signal.ts"
import { type DecidedComposite, decideComposite, withoutImplied, withoutRivals } from "./CompositeDecision.ts"
import { type Decided, decide } from "./Decision.ts"
import { fromDeclared } from "./Declared.ts"
import { type Candidates, compositePair, listPair, pairOf, polymorphicPair } from "./Find.ts"
import { decideList } from "./Lists.ts"
import type { DecidedReference } from "./NamedReference.ts"
import { decidePolymorphic } from "./Polymorphic.ts"
import { weighAll } from "./WeighAll.ts"

/** What became of the candidates of several columns, and of those of one, which are decided together. */
export interface Decisions {
  readonly together: ReadonlyArray<DecidedComposite>
  readonly alone: ReadonlyArray<Decided>
}

/** Step 5: every candidate, decided. */
export function* decideAll(candidates: Candidates, found: ReadonlyArray<Candidate>): Steps<Decisions> {
  const inclusionOf = yield* inclusionsOf(found)
  const together = withoutImplied(
    withoutRivals(
      yield* mapInSteps(candidates.composite, (candidate) =>
        decideComposite(candidate, inclusionOf(compositePair(candidate)))
      )
    )
  )
  const weighed = yield* weighAll(candidates, found, true)
  return { together, alone: yield* decide(weighed, candidates.known, together, candidates.factors) }
}

/** Step 6: every relationship with its status, ordered by both ends. Rejected candidates without a test join are left out. */
export function* conclude(
  candidates: Candidates,
  found: ReadonlyArray<Candidate>,
  { alone, together }: Decisions
): Steps<ReadonlyArray<Relationship>> {
  const { declared, keys, lists, model, polymorphic } = candidates
  const inclusionOf = yield* inclusionsOf(found)
  const hiddenRows = (table: TableName) => hiddenIn(model.table(table))
  const relationships = [
    ...(yield* mapInSteps(declared, (pair) => fromDeclared(pair, inclusionOf(pair), hiddenRows(pair.to)))),
    ...(yield* mapInSteps(together, (each) => inferred(compositePair(each.candidate), each, each.inclusion))),
    ...(yield* mapInSteps(polymorphic, (candidate) => {
      const pair = polymorphicPair(candidate)
      return inferred(pair, decidePolymorphic(candidate, inclusionOf(pair)), inclusionOf(pair))
    })),
    ...(yield* mapInSteps(lists, (candidate): Relationship => {
      const pair = listPair(candidate)
      return {
        ...inferred(pair, decideList(candidate, inclusionOf(pair)), inclusionOf(pair)),
        cardinality: "N:M",
        compared: "element by element"
      }
    })),
    ...(yield* flatMapInSteps(alone, fromSingle))
  ]
  const seen = yield* mapInSteps(relationships, (each) => {
    const hidden = each.method === "inferred" ? hiddenRows(each.to) : undefined
    return hidden === undefined ? each : withoutHiddenRows(each, false, hidden)
  })
  return yield* byEnds(yield* mapInSteps(seen, (each) => refined(each, isUniqueIn)))

  /** Whether the columns contain a key, declared or found in the data. */
  function isUniqueIn({ columns, schema, table }: ColumnSet): boolean {
    const of = model.table({ schema, table })
    if (of === undefined) return false
    const keyed = [...of.keys.map((key) => key.columns), of.foundKey]
    if (keyed.some((key) => key.length > 0 && key.every((name) => columns.includes(name)))) return true
    return columns.some((name) => {
      const column = of.column(name)
      return column !== undefined && keys.isOwnKey(column) && of.rows > 0
    })
  }
}

/** What the test join of a pair found; null where none was made. */
function* inclusionsOf(found: ReadonlyArray<Candidate>): Steps<(pair: Pair) => Inclusion | null> {
  const inclusions = yield* indexInSteps(found, (each) => [pairId(each), each.inclusion])
  return (pair) => inclusions.get(pairId(pair)) ?? null
}

const fromSingle = ({ candidate, card, probability, status }: Decided): ReadonlyArray<Relationship> => {
  const { evidence } = candidate
  const inclusion = evidence?.inclusion ?? null
  // Rejected by probing alone: not stored.
  if (status === "rejected" && inclusion === null) return []
  const why =
    evidence === null || inclusion !== null
      ? []
      : [`no join was made, or it failed: ${evidence.probe.found} of ${evidence.probe.tried} sampled values are there`]
  const found = inferred(pairOf(candidate), { status, probability, card: card() }, inclusion, why)
  return [
    isCast(candidate.from, candidate.key.column)
      ? { ...found, compared: castOf(candidate.from, candidate.key.column, inclusion) }
      : found
  ]
}

/** An inferred reference; `further` are reasons that are no part of its card. */
const inferred = (
  pair: Pair,
  decided: Pick<DecidedReference, "status" | "probability" | "card">,
  inclusion: Inclusion | null,
  further: ReadonlyArray<string> = []
): Relationship => ({
  ...pair,
  status: decided.status,
  // Confidence 1 is reserved for declared keys.
  confidence: Math.min(Math.round(decided.probability * 10_000) / 10_000, 0.9999),
  cardinality: cardinality(inclusion),
  method: "inferred",
  decidedBy: "rules",
  evidence: { inclusion, reasons: [...reasons(decided.card), ...further], lines: told(decided.card) }
})
