import { columnSetId } from "../datasource/ColumnSets.ts"
import { type TableName, tableId } from "../datasource/Catalog.ts"
import { quoteIdentifier as quote } from "../datasource/Identifier.ts"
import { flatMapInSteps, sortInSteps, type Steps } from "../steps/Steps.ts"
import { type Discovery } from "./Discovered.ts"
import { isEventTime } from "./EventTime.ts"
import type { EntityDraft, OntologyColumn, OntologyRelationship, SampleQuestion } from "./Ontology.ts"
import type { Graph } from "./Relations.ts"
import { bestMeasure } from "./SampleMeasures.ts"
import { columnOf, joinCondition, tableAs } from "./Sql.ts"
import { byText } from "../datasource/byText.ts"
import { plurals } from "./Text.ts"

/** A reader learns what can be asked from a dozen; more is a list to scroll over. */
const QUESTIONS = 12
/** Of these, about one entity at most. */
const QUESTIONS_PER_ENTITY = 4
/** A ranking shows this many. */
const TOP = 10
const DAY = 86_400_000
/** Longest periods, in days, that are shown by day and by month; longer ones are shown by year. */
const BY_DAY = 62
const BY_MONTH = 366 * 4

interface Candidate extends SampleQuestion {
  readonly kind: "measure" | "count" | "dimension" | "time" | "missing"
  readonly about: string
  readonly weight: number
}

interface Context {
  readonly discovery: Discovery
  readonly drafts: ReadonlyMap<string, EntityDraft>
  readonly graph: Graph
}

/** Questions of several kinds about the entities with most rows and references, each with SQL that answers it. */
export function* sampleQuestions(
  discovery: Discovery,
  graph: Graph,
  drafts: ReadonlyArray<EntityDraft>
): Steps<ReadonlyArray<SampleQuestion>> {
  const context = { discovery, graph, drafts: new Map(drafts.map((draft) => [tableId(draft), draft])) }
  const filled = drafts.filter(({ rows }) => rows > 0)
  const ofTables = yield* flatMapInSteps(filled, (draft) => [
    ...dimensions(context, draft),
    ...development(context, draft)
  ])
  const ofEdges = yield* flatMapInSteps(graph.edges, (edge) => [
    ...measures(context, edge),
    ...counts(context, edge),
    ...missing(context, edge),
    ...developments(context, edge)
  ])
  const candidates = yield* sortInSteps(
    [...ofTables, ...ofEdges],
    (a, b) => b.weight - a.weight || byText(a.question, b.question)
  )
  return choose(candidates).map(({ question, tables, sql }) => ({ question, tables, sql }))
}

/** Kinds take turns, the weightiest first; none is asked twice, and no entity takes them all. */
const choose = (candidates: ReadonlyArray<Candidate>): ReadonlyArray<Candidate> => {
  const kinds = ["measure", "time", "count", "dimension", "missing"] as const
  const left = kinds.map((kind) => candidates.filter((candidate) => candidate.kind === kind).reverse())
  const asked = new Map<string, number>()
  const chosen: Array<Candidate> = []
  while (chosen.length < QUESTIONS && left.some((queue) => queue.length > 0)) {
    for (const queue of left) {
      let next = queue.pop()
      while (next !== undefined && (asked.get(next.about) ?? 0) >= QUESTIONS_PER_ENTITY) next = queue.pop()
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
  const degree = graph.outgoing(tableId(draft)).length + graph.incoming(tableId(draft)).length
  return Math.log2(draft.rows + 1) + 2 * Math.min(degree, 8) - (draft.kind === "entity" ? 0 : 4)
}

const SEMANTIC_WEIGHT: Partial<Record<OntologyColumn["semanticType"], number>> = {
  status: 5,
  category: 4,
  country: 4,
  region: 2,
  city: 1
}
/** Something without a name is looked up by nobody. */
const NAMELESS_WEIGHT = -6

/** Fewer rows are read, not grouped or followed over time. */
const FEWEST_ROWS = 20
/** A ranking of fewer is none. */
const FEWEST_RANKED = 3
/** Rows per row that they refer to, on average, from which these differ in how many they have. */
const SEVERAL = 1.5
/** Where fewer of the rows are referred to, "which are not?" is most of them. */
const REFERRED_TO = 0.5
/** Where more of the rows have no value, groups say nothing of them. */
const MOST_EMPTY = 0.5

/** Times are asked about by month or year, numbers and flags make dull groups, names are for showing. */
const NOT_GROUPED: ReadonlySet<string> = new Set(["date", "timestamp", "number", "flag", "name"])

const dimensions = (context: Context, draft: EntityDraft): ReadonlyArray<Candidate> =>
  draft.columns.flatMap((column) => {
    const distinct = profileOf(context, draft, column)?.distinct ?? 0
    if (column.role !== "dimension" || distinct < 2 || distinct > draft.rows / 2) return []
    if (NOT_GROUPED.has(column.semanticType) || draft.rows < FEWEST_ROWS || column.nullShare > MOST_EMPTY) return []
    // Codes that nothing explains make groups that nobody understands.
    if (column.semanticType === "code" && column.values?.every(({ label }) => label !== null) !== true) return []
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
  const time = timeOf(context, draft)
  if (time === undefined || draft.kind === "lookup") return []
  const { unit } = time
  const column = columnOf("t", time.column.name)
  const measure = bestMeasure(context.discovery, draft)
  const figure = measure?.sql("t") ?? "count(*)"
  const many = plurals(draft.name)
  const subject = measure === undefined ? `the number of ${many}` : `the ${measure.phrase} of ${many}`
  return [
    {
      kind: "time",
      about: tableId(draft),
      weight: weightOf(context, draft) + (measure?.weight ?? 0),
      question: `How does ${subject} develop by ${unit} (${time.column.label})?`,
      tables: [place(draft)],
      sql: `SELECT date_trunc('${unit}', ${column}) AS ${quote(unit)}, ${figure} AS ${quote(measure?.phrase ?? many)} FROM ${tableAs(draft, "t")} WHERE ${column} IS NOT NULL GROUP BY 1 ORDER BY 1`
    }
  ]
}

/** When the rows of a table happened, and what to show that by. */
const timeOf = (context: Context, draft: EntityDraft) => {
  const column = draft.columns.find((each) => isEventTime(each) && (profileOf(context, draft, each)?.distinct ?? 0) > 1)
  if (column === undefined || draft.rows < FEWEST_ROWS) return undefined
  const profile = profileOf(context, draft, column)
  const days = (Date.parse(profile?.maximum ?? "") - Date.parse(profile?.minimum ?? "")) / DAY
  const unit = Number.isFinite(days) ? (days <= BY_DAY ? "day" : days <= BY_MONTH ? "month" : "year") : "year"
  return { column, unit }
}

/** The figure of rows without a time of their own, by that of what they belong to: the lines of an order. */
const developments = (context: Context, edge: OntologyRelationship): ReadonlyArray<Candidate> => {
  const ends = endsOf(context, edge)
  if (ends === undefined || ends.source.columns.some(isEventTime)) return []
  const { source, target } = ends
  const measure = bestMeasure(context.discovery, source)
  const time = timeOf(context, target)
  if (measure === undefined || time === undefined) return []
  const column = columnOf("t", time.column.name)
  return [
    {
      kind: "time",
      about: tableId(source),
      weight: weightOf(context, source) + measure.weight,
      question: `How does the ${measure.phrase} of ${plurals(source.name)} develop by ${time.unit} (${time.column.label} of the ${target.name})?`,
      tables: [place(source), place(target)],
      sql: `SELECT date_trunc('${time.unit}', ${column}) AS ${quote(time.unit)}, ${measure.sql("s")} AS ${quote(measure.phrase)} FROM ${tableAs(source, "s")} JOIN ${tableAs(target, "t")} ON ${joinCondition(edge, "s", "t")} WHERE ${column} IS NOT NULL GROUP BY 1 ORDER BY 1`
    }
  ]
}

/** Whether rows of the target differ in how many rows of the source they have, and are enough to be ranked. */
const isRanked = (context: Context, edge: OntologyRelationship, source: EntityDraft, target: EntityDraft): boolean => {
  const matched = inclusionOf(context, edge)?.matched ?? target.rows
  return target.rows >= FEWEST_RANKED && matched >= FEWEST_RANKED && source.rows >= SEVERAL * matched
}

const measures = (context: Context, edge: OntologyRelationship): ReadonlyArray<Candidate> => {
  const ends = endsOf(context, edge)
  const measure = ends === undefined ? undefined : bestMeasure(context.discovery, ends.source)
  if (ends === undefined || measure === undefined) return []
  const { source, target } = ends
  if (!isRanked(context, edge, source, target)) return []
  return [
    {
      kind: "measure",
      about: tableId(source),
      weight: weightOf(context, source) + weightOf(context, target) / 2 + measure.weight + nameWeight(context, target),
      question: `Which ${plurals(target.name)} have the highest ${measure.phrase} over all their ${plurals(source.name)}${roleOf(edge)}?`,
      tables: [place(source), place(target)],
      sql: ranking(context, edge, source, target, measure.sql("s"), measure.phrase)
    }
  ]
}

const counts = (context: Context, edge: OntologyRelationship): ReadonlyArray<Candidate> => {
  const ends = endsOf(context, edge)
  if (ends === undefined || edge.cardinality !== "N:1") return []
  const { source, target } = ends
  const other = source.kind === "link" ? otherEnd(context, edge) : undefined
  if (source.kind === "link" && other === undefined) return []
  if (!isRanked(context, edge, source, target)) return []
  const counted = plurals(other?.name ?? source.name)
  return [
    {
      kind: "count",
      about: tableId(target),
      weight:
        weightOf(context, source) / 2 +
        weightOf(context, target) +
        nameWeight(context, target) +
        (other === undefined ? 0 : 4),
      question: `Which ${plurals(target.name)} have the most ${counted}${roleOf(edge)}?`,
      tables: [place(source), place(target)],
      sql: ranking(context, edge, source, target, "count(*)", counted)
    }
  ]
}

/** Only where the test join says that there are some. */
const missing = (context: Context, edge: OntologyRelationship): ReadonlyArray<Candidate> => {
  const ends = endsOf(context, edge)
  const inclusion = inclusionOf(context, edge)
  if (
    ends === undefined ||
    inclusion === undefined ||
    inclusion.sampled ||
    inclusion.matched >= inclusion.targetDistinct ||
    inclusion.matched < REFERRED_TO * inclusion.targetDistinct
  )
    return []
  const { source, target } = ends
  if (target.kind !== "entity" || source.kind === "link" || ownNames(context, target).length === 0) return []
  const on = joinCondition(edge, "s", "t")
  return [
    {
      kind: "missing",
      about: tableId(target),
      weight: weightOf(context, source) / 2 + weightOf(context, target) + nameWeight(context, target),
      question: `Which ${plurals(target.name)} have no ${source.name}${roleOf(edge)}?`,
      tables: [place(target), place(source)],
      sql: `SELECT ${shown(context, target, "t").join(", ")} FROM ${tableAs(target, "t")} WHERE NOT EXISTS (SELECT 1 FROM ${tableAs(source, "s")} WHERE ${on}) ORDER BY 1`
    }
  ]
}

const ranking = (
  context: Context,
  edge: OntologyRelationship,
  source: EntityDraft,
  target: EntityDraft,
  figure: string,
  name: string
) => {
  const columns = shown(context, target, "t")
  // Columns that depend on the primary key need no GROUP BY, so that names of people are shown and not grouped by.
  const groups = hasPrimaryKey(context, target) ? columns.slice(0, target.keyColumns.length) : columns
  return `SELECT ${columns.join(", ")}, ${figure} AS ${quote(name)} FROM ${tableAs(source, "s")} JOIN ${tableAs(target, "t")} ON ${joinCondition(edge, "s", "t")} GROUP BY ${groups.map((_, i) => i + 1).join(", ")} ORDER BY ${columns.length + 1} DESC NULLS LAST LIMIT ${TOP}`
}

/** The columns that identify a row to a reader: key and name. None if the key is personal; no personal name if it would be grouped by. */
const shown = (context: Context, draft: EntityDraft, alias: string): ReadonlyArray<string> => {
  const hidden = new Set(draft.columns.flatMap(({ name, personalData }) => (personalData ? [name] : [])))
  if (draft.keyColumns.some((column) => hidden.has(column))) return []
  const names = ownNames(context, draft).filter((column) => hasPrimaryKey(context, draft) || !hidden.has(column))
  return [...new Set([...draft.keyColumns, ...names])].map((column) => columnOf(alias, column))
}

/** Whether other columns depend on the key for PostgreSQL, which they do not where it is DEFERRABLE. */
const hasPrimaryKey = ({ discovery }: Context, draft: EntityDraft): boolean =>
  discovery
    .get(draft)
    ?.table.keys.some(
      ({ columns, deferrable, primary }) =>
        primary && deferrable !== true && columns.join("\0") === draft.keyColumns.join("\0")
    ) === true

/** What a thing itself is called: its `name` or `title`, its first and last name; not the name of somebody it is shipped to. */
const ownNames = (context: Context, draft: EntityDraft): ReadonlyArray<string> => {
  const entity = new Set(draft.name.toLowerCase().split(" "))
  const names = draft.columns.filter(({ semanticType }) => semanticType === "name")
  const people = names.filter(({ label }) => /^(?:first|last) name$|^surname$/.test(label))
  if (people.length > 0) return people.map(({ name }) => name)
  const own = names.find(({ label }) => label.split(" ").every((word) => entity.has(word) || NAME_WORDS.has(word)))
  const texts = draft.columns.filter(({ type }) => /char|text/.test(type))
  // The name of somebody that it is shipped to repeats.
  const isOwn = (column: OntologyColumn) =>
    (profileOf(context, draft, column)?.distinct ?? draft.rows) >= HARDLY_REPEATED * draft.rows
  const same = texts.find(
    (column) => ((entity.has(column.label) && entity.size === 1) || CALLED.test(column.label)) && isOwn(column)
  )
  const found = own ?? same
  return found === undefined ? [] : [found.name]
}
/** Part of the rows, from 0 to 1, that have a name of their own. */
const HARDLY_REPEATED = 0.9
const CALLED = /^(?:identifier|slug|code|description|abbreviation|.* (?:name|description))$/
const NAME_WORDS = new Set(["name", "title", "label", "full", "display", "company", "official"])

const nameWeight = (context: Context, draft: EntityDraft) => (ownNames(context, draft).length > 0 ? 0 : NAMELESS_WEIGHT)

const inclusionOf = ({ discovery }: Context, edge: OntologyRelationship) =>
  discovery
    .get(edge.from)
    ?.outgoing.find(
      (each) => columnSetId(each.from) === columnSetId(edge.from) && columnSetId(each.to) === columnSetId(edge.to)
    )?.evidence.inclusion ?? undefined

const NUMBERS: ReadonlySet<string> = new Set(["integer", "number"])
const COMPARABLE: ReadonlySet<string> = new Set([...NUMBERS, "text", "uuid", "boolean", "time"])

/** Source and target of a reference N:1 or 1:1 between two tables with rows, whose columns compare without a cast and are not personal. */
const endsOf = (context: Context, edge: OntologyRelationship) => {
  const { drafts, discovery } = context
  const [source, target] = [drafts.get(tableId(edge.from)), drafts.get(tableId(edge.to))]
  if (source === undefined || target === undefined || source === target) return undefined
  if (edge.cardinality === "1:N" || edge.cardinality === "N:M" || source.rows === 0 || target.rows === 0)
    return undefined
  const typed = (table: TableName, column: string | undefined) =>
    discovery.get(table)?.columns.find(({ name }) => name === column)
  const comparable = edge.from.columns.every((column, i) => {
    const [a, b] = [typed(source, column), typed(target, edge.to.columns[i])]
    if (a === undefined || b === undefined) return false
    if (a.type === b.type) return true
    // PostgreSQL has operators between types of one class, but not for an enum, for money, or between a time of day and a day.
    const alike = [a, b].every(({ typeClass }) => NUMBERS.has(typeClass)) || a.typeClass === b.typeClass
    return (
      alike &&
      [a, b].every(
        ({ typeClass, enumLabels, type }) =>
          enumLabels === null && COMPARABLE.has(typeClass) && !/^(?:money$|time\b(?!stamp))/.test(type)
      )
    )
  })
  const hidden = ({ columns }: EntityDraft, names: ReadonlyArray<string>) =>
    columns.some(({ name, personalData }) => personalData && names.includes(name))
  if (hidden(source, edge.from.columns) || hidden(target, edge.to.columns)) return undefined
  // A join that finds nothing answers nothing.
  const joined = inclusionOf(context, edge)
  if (joined !== undefined && joined.matched === 0) return undefined
  return comparable && shown(context, target, "t").length > 0 ? { source, target } : undefined
}

const otherEnd = ({ drafts, graph }: Context, edge: OntologyRelationship): EntityDraft | undefined => {
  const others = graph.outgoing(tableId(edge.from)).filter((other) => other !== edge)
  const [other] = others
  return others.length === 1 && other !== undefined && tableId(other.to) !== tableId(edge.to)
    ? drafts.get(tableId(other.to))
    : undefined
}

const roleOf = ({ label, toName }: OntologyRelationship): string =>
  label === toName.toLowerCase() ? "" : ` (as ${label})`

const profileOf = ({ discovery }: Context, draft: TableName, column: OntologyColumn) =>
  discovery.get(draft)?.columns.find(({ name }) => name === column.name)?.profile

const place = ({ schema, table }: TableName): TableName => ({ schema, table })
