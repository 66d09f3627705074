import type { ReportColumn, ReportRelationship, ReportTable } from "../Report.ts"
import type { Book } from "./Book.ts"
import { bound, counted, figure, percent } from "./Text.ts"

/** Values that are shown at once: all where there are no more than this, otherwise one fewer, and "more" in its place. They are as high as a histogram. */
const VALUES = 5
/** Values that are listed at all: an enumeration has 30 at most (see `ColumnMeaning`), and a type may declare more. */
const MOST_VALUES = 60

/** How a column's values are spread: bars for few values, a histogram for amounts and times, coverage for references; counts for personal data. */
export const Spread = ({
  book,
  column,
  reference,
  table
}: {
  readonly book: Book
  readonly table: ReportTable
  readonly column: ReportColumn
  readonly reference: ReportRelationship | undefined
}) => {
  if (table.rows === 0) return null
  if (
    column.personal === undefined &&
    column.values === undefined &&
    reference?.join !== undefined &&
    reference.join.targetDistinct > 0
  ) {
    const { matched, targetDistinct } = reference.join
    return (
      <div class="cover">
        <svg viewBox="0 0 100 7" preserveAspectRatio="none" aria-hidden="true">
          <rect class="all" width="100" height="7" rx="1" />
          <rect class="part" width={Math.min(100, (matched / targetDistinct) * 100)} height="7" rx="1" />
        </svg>
        {figure(matched)} of {figure(targetDistinct)} {book.table(reference.to).table}
      </div>
    )
  }
  return <ColumnValues column={column} />
}

/** A column's values by themselves. */
export const ColumnValues = ({ column }: { readonly column: ReportColumn }) => {
  const { distinct, histogram, personal, range, values } = column
  const different =
    distinct === undefined ? undefined : `${column.estimated === true ? "about " : ""}${figure(distinct)} different`
  if (personal !== undefined) return <span class="hid">{different ?? "values"}, not shown</span>
  if (values !== undefined) return <Values values={values} />
  if (histogram !== undefined && column.role !== "identifier")
    return <Histogram rows={histogram.rows} low={bound(histogram.low, column)} high={bound(histogram.high, column)} />
  const from = range === undefined ? "" : `, ${bound(range[0], column)} – ${bound(range[1], column)}`
  return (
    <span class="muted tiny">
      {different === undefined
        ? ""
        : `${different}${range !== undefined && range[0] === range[1] ? `: ${bound(range[0], column)}` : from}`}
    </span>
  )
}

const Values = ({ values }: { readonly values: NonNullable<ReportColumn["values"]> }) => {
  const total = values.reduce((sum, { count }) => sum + count, 0)
  const most = Math.max(1, ...values.map(({ count }) => count))
  const shown = values.slice(0, values.length <= VALUES ? VALUES : VALUES - 1)
  const rest = values.slice(shown.length, MOST_VALUES)
  const beyond = values.length - shown.length - rest.length
  const one = ({ count, label, value }: (typeof values)[number]) => (
    <li key={value}>
      <span class="l" title={label === null ? value : `${value}: ${label}`}>
        {value.trim() === "" ? <i>{value === "" ? "empty text" : "blanks"}</i> : value}
        {label === null ? null : <span class="muted"> {label}</span>}
      </span>
      <svg viewBox="0 0 100 7" preserveAspectRatio="none" aria-hidden="true">
        <rect width={Math.max(0.8, (count / most) * 100)} height="7" rx="1" />
      </svg>
      <span class="p">{total === 0 ? "" : percent(count / total)}</span>
    </li>
  )
  return (
    <>
      <ul class="vals">{shown.map(one)}</ul>
      {rest.length === 0 ? null : (
        <details class="morev">
          <summary>and {values.length - shown.length} more</summary>
          <ul class="vals">{rest.map(one)}</ul>
          {beyond > 0 ? <p>{counted(beyond, "further value")}</p> : null}
        </details>
      )}
    </>
  )
}

/** How many rows have which value, from the smallest to the largest. */
export const Histogram = ({
  high,
  low,
  rows
}: {
  readonly rows: ReadonlyArray<number>
  readonly low: string
  readonly high: string
}) => {
  const most = Math.max(1, ...rows)
  return (
    <div class="hist">
      <svg
        viewBox={`0 0 ${rows.length * 10} 30`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`How values are spread from ${low} to ${high}`}
      >
        {rows.map((count, at) => {
          const height = Math.max(1.2, (count / most) * 28)
          return count === 0 ? null : (
            <rect key={at} x={at * 10 + 0.8} y={29 - height} width="8.4" height={height} rx="1" />
          )
        })}
        <path class="base" d={`M0 29.5h${rows.length * 10}`} vector-effect="non-scaling-stroke" />
      </svg>
      <div class="ends">
        <span>{low}</span>
        <span>{high}</span>
      </div>
    </div>
  )
}
