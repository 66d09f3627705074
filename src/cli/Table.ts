import { mapInSteps, type Steps } from "../steps/Steps.ts"
import { fold, pad, truncate, widthOf } from "./Text.ts"

/** Less of a sentence says nothing. */
const LEAST_SENTENCE = 28
/** Two blanks before a table, and between its columns. */
const GAP = 2

/** How a table is laid out. */
export interface TableOptions {
  /** Columns of the terminal. */
  readonly width: number
  /** How wide each column but the last may be where there is not room for all; 0 leaves it out. */
  readonly widest: ReadonlyArray<number>
  /** Columns that are aligned on the right. */
  readonly numeric?: ReadonlyArray<number>
  /** How many lines the last column may take; nothing is cut where that is infinite. */
  readonly lines: number
}

/**
 * Rows of aligned cells, each row as its lines. The last column is wrapped to what the others leave; where that is too little, they
 * keep to `widest`.
 */
export function* table(
  rows: ReadonlyArray<ReadonlyArray<string>>,
  { lines, numeric = [], widest, width }: TableOptions,
  mark: (cell: string, column: number) => string
): Steps<ReadonlyArray<ReadonlyArray<string>>> {
  const natural = [...widest, width].map((limit, column) =>
    limit === 0 ? 0 : Math.max(0, ...rows.map((row) => widthOf(row[column] ?? "")))
  )
  const taken = (widths: ReadonlyArray<number>) => widths.reduce((sum, cell) => sum + (cell === 0 ? 0 : cell + GAP), 0)
  const last = Math.min(LEAST_SENTENCE, natural.at(-1) ?? 0)
  const fits = lines === Number.POSITIVE_INFINITY || taken([...natural.slice(0, -1), last]) <= width
  const widths = widest.map((limit, column) => {
    const wanted = natural[column] ?? 0
    return fits ? wanted : Math.min(limit, wanted)
  })
  const indent = GAP + taken(widths)
  const left = lines === Number.POSITIVE_INFINITY ? Math.max(width - indent, 2 * LEAST_SENTENCE) : width - indent
  return yield* mapInSteps(rows, (row) => {
    const cells = widths.map((size, column) =>
      size === 0
        ? ""
        : `${mark(pad(truncate(row[column] ?? "", size), size, numeric.includes(column) ? "left" : "right"), column)}  `
    )
    const [first = "", ...more] = fold(row[widths.length] ?? "", left, lines)
    return [
      `  ${cells.join("")}${mark(first, widths.length)}`,
      ...more.map((line) => " ".repeat(indent) + mark(line, widths.length))
    ]
  })
}
