import type { ReportRelationship } from "../Report.ts"
import { sure } from "./Text.ts"

const signed = (points: number): string => `${points < 0 ? "−" : "+"}${Math.abs(points).toFixed(1)}`

/** Where the zero of the bars is, and how wide the longest are on each side of it, in percent of the row: 4 are left for the figure. */
const BARS = { zero: 40, plus: 56, minus: 38 }
/** The log odds that the longest bar stands for at least: with less evidence than a probability of .98 no bar looks full. */
const SCALE = 4

/** What was weighed, and what came of it. */
export type Weighed = Pick<ReportRelationship, "confidence" | "lines" | "standing" | "summed">

/** Signals as bars from one zero, the largest first, their sum last. */
export const Signals = ({ each }: { readonly each: Weighed }) => {
  const lines = [...(each.lines ?? [])].sort((a, b) => b.points - a.points)
  if (lines.length === 0) return <p class="soft small">Nothing was weighed.</p>
  const sum = lines.reduce((total, { points }) => total + points, 0)
  const most = Math.max(SCALE, ...lines.map(({ points }) => Math.abs(points)))
  return (
    <table class="sig">
      <caption>
        What speaks for it and against it, in log odds{each.summed ? "" : ": here the points only order the reasons"}
      </caption>
      <thead class="vh">
        <tr>
          <th>Signal</th>
          <th>Weight</th>
          <th>Points</th>
        </tr>
      </thead>
      <tbody>
        {lines.map(({ points, why }) => (
          <tr key={why}>
            <td>{points < 0 ? why.replace(/^but /, "") : why}</td>
            <td class="bc">
              <Bar points={points} most={most} />
            </td>
            <td class="pt">{signed(points)}</td>
          </tr>
        ))}
      </tbody>
      {each.summed ? (
        <tfoot>
          <tr>
            <td>{verdictOf(each)}</td>
            <td />
            <td class="pt">{signed(sum)}</td>
          </tr>
        </tfoot>
      ) : null}
    </table>
  )
}

const verdictOf = (each: Weighed): string =>
  each.standing === "rejected"
    ? `Together; something else was likelier, which leaves ${sure(each)}`
    : `Together, beside its rivals and “refers to nothing”: ${sure(each)}`

const Bar = ({ most, points }: { readonly points: number; readonly most: number }) => {
  const width = (Math.abs(points) / most) * (points < 0 ? BARS.minus : BARS.plus)
  return (
    <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect
        class={points < 0 ? "neg" : "pos"}
        x={points < 0 ? BARS.zero - width : BARS.zero}
        y="1"
        width={Math.max(0.6, width)}
        height="8"
      />
      <path d={`M${BARS.zero} -2v14`} vector-effect="non-scaling-stroke" />
    </svg>
  )
}
