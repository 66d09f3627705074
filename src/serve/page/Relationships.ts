import type { Standing } from "../../report/Report.ts"
import { ask, isMissing } from "./Requests.ts"
import { ofDatasource } from "./Project.ts"
import type { Candidate, Ontology } from "./Types.ts"

/** Candidates of a page of the API, and pages that are read at most. */
const PAGE = { size: 1_000, most: 20 }

/** All relationships of a database, whatever was decided about them. */
export const loadRelationships = async (datasourceId: string): Promise<ReadonlyArray<Candidate>> => {
  type Answer = { readonly relationships: ReadonlyArray<Candidate>; readonly next: string | null }
  const all: Array<Candidate> = []
  let cursor = ""
  for (let turn = 0; turn < PAGE.most; turn++) {
    const page: Answer = await ask<Answer>(
      ofDatasource(datasourceId, `/relationships?limit=${PAGE.size}${cursor === "" ? "" : `&cursor=${cursor}`}`)
    )
    all.push(...page.relationships)
    if (page.next === null) break
    cursor = page.next
  }
  return all
}

/** What a database is about; undefined where nothing was found out yet. */
export const loadOntology = async (datasourceId: string): Promise<Ontology | undefined> =>
  ask<Ontology>(ofDatasource(datasourceId, "/ontology")).catch((error: unknown) => {
    if (isMissing(error)) return undefined
    throw error
  })

/** Groups of relationships, in the order in which they are worth looking at. */
export const GROUPS = [
  ["decide", "To decide"],
  ["inferred", "Inferred"],
  ["rejected", "Rejected"],
  ["declared", "Declared"],
  ["decided", "By a person"]
] as const
/** @see GROUPS */
export type Group = (typeof GROUPS)[number][0]

/** The group of a relationship. */
export const groupOf = ({ decision, relationship: { decidedBy, method, status } }: Candidate): Group =>
  decision !== null || decidedBy === "person"
    ? "decided"
    : status === "needs_review"
      ? "decide"
      : status === "rejected"
        ? "rejected"
        : method === "foreign_key"
          ? "declared"
          : "inferred"

/** How a relationship is drawn. */
export const standingOf = ({ relationship: { evidence, method, status } }: Candidate): Standing =>
  status === "rejected"
    ? "rejected"
    : status === "needs_review"
      ? evidence.inclusion === null || evidence.inclusion.rows === 0
        ? "named"
        : "review"
      : method === "foreign_key"
        ? "declared"
        : "inferred"

/** How probable the rules find it. */
export const chanceOf = ({ relationship: { confidence, ruled } }: Candidate): number => ruled?.confidence ?? confidence

/** How much depends on the answer: rows, where nobody can know it; little where it is nearly certain. */
const worth = (candidate: Candidate): number => {
  const chance = Math.min(0.999, Math.max(0.001, chanceOf(candidate)))
  const doubt = -(chance * Math.log2(chance) + (1 - chance) * Math.log2(1 - chance))
  return doubt * Math.log10(10 + (candidate.relationship.evidence.inclusion?.rows ?? 0))
}

/** Those of a group, most worth deciding first. */
export const inGroup = (all: ReadonlyArray<Candidate>, group: Group): ReadonlyArray<Candidate> =>
  all.filter((each) => groupOf(each) === group).toSorted((a, b) => worth(b) - worth(a))

type Columns = Candidate["relationship"]["from"]

/** "web_orders.customer_id", "web_orders.(order_id, line_no)". */
export const endText = ({ columns, table }: Columns): string =>
  `${table}.${columns.length === 1 ? columns[0] : `(${columns.join(", ")})`}`

/** The same columns refer to it, or it to the same. */
export const rivalsOf = (all: ReadonlyArray<Candidate>, { id, relationship: { from, to } }: Candidate) => {
  const isFrom = (other: Columns) =>
    other.schema === from.schema &&
    other.table === from.table &&
    other.columns.some((column) => from.columns.includes(column))
  return all
    .filter((each) => each.id !== id && isFrom(each.relationship.from))
    .toSorted(
      (a, b) =>
        Number(isSame(b.relationship.to, to)) - Number(isSame(a.relationship.to, to)) || chanceOf(b) - chanceOf(a)
    )
}

const isSame = (a: Columns, b: Columns) => a.schema === b.schema && a.table === b.table

/** What the ontology says of a table, and of its column. */
export const described = (ontology: Ontology | undefined, { columns, schema, table }: Columns) => {
  const entity = ontology?.entities.find((one) => one.schema === schema && one.table === table)
  return { entity, columns: columns.map((name) => entity?.columns.find((one) => one.name === name)) }
}
