import { columnSetId } from "../datasource/ColumnSets.ts"
import { withArticle } from "../language/withArticle.ts"
import { Option } from "effect"
import { mayHideRows, tableId } from "../datasource/Catalog.ts"
import { castTo, isOfKey } from "../datasource/Inclusion.ts"
import { grouped } from "../datasource/grouped.ts"
import { flatMapInSteps, type Steps } from "../steps/Steps.ts"
import { isUnread } from "../entities/EntityDiscoveryService.ts"
import type { Discovery, Subject } from "./Discovered.ts"
import { relationshipId, storedType } from "./Discovered.ts"
import { converted } from "./Sql.ts"
import type { OntologyRelationship } from "./Ontology.ts"
import { list, oneLine, plurals } from "./Text.ts"

/** Sentences about one entity at most; further ones are counted. Hubs are referenced by hundreds of tables. */
const RELATIONS_PER_ENTITY = 24

/** The accepted relationships between known tables, as edges of a graph. */
export interface Graph {
  readonly edges: ReadonlyArray<OntologyRelationship>
  /** Those that start at a table, by its id. */
  readonly outgoing: (table: string) => ReadonlyArray<OntologyRelationship>
  /** Those that end at a table, those of the table with itself included. */
  readonly incoming: (table: string) => ReadonlyArray<OntologyRelationship>
}

/** @see Graph */
export function* relationshipGraph(discovery: Discovery): Steps<Graph> {
  const edges = yield* flatMapInSteps(discovery.subjects, (subject) =>
    [...subject.outgoing]
      .sort((a, b) => (relationshipId(a) < relationshipId(b) ? -1 : 1))
      .flatMap((relationship): ReadonlyArray<OntologyRelationship> => {
        const target = discovery.get(relationship.to)
        if (target === undefined) return []
        const { from, to, when, cardinality, compared, evidence, method, confidence } = relationship
        const { inclusion } = evidence
        const declared = method === "foreign_key"
        const validated = subject.table.foreignKeys.some(
          (key) =>
            key.unvalidated !== true &&
            columnSetId({ ...from, columns: key.columns }) === columnSetId(from) &&
            tableId(key.target) === tableId(to)
        )
        // Neither a sample without orphans proves that there are none, nor what this login sees of tables that may hide rows: a validated key does.
        const isProof =
          inclusion !== null && !inclusion.sampled && ![subject, target].some(({ table }) => mayHideRows(table))
        const lacking = (inclusion?.orphanRows ?? 0) > 0 || !(validated || isProof)
        return [
          {
            from,
            to,
            ...(when === undefined ? {} : { when }),
            ...(compared === undefined ? {} : { compared }),
            ...(compared === undefined || compared === "element by element" || compared === "by overlapping periods"
              ? {}
              : { cast: castTo(isOfKey(compared) ? typeOf(subject, from) : typeOf(target, to)) }),
            fromName: subject.entity.name,
            toName: target.entity.name,
            cardinality,
            ...(target.entity.sampled && !isKeyed(target, to) ? { ofSample: true } : {}),
            label: labelOf(discovery, subject, target, from.columns),
            optional:
              when !== undefined ||
              lacking ||
              from.columns.some((name) => subject.columns.find((column) => column.name === name)?.nullable),
            declared,
            confidence
          }
        ]
      })
  )
  return {
    edges,
    outgoing: grouped(edges, ({ from }) => tableId(from)),
    incoming: grouped(edges, ({ to }) => tableId(to))
  }
}

/** Whether a declared key says that columns have their values once. */
const isKeyed = ({ table }: Subject, { columns }: OntologyRelationship["to"]): boolean =>
  table.keys.some((key) => key.columns.every((name) => columns.includes(name)))

/** The type of the column at one end of a relationship. */
const typeOf = ({ columns }: Subject, { columns: [name] }: OntologyRelationship["to"]): string => {
  const column = columns.find((each) => each.name === name)
  return column === undefined ? "" : storedType(column)
}

/** What the target is to the source, where the referring column says so: `support_rep_id` → "support rep". */
const labelOf = ({ naming }: Discovery, subject: Subject, target: Subject, columns: ReadonlyArray<string>): string => {
  const [column, ...more] = columns
  const role =
    column === undefined || more.length > 0 ? "" : naming.role(subject.table.table, column, target.table.table)
  return oneLine(role) || target.entity.name.toLowerCase()
}

/**
 * The references by which a table pairs what it refers to, any with any: those of a link table, or of which a key is made, whatever else the
 * table holds. Two of them at least, none of which is unique by itself; otherwise none.
 */
export const pairing = <A extends Pick<OntologyRelationship, "cardinality" | "from" | "when">>(
  outgoing: ReadonlyArray<A>,
  { entity, table }: Subject
): ReadonlyArray<A> => {
  const many = outgoing.filter(({ cardinality, when }) => cardinality === "N:1" && when === undefined)
  const keys = [entity.keyColumns, ...table.keys.map(({ columns }) => columns)]
  const within = (key: ReadonlyArray<string>) =>
    many.filter(({ from }) => from.columns.every((name) => key.includes(name)))
  const made = [...(entity.verdict === "link" ? [many] : []), ...keys.map(within)]
  return made.find((edges) => new Set(edges.map(({ from }) => from.columns.join("\0"))).size > 1) ?? []
}

/** The relations of an entity in words: what it has one of, what it has many of, what it is joined to by link tables. */
export const relationSentences = (discovery: Discovery, graph: Graph, subject: Subject): ReadonlyArray<string> => {
  const { name } = subject.entity
  const out = graph.outgoing(subject.id)
  const self = out.filter(({ to }) => tableId(to) === subject.id)
  const into = graph.incoming(subject.id).filter(({ from }) => tableId(from) !== subject.id)
  const sentences = [
    ...out.filter((edge) => !self.includes(edge)).map((edge) => ownSentence(name, edge)),
    ...self.map((edge) => `${capital(withArticle(name))} may refer to another ${name} (${roleAnd(edge)}).`),
    ...supposed(discovery, subject),
    ...into.flatMap((edge) => {
      const source = discovery.get(edge.from)
      if (source === undefined) return []
      const pairs = pairing(graph.outgoing(source.id), source)
      const others = pairs.includes(edge)
        ? [...new Set(pairs.filter((other) => other !== edge).map(({ toName }) => toName))]
        : []
      const incoming = incomingSentence(name, edge, source)
      if (others.length === 0) return [incoming]
      const among = others.includes(name)
        ? `${plurals(name)} among each other: many to many`
        : `${plurals(name)} and ${list(others.map(plurals))}: many to many`
      return [
        `${among}, through ${edge.from.table} (${via(edge)}).`,
        ...(source.entity.verdict === "link" ? [] : [incoming])
      ]
    })
  ]
  const distinct = [...new Set(sentences)]
  if (distinct.length <= RELATIONS_PER_ENTITY) return distinct
  const rest = distinct.length - RELATIONS_PER_ENTITY
  return [...distinct.slice(0, RELATIONS_PER_ENTITY), `${rest} more relations are in the relationship graph.`]
}

/** Relationships for review between tables of which one is empty, where only names are evidence: the most probable of each column. */
const supposed = ({ get, relationships }: Discovery, subject: Subject): ReadonlyArray<string> => {
  const open = relationships.filter(
    ({ evidence, from, status, to }) =>
      status === "needs_review" &&
      evidence.inclusion === null &&
      (tableId(from) === subject.id || tableId(to) === subject.id) &&
      (get(from)?.entity.rows === 0 || get(to)?.entity.rows === 0)
  )
  const best = new Map<string, (typeof open)[number]>()
  for (const each of open) {
    const before = best.get(columnSetId(each.from))
    if (before === undefined || each.confidence > before.confidence) best.set(columnSetId(each.from), each)
  }
  return [...best.values()].map(({ from, to }) => {
    const [source, target] = [get(from)?.entity.name ?? from.table, get(to)?.entity.name ?? to.table]
    const unread = [from, to].some((side) =>
      Option.exists(Option.fromNullable(get(side)), ({ entity }) => isUnread(entity))
    )
    const unseen = unread ? "the rows to see it by were not read" : "there are no rows to see it by"
    return tableId(from) === subject.id
      ? `By name, ${withArticle(source)} refers to ${withArticle(target)} (${via({ from, to })}); ${unseen}.`
      : `By name, ${plurals(source)} refer to it (${via({ from, to })}); ${unseen}.`
  })
}

const ownSentence = (name: string, edge: OntologyRelationship): string => {
  const join = roleAnd(edge)
  if (edge.cardinality === "1:N" || edge.cardinality === "N:M")
    return `${capital(withArticle(name))} may match several ${plurals(edge.toName)} (${join}).`
  if (edge.ofSample === true)
    return `${capital(withArticle(name))} refers to ${withArticle(edge.toName)}, one in a sample of the ${plurals(edge.toName)} (${join}).`
  return `Each ${name} has ${edge.optional ? "at most one" : "one"} ${edge.toName} (${join}).`
}

const incomingSentence = (name: string, edge: OntologyRelationship, { table }: Subject): string => {
  if (edge.cardinality === "1:1" || edge.cardinality === "1:N") {
    const isKey = table.keys.some(({ columns }) => columns.every((column) => edge.from.columns.includes(column)))
    return `Each ${name} has at most one ${edge.fromName}${isKey ? "" : " so far"} (${roleAnd(edge)}).`
  }
  return `Each ${name} has any number of ${plurals(edge.fromName)} (${roleAnd(edge)}).`
}

/** The role, if there is one, and the join. */
const roleAnd = (edge: OntologyRelationship): string =>
  edge.label === edge.toName.toLowerCase() ? via(edge) : `${edge.label}: ${via(edge)}`

/** The join, as short as it is clear. */
export const via = ({
  cast = "bigint",
  compared,
  from,
  to,
  when
}: Pick<OntologyRelationship, "cast" | "compared" | "from" | "to" | "when">): string => {
  const source = from.columns.map((column) => {
    const name = `${from.table}.${column}`
    if (compared === "element by element") return `unnest(${name})`
    return compared === "by overlapping periods" || isOfKey(compared) ? name : converted(compared, name, cast)
  })
  const target = to.columns.map((column) => {
    const name = `${to.table}.${column}`
    return isOfKey(compared) ? converted(compared, name, cast) : name
  })
  const meant = when === undefined ? "" : ` where ${from.table}.${when.column} is '${oneLine(when.value)}'`
  const how = compared === "by overlapping periods" ? `, ${compared}` : ""
  return source.map((column, i) => `${column} → ${target[i] ?? to.table}`).join(", ") + how + meant
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
