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
export const communities = (
  nodes: number,
  edges: ReadonlyArray<WeightedEdge>
): ReadonlyArray<ReadonlyArray<number>> => {
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
  for (;;) {
    const best = bestJoin(links, degrees, total)
    if (best === undefined) break
    const [kept, gone] = best
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
  }
  return [...groups.values()].map((group) => group.sort((a, b) => a - b)).sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0))
}

/** Gains below this are rounding. */
const SMALLEST_GAIN = 1e-9

const bestJoin = (
  links: ReadonlyMap<number, ReadonlyMap<number, number>>,
  degrees: ReadonlyMap<number, number>,
  total: number
): readonly [number, number] | undefined => {
  let best: readonly [number, number] | undefined
  let highest = SMALLEST_GAIN
  for (const [a, row] of links) {
    for (const b of [...row.keys()].sort((x, y) => x - y)) {
      if (b <= a) continue
      const gain = (row.get(b) ?? 0) / total - ((degrees.get(a) ?? 0) * (degrees.get(b) ?? 0)) / (2 * total * total)
      if (gain > highest + SMALLEST_GAIN) {
        highest = gain
        best = [a, b]
      }
    }
  }
  return best
}
