/** A reason for or against a candidate: how much it weighs, in log odds, and what it says to a person. */
export interface Line {
  readonly points: number
  readonly reason: string
}

/** All that speaks for and against a candidate. */
export type Scorecard = ReadonlyArray<Line>

/** The sum of a card, in log odds. */
export const total = (card: Scorecard): number => card.reduce((sum, line) => sum + line.points, 0)

/** A line that weighs less than this is not worth telling. */
const WORTH_TELLING = 0.3

/** The reasons in words, the weightiest first (equal ones in the card's order). */
export const reasons = (card: Scorecard): ReadonlyArray<string> =>
  card
    .filter((line) => Math.abs(line.points) >= WORTH_TELLING && line.reason !== "")
    .map((line, i) => ({ line, i }))
    .sort((a, b) => Math.abs(b.line.points) - Math.abs(a.line.points) || a.i - b.i)
    .map(({ line }) => line.reason)
