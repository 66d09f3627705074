import { tableId } from "../datasource/Catalog.ts"
import { copiedTables, type CopiedTables, scopeName } from "../datasource/Copies.ts"
import { flatMapInSteps, mapInSteps, type Steps } from "../steps/Steps.ts"
import { businessDomains, isOfBusiness } from "./BusinessDomains.ts"
import { NOT_READ } from "../entities/EntityDiscoveryService.ts"
import { type Discovery, rowsOf, type Subject } from "./Discovered.ts"
import { isEventTime } from "./EventTime.ts"
import type { BusinessDomain, Domain, EntityDraft } from "./Ontology.ts"
import { dayOf, isPlaceholder } from "./Range.ts"
import type { Graph } from "./Relations.ts"
import { sampleQuestions } from "./SampleQuestions.ts"
import { counted, list, oneLine, percent, plurals } from "./Text.ts"

/** Entities that the summary names as the most connected. */
const NAMED_HUBS = 5
/** Business domains that the summary names. */
const NAMED_DOMAINS = 6

/** The first tier. `drafts` is the second. */
export function* domainTier(discovery: Discovery, graph: Graph, drafts: ReadonlyArray<EntityDraft>): Steps<Domain> {
  const domains = yield* businessDomains(discovery, graph.edges)
  return {
    database: oneLine(discovery.database),
    summary: yield* summary(discovery, graph, domains, drafts),
    businessDomains: domains,
    relationships: graph.edges,
    sampleQuestions: yield* sampleQuestions(discovery, graph, drafts)
  }
}

function* summary(
  discovery: Discovery,
  graph: Graph,
  domains: ReadonlyArray<BusinessDomain>,
  drafts: ReadonlyArray<EntityDraft>
): Steps<string> {
  const copies = copiedTables(discovery.copies)
  const subjects = discovery.subjects.filter(({ id }) => !copies.has(id))
  if (subjects.length === 0) return `The database ${oneLine(discovery.database)} has no tables.`
  const business = domains.filter(isOfBusiness)
  const rows = rowsOf(subjects)
  const sentences = [
    `The database ${oneLine(discovery.database)} has ${counted(subjects.length, "table")}${rows === NOT_READ ? `, ${NOT_READ}` : ` with ${rows}`}: ${kinds(subjects)}.`,
    yield* hubs(graph, subjects),
    yield* span(discovery, graph, drafts),
    business.length > 1 ? `Business domains: ${named(business)}.` : undefined,
    ...discovery.copies.map(copied)
  ]
  return sentences.filter((sentence) => sentence !== undefined).join(" ")
}

const copied = ({ copies, of }: CopiedTables): string =>
  `${counted(copies.length, "copy of the tables of", "copies of the tables of")} ${oneLine(scopeName(of))} ${copies.length === 1 ? "is" : "are"} not described again.`

const named = (domains: ReadonlyArray<BusinessDomain>): string => {
  const more = domains.length - NAMED_DOMAINS
  const names = domains.slice(0, NAMED_DOMAINS).map(({ name }) => name)
  return [...names, ...(more > 0 ? [`${more} more`] : [])].join("; ")
}

const KINDS = [
  ["entity", "entity", "entities"],
  ["lookup", "lookup list", "lookup lists"],
  ["link", "link table", "link tables"],
  ["log", "log", "logs"],
  ["technical", "technical table", "technical tables"],
  ["empty", "empty table", "empty tables"]
] as const

const kinds = (subjects: ReadonlyArray<Subject>): string =>
  list(
    KINDS.flatMap(([verdict, one, many]) => {
      const n = subjects.filter(({ entity }) => entity.verdict === verdict).length
      return n === 0 ? [] : [counted(n, one, many)]
    })
  )

function* hubs(graph: Graph, subjects: ReadonlyArray<Subject>): Steps<string | undefined> {
  const known = yield* mapInSteps(subjects, (subject) => ({
    name: subject.entity.name,
    degree: new Set(
      graph
        .incoming(subject.id)
        .map(({ from }) => tableId(from))
        .filter((id) => id !== subject.id)
    ).size
  }))
  const central = known
    .filter(({ degree }) => degree > 1)
    .sort((a, b) => b.degree - a.degree)
    .slice(0, NAMED_HUBS)
  if (central.length === 0) return undefined
  const named = central.map(({ name, degree }) => `${name} (by ${degree} tables)`)
  return `Referred to most: ${list(named)}.`
}

/** The time that the largest dated entity covers. */
function* span(discovery: Discovery, graph: Graph, drafts: ReadonlyArray<EntityDraft>): Steps<string | undefined> {
  const found = yield* flatMapInSteps(
    drafts.filter(({ kind }) => kind === "entity" || kind === "log"),
    (draft) => {
      const column = draft.columns.find((each) => isEventTime(each))
      const profile = discovery.get(draft)?.columns.find(({ name }) => name === column?.name)?.profile
      const id = tableId(draft)
      const joined = graph.outgoing(id).length + graph.incoming(id).length > 0
      const [first, last] = [profile?.minimum ?? undefined, profile?.maximum ?? undefined]
      if (column === undefined || first === undefined || last === undefined || !joined) return []
      return [{ draft, column, from: dayOf(first) ?? first.slice(0, 10), to: dayOf(last) ?? last.slice(0, 10) }]
    }
  )
  const dated = found.sort((a, b) => b.draft.rows - a.draft.rows)[0]
  if (dated === undefined || dated.from === dated.to) return undefined
  if (isPlaceholder(dated.from) || isPlaceholder(dated.to)) return undefined
  const part = dated.column.nullShare > 0 ? ` (${percent(1 - dated.column.nullShare)} of them)` : ""
  return `The dates of ${plurals(dated.draft.name)} (${dated.column.label}) run from ${dated.from} to ${dated.to}${part}.`
}
