import { Array } from "effect"
import { tableId } from "../datasource/Catalog.ts"
import { grouped } from "../datasource/grouped.ts"
import { flatMapInSteps, mapInSteps, type Steps } from "../steps/Steps.ts"
import { communities, type WeightedEdge } from "./Communities.ts"
import { type Discovery, rowsOf, type Subject } from "./Discovered.ts"
import { isUnread } from "../entities/EntityDiscoveryService.ts"
import { domainNames } from "./DomainNames.ts"
import { hasTier } from "./EntityTier.ts"
import type { BusinessDomain, OntologyRelationship } from "./Ontology.ts"
import { byText } from "../datasource/byText.ts"
import { list } from "./Text.ts"

/** A first word that more of the tables share is the schema's, not a domain's. */
const LARGEST_PREFIX_SHARE = 0.6
/** What a shared first word weighs, where an exclusive reference weighs 1. */
const PREFIX_WEIGHT = 0.5
/** Tables that a domain's description names. */
const NAMED_TABLES = 8
/** What tables are called that nothing links to others: none of them is a business domain. */
const ALONE = { empty: "Tables without Rows", other: "Other Tables" }

/** Whether a domain is one of the business, and not what is left. */
export const isOfBusiness = ({ name }: Pick<BusinessDomain, "name">): boolean =>
  name !== ALONE.empty && name !== ALONE.other

interface Node {
  readonly subject: Subject
  readonly first: string
  /** How much hangs on it: references to it count in full, those from it a little. */
  readonly centrality: number
}

/** Groups the tables of the second tier into business domains: what refers to each other, and what shares the first word of its name. */
export function* businessDomains(
  discovery: Discovery,
  graph: ReadonlyArray<OntologyRelationship>
): Steps<ReadonlyArray<BusinessDomain>> {
  const subjects = discovery.subjects.filter(hasTier)
  const index = new Map(subjects.map((subject, i) => [subject.id, i]))
  const within = graph.filter(({ from, to }) => tableId(from) !== tableId(to))
  const referring = countBy(within, ({ to }) => tableId(to))
  const refers = countBy(within, ({ from }) => tableId(from))
  const nodes = yield* mapInSteps(subjects, (subject): Node => ({
    subject,
    first: discovery.naming.words(subject.table.table)[0] ?? "",
    centrality:
      (referring.get(subject.id) ?? 0) +
      (refers.get(subject.id) ?? 0) / 4 -
      (subject.entity.verdict === "entity" ? 0 : 2)
  }))
  const edges: globalThis.Array<WeightedEdge> = yield* flatMapInSteps(within, ({ from, to }) => {
    const [a, b] = [index.get(tableId(from)), index.get(tableId(to))]
    // What everybody refers to (a user, a company) tells nobody apart.
    return a === undefined || b === undefined ? [] : [{ a, b, weight: 1 / Math.sqrt(referring.get(tableId(to)) ?? 1) }]
  })
  edges.push(...prefixEdges(nodes))
  const groups = (yield* communities(nodes.length, edges)).map((group) =>
    group
      .flatMap((i) => nodes[i] ?? [])
      .sort((a, b) => isEmpty(a) - isEmpty(b) || b.centrality - a.centrality || byText(a.subject.id, b.subject.id))
  )
  const several = groups.filter((group) => group.length > 1)
  const alone = groups.filter((group) => group.length === 1).flat()
  const sorted = several.sort((a, b) => b.length - a.length || byText(a[0]?.subject.id ?? "", b[0]?.subject.id ?? ""))
  const named = sorted.map((group) =>
    group.map(({ subject: { entity, table } }) => ({ name: entity.name, words: discovery.naming.words(table.table) }))
  )
  const names = domainNames(named, Object.values(ALONE))
  const domains = sorted.map((group, i) => domainOf(names[i] ?? ALONE.other, group))
  const [filled, empty] = Array.partition(
    alone.sort((a, b) => byText(a.subject.id, b.subject.id)),
    (node) => isWithoutRows(node)
  )
  return [
    ...domains,
    ...(filled.length === 0 ? [] : [domainOf(ALONE.other, filled)]),
    ...(empty.length === 0 ? [] : [domainOf(ALONE.empty, empty)])
  ]
}

/** What has no rows comes last, and gives no domain its name. */
const isEmpty = (node: Node): number => (isWithoutRows(node) ? 1 : 0)

const isWithoutRows = ({ subject: { entity } }: Node): boolean => entity.rows === 0 && !isUnread(entity)

const countBy = <A>(items: ReadonlyArray<A>, key: (item: A) => string): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const item of items) {
    const of = key(item)
    counts.set(of, (counts.get(of) ?? 0) + 1)
  }
  return counts
}

/** Every table with its first word's most central one. */
const prefixEdges = (nodes: ReadonlyArray<Node>): ReadonlyArray<WeightedEdge> => {
  const members = grouped(nodes.keys(), (i) => nodes[i]?.first ?? "")
  return [...new Set(nodes.map(({ first }) => first))].flatMap((first) => {
    const all = members(first)
    if (first === "" || all.length < 2 || all.length > LARGEST_PREFIX_SHARE * nodes.length) return []
    const centre = all.reduce((best, i) => ((nodes[i]?.centrality ?? 0) > (nodes[best]?.centrality ?? 0) ? i : best))
    return all.filter((i) => i !== centre).map((i) => ({ a: i, b: centre, weight: PREFIX_WEIGHT }))
  })
}

const domainOf = (name: string, group: ReadonlyArray<Node>): BusinessDomain => {
  const names = group.map(({ subject }) => subject.entity.name)
  const what = isOfBusiness({ name }) ? "" : "Nothing links these to other tables: "
  return {
    name,
    description: `${what}${list(names, NAMED_TABLES)} (${rowsOf(group.map(({ subject }) => subject))}).`,
    tables: group.map(({ subject: { table } }) => ({ schema: table.schema, table: table.table }))
  }
}
