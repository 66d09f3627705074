import type { Keys } from "../../schema/Keys.ts"
import type { TableModel } from "../../schema/TableModel.ts"
import type { Possible, Weighed } from "../Possible.ts"
import { COMMENTS } from "../signals/Comments.ts"
import { isCount, isMeasure, isOrder, traits } from "../signals/Kinds.ts"
import { pooled } from "../signals/Pools.ts"
import { PRIORS, undeclared } from "../signals/Priors.ts"
import { type Factors, type Line, line, type Scorecard, total, weighted } from "../signals/Signal.ts"
import { agreed, sameId, TOGETHER, typeLines } from "../signals/Together.ts"
import { CLEAN, isExact, matchValues, missRate, type ValueEvidence } from "../signals/Values.ts"

/** Share of the filled tables that strong names must point at for names to count, from 0 to 1. */
const SPEAKING_SHARE = 0.2
/** If a larger share of values than this has no counterpart, the values contradict the comment. */
const CONTRADICTED = 0.5

/** Share of probed values that must be in the target, unless the name says enough. */
export const LEAST_FOUND = 0.4
/** Share of values or rows that must have a counterpart, unless the name says enough. */
export const LEAST_INCLUDED = 0.8

/** Whether the values (as far as they were looked at) or the name keep a candidate in. */
export const survives = ({ evidence, names }: Possible & { readonly evidence: ValueEvidence | null }): boolean =>
  names.strong ||
  (evidence !== null &&
    evidence.probe.found >= LEAST_FOUND * evidence.probe.tried &&
    (evidence.inclusion === null || 1 - missRate(evidence) >= LEAST_INCLUDED))

/** What is true of a schema as a whole. */
export interface Setting {
  /** Whether it declares foreign keys. */
  readonly declares: boolean
  /** Whether its names say what refers to what. */
  readonly namesSpeak: boolean
  /** How much each signal counts; all as they stand if undefined. */
  readonly factors: Factors | undefined
}

/** Whether the names of a schema say anything: they point at a fair share of the tables that hold values (`named` are all they point at). */
export const doNamesSpeak = (named: ReadonlySet<TableModel>, keys: Keys): boolean => {
  const filled = new Set(
    keys.targets.filter(({ column, isKey }) => isKey && column.table.rows > 0).map(({ column }) => column.table)
  )
  return [...filled].filter((table) => named.has(table)).length >= SPEAKING_SHARE * filled.size
}

/** Whether too many values have no counterpart to believe a comment. */
export const isContradicted = (evidence: ValueEvidence | null): boolean =>
  evidence !== null && missRate(evidence) > CONTRADICTED

/** Weighs a candidate by itself; `further` is what else is known to speak for it or against it. */
export const weigh = (
  possible: Possible,
  evidence: ValueEvidence | null,
  setting: Setting,
  further: Scorecard = []
): Weighed => {
  const card = () => weighted([...cardOf(possible, evidence, setting), ...further], setting.factors)
  return { ...possible, evidence, points: total(card()), card }
}

/** All lines of a candidate by itself, in this order; what the other candidates say is added by the decision. */
const cardOf = (possible: Possible, evidence: ValueEvidence | null, setting: Setting): Scorecard => {
  const { from, key, names } = possible
  const { declares, namesSpeak } = setting
  const to = key.column
  const card: Array<Line> = [line(namesSpeak ? PRIORS.nothingSaid : PRIORS.namesAreSilent), ...names.lines]
  if (namesSpeak && names.pattern === null && from.table !== to.table) {
    card.push(line(PRIORS.unnamed, "nothing in its name says so"))
  }
  if (evidence !== null) card.push(...matchValues(from, to, evidence))
  if (!namesSpeak && evidence !== null && isExact(to, evidence)) {
    card.push(line(TOGETHER.exactly, `its values are exactly those of ${to.table.table}`))
  }
  if (possible.pool !== undefined) card.push(pooled(possible.pool))
  card.push(...traits(possible, namesSpeak))
  if (possible.stated === true && isContradicted(evidence)) {
    card.push(line(COMMENTS.contradicted, "its values contradict its comment"))
  }
  card.push(...typeLines(from, to, evidence))
  const named = names.strong && key.isKey && !isOrder(from) && !isMeasure(from) && !isCount(from)
  if (evidence !== null) card.push(...sameId(possible, evidence), ...agreed(possible, evidence, named))
  const isClean = evidence !== null && missRate(evidence) <= CLEAN
  card.push(...undeclared(from, declares, !named ? "Unnamed" : isClean ? "Agreed" : "Named"))
  return card
}
