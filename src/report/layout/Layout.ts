import { Graph, type GraphLabel, layout as dagre } from "@dagrejs/dagre"
import { LOOP_HEIGHT, PORT } from "./Labels.ts"

/** A box to be placed. Sizes are in CSS pixels. */
export interface Box {
  readonly width: number
  readonly height: number
  /** Whether it gets a loop below. */
  readonly loop: boolean
}

/** A line to be drawn between two of the boxes, from the one that is referred to, to the one that refers. */
export interface Line {
  readonly from: number
  readonly to: number
  /** The room of its label; 0 where it has none. */
  readonly width: number
  readonly height: number
  /** How much it should be short and straight. */
  readonly weight: number
}

type Point = { readonly x: number; readonly y: number }

/** Where everything is: boxes by their centres, lines by the points they run through and the centres of their labels. */
export interface Laid {
  readonly width: number
  readonly height: number
  readonly boxes: ReadonlyArray<Point & { readonly width: number; readonly height: number }>
  /** A line of a box with itself has no points: it is the loop. */
  readonly lines: ReadonlyArray<{ readonly points: ReadonlyArray<Point>; readonly label: Point }>
}

/** Distances as dagre takes them, in CSS pixels. */
export interface Spacing {
  readonly nodesep: number
  readonly ranksep: number
  readonly edgesep: number
}

/** Boxes and lines before they are placed. */
export interface Unplaced {
  readonly boxes: ReadonlyArray<Box>
  readonly lines: ReadonlyArray<Line>
  readonly spacing: Spacing
}

/** For diagrams whose lines have labels. */
export const ROOMY: Spacing = { nodesep: 22, ranksep: 46, edgesep: 14 }
/** For small pictures. */
export const SMALL: Spacing = { nodesep: 12, ranksep: 44, edgesep: 10 }

const MARGIN = 8
/** The straight part of a line before it reaches a box: room for the mark at its end. */
const STUB = 16
/** What a line's label and its marks take of the space between two columns, besides the label itself. */
const BESIDE_LABEL = 34

/**
 * Places boxes in columns from left to right, what is referred to left of what refers to it. Lines leave and enter boxes in ports beside
 * each other, sorted by where they go, and run straight through columns, so that they cross no box.
 */
export const layout = ({ boxes, lines, spacing }: Unplaced): Laid => {
  const graph = new Graph<GraphLabel & object>({ multigraph: true })
  graph.setGraph({ rankdir: "LR", ...spacing, marginx: MARGIN, marginy: MARGIN })
  graph.setDefaultEdgeLabel(() => ({}))
  const between = lines.map((line, at) => ({ line, at })).filter(({ line }) => line.from !== line.to)
  const ports = boxes.map((_, box) =>
    Math.max(
      between.filter(({ line }) => line.from === box).length,
      between.filter(({ line }) => line.to === box).length
    )
  )
  boxes.forEach(({ height, loop, width }, at) =>
    graph.setNode(String(at), {
      width,
      height: Math.max(height, (ports[at] ?? 0) * PORT + 8) + (loop ? LOOP_HEIGHT : 0)
    })
  )
  for (const { at, line } of between) {
    const { height, weight, width } = line
    const room = width === 0 ? { width: 0, height: 0 } : { width: width + BESIDE_LABEL, height }
    graph.setEdge(String(line.from), String(line.to), { ...room, labelpos: "c", weight, minlen: 1 }, String(at))
  }
  dagre(graph)

  const placed = boxes.map((_, at) => {
    const { height = 0, width = 0, x = 0, y = 0 } = graph.node(String(at))
    return { x, y, width, height }
  })
  const routed = new Map(
    between.map(({ at, line }) => {
      const { points = [], x = 0, y = 0 } = graph.edge(String(line.from), String(line.to), String(at))
      return [at, { line, points: points as ReadonlyArray<Point>, label: { x, y } }] as const
    })
  )
  const columns = columnsOf([
    ...placed.map(({ width, x }) => ({ x, half: width / 2 })),
    ...[...routed.values()].flatMap(({ label, line }) =>
      line.width === 0 ? [] : [{ x: label.x, half: line.width / 2 + 2 }]
    )
  ])
  const portsOf = (side: "from" | "to") => {
    const found = new Map<number, number>()
    boxes.forEach(({ loop }, box) => {
      const mine = [...routed].filter(([, { line }]) => line[side] === box)
      const other = (line: Line) => placed[side === "from" ? line.to : line.from]?.y ?? 0
      const key = ({ line, points }: { readonly line: Line; readonly points: ReadonlyArray<Point> }) =>
        (points.at(side === "from" ? 1 : -2)?.y ?? 0) * 1000 + other(line)
      mine.sort(([, a], [, b]) => key(a) - key(b))
      const { height = 0, y = 0 } = placed[box] ?? {}
      const high = height - (loop ? LOOP_HEIGHT : 0)
      const middle = y - (loop ? LOOP_HEIGHT / 2 : 0)
      const step = mine.length < 2 ? 0 : Math.min(PORT, (high - 12) / (mine.length - 1))
      mine.forEach(([at], place) => found.set(at, middle + (place - (mine.length - 1) / 2) * step))
    })
    return found
  }
  const [leaves, enters] = [portsOf("from"), portsOf("to")]
  const laid = lines.map(({ from, to, width }, at) => {
    const route = routed.get(at)
    const [a, b] = [placed[from], placed[to]]
    if (route === undefined || a === undefined || b === undefined)
      return { points: [], label: { x: a?.x ?? 0, y: (a?.y ?? 0) + (a?.height ?? 0) / 2 - 13 } }
    // Dagre turns some lines around to break circles: these start at the left of what they leave.
    const back = a.x > b.x ? -1 : 1
    const start = { x: a.x + (back * a.width) / 2, y: leaves.get(at) ?? a.y }
    const end = { x: b.x - (back * b.width) / 2, y: enters.get(at) ?? b.y }
    const inner = route.points.slice(1, -1)
    const points = back * ((route.points.at(-1)?.x ?? 0) - (route.points[0]?.x ?? 0)) < 0 ? [...inner].reverse() : inner
    const through = points.flatMap((point) => {
      const column = columns.find(({ left, right }) => point.x > left - 1 && point.x < right + 1)
      if (column === undefined || (width === 0 && points.length === 1)) return column === undefined ? [point] : []
      const sides = [
        { x: column.left, y: point.y },
        { x: column.right, y: point.y }
      ]
      return back === 1 ? sides : sides.reverse()
    })
    const stub = (point: Point, side: number) => ({ x: point.x + side * STUB, y: point.y })
    return { points: [start, stub(start, back), ...through, stub(end, -back), end], label: route.label }
  })
  const rights = [
    ...placed.map(({ width, x }) => x + width / 2),
    ...laid.flatMap(({ label }, at) => label.x + (lines[at]?.width ?? 0) / 2)
  ]
  const bottoms = [...placed.map(({ height, y }) => y + height / 2), ...laid.map(({ label }) => label.y + 16)]
  return {
    width: Math.max(0, ...rights) + MARGIN,
    height: Math.max(0, ...bottoms) + MARGIN,
    boxes: placed,
    lines: laid
  }
}

/** What stands above each other: the space from the leftmost edge to the rightmost. */
const columnsOf = (items: ReadonlyArray<{ readonly x: number; readonly half: number }>) => {
  const columns: Array<{ x: number; left: number; right: number }> = []
  for (const { half, x } of items) {
    const column = columns.find((each) => Math.abs(each.x - x) < 2)
    if (column === undefined) columns.push({ x, left: x - half, right: x + half })
    else {
      column.left = Math.min(column.left, x - half)
      column.right = Math.max(column.right, x + half)
    }
  }
  return columns
}
