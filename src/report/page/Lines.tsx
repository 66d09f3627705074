import type { ReportRelationship } from "../Report.ts"

/** A point of a picture. */
export interface Point {
  readonly x: number
  readonly y: number
}

/** The side of a line's end on which the box is: 1 right, -1 left. */
type Side = 1 | -1

const round = (value: number): number => Math.round(value * 10) / 10

/** A path through points: straight where it can be, otherwise a curve with flat ends. */
export const curve = (points: ReadonlyArray<Point>): string => {
  const [first, ...rest] = points
  if (first === undefined) return ""
  let before = first
  let path = `M${round(first.x)} ${round(first.y)}`
  for (const point of rest) {
    const middle = round((before.x + point.x) / 2)
    path +=
      Math.abs(before.y - point.y) < 0.5
        ? `H${round(point.x)}`
        : `C${middle} ${round(before.y)} ${middle} ${round(point.y)} ${round(point.x)} ${round(point.y)}`
    before = point
  }
  return path
}

/**
 * What a line's end says: a crow's foot is many, a bar is one; a second bar is at least one, a ring may be none. `side` is where the box
 * is, which the end touches.
 */
export const End = ({
  at: { x, y },
  many,
  none,
  side
}: {
  readonly at: Point
  readonly side: Side
  readonly many: boolean
  readonly none: boolean
}) => {
  const bar = (away: number) => `M${round(x - away * side)} ${round(y - 5)}v10`
  const foot = `M${round(x)} ${round(y - 5.5)}L${round(x - 10 * side)} ${round(y)}L${round(x)} ${round(y + 5.5)}`
  return (
    <>
      <path class="mk" d={many ? foot : bar(6)} />
      {none ? (
        <circle class="mk ring" cx={round(x - (many ? 14 : 13) * side)} cy={round(y)} r="3.4" />
      ) : (
        <path class="mk" d={bar(many ? 13 : 10)} />
      )}
    </>
  )
}

/** Where the box is, seen from the first of two points. */
export const sideOf = (end: Point, next: Point): Side => (next.x > end.x ? -1 : 1)

/** Whether several rows refer to one, and whether one row refers to several. */
export const manyOf = ({ cardinality }: Pick<ReportRelationship, "cardinality">) => ({
  child: cardinality === "N:1" || cardinality === "N:M",
  parent: cardinality === "1:N" || cardinality === "N:M"
})

const GLYPHS = {
  entity: "M1.5 3a1.5 1.5 0 0 1 1.5-1.5h5A1.5 1.5 0 0 1 9.5 3v5A1.5 1.5 0 0 1 8 9.5H3A1.5 1.5 0 0 1 1.5 8z",
  lookup: "M1.5 2.5h8M1.5 5.5h6M1.5 8.5h4",
  link: "M5.5 1 10 5.5 5.5 10 1 5.5z",
  log: "M2.5 1.5h6v8h-6zM4 4h3M4 6.5h3",
  domain: "M1.5 1.5h3.5v3.5h-3.5zM6 1.5h3.5v3.5h-3.5zM1.5 6h3.5v3.5h-3.5zM6 6h3.5v3.5h-3.5z"
}

/** What kind of thing a box is, 11 × 11. */
export const Glyph = ({
  kind,
  x,
  y
}: {
  readonly kind: keyof typeof GLYPHS
  readonly x: number
  readonly y: number
}) => <path class="gl" transform={`translate(${round(x)} ${round(y)})`} d={GLYPHS[kind]} />

/** A line as pictures draw it, for lists and legends. */
export const LineSample = ({ standing }: { readonly standing: ReportRelationship["standing"] }) => (
  <svg class={`lno ${standing}`} width="34" height="12" viewBox="0 0 34 12" aria-hidden="true">
    <path class="ln" d="M1 6h32" />
    <path d="M1 1.5L9 6 1 10.5M27 1.5v9" />
    {standing === "rejected" ? <path d="M13 2l8 8M21 2l-8 8" /> : null}
  </svg>
)
