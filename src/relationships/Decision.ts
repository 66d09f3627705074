import { agreement } from "./Agreement.ts"
import { byText } from "./SchemaModel.ts"
import { type Emphasis, EVEN, type Line, scaled, type Scorecard, total } from "./Scorecard.ts"
import type { DecidedComposite } from "./Composite.ts"
import { flatMapInSteps, type Steps } from "./Steps.ts"
import type { Weighed } from "./Weighing.ts"

/** A candidate, decided. */
export interface Decided {
  readonly candidate: Weighed
  readonly status: "accepted" | "needs_review" | "rejected"
  /** From 0 to 1. */
  readonly probability: number
  /** The candidate's own card and what the others say about it. */
  readonly card: Scorecard
}

/** Rounds until convictions have settled; more change nothing. */
const ROUNDS = 4
/** From here a candidate is taken for true. */
export const ACCEPT = 0.5
/** Down to here a person should look. */
export const REVIEW = 0.002
/** The same where one of the column's candidates is accepted: then the others have to be worth a doubt. */
export const DOUBT = 0.02
/** No more than this many of a column's candidates are shown to a person. */
export const REVIEWED_PER_SOURCE = 3

/**
 * Decides all candidates together: each source's targets compete with each other and with "refers to nothing", then what most
 * candidates, and what is `known` to be true, say about each other is added, a few times over. Ordered by source, then target.
 */
export function* decide(
  candidates: ReadonlyArray<Weighed>,
  known: ReadonlyArray<Weighed> = [],
  composites: ReadonlyArray<DecidedComposite> = [],
  emphasis: Emphasis = EVEN
): Steps<ReadonlyArray<Decided>> {
  const parts = partsOf(composites)
  const sure = new Set(known)
  const ordered = [...candidates]
    .sort((a, b) => byText(a.from.id, b.from.id) || byText(a.key.column.id, b.key.column.id))
    .map((candidate) => (parts.has(candidate.from.id) ? { ...candidate, card: [...candidate.card, TAKEN] } : candidate))
  const own = new Map(ordered.map((candidate) => [candidate, total(candidate.card)]))
  let probabilities = compete(ordered, own)
  let said: (candidate: Weighed) => ReadonlyArray<Line> = () => []
  for (let round = 0; round < ROUNDS; round++) {
    const last = probabilities
    const ask = agreement([...ordered, ...known], (each) => (sure.has(each) ? 1 : (last.get(each) ?? 0)))
    const follows = implied(known, parts, last)
    const asked = (candidate: Weighed) => scaled(ask(candidate), emphasis.others)
    said = (candidate) => (follows(candidate) ? [...asked(candidate), FOLLOWS] : asked(candidate))
    yield
    const odds = yield* flatMapInSteps(ordered, (each) => [[each, (own.get(each) ?? 0) + total(said(each))] as const])
    probabilities = compete(ordered, new Map(odds))
    yield
  }
  const cards = yield* flatMapInSteps(ordered, (each) => [[each, [...each.card, ...said(each)]] as const])
  return conclude(ordered, new Map(cards), probabilities, implied(known, parts, probabilities))
}

/** A column that refers together with others seldom refers by itself as well. */
const TAKEN: Line = { points: -3, reason: "it refers to another table together with other columns" }

/** The columns that are part of an accepted composite reference, with what they refer to there. */
const partsOf = (composites: ReadonlyArray<DecidedComposite>): ReadonlyMap<string, ReadonlyArray<string>> => {
  const parts = new Map<string, Array<string>>()
  for (const { candidate, status } of composites) {
    if (status !== "accepted") continue
    candidate.from.forEach((column, i) => {
      const to = candidate.key.columns[i]
      if (to !== undefined) parts.set(column.id, [...(parts.get(column.id) ?? []), to.id])
    })
  }
  return parts
}

/** What a column refers to through the table that it refers to together with others. */
const FOLLOWS: Line = { points: -8, reason: "it follows from what it refers to together with other columns" }

/** Whether a candidate follows from a composite reference: a part of what that refers to probably refers to the same. */
const implied = (
  known: ReadonlyArray<Weighed>,
  parts: ReadonlyMap<string, ReadonlyArray<string>>,
  probabilities: ReadonlyMap<Weighed, number>
): ((candidate: Weighed) => boolean) => {
  const likely = new Map(known.map(({ from, key }) => [from.id, key.column.id]))
  if (parts.size > 0) {
    for (const [{ from, key }, probability] of probabilities) {
      if (probability >= ACCEPT) likely.set(from.id, key.column.id)
    }
  }
  const leads = (from: string, to: string, seen: ReadonlySet<string>): boolean =>
    (parts.get(from) ?? []).some(
      (through) => likely.get(through) === to || (!seen.has(through) && leads(through, to, new Set([...seen, through])))
    )
  return ({ from, key }) => leads(from.id, key.column.id, new Set([from.id]))
}

/** Per source a softmax over its targets and "none" at 0. */
const compete = (
  ordered: ReadonlyArray<Weighed>,
  points: ReadonlyMap<Weighed, number>
): ReadonlyMap<Weighed, number> => {
  const odds = ordered.map((candidate) => Math.exp(Math.min(50, points.get(candidate) ?? 0)))
  const sums = new Map<string, number>()
  ordered.forEach((candidate, i) => sums.set(candidate.from.id, (sums.get(candidate.from.id) ?? 1) + (odds[i] ?? 0)))
  return new Map(ordered.map((candidate, i) => [candidate, (odds[i] ?? 0) / (sums.get(candidate.from.id) ?? 1)]))
}

const conclude = (
  ordered: ReadonlyArray<Weighed>,
  cards: ReadonlyMap<Weighed, Scorecard>,
  probabilities: ReadonlyMap<Weighed, number>,
  follows: (candidate: Weighed) => boolean
): ReadonlyArray<Decided> => {
  const chance = (candidate: Weighed) => probabilities.get(candidate) ?? 0
  const byChance = [...ordered].sort((a, b) => chance(b) - chance(a))
  const accepted = new Map<string, Weighed>()
  const edges = new Map<string, string>()
  const shown = new Map<string, number>()
  const status = new Map<Weighed, Decided["status"]>()
  for (const candidate of byChance) {
    const source = candidate.from.id
    const probability = chance(candidate)
    const provable = candidate.evidence !== null
    if (
      provable &&
      !follows(candidate) &&
      probability >= ACCEPT &&
      !accepted.has(source) &&
      !closesCircle(edges, source, candidate.key.column.id)
    ) {
      accepted.set(source, candidate)
      edges.set(source, candidate.key.column.id)
      status.set(candidate, "accepted")
      shown.set(source, (shown.get(source) ?? 0) + 1)
    } else if (
      probability >= (provable ? (accepted.has(source) ? DOUBT : REVIEW) : ACCEPT) &&
      (shown.get(source) ?? 0) < REVIEWED_PER_SOURCE
    ) {
      status.set(candidate, "needs_review")
      shown.set(source, (shown.get(source) ?? 0) + 1)
    } else status.set(candidate, "rejected")
  }
  return ordered.map((candidate) => ({
    candidate,
    status: status.get(candidate) ?? "rejected",
    probability: chance(candidate),
    card: cards.get(candidate) ?? []
  }))
}

/** Whether following accepted references from `to` leads back to `from`: keys cannot all come from each other. */
const closesCircle = (edges: ReadonlyMap<string, string>, from: string, to: string): boolean => {
  const seen = new Set<string>()
  for (let at: string | undefined = to; at !== undefined && !seen.has(at); at = edges.get(at)) {
    if (at === from) return true
    seen.add(at)
  }
  return false
}
