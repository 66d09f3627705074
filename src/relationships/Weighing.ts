import { castOf, comparable, isCast, type Possible } from "./Candidates.ts"
import type { Keys } from "../schema/Keys.ts"
import type { TableModel } from "../schema/TableModel.ts"
import { type Emphasis, type Line, scaled, type Scorecard, total } from "./Scorecard.ts"
import { isCount, isMeasure, isOrder, traits } from "./SourceTraits.ts"
import { CLEAN, isExact, matchValues, missRate, type ValueEvidence } from "./ValueMatch.ts"

/** A possible reference with all that its own name, values and kind say. */
export interface Weighed extends Possible {
  /** Null where either side holds nothing. */
  readonly evidence: ValueEvidence | null
  /** What that weighs, and what it is in words: those are made again whenever somebody asks, as most are never told. */
  readonly points: number
  readonly card: () => Scorecard
}

/** Prior that a given column refers to a given key, in log odds, as are all points in this file: most columns refer to nothing. */
const NOTHING_SAID: Line = { points: -5.5, reason: "" }
/** The same in a schema whose names identify no targets, in log odds. It is higher, since then values have to suffice as evidence. */
const NAMES_ARE_SILENT: Line = { points: -2.2, reason: "" }
/** The column has exactly the values of the key: prefers one of two dense keys. Counts only if names say nothing. */
const EXACTLY = 1
/** The name says nothing, in a schema whose names do. */
const UNNAMED: Line = { points: -1, reason: "nothing in its name says so" }
/** Share of the filled tables that strong names must point at for names to count, from 0 to 1. */
const SPEAKING_SHARE = 0.2
/**
 * Against an undeclared reference in a schema that declares foreign keys, and in a table that does. `agreed`: name and values agree;
 * `named`: only the name says it; `unnamed`: the name says nothing.
 */
const NOT_DECLARED = { agreed: -1, named: -2, unnamed: -4 } as const
const NOT_DECLARED_BY_TABLE = { agreed: -1.5, named: -3, unnamed: -6 } as const

/** Name and values agree, and the column has at least `SOME` distinct values. Reduced by orphans, see `FEW_ORPHANS`. */
const AGREED = 1.5
const SOME = 3
/** Worth telling and hardly evidence: a person who joins texts with numbers must know the cast. */
const CAST = 0.5
/** Share of orphans, from 0 to 1, at which `AGREED` counts nothing; below it in proportion. */
const FEW_ORPHANS = 0.1
/** All values are in the target, without a name: worth telling and hardly evidence. */
const ALL_THERE = 0.3

/** If a larger share of values than this has no counterpart, the values contradict the comment; that cancels its weight. */
const CONTRADICTED = 0.5
const NOT_AS_STATED = -11

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
  readonly emphasis: Emphasis
}

/** Whether the names of a schema say anything: they point at a fair share of the tables that hold values (`named` are all they point at). */
export const doNamesSpeak = (named: ReadonlySet<TableModel>, keys: Keys): boolean => {
  const filled = new Set(
    keys.targets.filter(({ column, isKey }) => isKey && column.table.rows > 0).map(({ column }) => column.table)
  )
  return [...filled].filter((table) => named.has(table)).length >= SPEAKING_SHARE * filled.size
}

/** Weighs a candidate by itself; `further` is what else is known to speak for it or against it. */
export const weigh = (
  possible: Possible,
  evidence: ValueEvidence | null,
  setting: Setting,
  further: Scorecard = []
): Weighed => {
  const card = () => [...cardOf(possible, evidence, setting), ...further]
  return { ...possible, evidence, points: total(card()), card }
}

const cardOf = (possible: Possible, evidence: ValueEvidence | null, setting: Setting): Scorecard => {
  const { from, key, names } = possible
  const { declares, emphasis, namesSpeak } = setting
  const card: Array<Line> = [namesSpeak ? NOTHING_SAID : NAMES_ARE_SILENT, ...scaled(names.lines, emphasis.names)]
  if (namesSpeak && names.pattern === null && from.table !== key.column.table) card.push(UNNAMED)
  if (evidence !== null) card.push(...scaled(matchValues(from, key.column, evidence), emphasis.values))
  if (!namesSpeak && evidence !== null && isExact(key.column, evidence)) {
    card.push({ points: EXACTLY, reason: `its values are exactly those of ${key.column.table.table}` })
  }
  card.push(...scaled(traits(possible, namesSpeak), emphasis.kinds))
  if (possible.stated === true && evidence !== null && missRate(evidence) > CONTRADICTED)
    card.push({ points: NOT_AS_STATED, reason: "its values contradict its comment" })
  if (isCast(from, key.column)) {
    const isSure = castOf(from, evidence?.inclusion ?? null) === "as whole numbers"
    const reason = isSure
      ? `its texts are whole numbers: CAST(${from.name} AS bigint) is compared`
      : `the texts of ${from.name} are whole numbers in a sample, and compared as such; others may not be`
    card.push({ points: CAST, reason })
  } else if (!comparable(from.typeClass, key.column.typeClass)) {
    card.push({ points: -9, reason: "the types differ" })
  }
  const named = names.strong && key.isKey && !isOrder(from) && !isMeasure(from) && !isCount(from)
  const agreed = evidence !== null && missRate(evidence) <= CLEAN
  const said = !named ? "unnamed" : agreed ? "agreed" : "named"
  if (evidence !== null) {
    const { distinct, matched } = evidence.inclusion ?? { distinct: from.profile.distinct ?? 0, matched: 0 }
    const end = `in ${key.column.table.table}.${key.column.name}`
    const share = Math.max(0, 1 - missRate(evidence) / FEW_ORPHANS)
    if (named && distinct >= SOME && share > 0) {
      const there = agreed ? `all its ${distinct} values are` : `${matched} of its ${distinct} values are`
      card.push({ points: AGREED * share, reason: agreed || matched > 0 ? `${there} ${end}` : "" })
    } else if (agreed) {
      const there = distinct === 1 ? "its one value is" : `all its ${distinct} values are`
      card.push({ points: ALL_THERE, reason: `${there} ${end}` })
    }
  }
  if (from.table.foreignKeys.length > 0) {
    card.push({
      points: NOT_DECLARED_BY_TABLE[said],
      reason: "its table declares foreign keys, and this is none of them"
    })
  } else if (declares) {
    card.push({ points: NOT_DECLARED[said], reason: "the schema declares foreign keys, and this is none of them" })
  }
  return card
}
