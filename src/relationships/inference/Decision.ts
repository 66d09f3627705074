import { mapInSteps, sortInSteps, type Steps } from "../../steps/Steps.ts"
import { agreement } from "../signals/Agreement.ts"
import type { DecidedComposite } from "./CompositeDecision.ts"
import { panel, type Standing } from "../signals/Panel.ts"
import { byText } from "../../datasource/byText.ts"
import type { ColumnModel } from "../../schema/TableModel.ts"
import { COMPOSITES } from "../signals/Composites.ts"
import { type Factors, line, type Scorecard, type Signal, type Tell, weighted } from "../signals/Signal.ts"
import type { Weighed } from "../Possible.ts"

/** A candidate, decided. */
export interface Decided {
  readonly candidate: Weighed
  readonly status: "accepted" | "needs_review" | "rejected"
  /** From 0 to 1. */
  readonly probability: number
  /** The candidate's own card and what the others say about it; made whenever somebody asks. */
  readonly card: () => Scorecard
}

/** Rounds until the probabilities have settled. Set by hand. */
const ROUNDS = 4
/** Least probability at which a candidate is accepted: likelier than anything else and nothing. */
export const ACCEPT = 0.5
/** Least probability at which a person reviews a candidate: set in the trial, for .98 of the true ones at 1.5 a key. */
const REVIEW = 0.002
/** The same if another candidate of the column is accepted. Set by hand. */
const DOUBT = 0.02
/** The same where no values speak, as in empty tables: of those below, fewer than half are right. */
const LIKELY_BY_NAME = 0.9
/** Candidates of one column that are accepted or reviewed at most. */
const REVIEWED_PER_SOURCE = 3

/**
 * Decides all candidates together. In each round the targets of a column compete with each other and with "refers to nothing", given the
 * evidence of all other candidates and of the `known` references. Ordered by source, then target.
 */
export function* decide(
  candidates: ReadonlyArray<Weighed>,
  known: ReadonlyArray<Weighed> = [],
  composites: ReadonlyArray<DecidedComposite> = [],
  factors?: Factors
): Steps<ReadonlyArray<Decided>> {
  const parts = partsOf(composites.filter(({ candidate }) => !candidate.byValues))
  const partsByValues = partsOf(composites.filter(({ candidate }) => candidate.byValues))
  const sorted = yield* sortInSteps(
    candidates,
    (a, b) => byText(a.from.id, b.from.id) || byText(a.key.column.id, b.key.column.id)
  )
  const ordered = yield* mapInSteps(sorted.entries(), ([place, candidate]): Standing => ({ ...candidate, place }))
  const sure = known.map((candidate, i): Standing => ({ ...candidate, place: ordered.length + i }))
  const everybody = yield* panel([...ordered, ...sure])
  const weightOf = ({ id, weight }: Signal) => (factors === undefined ? weight : weight * (factors.get(id) ?? 1))
  const taken = weightOf(COMPOSITES.taken)
  const alone = ordered.map((each) => each.points + (isTaken(each, parts) ? taken : 0))
  // Values alone do not say whether both references are meant: they are where what the columns refer to together refers there itself.
  const isHandedOn = implied(known, partsByValues, ordered, yield* compete(ordered, alone))
  const isPart = new Set(
    ordered.filter((each) => isTaken(each, parts) || (isTaken(each, partsByValues) && !isHandedOn(each)))
  )
  const own = ordered.map((each) => each.points + (isPart.has(each) ? taken : 0))
  let chances = yield* compete(ordered, own)
  let said: (candidate: Standing, tell: Tell) => void = () => {}
  for (let round = 0; round < ROUNDS; round++) {
    const last = chances
    const ask = yield* agreement(everybody, ({ place }) => last[place] ?? 1)
    const follows = implied(known, parts, ordered, last)
    said = (candidate, tell) => {
      ask(candidate, tell)
      if (follows(candidate)) tell(COMPOSITES.follows, 1, () => FOLLOWS)
    }
    const odds: Array<number> = []
    for (const each of ordered) {
      let points = 0
      said(each, (signal, strength) => (points += weightOf(signal) * strength))
      odds.push((own[each.place] ?? 0) + points)
      yield
    }
    chances = yield* compete(ordered, odds)
  }
  const cardOf = (candidate: Standing): Scorecard => {
    const others = isPart.has(candidate) ? [TAKEN] : []
    said(candidate, (signal, strength, why) => others.push(line(signal, why(), strength)))
    return [...candidate.card(), ...weighted(others, factors)]
  }
  const statuses = yield* conclude(ordered, chances, implied(known, parts, ordered, chances))
  return yield* mapInSteps(ordered, (candidate): Decided => ({
    candidate,
    status: statuses[candidate.place] ?? "rejected",
    probability: chances[candidate.place] ?? 0,
    card: () => cardOf(candidate)
  }))
}

/**
 * Whether a candidate's column is part of an accepted composite reference. A column that is named after the key is exempt, because both
 * references can be true: `goals.team_id` refers to a team, and together with `tournament_id` to a qualified team.
 */
const isTaken = ({ from, key, names }: Weighed, parts: ReadonlyMap<string, ReadonlyArray<string>>): boolean =>
  parts.has(from.id) && !(names.strong && key.isKey && key.owned)

/** A part of an accepted composite reference is seldom a reference by itself. */
const TAKEN = line(COMPOSITES.taken, "it refers to another table together with other columns")

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

/** A reference that the target of a composite reference has, and its source thereby. */
const FOLLOWS = "it follows from what it refers to together with other columns"

/** Whether a candidate follows from a composite reference: a column of its target refers to the same key. */
const implied = (
  known: ReadonlyArray<Weighed>,
  parts: ReadonlyMap<string, ReadonlyArray<string>>,
  ordered: ReadonlyArray<Standing>,
  chances: ReadonlyArray<number>
): ((candidate: Weighed) => boolean) => {
  if (parts.size === 0) return () => false
  const likely = new Map(known.map(({ from, key }) => [from.id, key.column.id]))
  for (const { from, key, place } of ordered) {
    if ((chances[place] ?? 0) >= ACCEPT) likely.set(from.id, key.column.id)
  }
  const leads = (from: string, to: string, seen: ReadonlySet<string>): boolean =>
    (parts.get(from) ?? []).some(
      (through) => likely.get(through) === to || (!seen.has(through) && leads(through, to, new Set([...seen, through])))
    )
  return (candidate) =>
    isTaken(candidate, parts) && leads(candidate.from.id, candidate.key.column.id, new Set([candidate.from.id]))
}

/**
 * The probabilities: a softmax per source over its targets, their copies at the same points, and "none" at 0 points. Indexed by the candidates'
 * places, as `points` are.
 */
function* compete(ordered: ReadonlyArray<Standing>, points: ReadonlyArray<number>): Steps<ReadonlyArray<number>> {
  const sums = new Map<ColumnModel, number>()
  const odds: Array<number> = []
  for (const { from, names, place } of ordered) {
    const odd = Math.exp(Math.min(50, points[place] ?? 0))
    odds.push(odd)
    sums.set(from, (sums.get(from) ?? 1) + odd * (names.among ?? 1))
    yield
  }
  return yield* mapInSteps(ordered, ({ from, place }) => (odds[place] ?? 0) / (sums.get(from) ?? 1))
}

/** The statuses by the candidates' places: the most probable candidates are decided first, then the others of each source. */
function* conclude(
  ordered: ReadonlyArray<Standing>,
  chances: ReadonlyArray<number>,
  follows: (candidate: Weighed) => boolean
): Steps<ReadonlyArray<Decided["status"]>> {
  const chance = ({ place }: Standing) => chances[place] ?? 0
  const byChance = (a: Standing, b: Standing) => chance(b) - chance(a)
  const accepted = new Set<ColumnModel>()
  const edges = new Map<string, string>()
  const shown = new Map<ColumnModel, number>()
  const statuses: Array<Decided["status"]> = []
  const decideOne = (candidate: Standing) => {
    const { from, key, place } = candidate
    const probability = chance(candidate)
    const provable = candidate.evidence !== null || candidate.stated === true
    const before = shown.get(from) ?? 0
    statuses[place] = "rejected"
    if (
      provable &&
      !follows(candidate) &&
      probability >= ACCEPT &&
      !accepted.has(from) &&
      !closesCircle(edges, from.id, key.column.id)
    ) {
      accepted.add(from)
      edges.set(from.id, key.column.id)
      statuses[place] = "accepted"
    } else if (
      probability >= (provable ? (accepted.has(from) ? DOUBT : REVIEW) : LIKELY_BY_NAME) &&
      before < REVIEWED_PER_SOURCE
    ) {
      statuses[place] = "needs_review"
    } else return
    shown.set(from, before + 1)
  }
  const probable: Array<Standing> = []
  const rest = new Map<ColumnModel, Array<Standing>>()
  for (const candidate of ordered) {
    const others = rest.get(candidate.from)
    if (chance(candidate) >= ACCEPT) probable.push(candidate)
    else if (others === undefined) rest.set(candidate.from, [candidate])
    else others.push(candidate)
    yield
  }
  for (const candidate of yield* sortInSteps(probable, byChance)) {
    decideOne(candidate)
    yield
  }
  for (const candidates of rest.values()) {
    candidates.sort(byChance).forEach(decideOne)
    yield
  }
  return statuses
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
