import { type TableName, tableId } from "../datasource/Catalog.ts"
import type { Discovery } from "./Discovered.ts"
import { isEventTime } from "./EventTime.ts"
import type { EntityDraft, OntologyColumn, OntologyRelationship, SampleQuestion } from "./Ontology.ts"
import { columnOf, quote, tableAs } from "./Sql.ts"
import { byText, plurals } from "./Text.ts"

/** A reader learns what can be asked from a dozen; more is a list to scroll over. */
const QUESTIONS = 12
/** Of these, about one entity at most. */
const QUESTIONS_PER_ENTITY = 3
/** A ranking shows this many. */
const TOP = 10
const DAY = 86_400_000
/** Up to this many days a development is shown by day, up to the second by month, beyond it by year. */
const BY_DAY = 62
const BY_MONTH = 366 * 4

interface Candidate extends SampleQuestion {
  readonly kind: "measure" | "count" | "dimension" | "time" | "missing"
  readonly about: string
  readonly weight: number
}

interface Context {
  readonly discovery: Discovery
  readonly graph: ReadonlyArray<OntologyRelationship>
  readonly drafts: ReadonlyMap<string, EntityDraft>
}

/** Questions of several kinds about the entities with most rows and references, each with SQL that answers it. */
export const sampleQuestions = (
  discovery: Discovery,
  graph: ReadonlyArray<OntologyRelationship>,
  drafts: ReadonlyArray<EntityDraft>
): ReadonlyArray<SampleQuestion> => {
  const context = { discovery, graph, drafts: new Map(drafts.map((draft) => [tableId(draft), draft])) }
  const filled = drafts.filter(({ rows }) => rows > 0)
  const candidates = [
    ...filled.flatMap((draft) => [...dimensions(context, draft), ...development(context, draft)]),
    ...graph.flatMap((edge) => [...measures(context, edge), ...counts(context, edge), ...missing(context, edge)])
  ].sort((a, b) => b.weight - a.weight || byText(a.question, b.question))
  return choose(candidates).map(({ question, tables, sql }) => ({ question, tables, sql }))
}

/** Kinds take turns, the weightiest first; none is asked twice, and no entity takes them all. */
const choose = (candidates: ReadonlyArray<Candidate>): ReadonlyArray<Candidate> => {
  const kinds = ["measure", "time", "count", "dimension", "missing"] as const
  const left = kinds.map((kind) => candidates.filter((candidate) => candidate.kind === kind))
  const asked = new Map<string, number>()
  const chosen: Array<Candidate> = []
  while (chosen.length < QUESTIONS && left.some((queue) => queue.length > 0)) {
    for (const queue of left) {
      let next = queue.shift()
      while (next !== undefined && (asked.get(next.about) ?? 0) >= QUESTIONS_PER_ENTITY) next = queue.shift()
      if (next === undefined || chosen.length >= QUESTIONS) continue
      if (chosen.some(({ question }) => question === next?.question)) continue
      asked.set(next.about, (asked.get(next.about) ?? 0) + 1)
      chosen.push(next)
    }
  }
  return chosen
}

/** How much a reader cares: many rows, many references, things before lists and logs. */
const weightOf = ({ graph }: Context, draft: EntityDraft): number => {
  const degree = graph.filter(({ from, to }) => [tableId(from), tableId(to)].includes(tableId(draft))).length
  return Math.log2(draft.rows + 1) + 2 * Math.min(degree, 8) - (draft.kind === "entity" ? 0 : 4)
}

const SEMANTIC_WEIGHT: Partial<Record<OntologyColumn["semanticType"], number>> = {
  money: 6,
  quantity: 4,
  duration: 1,
  status: 5,
  category: 4,
  country: 4,
  region: 2,
  city: 1,
  flag: -2
}

const dimensions = (context: Context, draft: EntityDraft): ReadonlyArray<Candidate> =>
  draft.columns.flatMap((column) => {
    const distinct = profileOf(context, draft, column)?.distinct ?? 0
    if (column.role !== "dimension" || distinct < 2 || distinct > draft.rows / 2) return []
    if (column.type === "date" || column.type.startsWith("timestamp") || column.semanticType === "number") return []
    return [
      {
        kind: "dimension" as const,
        about: tableId(draft),
        weight: weightOf(context, draft) + (SEMANTIC_WEIGHT[column.semanticType] ?? 0),
        question: `How many ${plurals(draft.name)} are there per ${column.label}?`,
        tables: [place(draft)],
        sql: `SELECT ${columnOf("t", column.name)}, count(*) AS ${quote(plurals(draft.name))} FROM ${tableAs(draft, "t")} GROUP BY 1 ORDER BY 2 DESC, 1`
      }
    ]
  })

const development = (context: Context, draft: EntityDraft): ReadonlyArray<Candidate> => {
  const time = draft.columns.find(
    (column) => isEventTime(column) && (profileOf(context, draft, column)?.distinct ?? 0) > 1
  )
  if (time === undefined || draft.kind === "lookup") return []
  const profile = profileOf(context, draft, time)
  const days = (Date.parse(profile?.maximum ?? "") - Date.parse(profile?.minimum ?? "")) / DAY
  const unit = Number.isFinite(days) ? (days <= BY_DAY ? "day" : days <= BY_MONTH ? "month" : "year") : "year"
  const measure = bestMeasure(draft)
  const figure = measure === undefined ? "count(*)" : aggregate(measure, "t")
  const subject =
    measure === undefined ? `the number of ${plurals(draft.name)}` : `the ${phrase(measure)} of ${plurals(draft.name)}`
  return [
    {
      kind: "time",
      about: tableId(draft),
      weight: weightOf(context, draft) + (measure === undefined ? 0 : (SEMANTIC_WEIGHT[measure.semanticType] ?? 0)),
      question: `How does ${subject} develop by ${unit} (${time.label})?`,
      tables: [place(draft)],
      sql: `SELECT date_trunc('${unit}', ${columnOf("t", time.name)}) AS ${quote(unit)}, ${figure} AS ${quote(measure === undefined ? plurals(draft.name) : phrase(measure))} FROM ${tableAs(draft, "t")} WHERE ${columnOf("t", time.name)} IS NOT NULL GROUP BY 1 ORDER BY 1`
    }
  ]
}

const measures = (context: Context, edge: OntologyRelationship): ReadonlyArray<Candidate> => {
  const ends = endsOf(context, edge)
  const measure = ends === undefined ? undefined : bestMeasure(ends.source)
  if (ends === undefined || measure === undefined) return []
  const { source, target } = ends
  return [
    {
      kind: "measure",
      about: tableId(source),
      weight: weightOf(context, source) + weightOf(context, target) / 2 + (SEMANTIC_WEIGHT[measure.semanticType] ?? 0),
      question: `Which ${plurals(target.name)} have the highest ${phrase(measure)} over all their ${plurals(source.name)}${roleOf(edge)}?`,
      tables: [place(source), place(target)],
      sql: ranking(edge, source, target, aggregate(measure, "s"), phrase(measure))
    }
  ]
}

const counts = (context: Context, edge: OntologyRelationship): ReadonlyArray<Candidate> => {
  const ends = endsOf(context, edge)
  if (ends === undefined || edge.cardinality !== "N:1") return []
  const { source, target } = ends
  const other = source.kind === "link" ? otherEnd(context, edge) : undefined
  if (source.kind === "link" && other === undefined) return []
  const counted = plurals(other?.name ?? source.name)
  return [
    {
      kind: "count",
      about: tableId(target),
      weight: weightOf(context, source) / 2 + weightOf(context, target) + (other === undefined ? 0 : 4),
      question: `Which ${plurals(target.name)} have the most ${counted}${roleOf(edge)}?`,
      tables: [place(source), place(target)],
      sql: ranking(edge, source, target, "count(*)", counted)
    }
  ]
}

/** Only where the test join says that there are some. */
const missing = (context: Context, edge: OntologyRelationship): ReadonlyArray<Candidate> => {
  const ends = endsOf(context, edge)
  const relationship = context.discovery
    .get(edge.from)
    ?.outgoing.find(
      ({ from, to }) => from.columns.join() === edge.from.columns.join() && tableId(to) === tableId(edge.to)
    )
  const inclusion = relationship?.evidence.inclusion ?? undefined
  if (
    ends === undefined ||
    inclusion === undefined ||
    inclusion.sampled ||
    inclusion.matched >= inclusion.targetDistinct
  )
    return []
  const { source, target } = ends
  if (target.kind !== "entity" || source.kind === "link") return []
  const on = join(edge, "s", "t")
  return [
    {
      kind: "missing",
      about: tableId(target),
      weight: weightOf(context, source) / 2 + weightOf(context, target),
      question: `Which ${plurals(target.name)} have no ${source.name}${roleOf(edge)}?`,
      tables: [place(target), place(source)],
      sql: `SELECT ${shown(target, "t").join(", ")} FROM ${tableAs(target, "t")} WHERE NOT EXISTS (SELECT 1 FROM ${tableAs(source, "s")} WHERE ${on}) ORDER BY 1`
    }
  ]
}

const ranking = (
  edge: OntologyRelationship,
  source: EntityDraft,
  target: EntityDraft,
  figure: string,
  name: string
) => {
  const columns = shown(target, "t")
  return `SELECT ${columns.join(", ")}, ${figure} AS ${quote(name)} FROM ${tableAs(source, "s")} JOIN ${tableAs(target, "t")} ON ${join(edge, "s", "t")} GROUP BY ${columns.map((_, i) => i + 1).join(", ")} ORDER BY ${columns.length + 1} DESC NULLS LAST LIMIT ${TOP}`
}

const join = ({ from, to }: OntologyRelationship, source: string, target: string): string =>
  from.columns
    .map((column, i) => `${columnOf(source, column)} = ${columnOf(target, to.columns[i] ?? column)}`)
    .join(" AND ")

/** The columns that tell a reader which one: its key, and its name. */
const shown = (draft: EntityDraft, alias: string): ReadonlyArray<string> => {
  const names = draft.columns.filter(({ semanticType, role }) => semanticType === "name" && role === "attribute")
  const people = names.filter(({ label }) => /\b(?:first|last|sur) ?name\b/.test(label))
  const chosen = people.length > 0 ? people : names.slice(0, 1)
  const all = [...new Set([...draft.keyColumns, ...chosen.map(({ name }) => name)])]
  return all.map((column) => columnOf(alias, column))
}

/** The two ends of an ordinary reference between two tables that hold rows and can be compared as they are. */
const endsOf = ({ drafts, discovery }: Context, edge: OntologyRelationship) => {
  const [source, target] = [drafts.get(tableId(edge.from)), drafts.get(tableId(edge.to))]
  if (source === undefined || target === undefined || source === target) return undefined
  if (edge.cardinality === "1:N" || edge.cardinality === "N:M" || source.rows === 0 || target.rows === 0)
    return undefined
  const typeClass = (table: TableName, column: string | undefined) =>
    discovery.get(table)?.columns.find(({ name }) => name === column)?.typeClass
  const comparable = edge.from.columns.every((column, i) => {
    const [a, b] = [typeClass(source, column), typeClass(target, edge.to.columns[i])]
    return a === b || (a === "integer" && b === "number") || (a === "number" && b === "integer")
  })
  return comparable && shown(target, "t").length > 0 ? { source, target } : undefined
}

const otherEnd = ({ graph, drafts }: Context, edge: OntologyRelationship): EntityDraft | undefined => {
  const others = graph.filter((other) => tableId(other.from) === tableId(edge.from) && other !== edge)
  const [other] = others
  return others.length === 1 && other !== undefined && tableId(other.to) !== tableId(edge.to)
    ? drafts.get(tableId(other.to))
    : undefined
}

const bestMeasure = (draft: EntityDraft): OntologyColumn | undefined =>
  draft.columns
    .filter(
      ({ role, type, nullShare, personalData }) =>
        role === "measure" && type !== "money" && nullShare < 1 && !personalData
    )
    .map((column, i) => ({
      column,
      weight: (SEMANTIC_WEIGHT[column.semanticType] ?? 0) + (column.aggregation === "sum" ? 1 : 0) - i / 100
    }))
    .sort((a, b) => b.weight - a.weight)[0]?.column

const aggregate = (column: OntologyColumn, alias: string) =>
  `${column.aggregation === "sum" ? "sum" : "avg"}(${columnOf(alias, column.name)})`

const phrase = ({ aggregation, label }: OntologyColumn): string => {
  if (aggregation === "sum") return /\btotal\b/.test(label) ? label : `total ${label}`
  return /\baverage\b/.test(label) ? label : `average ${label}`
}

const roleOf = ({ label, toName }: OntologyRelationship): string =>
  label === toName.toLowerCase() ? "" : ` (as ${label})`

const profileOf = ({ discovery }: Context, draft: TableName, column: OntologyColumn) =>
  discovery.get(draft)?.columns.find(({ name }) => name === column.name)?.profile

const place = ({ schema, table }: TableName): TableName => ({ schema, table })
