import { columnSetId } from "../datasource/ColumnSets.ts"
import { tableId } from "../datasource/Catalog.ts"
import { isUnread } from "../entities/EntityDiscoveryService.ts"
import { describeTable, listedFew, type TableFacts } from "../language/Describing.ts"
import { isView } from "../schema/TableModel.ts"
import { type Discovery, type Subject } from "./Discovered.ts"
import { isEventTime } from "./EventTime.ts"
import type { OntologyColumn, OntologyRelationship } from "./Ontology.ts"
import { dayOf, isPlaceholder } from "./Range.ts"
import type { Graph } from "./Relations.ts"
import { oneLine } from "./Text.ts"

/** Longest value that a description quotes, in characters. */
const VALUE_LENGTH = 40

/** One sentence about what the rows of a table are, from its comment, its keys, the accepted relationships and its values. */
export const rowsInSentence = (
  discovery: Discovery,
  graph: Graph,
  subject: Subject,
  columns: ReadonlyArray<OntologyColumn>
): string => {
  const { entity, id, table } = subject
  const outgoing = graph.outgoing(id)
  const isKey = (column: string) => entity.keyColumns.includes(column)
  const referring = new Set(outgoing.flatMap(({ from }) => (from.columns.every(isKey) ? from.columns : [])))
  const values = entity.verdict === "lookup" ? valuesOf(columns) : undefined
  const hasMany = values === undefined ? countedFrom(discovery, graph, subject) : []
  const facts: TableFacts = {
    name: oneLine(entity.name),
    rows: isUnread(entity) ? null : entity.rows,
    sampled: entity.sampled,
    view: isView(table),
    link: entity.verdict === "link",
    has: outgoing
      .filter(({ cardinality, when }) => when === undefined && (cardinality === "N:1" || cardinality === "1:1"))
      .flatMap((edge) => {
        const { from, label, toName } = edge
        const found = foundIn(subject, edge)
        if (found === "none") return []
        const role = label === toName.toLowerCase() ? "" : label
        return [{ name: oneLine(toName), role, key: from.columns.every(isKey), optional: found === "some" }]
      }),
    apartBy: subject.columns.filter(({ name }) => isKey(name) && !referring.has(name)).map(({ label }) => label),
    apartSoFar: !entity.keyDeclared,
    seemsToHave: [],
    hasMany,
    referredToBy: graph
      .incoming(id)
      .filter(({ from }) => tableId(from) !== id)
      .map(({ fromName }) => oneLine(fromName))
      .filter((name) => !hasMany.some(({ from }) => from === name)),
    values,
    time: timeOf(discovery, subject, columns),
    comment: table.comment
  }
  return describeTable(facts)
}

/** Tables of which a sentence says how many of their rows a row has. */
const COUNTED = 3
/** Share of the rows, from 0 to 1, below which having something is an exception that tells nothing of them. */
const SOME = 0.05

/** What refers to the rows, where that was counted over all of them: the tables with the most rows. Of a link, what it leads to. */
const countedFrom = (discovery: Discovery, graph: Graph, subject: Subject) => {
  const { rows, sampled, verdict } = subject.entity
  if (sampled || verdict === "link") return []
  const found = subject.incoming.flatMap(({ evidence: { inclusion }, from, when }) => {
    const source = discovery.get(from)
    if (source === undefined || source === subject || when !== undefined || inclusion === null || inclusion.sampled)
      return []
    const { matched, maxFrom, maxTo, orphanRows, targetDistinct } = inclusion
    const isCounted =
      maxTo === 1 && orphanRows === 0 && targetDistinct === rows && matched > 0 && matched >= SOME * rows
    return isCounted ? [{ source, rows: matched, most: maxFrom }] : []
  })
  return (
    found
      // Of several references of one table, each counts some of it.
      .filter(({ source }) => found.filter((other) => other.source === source).length === 1)
      .toSorted((a, b) => b.source.entity.rows - a.source.entity.rows)
      .slice(0, COUNTED)
      .map(({ most, rows: having, source }) => {
        const from = oneLine(source.entity.name)
        const [end, ...others] = graph.outgoing(source.id).filter(({ to }) => tableId(to) !== subject.id)
        const isLink = source.entity.verdict === "link" && end?.cardinality === "N:1" && others.length === 0
        return { name: isLink ? oneLine(end.toName) : from, from, rows: having, most }
      })
  )
}

/** Whether all rows, some or none refer to something that exists, as far as values show it. */
const foundIn = (subject: Subject, { from, to }: OntologyRelationship): "all" | "some" | "none" => {
  const { rows } = subject.entity
  const nulls = Math.max(
    0,
    ...subject.columns.flatMap(({ name, profile }) => (from.columns.includes(name) ? [profile.nulls] : []))
  )
  const inclusion = subject.outgoing.find(
    (each) => columnSetId(each.from) === columnSetId(from) && columnSetId(each.to) === columnSetId(to)
  )?.evidence.inclusion
  if (rows > 0 && (nulls >= rows || ((inclusion?.rows ?? 0) > 0 && inclusion?.orphanRows === inclusion?.rows)))
    return "none"
  return nulls > 0 || (inclusion?.orphanRows ?? 0) > 0 ? "some" : "all"
}

/** What the rows of a list are called, where all names are listed. */
const valuesOf = (columns: ReadonlyArray<OntologyColumn>): string | undefined => {
  const named = columns.filter(
    ({ personalData, primaryKey, values }) => values !== null && !personalData && !primaryKey
  )
  const { values } =
    named.find(({ semanticType }) => semanticType === "name") ?? named.find(({ label }) => CALLED.test(label)) ?? {}
  if (values === undefined || values === null || values.length < 2) return undefined
  return listedFew(
    values.map(({ value }) => oneLine(value, VALUE_LENGTH)),
    "value"
  )
}
const CALLED = /\b(?:name|description|title|label|identifier)$/

/** "order date 2022-01-01 to 2023-12-31": a customer is registered then, not dated. */
const timeOf = (discovery: Discovery, subject: Subject, columns: ReadonlyArray<OntologyColumn>): string | undefined => {
  if (subject.entity.verdict === "lookup") return undefined
  const time = columns.find((column) => isEventTime(column) && column.nullShare < 1)
  const profile = discovery.get(subject.entity)?.columns.find(({ name }) => name === time?.name)?.profile
  const [first, last] = [profile?.minimum ?? undefined, profile?.maximum ?? undefined]
  if (time === undefined || first === undefined || last === undefined) return undefined
  const [from, to] = [dayOf(first), dayOf(last)]
  return from === undefined || to === undefined || from === to || isPlaceholder(from) || isPlaceholder(to)
    ? undefined
    : `${time.label} ${from} to ${to}`
}
