import { mayHideRows, tableId, type TableName } from "../../datasource/Catalog.ts"
import { grouped } from "../../datasource/grouped.ts"
import { byText } from "../../datasource/byText.ts"
import { quoteIdentifier, quoteTable } from "../../datasource/Identifier.ts"
import { flatMapInSteps, mapInSteps, type Steps } from "../../steps/Steps.ts"
import { isUnread } from "../../entities/EntityDiscoveryService.ts"
import { columnSetId } from "../../datasource/ColumnSets.ts"
import { isTested, type Relationship, WORTH_ASKING } from "../../relationships/RelationshipWorkflowService.ts"
import { SECRET } from "../../language/SensitiveNames.ts"
import { isView } from "../../schema/TableModel.ts"
import { ontologyColumn } from "../ColumnTier.ts"
import { type Discovery, type Subject, type SubjectColumn, storedType } from "../Discovered.ts"
import type { OntologyColumn } from "../Ontology.ts"
import { identifier } from "./Spelling.ts"

/** A table with more rows is not asked for figures: each would take longer than a second or two. */
const MOST_ROWS = 2_000_000
/** A column is of bookkeeping if more than this share of the tables, from 0 to 1, and at least so many have one of its name. */
const AUDIT_SHARE = 0.5
const FEWEST_AUDITED = 4
/** Words of columns that say when, or by whom, a row was written. */
const AUDIT = /\b(?:created|updated|modified|changed|inserted|update|modification|creation|loaded|synced|version)\b/

/** A table as the page needs it. */
export interface ContextTable {
  readonly id: string
  readonly subject: Subject
  /** As SQL spells it, with its schema where there are several. */
  readonly name: string
  /** Qualified and quoted, for statements. */
  readonly from: string
  readonly rows: number
  /** Whether what was read are all its rows: what none of them has, none has. */
  readonly isWhole: boolean
  /** Whether rows were counted, none are hidden, and figures about it may be asked for. */
  readonly isMeasured: boolean
  readonly columns: ReadonlyArray<ContextColumn>
  readonly column: (name: string) => ContextColumn | undefined
  readonly key: ReadonlyArray<ContextColumn>
  readonly joins: ReadonlyArray<ContextJoin>
}

/** A column as the page needs it. */
export interface ContextColumn {
  readonly id: string
  /** As SQL spells it. */
  readonly name: string
  /** Quoted, for statements. */
  readonly sql: string
  readonly source: SubjectColumn
  readonly meaning: OntologyColumn
  /** Whether its values are quoted nowhere. */
  readonly personal: boolean
  readonly secret: boolean
  /** Whether it keeps books about the row, as most tables do. */
  readonly audit: boolean
  /** Whether its type is PostgreSQL's own, whose operators and casts are known. */
  readonly builtIn: boolean
  /** Rows without a value. */
  readonly nulls: number
}

/** A join from a table to one that it refers to. */
export interface ContextJoin {
  readonly id: string
  readonly from: ContextTable
  readonly columns: ReadonlyArray<ContextColumn>
  readonly to: ContextTable
  readonly targets: ReadonlyArray<ContextColumn>
  readonly relationship: Relationship
  /** Whether names are all there is to tell by: one side has no rows. */
  readonly byName: boolean
  /** Rows of `from` without a counterpart. */
  readonly orphans: number
  /** Whether no value of `from` is there: nobody joins it. */
  readonly isDead: boolean
  /** Whether a row of `from` has at most one counterpart. */
  readonly toOne: boolean
}

/** What the page is made of. */
export interface Facts {
  readonly discovery: Discovery
  /** By id. */
  readonly tables: ReadonlyArray<ContextTable>
  readonly table: (name: TableName) => ContextTable | undefined
  /** All joins, by their columns. */
  readonly joins: ReadonlyArray<ContextJoin>
  readonly into: (table: ContextTable) => ReadonlyArray<ContextJoin>
  /** Names of bookkeeping columns that most tables have. */
  readonly audit: ReadonlySet<string>
  readonly schemas: ReadonlyArray<string>
  /** By the id of a column that refers to nothing for certain, what it probably refers to, as its values say. */
  readonly perhaps: ReadonlyMap<string, Relationship>
}

const BUILT_IN =
  /^(?:smallint|integer|bigint|numeric|real|double precision|money|date|timestamp|time|interval|text|character|boolean|uuid)\b(?!.*\[\])/

/** Whether a column's type is PostgreSQL's own, or a domain of one, so that statements may compare, cast and add its values. */
const isBuiltIn = (column: SubjectColumn): boolean =>
  column.enumLabels === null && column.ownCast !== true && BUILT_IN.test(storedType(column))

/** A column of a table as the page needs it; `audit` is whether it keeps books about the row. */
export const contextColumn = (
  table: string,
  source: SubjectColumn,
  meaning: OntologyColumn,
  audit: boolean
): ContextColumn => ({
  id: `${table}.${source.name}`,
  name: identifier(source.name),
  sql: quoteIdentifier(source.name),
  source,
  meaning,
  personal: meaning.personalData,
  secret: meaning.personalDataReason === SECRET,
  audit,
  builtIn: isBuiltIn(source),
  nulls: source.profile.nulls
})

/** Puts together what the page says, but for what only statements can tell. */
export function* contextFacts(discovery: Discovery): Steps<Facts> {
  const { subjects } = discovery
  const schemas = [...new Set(subjects.map(({ table }) => table.schema))].sort(byText)
  const counts = new Map<string, number>()
  for (const { columns } of subjects) for (const { name } of columns) counts.set(name, (counts.get(name) ?? 0) + 1)
  const audit = new Set(
    subjects
      .flatMap(({ columns }) => columns)
      .filter(({ label, name }) => {
        const count = counts.get(name) ?? 0
        return count >= FEWEST_AUDITED && count > AUDIT_SHARE * subjects.length && AUDIT.test(label.toLowerCase())
      })
      .map(({ name }) => name)
  )
  const joinsOf = new Map<string, Array<ContextJoin>>()
  const tables: Array<ContextTable> = []
  for (const subject of subjects) {
    const { entity, id, table } = subject
    const columns = yield* mapInSteps(subject.columns, (source) =>
      contextColumn(id, source, ontologyColumn(discovery, subject, source), audit.has(source.name))
    )
    const byName = new Map(columns.map((column) => [column.source.name, column]))
    const joins: Array<ContextJoin> = []
    joinsOf.set(id, joins)
    tables.push({
      id,
      subject,
      name: `${schemas.length > 1 ? `${identifier(table.schema)}.` : ""}${identifier(table.table)}`,
      from: quoteTable(table),
      rows: entity.rows,
      isWhole: !entity.sampled && !mayHideRows(table),
      isMeasured:
        table.kind === "table" &&
        entity.rows > 0 &&
        entity.rows <= MOST_ROWS &&
        !isUnread(entity) &&
        !mayHideRows(table) &&
        table.volatile === undefined,
      columns,
      column: (name) => byName.get(name),
      key: entity.keyColumns.flatMap((name) => byName.get(name) ?? []),
      joins
    })
  }
  const byId = new Map(tables.map((table) => [table.id, table]))
  const joins = yield* flatMapInSteps(joinable(discovery), (relationship) => {
    const from = byId.get(tableId(relationship.from))
    const to = byId.get(tableId(relationship.to))
    if (from === undefined || to === undefined || isView(from.subject.table)) return []
    const { inclusion } = relationship.evidence
    const join: ContextJoin = {
      id: `${from.id}(${relationship.from.columns.join()})->${to.id}(${relationship.to.columns.join()})`,
      from,
      columns: relationship.from.columns.flatMap((name) => from.column(name) ?? []),
      to,
      targets: relationship.to.columns.flatMap((name) => to.column(name) ?? []),
      relationship,
      byName: inclusion === null && relationship.method === "inferred",
      orphans: inclusion?.orphanRows ?? 0,
      isDead: inclusion !== null && inclusion.rows > 0 && inclusion.orphanRows >= inclusion.rows,
      toOne: relationship.cardinality === "N:1" || relationship.cardinality === "1:1"
    }
    joinsOf.get(from.id)?.push(join)
    return [join]
  })
  const into = grouped(joins, ({ to }) => to.id)
  return {
    discovery,
    tables,
    table: (name) => byId.get(tableId(name)),
    joins,
    into: ({ id }) => into(id),
    audit,
    schemas,
    perhaps: probable(discovery)
  }
}

/** The relationships between single columns that the values leave open, of each column the most probable. */
const probable = ({ relationships }: Discovery): ReadonlyMap<string, Relationship> => {
  const settled = new Set(
    relationships.flatMap(({ from, status }) => (status === "accepted" ? [columnSetId(from)] : []))
  )
  const best = new Map<string, Relationship>()
  for (const each of relationships) {
    const [column, ...more] = each.from.columns
    if (each.status !== "needs_review" || column === undefined || more.length > 0) continue
    if (each.confidence < WORTH_ASKING || !isTested(each) || settled.has(columnSetId(each.from))) continue
    const id = `${tableId(each.from)}.${column}`
    if (each.confidence > (best.get(id)?.confidence ?? 0)) best.set(id, each)
  }
  return best
}

/**
 * The relationships that the page shows as joins: the accepted ones, and for columns that have none the most probable one by name, where one
 * side has no values to see it by.
 */
const joinable = ({ get, relationships }: Discovery): ReadonlyArray<Relationship> => {
  const accepted = relationships.filter(({ status }) => status === "accepted")
  const taken = new Set(accepted.map(({ from }) => JSON.stringify([tableId(from), from.columns])))
  const best = new Map<string, Relationship>()
  for (const each of relationships) {
    const id = JSON.stringify([tableId(each.from), each.from.columns])
    const source = get(each.from)
    const isUnfilled = each.from.columns.some((name) => {
      const nulls = source?.columns.find((column) => column.name === name)?.profile.nulls ?? 0
      return nulls > 0 && nulls >= (source?.entity.rows ?? 0)
    })
    const empty = isUnfilled || [each.from, each.to].some((side) => get(side)?.entity.rows === 0)
    if (each.status !== "needs_review" || each.evidence.inclusion !== null || !empty || taken.has(id)) continue
    if (each.confidence > (best.get(id)?.confidence ?? 0)) best.set(id, each)
  }
  return [...accepted, ...best.values()]
}
