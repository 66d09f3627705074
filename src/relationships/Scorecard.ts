/** A reason for or against a candidate: how much it weighs, in log odds, and what it says to a person. */
export interface Line {
  readonly points: number
  readonly reason: string
}

/** All that speaks for and against a candidate. */
export type Scorecard = ReadonlyArray<Line>

/** How much each group of reasons counts, as factors of the weights: what names, values, the kind of column, and other candidates say. */
export interface Emphasis {
  readonly names: number
  readonly values: number
  readonly kinds: number
  readonly others: number
}

/** The weights as they stand. Anything else is for trying out how much depends on them. */
export const EVEN: Emphasis = { names: 1, values: 1, kinds: 1, others: 1 }

/** A card whose lines all weigh so many times as much. */
export const scaled = (card: Scorecard, factor: number): Scorecard =>
  factor === 1 ? card : card.map((line) => ({ ...line, points: line.points * factor }))

/** The sum of a card, in log odds. */
export const total = (card: Scorecard): number => card.reduce((sum, line) => sum + line.points, 0)

/** A line that weighs less than this is not worth telling. */
const WORTH_TELLING = 0.3

/**
 * The reasons in words: the weightiest for it, the weightiest against it, then the others by their weight (equal ones in the card's
 * order). What speaks against it begins with "but".
 */
export const reasons = (card: Scorecard): ReadonlyArray<string> => {
  const telling = card
    .filter((line) => Math.abs(line.points) >= WORTH_TELLING && line.reason !== "")
    .sort((a, b) => Math.abs(b.points) - Math.abs(a.points))
  const first = [telling.find(({ points }) => points > 0), telling.find(({ points }) => points < 0)]
  return [...first, ...telling.filter((line) => !first.includes(line))].flatMap((line) =>
    line === undefined ? [] : [line.points < 0 ? `but ${line.reason}` : line.reason]
  )
}
