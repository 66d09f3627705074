import { grouped } from "../../datasource/grouped.ts"
import type { ReportDomain, ReportRelationship, ReportTable } from "../Report.ts"
import { textsOf } from "./DomainTexts.ts"
import { BOX_HEIGHT, boxWidth, labelSize, lineText, smallWidth } from "./Labels.ts"
import { type Laid, type Line, ROOMY, SMALL, type Spacing, type Unplaced } from "./Layout.ts"
import type { Link } from "./Links.ts"
import type { Picture, PictureBox, PictureLine } from "./Picture.ts"

/** From this many boxes on, neighbours of one domain share a box. */
const MOST_BOXES = 24
/** From this many boxes on, the lines between two boxes are one. */
const MANY_BOXES = 40
/** The most lines between two boxes that are drawn apart. */
const MOST_LINES = 3
/** The most tables of a domain in its diagram, those with most lines: more cannot be read, and take dagre seconds to place. */
const MOST_OWN = 40
/** The most boxes of other domains beside them, likewise. */
const MOST_NEAR = 16
/** The most boxes of a small picture: more are no longer legible. */
const MOST_SMALL = 12
const SMALL_HEIGHT = 27

interface All {
  readonly domains: ReadonlyArray<Pick<ReportDomain, "name" | "tables">>
  readonly tables: ReadonlyArray<ReportTable>
  readonly relationships: ReadonlyArray<ReportRelationship>
  /** The places of the relationships that are shown. */
  readonly drawn: ReadonlyArray<number>
  readonly links: ReadonlyMap<number, Link>
}

/** A picture whose boxes have no places yet, and what it becomes with them. */
export interface Sketch {
  readonly unplaced: Unplaced
  readonly placed: (laid: Laid) => Picture
}

/** A box before it is placed. */
type Drawn = Pick<PictureBox, "of" | "kind" | "count">

/** A line before it is placed: its ends are keys of boxes. */
interface Edge {
  readonly of: ReadonlyArray<number>
  readonly link?: number
  readonly from: string
  readonly to: string
}

/** At most so many of these tables: those with most relationships. */
const mostJoined = (
  tables: ReadonlyArray<number>,
  most: number,
  { drawn, relationships }: All
): ReadonlyArray<number> => {
  if (tables.length <= most) return tables
  const degree = new Map<number, number>()
  for (const at of drawn) {
    const each = relationships[at]
    for (const end of each === undefined ? [] : [each.from, each.to]) degree.set(end, (degree.get(end) ?? 0) + 1)
  }
  return [...tables].sort((a, b) => (degree.get(b) ?? 0) - (degree.get(a) ?? 0) || a - b).slice(0, most)
}

/** A domain's tables by name, and which refers to which. */
export const overview = (own: ReadonlyArray<number>, all: All): Sketch => {
  const { drawn, relationships, tables } = all
  const shown = mostJoined(own, MOST_SMALL, all)
  const within = drawn.filter((at) => {
    const each = relationships[at]
    return each !== undefined && each.from !== each.to && shown.includes(each.from) && shown.includes(each.to)
  })
  const byEnds = grouped(within, (at) => `${relationships[at]?.to} ${relationships[at]?.from}`)
  const edges = [...new Set(within.map((at) => byEnds(`${relationships[at]?.to} ${relationships[at]?.from}`)))].flatMap(
    (of): ReadonlyArray<Edge> => {
      const each = relationships[of[0] ?? -1]
      return each === undefined ? [] : [{ of, from: `t${each.to}`, to: `t${each.from}` }]
    }
  )
  const boxes = new Map(shown.map((of): [string, Drawn] => [`t${of}`, { of, kind: "own" }]))
  return sketch(
    boxes,
    edges,
    SMALL,
    ({ of }) => ({ width: smallWidth(tables[of]?.name ?? ""), height: SMALL_HEIGHT }),
    () => [0, 0]
  )
}

/**
 * A domain's tables with what they refer to and what refers to them, tables of other domains included; no lines between those. Of very many,
 * those with most lines.
 */
export const diagram = (tables: ReadonlyArray<number>, all: All): Sketch => {
  const { domains, drawn, links, relationships } = all
  const own = mostJoined(tables, MOST_OWN, all)
  const mine = new Set(own)
  const left = new Set(tables.filter((table) => !mine.has(table)))
  const at = (table: number) => `t${table}`
  const touching = [
    ...drawn.flatMap((index): ReadonlyArray<Edge> => {
      const each = relationships[index]
      if (each === undefined || links.has(each.from) || (!mine.has(each.from) && !mine.has(each.to))) return []
      if (left.has(each.from) || left.has(each.to)) return []
      return [{ of: [index], from: at(each.to), to: at(each.from) }]
    }),
    ...[...links].flatMap(([link, { ends, of }]): ReadonlyArray<Edge> =>
      (mine.has(link) || ends.some((end) => mine.has(end))) && ![link, ...ends].some((end) => left.has(end))
        ? [{ of, link, from: at(ends[0]), to: at(ends[1]) }]
        : []
    )
  ]
  const kindOf = (key: string): Drawn => {
    const of = Number(key.slice(1))
    return { of, kind: mine.has(of) ? "own" : "near" }
  }
  const keys = [...own.filter((table) => !links.has(table)).map(at), ...touching.flatMap(({ from, to }) => [from, to])]
  const boxes = new Map([...new Set(keys)].map((key) => [key, kindOf(key)]))
  const collapsed = withFewer(boxes.size > MOST_BOXES ? collapse(boxes, touching, domains) : { boxes, edges: touching })
  const edges = bundled(collapsed.edges, collapsed.boxes.size >= MANY_BOXES ? 1 : MOST_LINES)
  const loops = new Set(edges.flatMap(({ from, to }) => (from === to ? [from] : [])))
  return sketch(
    collapsed.boxes,
    edges,
    ROOMY,
    (box, key) => {
      const below = loops.has(key) ? loopWidth(edges, key, relationships) : 0
      const [name, text] = textsOf(box, all)
      return { width: Math.max(boxWidth(name, text), below), height: BOX_HEIGHT }
    },
    (edge) => labelOf(edge, all)
  )
}

const labelOf = ({ link, of }: Edge, { relationships, tables }: All) => {
  const text =
    link === undefined
      ? lineText(of.flatMap((at) => relationships[at] ?? []))
      : { text: tables[link]?.name ?? "", note: undefined, asks: false }
  return labelSize(text, link !== undefined)
}

const loopWidth = (
  edges: ReadonlyArray<Edge>,
  key: string,
  relationships: ReadonlyArray<ReportRelationship>
): number => {
  const loop = edges.find(({ from, to }) => from === key && to === key)
  return loop === undefined ? 0 : labelSize(lineText(loop.of.flatMap((at) => relationships[at] ?? [])), false)[0] + 44
}

interface Boxed {
  readonly boxes: ReadonlyMap<string, Drawn>
  readonly edges: ReadonlyArray<Edge>
}

/** Without the boxes of other domains beyond `MOST_NEAR`, those with fewest lines. */
const withFewer = ({ boxes, edges }: Boxed): Boxed => {
  const near = [...boxes].flatMap(([key, { kind }]) => (kind === "own" ? [] : [key]))
  if (near.length <= MOST_NEAR) return { boxes, edges }
  const lines = new Map<string, number>()
  for (const { from, to } of edges) for (const end of [from, to]) lines.set(end, (lines.get(end) ?? 0) + 1)
  const dropped = new Set(near.sort((a, b) => (lines.get(b) ?? 0) - (lines.get(a) ?? 0)).slice(MOST_NEAR))
  return {
    boxes: new Map([...boxes].filter(([key]) => !dropped.has(key))),
    edges: edges.filter(({ from, to }) => !dropped.has(from) && !dropped.has(to))
  }
}

/** Neighbours become one box for each of their domains. */
const collapse = (boxes: ReadonlyMap<string, Drawn>, edges: ReadonlyArray<Edge>, domains: All["domains"]): Boxed => {
  const domainOf = new Map(domains.flatMap(({ tables }, domain) => tables.map((table) => [table, domain] as const)))
  const instead = (key: string) => {
    const box = boxes.get(key)
    return box?.kind === "near" ? `d${domainOf.get(box.of) ?? -1}` : key
  }
  const near = grouped(
    [...boxes].flatMap(([key, { kind }]) => (kind === "near" ? [key] : [])),
    instead
  )
  const kept = new Map<string, Drawn>()
  for (const [key, box] of boxes) {
    const other = instead(key)
    const all = near(other)
    if (box.kind === "own" || all.length === 1) kept.set(key, box)
    else kept.set(other, { of: Number(other.slice(1)), kind: "domain", count: all.length })
  }
  const end = (key: string) => (kept.has(key) ? key : instead(key))
  return { boxes: kept, edges: edges.map((edge) => ({ ...edge, from: end(edge.from), to: end(edge.to) })) }
}

/** More than `most` lines from one box to another become one; of a box with itself always; those of link tables stay. */
const bundled = (edges: ReadonlyArray<Edge>, most: number): ReadonlyArray<Edge> => {
  const plain = edges.filter(({ link }) => link === undefined)
  const same = grouped(plain, ({ from, to }) => `${from} ${to}`)
  const groups = [...new Set(plain.map(({ from, to }) => same(`${from} ${to}`)))]
  return [
    ...groups.flatMap((group): ReadonlyArray<Edge> => {
      const [first] = group
      if (first === undefined) return []
      const apart = group.length <= most && first.from !== first.to
      return apart ? group : [{ ...first, of: group.flatMap(({ of }) => of) }]
    }),
    ...edges.filter(({ link }) => link !== undefined)
  ]
}

const sketch = (
  boxes: ReadonlyMap<string, Drawn>,
  edges: ReadonlyArray<Edge>,
  spacing: Spacing,
  sizeOf: (box: Drawn, key: string) => { readonly width: number; readonly height: number },
  labelOf: (edge: Edge) => readonly [width: number, height: number]
): Sketch => {
  const places = new Map([...boxes.keys()].map((key, at) => [key, at]))
  const loops = new Set(edges.flatMap(({ from, to }) => (from === to ? [from] : [])))
  const lines = edges.map((edge): Line => {
    const [width, height] = labelOf(edge)
    const inside = [edge.from, edge.to].every((key) => boxes.get(key)?.kind === "own")
    return { from: places.get(edge.from) ?? 0, to: places.get(edge.to) ?? 0, width, height, weight: inside ? 2 : 1 }
  })
  return {
    unplaced: {
      boxes: [...boxes].map(([key, box]) => ({ ...sizeOf(box, key), loop: loops.has(key) })),
      lines,
      spacing
    },
    placed: (laid) => ({
      width: Math.ceil(laid.width),
      height: Math.ceil(laid.height),
      boxes: [...boxes.values()].map((box, at): PictureBox => {
        const { height = 0, width = 0, x = 0, y = 0 } = laid.boxes[at] ?? {}
        return { ...box, at: [round(x - width / 2), round(y - height / 2), width, height] }
      }),
      lines: edges.map(({ link, of }, at): PictureLine => {
        const { from = 0, height = 0, to = 0, width = 0 } = lines[at] ?? {}
        const { label, points } = laid.lines[at] ?? { label: { x: 0, y: 0 }, points: [] }
        return {
          of,
          ...(link === undefined ? {} : { link }),
          ends: [from, to],
          points: points.flatMap(({ x, y }) => [round(x), round(y)]),
          ...(width === 0 ? {} : { label: [round(label.x - width / 2), round(label.y - height / 2), width, height] })
        }
      })
    })
  }
}

const round = (value: number): number => Math.round(value * 10) / 10
