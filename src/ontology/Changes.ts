import { pairText } from "../datasource/ColumnSets.ts"
import { byText } from "../datasource/byText.ts"
import { tableId, type TableName } from "../datasource/Catalog.ts"
import { scopeName } from "../datasource/Copies.ts"
import { indexInSteps, type Steps } from "../steps/Steps.ts"
import type { Change } from "./Change.ts"
import { renames } from "./Renames.ts"
import type { Ontology, OntologyColumn, OntologyEntity, OntologyRelationship } from "./Ontology.ts"
import { quotedComment } from "../language/Describing.ts"
import { keyOrigin, oneLine } from "./Text.ts"

/** Length of the longest comment that is quoted, in characters: both, the old and the new, stand on a line. */
const COMMENT_LENGTH = 80

const ORDER: ReadonlyArray<Change["what"]> = ["table", "column", "relationship", "meaning"]

/**
 * What one version of an ontology says that the version before did not: tables, columns and relationships that are new, gone or others, and
 * what is said of their meaning. What has another name is told as that, and compared by the name that it has now. How many rows there are, and what follows from it, is no change;
 * nor is what rests on rows of a table that one of the two could not read: a lock that somebody held changes nothing.
 */
export function* changesBetween(earlier: Ontology, after: Ontology): Steps<ReadonlyArray<Change>> {
  const { before, changes } = renames(earlier, after)
  const found: Array<Change> = [...changes]
  const [tablesBefore, tablesAfter] = [tablesOf(before), tablesOf(after)]
  for (const [name, detail] of tablesAfter) {
    yield
    const was = tablesBefore.get(name)
    if (was === undefined) found.push({ what: "table", how: "added", name, detail })
    else if (was !== detail) found.push({ what: "meaning", how: "changed", name, detail: changed(was, detail) })
  }
  for (const [name, detail] of tablesBefore)
    if (!tablesAfter.has(name)) found.push({ what: "table", how: "gone", name, detail })

  const unread = readOnce(before, after)
  const entities = yield* indexInSteps(before.entities, (entity) => [tableId(entity), entity])
  for (const entity of after.entities) {
    yield
    const was = entities.get(tableId(entity))
    if (was === undefined) continue
    const isRead = !unread.has(tableId(entity))
    found.push(
      ...(isRead || (was.keyDeclared && entity.keyDeclared) ? ofKey(was, entity) : []),
      ...ofColumns(was, entity),
      ...ofMeaning(was, entity, unread)
    )
  }
  const isKnown = ({ declared, from, to }: OntologyRelationship) =>
    declared || !(unread.has(tableId(from)) || unread.has(tableId(to)))

  const joins = yield* indexInSteps(before.domain.relationships, (each) => [pairText(each), each])
  const joinsNow = new Set<string>()
  for (const each of after.domain.relationships) {
    yield
    const name = pairText(each)
    joinsNow.add(name)
    const was = joins.get(name)
    if (was === undefined) {
      if (isKnown(each)) found.push({ what: "relationship", how: "added", name, detail: joinDetail(each) })
    } else if (joinDetail(was) !== joinDetail(each) && isKnown({ ...each, declared: was.declared !== each.declared }))
      found.push({ what: "relationship", how: "changed", name, detail: changed(joinDetail(was), joinDetail(each)) })
  }
  for (const [name, was] of joins)
    if (!joinsNow.has(name) && isKnown(was))
      found.push({ what: "relationship", how: "gone", name, detail: joinDetail(was) })

  return found.sort((a, b) => ORDER.indexOf(a.what) - ORDER.indexOf(b.what) || byText(a.name, b.name))
}

/** The tables that one of the two versions could not read, and the other could. */
const readOnce = (before: Ontology, after: Ontology): ReadonlySet<string> => {
  const ids = ({ notRead = [] }: Ontology) => new Set(notRead.map(tableId))
  const [was, is] = [ids(before), ids(after)]
  return new Set([...[...was].filter((table) => !is.has(table)), ...[...is].filter((table) => !was.has(table))])
}

const changed = (was: string, is: string) => `${is}, was ${was}`

/** Every table, with what it stands for. */
const tablesOf = ({ copies, entities, notRead, otherTables }: Ontology): ReadonlyMap<string, string> =>
  new Map([
    ...otherTables.map((table) => [tableId(table), "no entity"] as const),
    ...copies.flatMap(({ copies: all, of }) =>
      all.flatMap(({ schema, tables }) =>
        tables.map((table) => [tableId({ schema, table }), `a copy of that in ${scopeName(of)}`] as const)
      )
    ),
    ...(notRead ?? []).map((table) => [tableId(table), "not read"] as const),
    ...entities.map((entity) => [tableId(entity), `${entity.kind} "${entity.name}"`] as const)
  ])

const joinDetail = ({ cardinality, declared }: OntologyRelationship): string =>
  `${cardinality}, ${declared ? "declared" : "not declared"}`

function* pairs(
  before: OntologyEntity,
  after: OntologyEntity
): Generator<[name: string, OntologyColumn, OntologyColumn]> {
  const was = new Map(before.columns.map((column) => [column.name, column]))
  for (const column of after.columns) {
    const other = was.get(column.name)
    if (other !== undefined) yield [`${tableId(after)}.${column.name}`, other, column]
  }
}

/** What tells rows apart, and whether the database sees to it. */
const keyOf = (entity: OntologyEntity): string =>
  entity.keyColumns.length === 0 ? "no key" : `key ${entity.keyColumns.join(", ")} ${keyOrigin(entity)}`

const ofKey = (before: OntologyEntity, after: OntologyEntity): ReadonlyArray<Change> =>
  keyOf(before) === keyOf(after)
    ? []
    : [{ what: "table", how: "changed", name: tableId(after), detail: changed(keyOf(before), keyOf(after)) }]

const ofColumns = (before: OntologyEntity, after: OntologyEntity): ReadonlyArray<Change> => {
  const names = (entity: OntologyEntity) => new Set(entity.columns.map(({ name }) => name))
  const [was, is] = [names(before), names(after)]
  const column = (how: "added" | "gone", table: TableName, { name, type }: OntologyColumn): Change => ({
    what: "column",
    how,
    name: `${tableId(table)}.${name}`,
    detail: type
  })
  return [
    ...after.columns.filter(({ name }) => !was.has(name)).map((each) => column("added", after, each)),
    ...before.columns.filter(({ name }) => !is.has(name)).map((each) => column("gone", before, each)),
    ...[...pairs(before, after)].flatMap(([name, one, other]): ReadonlyArray<Change> =>
      shape(one) === shape(other)
        ? []
        : [{ what: "column", how: "changed", name, detail: changed(shape(one), shape(other)) }]
    )
  ]
}

const shape = ({ primaryKey, type, unique }: OntologyColumn): string =>
  `${type}${primaryKey ? ", primary key" : unique ? ", unique" : ""}`

/** What is said of an entity and its columns, without figures; values that are listed are compared, because filters depend on them. */
const ofMeaning = (
  before: OntologyEntity,
  after: OntologyEntity,
  unread: ReadonlySet<string>
): ReadonlyArray<Change> => [
  // Rows decide which tables belong together.
  ...(before.domain === after.domain || unread.size > 0
    ? []
    : [meaning(tableId(after), `domain ${before.domain}`, `domain ${after.domain}`)]),
  ...ofComment(tableId(after), quotedComment(before.description), quotedComment(after.description)),
  ...[...pairs(before, after)].flatMap(([name, one, other]) => [
    ...(said(one) === said(other) || restsOnUnread(after, one, other, unread)
      ? []
      : [meaning(name, said(one), said(other))]),
    ...ofComment(name, one.comment, other.comment),
    ...values(name, one, other)
  ])
]

/** Whether what is said of a column rests on rows that were not read: its table's, or those that it refers to. */
const restsOnUnread = (
  table: TableName,
  before: OntologyColumn,
  after: OntologyColumn,
  unread: ReadonlySet<string>
): boolean =>
  unread.has(tableId(table)) ||
  [before, after].some(({ references }) => references !== null && unread.has(tableId(references)))

/** A comment that is another, as far as it is quoted. */
const ofComment = (name: string, was: string | undefined, is: string | undefined): ReadonlyArray<Change> => {
  const quoted = (comment: string | undefined) =>
    comment === undefined ? "no comment" : `comment "${oneLine(comment, COMMENT_LENGTH)}"`
  return was === is ? [] : [meaning(name, quoted(was), quoted(is))]
}

const meaning = (name: string, was: string, is: string): Change => ({
  what: "meaning",
  how: "changed",
  name,
  detail: changed(was, is)
})

const said = ({ aggregation, label, personalData, role, semanticType, unit }: OntologyColumn): string =>
  [
    `"${label}"`,
    semanticType,
    role,
    ...(aggregation === null ? [] : [aggregation]),
    ...(unit === null ? [] : [unit]),
    ...(personalData ? ["personal data"] : [])
  ].join(" ")

const values = (name: string, before: OntologyColumn, after: OntologyColumn): ReadonlyArray<Change> => {
  if (before.values === null || after.values === null) return []
  const labels = ({ values: all }: OntologyColumn) => new Map((all ?? []).map(({ label, value }) => [value, label]))
  const text = ([value, label]: readonly [string, string | null]) => (label === null ? value : `${value} = ${label}`)
  const [was, is] = [labels(before), labels(after)]
  const more = [...is].filter(([value]) => !was.has(value)).map(text)
  const less = [...was].filter(([value]) => !is.has(value)).map(text)
  const others = [...is].flatMap(([value, label]) => {
    const old = was.get(value)
    if (old === undefined || old === label) return []
    const now = `${value} = ${label ?? "not said"}`
    return [old === null ? now : changed(old, now)]
  })
  const parts = [
    ...(others.length === 0 ? [] : [`meanings: ${others.sort(byText).join(", ")}`]),
    ...(more.length === 0 ? [] : [`new values: ${more.sort(byText).join(", ")}`]),
    ...(less.length === 0 ? [] : [`values that are gone: ${less.sort(byText).join(", ")}`])
  ]
  return parts.length === 0 ? [] : [{ what: "meaning", how: "changed", name, detail: parts.join("; ") }]
}
