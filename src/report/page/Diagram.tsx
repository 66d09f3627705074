import { address } from "./Address.ts"
import { useState } from "preact/hooks"
import { textsOf } from "../layout/DomainTexts.ts"
import { lineText, LOOP_HEIGHT, shown } from "../layout/Labels.ts"
import type { Picture, PictureBox, PictureLine } from "../layout/Picture.ts"
import type { ReportRelationship } from "../Report.ts"
import { type Book, domainHref, orphanRows, relationshipHref, tableHref } from "./Book.ts"
import { BoxText, type Events, Pill, standingOf, titleOf } from "./DiagramParts.tsx"
import { curve, End, manyOf, type Point, sideOf } from "./Lines.tsx"

/** What the pointer or the focus is at: a box, or a line. */
export type Hot = { readonly box: number } | { readonly line: number } | undefined

/** A domain's diagram, as it was laid out. */
export const Diagram = ({
  book,
  name,
  picture,
  scale
}: {
  readonly book: Book
  readonly name: string
  readonly picture: Picture
  readonly scale: number
}) => {
  const [hot, setHot] = useState<Hot>(undefined)
  const near = nearOf(picture, hot)
  const isOn = (line: number) => near.lines.has(line)
  const events = (of: Hot) => ({
    onMouseEnter: () => setHot(of),
    onMouseLeave: () => setHot(undefined),
    onFocus: () => setHot(of),
    onBlur: () => setHot(undefined)
  })
  return (
    <svg
      class={hot === undefined ? "dg" : "dg dim"}
      role="group"
      aria-label={name}
      width={picture.width * scale}
      height={picture.height * scale}
      viewBox={`0 0 ${picture.width} ${picture.height}`}
    >
      {picture.lines.map((line, at) => (
        <DrawnLine key={`l${at}`} book={book} picture={picture} line={line} on={isOn(at)} />
      ))}
      {picture.lines.map((line, at) => (
        <Label key={`t${at}`} book={book} line={line} on={isOn(at)} events={events({ line: at })} />
      ))}
      {picture.boxes.map((box, at) => (
        <DrawnBox
          key={`b${at}`}
          book={book}
          box={box}
          loop={picture.lines.some(({ ends }) => ends[0] === at && ends[1] === at)}
          on={near.boxes.has(at)}
          events={events({ box: at })}
        />
      ))}
    </svg>
  )
}

/** What stays bright. */
const nearOf = (
  { lines }: Picture,
  hot: Hot
): { readonly boxes: ReadonlySet<number>; readonly lines: ReadonlySet<number> } => {
  if (hot === undefined) return { boxes: new Set(), lines: new Set() }
  const on = lines.flatMap(({ ends }, at) => (("line" in hot ? at === hot.line : ends.includes(hot.box)) ? [at] : []))
  const boxes = on.flatMap((at) => lines[at]?.ends ?? [])
  return { boxes: new Set("box" in hot ? [hot.box, ...boxes] : boxes), lines: new Set(on) }
}

const relationshipsOf = (book: Book, { of }: PictureLine): ReadonlyArray<ReportRelationship> =>
  of.flatMap((at) => book.report.relationships[at] ?? [])

const pointsOf = ({ points }: PictureLine): ReadonlyArray<Point> =>
  points.flatMap((x, at) => {
    const y = points[at + 1]
    return at % 2 === 1 || y === undefined ? [] : [{ x, y }]
  })

const DrawnLine = ({
  book,
  line,
  on,
  picture
}: {
  readonly book: Book
  readonly picture: Picture
  readonly line: PictureLine
  readonly on: boolean
}) => {
  const all = relationshipsOf(book, line)
  const [first, second] = all
  const box = picture.boxes[line.ends[0]]
  if (first === undefined || box === undefined) return null
  const className = `eg ${standingOf(all)}${on ? " on" : ""}`
  if (line.ends[0] === line.ends[1]) return <Loop box={box} className={className} each={first} />
  const points = pointsOf(line)
  const [start, next] = points
  const [end, before] = [points.at(-1), points.at(-2)]
  if (start === undefined || next === undefined || end === undefined || before === undefined) return null
  const path = curve(points)
  // A link table's references end at the two boxes: at each, rows are many, and none where the other reference leaves keys out.
  const linked = line.link !== undefined && second !== undefined
  const parent = linked
    ? { many: true, none: second.childOptional }
    : { many: manyOf(first).parent, none: all.some(({ parentOptional }) => parentOptional) }
  const child = linked
    ? { many: true, none: first.childOptional }
    : { many: manyOf(first).child, none: all.some(({ childOptional }) => childOptional) }
  return (
    <g class={className}>
      <path class="ln" d={path} />
      <End at={start} side={sideOf(start, next)} {...parent} />
      <End at={end} side={sideOf(end, before)} {...child} />
    </g>
  )
}

const Loop = ({
  box,
  className,
  each
}: {
  readonly box: PictureBox
  readonly className: string
  readonly each: ReportRelationship
}) => {
  const [left, top, width, height] = box.at
  const bottom = top + height - LOOP_HEIGHT
  const [from, to] = [left + 14, left + width - 14]
  return (
    <g class={className}>
      <path class="ln" d={`M${from} ${bottom}v20q0 9 9 9H${to - 9}q9 0 9 -9V${bottom}`} />
      <path class="mk" d={`M${from - 5.5} ${bottom}L${from} ${bottom + 10}L${from + 5.5} ${bottom}`} />
      {each.parentOptional ? <circle class="mk ring" cx={to} cy={bottom + 12} r="3.4" /> : null}
      <path class="mk" d={`M${to - 5} ${bottom + 6}h10`} />
    </g>
  )
}

const Label = ({
  book,
  events,
  line,
  on
}: {
  readonly book: Book
  readonly line: PictureLine
  readonly on: boolean
  readonly events: Events
}) => {
  const all = relationshipsOf(book, line)
  const [first] = all
  if (line.label === undefined || first === undefined) return null
  const link = line.link === undefined ? undefined : book.table(line.link)
  const { asks, note, text } =
    link === undefined ? lineText(all) : { text: shown(link.name), note: undefined, asks: false }
  const href =
    link === undefined
      ? all.length === 1
        ? relationshipHref(book, first)
        : tableHref(book.table(first.from))
      : tableHref(link)
  const title =
    link === undefined
      ? all.map((each) => titleOf(book, each)).join("\n")
      : `${link.name}: each row joins one ${all.map(({ to }) => book.table(to).name).join(" and one ")}`
  return (
    <Pill
      at={line.label}
      className={standingOf(all)}
      asks={asks}
      link={link !== undefined}
      note={note}
      text={text}
      href={href}
      title={title}
      on={on}
      events={events}
      orphans={all.reduce((sum, each) => sum + orphanRows(each), 0)}
    />
  )
}

const DrawnBox = ({
  book,
  box,
  events,
  loop,
  on
}: {
  readonly book: Book
  readonly box: PictureBox
  readonly loop: boolean
  readonly on: boolean
  readonly events: Events
}) => {
  const { domains } = book.report
  const [left, top, width, height] = box.at
  const middle = top + (height - (loop ? LOOP_HEIGHT : 0)) / 2
  const [name, below] = textsOf(box, book.report)
  const domain = domains[box.of]
  const href =
    box.kind !== "domain"
      ? tableHref(book.table(box.of))
      : domain === undefined
        ? address("overview")
        : domainHref(domain)
  const kind = box.kind === "domain" ? "domain" : book.table(box.of).kind
  return (
    <a class={`bx${box.kind === "own" ? "" : " near"}${on ? " on" : ""}`} href={href} {...events}>
      <rect x={left} y={top} width={width} height={height - (loop ? LOOP_HEIGHT : 0)} rx="7" />
      <BoxText kind={kind} x={left} y={middle} name={name} below={below} />
    </a>
  )
}
