import type { ReportRelationship, ReportTable } from "../Report.ts"

/** A link table as pictures show it: one line between the two tables that its rows join. */
export interface Link {
  /** The tables that it joins. */
  readonly ends: readonly [number, number]
  /** The places of its two references in `Report.relationships`. */
  readonly of: readonly [number, number]
}

/** The relationships that pictures show: the accepted, and of the others the most probable of columns that refer to nothing yet. */
export const drawn = (relationships: ReadonlyArray<ReportRelationship>): ReadonlyArray<number> => {
  const of = ({ columns, from }: ReportRelationship) => JSON.stringify([from, columns])
  const isAccepted = ({ standing }: ReportRelationship) => standing === "declared" || standing === "inferred"
  const accepted = new Set(relationships.filter(isAccepted).map(of))
  const best = new Map<string, number>()
  relationships.forEach((each, at) => {
    const before = relationships[best.get(of(each)) ?? -1]
    if ((each.standing !== "review" && each.standing !== "named") || accepted.has(of(each))) return
    if (before === undefined || before.confidence < each.confidence) best.set(of(each), at)
  })
  return relationships.flatMap((each, at) => (isAccepted(each) || best.get(of(each)) === at ? [at] : []))
}

/** By their places, the link tables of two references to different tables, to which nothing refers: pictures show each as one line. */
export const links = (
  tables: ReadonlyArray<ReportTable>,
  relationships: ReadonlyArray<ReportRelationship>,
  shown: ReadonlyArray<number>
): ReadonlyMap<number, Link> => {
  const referredTo = new Set(shown.map((at) => relationships[at]?.to))
  return new Map(
    tables.flatMap(({ kind }, table) => {
      if (kind !== "link" || referredTo.has(table)) return []
      const [first, second, ...more] = shown.filter((at) => relationships[at]?.from === table)
      const [a, b] = [relationships[first ?? -1], relationships[second ?? -1]]
      if (first === undefined || second === undefined || a === undefined || b === undefined) return []
      return more.length > 0 || a.to === b.to ? [] : [[table, { ends: [a.to, b.to], of: [first, second] }] as const]
    })
  )
}
