import { BOX_HEIGHT, shown } from "../layout/Labels.ts"
import type { ReportRelationship } from "../Report.ts"
import { type Book, columnsText, HOW, orphanRows } from "./Book.ts"
import { Glyph, type Point } from "./Lines.tsx"
import { counted, percent, sure } from "./Text.ts"

/** What a relationship is, for those who point at it. */
export const titleOf = (book: Book, each: ReportRelationship): string => {
  const orphans = orphanRows(each)
  return [
    `${columnsText(book.table(each.from), each.columns)} → ${columnsText(book.table(each.to), each.toColumns)}`,
    each.when === undefined ? "" : ` where ${each.when}`,
    `, ${each.cardinality}, ${HOW[each.standing]}`,
    each.standing === "declared" ? "" : ` ${sure(each)}`,
    orphans === 0 ? "" : `, ${counted(orphans, "row")} refer to nothing (${percent(orphans / (each.join?.rows ?? 1))})`
  ].join("")
}

/** The weakest of what a line stands for: it is drawn as sure as that. */
export const standingOf = (all: ReadonlyArray<ReportRelationship>): ReportRelationship["standing"] =>
  (["review", "named", "inferred"] as const).find((standing) => all.some((each) => each.standing === standing)) ??
  "declared"

/** What happens when the pointer or the focus comes and goes. */
export type Events = Readonly<Record<"onMouseEnter" | "onMouseLeave" | "onFocus" | "onBlur", () => void>>

/** What stands on a line, and leads to why. Not in the tab order: the list below the picture has the same rows. */
export const Pill = ({
  asks,
  at,
  className,
  events,
  href,
  link,
  note,
  on,
  orphans,
  text,
  title
}: {
  readonly at: readonly [left: number, top: number, width: number, height: number]
  readonly className: string
  readonly asks: boolean
  readonly link: boolean
  readonly note: string | undefined
  readonly text: string
  readonly href: string
  readonly title: string
  readonly on: boolean
  readonly events?: Events
  readonly orphans: number
}) => {
  const [left, top, width, height] = at
  const x = left + width / 2 + (asks ? 6 : link ? 8 : 0)
  const middle = top + height / 2
  return (
    <a
      class={`lb ${className}${link ? " lk" : ""}${on ? " on" : ""}`}
      href={href}
      tabindex={-1}
      aria-hidden="true"
      {...events}
    >
      <rect x={left} y={top} width={width} height={height} rx={link ? 9.5 : 5} />
      {asks ? (
        <text class="q" x={left + 9} y={middle + 4}>
          ?
        </text>
      ) : null}
      {link ? <Glyph kind="link" x={left + 8} y={middle - 5.5} /> : null}
      <text x={x} y={middle + (note === undefined ? 4 : -2.5)} text-anchor="middle">
        {text}
      </text>
      {note === undefined ? null : (
        <text class="nt" x={x} y={middle + 10.5} text-anchor="middle">
          {note}
        </text>
      )}
      {orphans === 0 ? null : <Orphans x={left + width} y={top} />}
      <title>{title}</title>
    </a>
  )
}

/** A red mark: rows that refer to nothing. */
export const Orphans = ({ x, y }: Point) => (
  <g class="orph">
    <circle cx={x} cy={y} r="7" />
    <text x={x} y={y + 3.8} text-anchor="middle">
      !
    </text>
  </g>
)

/** The two lines of a box whose middle is at `y`. */
export const BoxText = ({
  below,
  kind,
  name,
  x,
  y
}: Point & { readonly kind: Parameters<typeof Glyph>[0]["kind"]; readonly name: string; readonly below: string }) => (
  <>
    <Glyph kind={kind} x={x + 11} y={y - BOX_HEIGHT / 2 + 9.5} />
    <text class="nm" x={x + 27} y={y - 4}>
      {shown(name)}
    </text>
    <text class="sb" x={x + 11} y={y + 12}>
      {shown(below)}
    </text>
  </>
)
