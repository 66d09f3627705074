import type { ReportRelationship } from "../Report.ts"
import type { Book } from "./Book.ts"

/** Key columns that are listed at most: with 23 CSS pixels each they fit the height of a screen. */
const MOST_ROWS = 24
/** The most lines to one neighbour that are drawn apart, as in the diagrams of domains: four ports are as high as a box. */
const MOST_LINES = 3

/** A line to a neighbour. */
export interface Edge {
  /** What it stands for: one relationship, or all of a neighbour with many. */
  readonly all: readonly [ReportRelationship, ...ReadonlyArray<ReportRelationship>]
  /** The link table through which it goes. */
  readonly link: number | undefined
}

/** A table beside another. */
export interface Neighbour {
  readonly table: number
  readonly edges: ReadonlyArray<Edge>
}

/** What a table refers to, and what refers to it, most lines first; link tables are passed through. */
export const neighbours = (
  book: Book,
  me: number
): { readonly parents: ReadonlyArray<Neighbour>; readonly children: ReadonlyArray<Neighbour> } => {
  const { relationships } = book.report
  const shown = [...book.drawn].flatMap((at) => relationships[at] ?? [])
  const parents = shown.filter(({ from, to }) => from === me && to !== me)
  const children = shown.filter(({ from, to }) => to === me && from !== me)
  return {
    parents: byTable(parents.map((each) => ({ all: [each], link: undefined, other: each.to }))),
    children: byTable(
      children.map((each) => {
        const link = book.links.get(each.from)
        if (link === undefined) return { all: [each], link: undefined, other: each.from }
        return { all: [each], link: each.from, other: link.ends.find((end) => end !== me) ?? each.from }
      })
    )
      .map(bundled)
      .toSorted((a, b) => weight(b) - weight(a) || (book.table(b.table).rows ?? 0) - (book.table(a.table).rows ?? 0))
  }
}

/** What is certain, then what has many lines. */
const weight = ({ edges }: Neighbour): number =>
  edges.reduce((sum, { all }) => sum + (all[0].standing === "named" ? 0.01 : 1) * all.length, 0)

const byTable = (edges: ReadonlyArray<Edge & { readonly other: number }>): ReadonlyArray<Neighbour> => {
  const groups = new Map<number, Array<Edge>>()
  for (const edge of edges) groups.set(edge.other, [...(groups.get(edge.other) ?? []), edge])
  return [...groups].map(([table, edges]) => ({ table, edges }))
}

const bundled = ({ edges, table }: Neighbour): Neighbour => {
  const plain = edges.filter(({ link }) => link === undefined)
  const [first, ...rest] = plain.map(({ all }) => all[0])
  if (first === undefined || plain.length <= MOST_LINES) return { table, edges }
  return {
    table,
    edges: [{ all: [first, ...rest], link: undefined }, ...edges.filter(({ link }) => link !== undefined)]
  }
}

/** Rows of the middle box: key columns, those that refer, and how many more there are. */
export const rowsOf = (book: Book, me: number) => {
  const table = book.table(me)
  const out = book.refersTo(me).filter(({ standing }) => standing !== "rejected")
  const keys = table.columns.filter(
    ({ key, name }) =>
      key === "primary" || table.key.includes(name) || out.some(({ columns }) => columns.includes(name))
  )
  const rows = keys.slice(0, MOST_ROWS).map(({ name }) => ({
    name,
    tag: [
      ...(table.key.includes(name) ? ["key"] : []),
      ...(out.some(({ columns, to }) => to === me && columns.includes(name)) ? ["↻ itself"] : [])
    ].join(" · ")
  }))
  return { rows, more: table.columns.length - rows.length }
}
