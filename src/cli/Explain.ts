import { tableId } from "../datasource/Catalog.ts"
import type { ColumnSet } from "../datasource/Inclusion.ts"
import { ACCEPT } from "../relationships/inference/Decision.ts"
import type { Relationship } from "../relationships/Relationship.ts"
import { isSum } from "../relationships/isSum.ts"
import { COMPOSITES } from "../relationships/signals/Composites.ts"
import type { Steps } from "../steps/Steps.ts"
import type { NamedColumn } from "./Names.ts"
import { table } from "./Table.ts"
import { clean, number, type Style } from "./Text.ts"

/** How an explanation is laid out. */
export interface ExplainOptions {
  readonly style: Style
  /** Terminal columns. */
  readonly width: number
}

/**
 * Why columns refer to what they do, and not to anything else: for each candidate that got as far as a test join, the lines that were
 * summed up, the sum, what was decided, and why it lost where it did. One line of text per element.
 */
export function* explain(
  relationships: ReadonlyArray<Relationship>,
  columns: ReadonlyArray<NamedColumn>,
  options: ExplainOptions
): Steps<ReadonlyArray<string>> {
  const { style } = options
  const lines: Array<string> = []
  for (const column of columns) {
    const own = relationships
      .filter(({ from }) => tableId(from) === tableId(column) && from.columns.includes(column.column))
      .sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status) || b.confidence - a.confidence)
    const winner = own.find((each) => each.status === "accepted" && isSum(each))
    const refers = own.some(({ status }) => status === "accepted")
    lines.push(
      "",
      style.bold(
        `Why ${clean(`${column.table}.${column.column}`)} ${refers ? "refers to what it does" : "refers to nothing for certain"}`
      ),
      ...(own.length === 0
        ? ["  Nothing is a candidate: no name says a key, and no key has enough of its values."]
        : [])
    )
    for (const each of own) lines.push("", ...(yield* section(each, winner, options)))
  }
  return [...lines, "", ...HOW.map((line) => style.dim(`  ${line}`))]
}

const ORDER: ReadonlyArray<Relationship["status"]> = ["accepted", "needs_review", "rejected"]
const STATUS = { accepted: "accepted", needs_review: "for a person to decide", rejected: "rejected" } as const

const HOW = [
  "Points are log odds: +0.7 doubles the odds, +2.3 makes them ten times as large. The targets of a column and",
  'its "refers to nothing", at 0 points, share the probability by their sums; from 50 % on a target is accepted.',
  "Keys that are not shown were given up before a test join: too little spoke for them."
]

const sumOf = ({ evidence }: Relationship): number =>
  (evidence.lines ?? []).reduce((sum, { points }) => sum + points, 0)

const signed = (points: number): string => `${points < 0 ? "−" : "+"}${Math.abs(points).toFixed(2)}`

/** The columns with their table, and its schema where that is another than the one that is asked from. */
const ends = ({ columns, schema, table }: ColumnSet, from: ColumnSet): string => {
  const name = schema === from.schema ? table : `${schema}.${table}`
  return columns.length === 1 ? clean(`${name}.${columns[0] ?? ""}`) : clean(`${name} (${columns.join(", ")})`)
}

function* section(
  each: Relationship,
  winner: Relationship | undefined,
  { style, width }: ExplainOptions
): Steps<ReadonlyArray<string>> {
  const together = each.from.columns.length === 1 ? "" : `(${each.from.columns.map(clean).join(", ")}) `
  const when = each.when === undefined ? "" : `, where ${clean(each.when.column)} is "${clean(each.when.value)}"`
  const head = `  ${together}→ ${ends(each.to, each.from)}${when}`
  const rows = (each.evidence.lines ?? []).map(({ points, signal, why }) => [signed(points), signal, clean(why)])
  const shown = yield* table(
    [...rows, ...(isSum(each) ? [[signed(sumOf(each)), "", "the sum, in log odds"]] : [])],
    { width, widest: [8, 28], numeric: [0], lines: Number.POSITIVE_INFINITY },
    (cell, at) => (at === 1 ? style.dim(cell) : cell)
  )
  const joined = joinOf(each)
  return [
    `${style.bold(head)}   ${STATUS[each.status]}, ${percent(each)}`,
    ...shown.flat().map((line) => `  ${line}`),
    ...(joined === undefined ? [] : [`    Test join: ${joined}`]),
    `    ${verdict(each, winner)}`
  ]
}

const percent = ({ confidence, method }: Relationship): string =>
  method === "foreign_key"
    ? "declared"
    : confidence > 0.9995
      ? "probability over 99.9 %"
      : `probability ${(confidence * 100).toFixed(confidence < 0.1 ? 2 : 1)} %`

const joinOf = ({ evidence: { inclusion } }: Relationship): string | undefined => {
  if (inclusion === null) return undefined
  const { distinct, matched, orphanRows, rows, sampled } = inclusion
  const about = sampled ? "about " : ""
  return `${number(matched)} of ${number(distinct)} values are there; ${about}${number(orphanRows)} of ${number(rows)} rows have no counterpart`
}

/** What was decided, and why: of a rival, what it lost to. */
const verdict = (each: Relationship, winner: Relationship | undefined): string => {
  const { confidence, decidedBy, evidence, method, status } = each
  if (method === "foreign_key") return "It is declared; nothing else was considered."
  if (decidedBy === "person") return `A person said so: ${status}.`
  if (!isSum(each)) return "Decided by its name and its test join, not by the sum: the points order the reasons."
  if (status === "accepted") return "Accepted: it is likelier than all rivals and nothing together."
  const rival =
    winner === undefined
      ? undefined
      : `${ends(winner.to, each.from)} was accepted, with ${signed(sumOf(winner))}: ${signed(sumOf(winner) - sumOf(each))} more`
  if (rival !== undefined) return `Lost: ${rival}.`
  if (confidence >= ACCEPT && evidence.inclusion === null)
    return "For review: likely by name, but no values confirm it."
  if (confidence >= ACCEPT) {
    return evidence.lines?.some(({ signal }) => signal === COMPOSITES.follows.id) === true
      ? "For review: it follows from what the column refers to together with other columns."
      : "For review: with it, references would go in a circle."
  }
  return status === "needs_review"
    ? 'For review: "refers to nothing" is likelier, but not by enough to drop it.'
    : 'Lost: "refers to nothing" is likelier.'
}
