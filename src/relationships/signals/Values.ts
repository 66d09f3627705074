import type { Inclusion } from "../../datasource/Inclusion.ts"
import type { ColumnProfile } from "../../datasource/TableProfile.ts"
import { type ColumnModel, isUnique } from "../../schema/TableModel.ts"
import { family, type Line, line, TRIAL } from "./Signal.ts"

/** How many of a source's sampled values were looked up in the whole target, and how many are there. */
export interface Probe {
  readonly tried: number
  readonly found: number
}

/** What the values of a candidate say: a probe always, the test join where it was worth making. */
export interface ValueEvidence {
  readonly probe: Probe
  readonly inclusion: Inclusion | null
}

/** What the values of a column and its target say. */
export const VALUES = family("values", {
  orphans: [-0.55, "values have no counterpart: for each e-fold of their share beyond two in a thousand", TRIAL],
  mostlyOrphans: [-2.2, "more than half of the values have no counterpart: it is another set of values", TRIAL],
  noneThere: [-3, "none of six values and more has a counterpart: only a name says that it is a reference"],
  sentinel: [3.6, "the only values without a counterpart are 0 or -1, somebody's way to write none", TRIAL],
  surpriseOfNumbers: [0.225, "so many numbers would hardly be there by chance: for each e-fold, up to 12", TRIAL],
  surpriseOfTexts: [0.25, "so many letters would hardly be there by chance: for each letter, up to 14", TRIAL],
  onto: [-6, "each row would refer to another of its table, and all are referred to: it says the key in other words"],
  crowded: [-1.5, "the values crowd at one end of the target's, as counts do", TRIAL],
  spread: [2.2, "the values are spread as the target's are", TRIAL],
  coverage: [1, "the share of the target's values that the column has", TRIAL]
})

/** Two orphans in a thousand are as good as none. */
export const CLEAN = 0.002
/** Sentinels in one column at most. If fewer orphans are listed than there are and than this, the others are withheld values. */
const SENTINELS_SHOWN = 2
const SENTINELS = new Set(["0", "-1", "0.0", "-1.0"])

/** Beyond this nothing more is proved. */
const MOST_SURPRISE_NUMBERS = 12
const MOST_SURPRISE_TEXT = 14
/** So few values may all be missing by chance, from a part of what they refer to. */
const SEVERAL = 6
/** What a letter alone is worth, in letters beyond the first. */
const ONE_LETTER = 0.3
/** All of a key's values, and no other: from so many on two sets are not the same by chance. */
const FEWEST_FOR_EXACT = 10
/** One row without a counterpart is a slip, however few rows there are. */
const ONE_SLIP = 1
const FEWEST_FOR_SLIP = 20

/** The share of distinct values (or of rows, whichever is kinder) that are not in the target. */
export const missRate = ({ inclusion, probe }: ValueEvidence): number => {
  if (inclusion !== null) {
    const byValue = inclusion.distinct === 0 ? 0 : 1 - inclusion.matched / inclusion.distinct
    const byRow = inclusion.rows === 0 ? 0 : inclusion.orphanRows / inclusion.rows
    return Math.min(byValue, byRow)
  }
  return probe.tried === 0 ? 0 : 1 - probe.found / probe.tried
}

/** Whether a value is somebody's way to write "none". */
export const isSentinel = (value: string): boolean => SENTINELS.has(value.trim())

/** Whether all orphans are values that mean "none". */
const onlySentinels = ({ inclusion }: ValueEvidence): boolean =>
  inclusion !== null &&
  inclusion.orphans.length > 0 &&
  inclusion.orphans.length >= Math.min(inclusion.orphanRows, inclusion.distinct - inclusion.matched, SENTINELS_SHOWN) &&
  inclusion.orphans.every(isSentinel)

/** Whether a source has all of a target's values, and no other; a few may be so by chance. */
export const isExact = (to: ColumnModel, evidence: ValueEvidence): boolean =>
  missRate(evidence) === 0 &&
  (evidence.inclusion?.matched ?? 0) >= FEWEST_FOR_EXACT &&
  evidence.inclusion?.matched === to.profile.distinct

/** What the values of a source say about a target. */
export const matchValues = (from: ColumnModel, to: ColumnModel, evidence: ValueEvidence): ReadonlyArray<Line> => {
  const lines: Array<Line> = []
  const { inclusion, probe } = evidence
  const distinct = inclusion?.distinct ?? from.profile.distinct ?? 0
  const miss = missRate(evidence)
  const name = `${to.table.table}.${to.name}`
  if (miss > CLEAN) {
    const missing =
      inclusion === null
        ? `${probe.tried - probe.found} of ${probe.tried} sampled values`
        : `${inclusion.orphanRows} of ${inclusion.rows} rows`
    const lost = VALUES.orphans.weight * Math.log(miss / CLEAN)
    const points = inclusion?.orphanRows === 1 && inclusion.rows >= FEWEST_FOR_SLIP ? Math.max(-ONE_SLIP, lost) : lost
    lines.push({ signal: VALUES.orphans, points, why: `${missing} have no counterpart in ${name}` })
    if (onlySentinels(evidence)) {
      lines.push({
        signal: VALUES.sentinel,
        // No more than the orphans cost.
        points: Math.min(VALUES.sentinel.weight, -lost),
        why: "the only values without one are 0 or -1, which stand for none"
      })
    } else if (miss > 0.5) {
      lines.push(line(VALUES.mostlyOrphans, "most values are not there"))
      if (inclusion?.matched === 0 && inclusion.distinct >= SEVERAL) lines.push(line(VALUES.noneThere, "none is"))
    }
  }
  const matched = inclusion?.matched ?? distinct * (1 - miss)
  const surprise = surprising(from, to, matched)
  if (surprise > 0) {
    const signal = isNumeric(from) ? VALUES.surpriseOfNumbers : VALUES.surpriseOfTexts
    lines.push(line(signal, `that its values are in ${name} is no coincidence`, surprise * (1 - miss)))
  }
  if (
    from.table === to.table &&
    isUnique(from) &&
    miss === 0 &&
    matched >= FEWEST_FOR_SHAPE &&
    matched === to.profile.distinct
  ) {
    lines.push(
      line(VALUES.onto, `each row would refer to another, and each would be referred to: it is another ${to.name}`)
    )
  }
  const spread = spreadOf(from, to)
  if (spread < 0) lines.push(line(VALUES.crowded, `its values crowd at one end of ${name}`))
  else if (spread > 0) lines.push(line(VALUES.spread, `its values are spread as ${name} is`, spread))
  const covered =
    to.profile.distinct === null || to.profile.distinct === 0 ? 0 : Math.min(1, matched / to.profile.distinct)
  lines.push(line(VALUES.coverage, `its values are ${Math.round(covered * 100)} % of ${name}`, covered))
  return lines
}

/** The smallest and the largest of a column's numbers. */
export interface Range {
  readonly low: number
  readonly high: number
}

/** The range of a column's values; undefined where they are no numbers. */
export const rangeOf = ({ maximum, minimum }: ColumnProfile): Range | undefined => {
  if (minimum === null || maximum === null) return undefined
  const range = { low: Number(minimum), high: Number(maximum) }
  return Number.isFinite(range.low) && Number.isFinite(range.high) ? range : undefined
}

/** Whether a column's values are numbers. */
export const isNumeric = ({ typeClass }: ColumnModel) => typeClass === "integer" || typeClass === "number"

/** How unlikely it is that so many values would be in the target by chance, in e-folds or letters. */
const surprising = (from: ColumnModel, to: ColumnModel, matched: number): number => {
  if (isNumeric(from)) {
    const density = densityAround(from, to, matched)
    return density === undefined ? 0 : Math.min(MOST_SURPRISE_NUMBERS, -matched * Math.log(density))
  }
  // Days have no letters, and a calendar has them all.
  if (from.typeClass === "time") return 0
  const length = Math.max(ONE_LETTER, (from.profile.averageLength ?? 1) - 1)
  return Math.min(MOST_SURPRISE_TEXT, matched * length)
}

/** Whether values would be in a target by chance as good as never: several of them, as surprising as counts, and no numbers in a row. */
export const isNoCoincidence = (from: ColumnModel, to: ColumnModel, evidence: ValueEvidence): boolean => {
  const matched = evidence.inclusion?.matched ?? evidence.probe.found
  const range = isNumeric(from) ? rangeOf(from.profile) : undefined
  const most = isNumeric(from) ? MOST_SURPRISE_NUMBERS : MOST_SURPRISE_TEXT
  const isRow = range !== undefined && range.high - range.low + 1 === from.profile.distinct
  return matched >= SEVERAL && !isRow && surprising(from, to, matched) >= most
}

/** From here ids begin far from 1. How much of what that says counts: years and codes begin far from it, too. */
const FAR_FROM_ONE = 100
const OFFSET = 0.5

/** How many of the numbers in the source's range are in the target: all it takes to hit by chance. From 0 to 1. */
const densityAround = (from: ColumnModel, to: ColumnModel, matched: number): number | undefined => {
  const range = rangeOf(from.profile)
  const whole = rangeOf(to.profile)
  if (range === undefined || whole === undefined || to.profile.distinct === null) return undefined
  const low = Math.max(range.low, whole.low)
  const high = Math.min(range.high, whole.high)
  if (low > high) return undefined
  const width = high - low + 1
  const sample = to.sampledNumbers()
  const inside = sample.filter((value) => value >= low && value <= high).length
  const sampled = sample.length === 0 ? 0 : ((inside / sample.length) * to.profile.distinct) / width
  const around = Math.min(1, Math.max(sampled, matched / width))
  // Numbers that are no ids begin near 0 or 1: where ids begin far from it, that values do, too, says something by itself.
  const below = low > FAR_FROM_ONE && whole.low > FAR_FROM_ONE ? (whole.high - whole.low + 1) / whole.high : 1
  return around * Math.min(1, below) ** OFFSET
}

/** How many of the numbers in a range a small key has, of which all are sampled. From 0 to 1. */
export const densityIn = (key: ColumnModel, { high, low }: Range): number =>
  Math.min(1, key.sampledNumbers().filter((value) => value >= low && value <= high).length / (high - low + 1))

/** Fewer values than this have no shape. */
const FEWEST_FOR_SHAPE = 5
/** Up to here (Kolmogorov and Smirnov's distance) two sets of values have one shape; from there the source crowds. */
const ALIKE = 0.35
const UNLIKE = 0.6

/** How far the source's values lie across the target's range as the target's own do, from 0 to 1; -1 where they crowd. */
const spreadOf = (from: ColumnModel, to: ColumnModel): number => {
  if (!isNumeric(from)) return 0
  const range = rangeOf(to.profile)
  if (range === undefined) return 0
  // What is outside has no counterpart anyway, and has been held against it.
  const all = from.sampledNumbers()
  const some = all.filter((value) => value >= range.low && value <= range.high)
  const whole = to.sampledNumbers()
  if (some.length < FEWEST_FOR_SHAPE || whole.length < FEWEST_FOR_SHAPE) return 0
  const distance = shapeDistance(some, whole)
  if (distance >= UNLIKE) return -1
  return distance < ALIKE ? ((1 - distance / ALIKE) * some.length) / all.length : 0
}

/** The greatest distance between two samples' distribution functions; both sorted. */
const shapeDistance = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): number => {
  let i = 0
  let j = 0
  let greatest = 0
  while (i < a.length && j < b.length) {
    const at = Math.min(a[i] ?? 0, b[j] ?? 0)
    while (i < a.length && (a[i] ?? 0) <= at) i++
    while (j < b.length && (b[j] ?? 0) <= at) j++
    greatest = Math.max(greatest, Math.abs(i / a.length - j / b.length))
  }
  return greatest
}
