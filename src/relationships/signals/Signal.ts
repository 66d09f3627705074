import { Record } from "effect"

/**
 * One kind of evidence for or against a reference: what it says, and how much. All signals are listed in `Signals.ts`; the rule that gives
 * one stands beside its declaration.
 */
export interface Signal {
  /** Unique: `family.name-of-it`. */
  readonly id: string
  /** What it says, in words, whatever the columns. */
  readonly says: string
  /** At full strength, in log odds (natural logarithm): 0.7 doubles the odds, 2.3 makes them ten times as large. Negative: against. */
  readonly weight: number
  /** Where the weight comes from. */
  readonly source: string
}

/**
 * An expert's judgement, in round numbers. Fitted instead to sixteen databases (`scripts/fit.ts nofk`, November 2026), the weights did worse on
 * the database left out: the freer the fit, the lower F1 (micro .976 as they stand, .922 where each may move by about a third), and the
 * higher the log loss. What a signal is worth says `scripts/signals.ts`.
 */
export const TRIAL =
  "set by hand in a trial of twenty databases; kept, for fitted weights did worse on databases left out"
/** The same, set later, for kinds of databases that the trial did not have. */
export const BY_HAND = "set by hand since the trial; kept, for fitted weights did worse on databases left out"

type Declared = readonly [weight: number, says: string, source?: string]

/**
 * Declares the signals of a family. Their source is `BY_HAND` unless it says otherwise: of a fitted weight, on which databases, when, and by
 * which command.
 */
export const family = <K extends string>(name: string, declared: Record<K, Declared>): Readonly<Record<K, Signal>> =>
  Record.map(declared, ([weight, says, source = BY_HAND], key) => ({
    id: `${name}.${key.replaceAll(" ", "-").replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    says,
    weight,
    source
  }))

/** What a signal says about one candidate: a line of its sum. */
export interface Line {
  readonly signal: Signal
  /** In log odds. */
  readonly points: number
  /** What it says of these columns; "" if that is no more than what the signal says of all. */
  readonly why: string
  /** Whether it qualifies the line before it, and is told with that line, not by itself. */
  readonly qualifies?: true
}

/** A line of a signal: with its whole weight, or a share of it. */
export const line = (signal: Signal, why = "", strength = 1): Line => ({
  signal,
  points: signal.weight * strength,
  why
})

/** All that speaks for and against a candidate. */
export type Scorecard = ReadonlyArray<Line>

/** Takes a line of evidence: a signal, its strength, and why, which is rendered only if somebody reads it. */
export type Tell = (signal: Signal, strength: number, why: () => string) => void

/** The sum of a card, in log odds. */
export const total = (card: Scorecard): number => card.reduce((sum, { points }) => sum + points, 0)

/**
 * How much each signal counts, as factors of the weights by its id; 1 for what is not there. For trying out what a signal is worth: without
 * it, or with another weight.
 */
export type Factors = ReadonlyMap<string, number>

/** A card with other weights. */
export const weighted = (card: Scorecard, factors: Factors | undefined): Scorecard =>
  factors === undefined
    ? card
    : card.map((each) => ({ ...each, points: each.points * (factors.get(each.signal.id) ?? 1) }))

/** A line that weighs less than this is not worth telling. */
const WORTH_TELLING = 0.3

/**
 * The reasons in words: the weightiest for it, the weightiest against it, then the others by their weight (equal ones in the card's
 * order). What speaks against it begins with "but".
 */
export const reasons = (card: Scorecard): ReadonlyArray<string> => {
  const telling = withQualifiers(card)
    .filter(({ points, why }) => Math.abs(points) >= WORTH_TELLING && why !== "")
    .sort((a, b) => Math.abs(b.points) - Math.abs(a.points))
  const first = [telling.find(({ points }) => points > 0), telling.find(({ points }) => points < 0)]
  return [...first, ...telling.filter((each) => !first.includes(each))].flatMap((each) =>
    each === undefined ? [] : [each.points < 0 ? `but ${each.why}` : each.why]
  )
}

/** A card as it is kept: every line that counts, points in hundredths, with the signal's own words where it says no more. */
export const told = (
  card: Scorecard
): ReadonlyArray<{ readonly signal: string; readonly points: number; readonly why: string }> =>
  card.flatMap(({ points, signal, why }) => {
    const rounded = Math.round(points * 100) / 100
    return rounded === 0 ? [] : [{ signal: signal.id, points: rounded, why: why === "" ? signal.says : why }]
  })

/** The lines of a card, each with the points of those that qualify it. */
const withQualifiers = (card: Scorecard): ReadonlyArray<{ readonly points: number; readonly why: string }> => {
  const told: Array<{ points: number; readonly why: string }> = []
  for (const { points, qualifies, why } of card) {
    const last = told.at(-1)
    if (qualifies === true && last !== undefined) last.points += points
    else told.push({ points, why })
  }
  return told
}
