import type { Steps } from "../steps/Steps.ts"

/** An undirected, weighted edge between two nodes, by their index. */
export interface WeightedEdge {
  readonly a: number
  readonly b: number
  readonly weight: number
}

/**
 * Groups nodes that hang together more than chance would have it: greedy modularity (Clauset, Newman and Moore). Starts with every
 * node alone and joins the pair of groups that raises modularity most, until none does; ties go to the lower indexes, so that the
 * result depends on nothing but the arguments. Groups are ordered by their first node. Meant for thousands of nodes at most.
 */
export function* communities(
  nodes: number,
  edges: ReadonlyArray<WeightedEdge>
): Steps<ReadonlyArray<ReadonlyArray<number>>> {
  const total = edges.reduce((sum, { weight }) => sum + weight, 0)
  const groups = new Map<number, Array<number>>(Array.from({ length: nodes }, (_, i) => [i, [i]]))
  const links = new Map<number, Map<number, number>>(Array.from({ length: nodes }, (_, i) => [i, new Map()]))
  const degrees = new Map<number, number>()
  const link = (from: number, to: number, weight: number) => {
    const row = links.get(from)
    row?.set(to, (row.get(to) ?? 0) + weight)
  }
  for (const { a, b, weight } of edges) {
    degrees.set(a, (degrees.get(a) ?? 0) + weight)
    degrees.set(b, (degrees.get(b) ?? 0) + weight)
    if (a === b) continue
    link(a, b, weight)
    link(b, a, weight)
  }
  const gain = (a: number, b: number, weight: number) =>
    weight / total - ((degrees.get(a) ?? 0) * (degrees.get(b) ?? 0)) / (2 * total * total)
  /** Of each group's joins with later ones the best, as long as it is. */
  const best = new Map<number, Join | undefined>()
  const look = (a: number) => best.set(a, bestOf(a, links.get(a) ?? new Map(), gain))
  for (const a of links.keys()) {
    look(a)
    yield
  }
  for (;;) {
    const chosen = highest(best.values())
    if (chosen === undefined) break
    const { a: kept, b: gone } = chosen
    groups.get(kept)?.push(...(groups.get(gone) ?? []))
    groups.delete(gone)
    degrees.set(kept, (degrees.get(kept) ?? 0) + (degrees.get(gone) ?? 0))
    for (const [other, weight] of links.get(gone) ?? []) {
      links.get(other)?.delete(gone)
      if (other === kept) continue
      link(kept, other, weight)
      link(other, kept, weight)
    }
    links.delete(gone)
    best.delete(gone)
    // What one of the two takes part in has changed, and nothing else.
    look(kept)
    for (const other of links.get(kept)?.keys() ?? []) if (other < kept) look(other)
    for (const [other, join] of best) if (join?.b === gone) look(other)
    yield
  }
  return [...groups.values()].map((group) => group.sort((a, b) => a - b)).sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0))
}

/** Gains below this are rounding. */
const SMALLEST_GAIN = 1e-9

interface Join {
  readonly a: number
  readonly b: number
  readonly gain: number
}

/** The join that raises modularity most, the first of equals. */
const highest = (joins: Iterable<Join | undefined>): Join | undefined => {
  let best: Join | undefined
  for (const join of joins) {
    if (join !== undefined && join.gain > (best?.gain ?? SMALLEST_GAIN) + SMALLEST_GAIN) best = join
  }
  return best
}

/** The best join of a group with a later one. */
const bestOf = (
  a: number,
  row: ReadonlyMap<number, number>,
  gain: (a: number, b: number, weight: number) => number
): Join | undefined =>
  highest(
    [...row]
      .filter(([b]) => b > a)
      .sort(([x], [y]) => x - y)
      .map(([b, weight]) => ({ a, b, gain: gain(a, b, weight) }))
  )
