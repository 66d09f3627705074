import { BOX_HEIGHT, labelSize, lineText, nearText, boxWidth, rowsText, shown } from "../layout/Labels.ts"
import type { ReportRelationship } from "../Report.ts"
import { type Book, orphanRows, relationshipHref, tableHref } from "./Book.ts"
import { BoxText, Orphans, Pill, standingOf, titleOf } from "./DiagramParts.tsx"
import { type Edge, type Neighbour, neighbours, rowsOf } from "./Neighbours.ts"
import { Figure } from "./Figure.tsx"
import { curve, End, Glyph, manyOf, type Point } from "./Lines.tsx"
import { counted } from "./Text.ts"

/** Boxes on each side at most, which are as high as a screen; further ones are counted. */
const MOST = 12
/** Heights, in CSS pixels: a key column's row, the table's head, the space of a line's end with and without a condition. */
const ROW = 23
const HEAD = 44
const SLOT = { plain: 24, noted: 36 }
/** Between boxes, in CSS pixels: a line with the label of a column needs 96, one that leaves the table 118; boxes below each other 12. */
const GAP = { left: 96, right: 118, boxes: 12 }
/** Around the picture, in CSS pixels: the half of a mark at its edge, and the ring of the focus. */
const MARGIN = 8

const slotOf = ({ all, link }: Edge) =>
  link === undefined && all.length === 1 && all[0].when !== undefined ? SLOT.noted : SLOT.plain
const slots = (edges: ReadonlyArray<Edge>) => edges.reduce((sum, edge) => sum + slotOf(edge), 0)
const labelOf = (book: Book, { all, link }: Edge) =>
  link === undefined ? lineText(all) : { text: shown(book.table(link).name), note: undefined, asks: false }

/** A table in the middle with its key columns; what it refers to at the left, what refers to it at the right. Nothing where it is alone. */
export const Neighbourhood = ({ book, me }: { readonly book: Book; readonly me: number }) => {
  const { children, parents } = neighbours(book, me)
  if (children.length === 0 && parents.length === 0) return null
  const picture = place(book, me, parents.slice(0, MOST), children.slice(0, MOST))
  const { name } = book.table(me)
  const left = Math.max(0, parents.length - MOST) + Math.max(0, children.length - MOST)
  return (
    <>
      <Figure name={`Diagram of ${name} and its neighbours`} width={picture.width}>
        {(scale) => (
          <svg
            class="dg"
            role="group"
            aria-label={`${name}, what it refers to and what refers to it`}
            width={picture.width * scale}
            height={picture.height * scale}
            viewBox={`0 0 ${picture.width} ${picture.height}`}
          >
            {picture.drawn}
          </svg>
        )}
      </Figure>
      {left === 0 ? null : (
        <p class="below">
          {counted(left, "more table")} around it {left === 1 ? "is" : "are"} in the lists below.
        </p>
      )}
    </>
  )
}

const place = (book: Book, me: number, parents: ReadonlyArray<Neighbour>, children: ReadonlyArray<Neighbour>) => {
  const table = book.table(me)
  const { more, rows } = rowsOf(book, me)
  const lines = rows.length + (more > 0 ? 1 : 0)
  const widthOf = (all: ReadonlyArray<Neighbour>) =>
    Math.max(120, ...all.map(({ table }) => boxWidth(book.table(table).name, domainText(book, me, table))))
  const middle = {
    width: Math.max(
      210,
      boxWidth(table.name, `${table.table} ${rowsText(table)}`),
      ...rows.map(({ name, tag }) => boxWidth(name, "") + tag.length * 7)
    ),
    height: HEAD + lines * ROW + 8
  }
  const [leftWidth, rightWidth] = [widthOf(parents), widthOf(children)]
  const labels = Math.max(
    0,
    ...children.flatMap(({ edges }) => edges.map((edge) => labelSize(labelOf(book, edge), edge.link !== undefined)[0]))
  )
  const x = { middle: parents.length === 0 ? MARGIN : leftWidth + GAP.left + MARGIN, right: 0 }
  x.right = x.middle + middle.width + (children.length === 0 ? 0 : labels + GAP.right)
  const childHeight = ({ edges }: Neighbour) => Math.max(BOX_HEIGHT, slots(edges) - 2)
  const parentHeight = ({ edges }: Neighbour) => Math.max(BOX_HEIGHT, edges.length * 17 + 8)
  const total = (all: ReadonlyArray<Neighbour>, of: (one: Neighbour) => number) =>
    all.reduce((sum, one) => sum + of(one) + GAP.boxes, -GAP.boxes)
  const height = Math.max(middle.height, total(children, childHeight), total(parents, parentHeight)) + 2 * MARGIN
  const top = Math.max(MARGIN, (height - middle.height) / 2)
  const rowY = ({ columns }: ReportRelationship) => {
    const at = rows.findIndex(({ name }) => name === columns[0])
    return top + HEAD + (at < 0 ? rows.length : at) * ROW + ROW / 2
  }
  const sorted = parents
    .map((one) => ({ ...one, edges: one.edges.toSorted((a, b) => rowY(a.all[0]) - rowY(b.all[0])) }))
    .toSorted((a, b) => rowY(a.edges[0]?.all[0] ?? NONE) - rowY(b.edges[0]?.all[0] ?? NONE))
  const drawn = []
  let y = (height - total(parents, parentHeight)) / 2
  for (const parent of sorted) {
    const own = parentHeight(parent)
    const centre = y + own / 2
    parent.edges.forEach(({ all: [each] }, at) => {
      const start = { x: MARGIN + leftWidth, y: centre + (at - (parent.edges.length - 1) / 2) * 17 }
      const end = { x: x.middle, y: rowY(each) }
      drawn.push(
        <Straight
          key={`p${parent.table}-${at}`}
          book={book}
          each={each}
          points={[start, { x: start.x + 16, y: start.y }, { x: end.x - 17, y: end.y }, end]}
          start={start}
          end={end}
        />
      )
    })
    drawn.push(
      <Side key={`b${parent.table}`} book={book} me={me} table={parent.table} at={[MARGIN, y, leftWidth, own]} />
    )
    y += own + GAP.boxes
  }
  y = (height - total(children, childHeight)) / 2
  const all = children.flatMap(({ edges }) => edges)
  const step = Math.min(13, (middle.height - 24) / Math.max(1, all.length - 1))
  const first = top + Math.min(HEAD / 2, middle.height / 2)
  const spread = (at: number) => Math.max(top + 8, first - ((all.length - 1) / 2) * step) + at * step
  let count = 0
  for (const child of children) {
    const own = childHeight(child)
    let slot = y + own / 2 - slots(child.edges) / 2
    for (const edge of child.edges) {
      const { all: together, link } = edge
      const [each] = together
      const label = labelOf(book, edge)
      const [width, labelHeight] = labelSize(label, link !== undefined)
      const centre = x.right - 28 - labels / 2
      const at = slot + slotOf(edge) / 2
      const start = { x: x.middle + middle.width, y: spread(count) }
      const end = { x: x.right, y: at }
      const points = [
        start,
        { x: start.x + 16, y: start.y },
        { x: centre - width / 2, y: at },
        { x: centre + width / 2, y: at },
        end
      ]
      const other =
        link === undefined
          ? undefined
          : book.links
              .get(link)
              ?.of.flatMap((place) => book.report.relationships[place] ?? [])
              .find((one) => one !== each)
      const ends =
        other === undefined
          ? {
              parent: { many: manyOf(each).parent, none: each.parentOptional },
              child: { many: manyOf(each).child, none: each.childOptional }
            }
          : { parent: { many: true, none: other.childOptional }, child: { many: true, none: each.childOptional } }
      drawn.push(
        <g key={`c${count}`} class={`eg ${standingOf(together)}`}>
          <path class="ln" d={curve(points)} />
          <End at={start} side={-1} {...ends.parent} />
          <End at={end} side={1} {...ends.child} />
        </g>,
        <Pill
          key={`l${count}`}
          at={[centre - width / 2, at - labelHeight / 2, width, labelHeight]}
          className={standingOf(together)}
          asks={label.asks}
          link={link !== undefined}
          note={label.note}
          text={label.text}
          href={
            link !== undefined
              ? tableHref(book.table(link))
              : together.length === 1
                ? relationshipHref(book, each)
                : tableHref(book.table(each.from))
          }
          title={together.map((one) => titleOf(book, one)).join("\n")}
          on={false}
          orphans={together.reduce((sum, one) => sum + orphanRows(one), 0)}
        />
      )
      slot += slotOf(edge)
      count += 1
    }
    drawn.push(
      <Side key={`k${child.table}`} book={book} me={me} table={child.table} at={[x.right, y, rightWidth, own]} />
    )
    y += own + GAP.boxes
  }
  drawn.push(
    <g key="me" class="me">
      <rect x={x.middle} y={top} width={middle.width} height={middle.height} rx="8" />
      <Glyph kind={table.kind} x={x.middle + 13} y={top + 9} />
      <text class="nm" x={x.middle + 30} y={top + 19}>
        {shown(table.name)}
      </text>
      <text class="sb" x={x.middle + 13} y={top + 35}>
        {shown(table.table)} {rowsText(table)}
      </text>
      <path class="rule" d={`M${x.middle} ${top + HEAD}h${middle.width}`} />
      {rows.map(({ name, tag }, at) => (
        <g key={name}>
          <text class="col" x={x.middle + 13} y={top + HEAD + at * ROW + 16}>
            {shown(name)}
          </text>
          <text class="tag" x={x.middle + middle.width - 12} y={top + HEAD + at * ROW + 16} text-anchor="end">
            {tag}
          </text>
        </g>
      ))}
      {more > 0 ? (
        <text class="col more" x={x.middle + 13} y={top + HEAD + rows.length * ROW + 16}>
          + {counted(more, "column")}
        </text>
      ) : null}
    </g>
  )
  return {
    width: Math.ceil((children.length === 0 ? x.middle + middle.width : x.right + rightWidth) + MARGIN),
    height: Math.ceil(height),
    drawn
  }
}

/** Stands for a relationship where there is none: of no column. */
const NONE: ReportRelationship = {
  id: "",
  from: 0,
  columns: [],
  to: 0,
  toColumns: [],
  standing: "rejected",
  confidence: 0,
  cardinality: "N:1",
  parentOptional: false,
  childOptional: false,
  summed: false
}

/** What stands below a neighbour's name: its table within the domain, otherwise its domain. */
const domainText = (book: Book, me: number, table: number): string => {
  const { domain, table: name } = book.table(table)
  return domain === book.table(me).domain ? name : nearText(book.report.domains[domain] ?? { name: "" })
}

const Straight = ({
  book,
  each,
  end,
  points,
  start
}: {
  readonly book: Book
  readonly each: ReportRelationship
  readonly points: ReadonlyArray<Point>
  readonly start: Point
  readonly end: Point
}) => {
  const [x, y] = [(start.x + end.x) / 2, (start.y + end.y) / 2]
  const { child, parent } = manyOf(each)
  return (
    <a class={`eg ${each.standing}`} href={relationshipHref(book, each)} tabindex={-1} aria-hidden="true">
      <path class="hit" d={curve(points)} />
      <path class="ln" d={curve(points)} />
      <End at={start} side={-1} many={parent} none={each.parentOptional} />
      <End at={end} side={1} many={child} none={each.childOptional} />
      {each.standing === "review" ? (
        <g class="lb review">
          <circle cx={x} cy={y} r="9" />
          <text class="q" x={x} y={y + 4} text-anchor="middle">
            ?
          </text>
        </g>
      ) : null}
      {orphanRows(each) > 0 ? <Orphans x={x} y={y} /> : null}
      <title>{titleOf(book, each)}</title>
    </a>
  )
}

const Side = ({
  at: [left, top, width, height],
  book,
  me,
  table
}: {
  readonly book: Book
  readonly me: number
  readonly table: number
  readonly at: readonly [number, number, number, number]
}) => {
  const other = book.table(table)
  return (
    <a class="bx near" href={tableHref(other)}>
      <rect x={left} y={top} width={width} height={height} rx="7" />
      <BoxText kind={other.kind} x={left} y={top + height / 2} name={other.name} below={domainText(book, me, table)} />
    </a>
  )
}
