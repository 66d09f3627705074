import type { Catalog, Column, SkippedTable, Table, TableName } from "../datasource/Catalog.ts"
import { tableId } from "../datasource/Catalog.ts"
import { type CopiedTables, copiesOf } from "../datasource/Copies.ts"
import { grouped } from "../datasource/grouped.ts"
import type { ColumnSet } from "../datasource/Inclusion.ts"
import { flatMapInSteps, sortInSteps, type Steps } from "../steps/Steps.ts"
import type { ColumnProfile, Look, TableProfile } from "../datasource/TableProfile.ts"
import type { Entity } from "../entities/EntityDiscoveryService.ts"
import * as Naming from "../language/Naming.ts"
import type { Relationship } from "../relationships/RelationshipWorkflowService.ts"
import { lookOfColumn } from "./Looks.ts"
import type { Knowledge } from "./Ontology.ts"
import { byText } from "../datasource/byText.ts"
import { oneLine } from "./Text.ts"

/** What an ontology is built from: what is known about a datasource when it is built. The order of nothing in it matters. */
export interface Discovered {
  readonly catalog: Catalog
  readonly profiles: ReadonlyArray<TableProfile>
  readonly entities: ReadonlyArray<Entity>
  readonly relationships: ReadonlyArray<Relationship>
  readonly knowledge: ReadonlyArray<Knowledge>
  /** Tables that could not be read. None by default. */
  readonly skipped?: ReadonlyArray<SkippedTable>
}

/** A column with its statistics, which are missing where nothing was scanned. */
export interface SubjectColumn extends Column {
  readonly profile: ColumnProfile | undefined
  /** The format of the values; undefined if they were not scanned. */
  readonly look: Look | undefined
  /** The name in words, abbreviations spelled out: "unit price". */
  readonly label: string
  /** The label's words, lower case. */
  readonly words: ReadonlyArray<string>
}

/** A table with all that is known about it. */
export interface Subject {
  readonly id: string
  readonly table: Table
  readonly entity: Entity
  readonly columns: ReadonlyArray<SubjectColumn>
  /** Undefined where its rows were not read. */
  readonly profile: TableProfile | undefined
  /** Accepted relationships that start here. */
  readonly outgoing: ReadonlyArray<Relationship>
  /** Accepted relationships that end here, those of the table with itself included. */
  readonly incoming: ReadonlyArray<Relationship>
}

/** What was discovered, put in order, so that what is built from it does not depend on the order in which it was found. */
export interface Discovery {
  readonly database: string
  /** Every table with a verdict, by id. Copied tables are left out, unless their copy has further tables. */
  readonly subjects: ReadonlyArray<Subject>
  readonly get: (name: TableName) => Subject | undefined
  readonly naming: Naming.Naming
  /** All relationships between known tables and columns, by their columns. */
  readonly relationships: ReadonlyArray<Relationship>
  readonly knowledge: ReadonlyArray<Knowledge>
  /** Tables that could not be read, by id. */
  readonly skipped: ReadonlyMap<string, SkippedTable>
  readonly copies: ReadonlyArray<CopiedTables>
}

/** One string per set of columns, for order and ids. A name that contains a comma, quote or parenthesis is quoted. */
export const columnSetId = (set: ColumnSet): string => `${tableId(set)}(${set.columns.map(idPart).join(",")})`

const idPart = (name: string) => (/[",()]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name)

/** One string per relationship. */
export const relationshipId = ({ from, to, when }: Relationship): string =>
  `${columnSetId(from)}->${columnSetId(to)}${when === undefined ? "" : ` ${JSON.stringify([when.column, when.value])}`}`

/** Orders and indexes what was discovered. Entities without a table and relationships without their columns are left out. */
export function* discovery(discovered: Discovered): Steps<Discovery> {
  const copies = yield* copiesOf(discovered.catalog, discovered.profiles)
  const lookedAt = discovered.catalog.tables.filter(copies.isLookedAt)
  const tables = new Map(lookedAt.map((table) => [tableId(table), table]))
  const profiles = new Map(discovered.profiles.map((profile) => [tableId(profile), profile]))
  const has = (set: ColumnSet) => {
    const table = tables.get(tableId(set))
    return table !== undefined && set.columns.every((name) => table.columns.some((column) => column.name === name))
  }
  const known = yield* flatMapInSteps(discovered.relationships, (relationship) =>
    has(relationship.from) && has(relationship.to) ? [{ relationship, id: relationshipId(relationship) }] : []
  )
  const sorted = yield* sortInSteps(known, (a, b) => byText(a.id, b.id))
  const relationships = sorted.map(({ relationship }) => relationship)
  const accepted = relationships.filter(({ status }) => status === "accepted")
  const outgoing = grouped(accepted, ({ from }) => tableId(from))
  const incoming = grouped(accepted, ({ to }) => tableId(to))
  const naming = yield* Naming.make(
    lookedAt.map(({ table, columns }) => ({ table, columns: columns.map(({ name }) => name) }))
  )
  const subjects = yield* sortInSteps(
    yield* flatMapInSteps(discovered.entities, (entity): ReadonlyArray<Subject> => {
      const id = tableId(entity)
      const table = tables.get(id)
      if (table === undefined) return []
      const profile = profiles.get(id)
      const scans = new Map(profile?.columns.map((column) => [column.column, column]))
      const columns = table.columns.map((column) => {
        const label = oneLine(naming.column(table.table, column.name))
        const scanned = scans.get(column.name)
        const look = scanned === undefined ? undefined : lookOfColumn(scanned)
        return { ...column, profile: scanned, look, label, words: label.toLowerCase().split(" ") }
      })
      return [{ id, table, entity, columns, profile, outgoing: outgoing(id), incoming: incoming(id) }]
    }),
    (a, b) => byText(a.id, b.id)
  )
  const byId = new Map(subjects.map((subject) => [subject.id, subject]))
  return {
    database: discovered.catalog.database,
    subjects,
    get: (name) => byId.get(tableId(name)),
    naming,
    relationships,
    skipped: new Map((discovered.skipped ?? []).map((table) => [tableId(table), table])),
    knowledge: [...discovered.knowledge].sort((a, b) => byText(a.questionId, b.questionId)),
    copies: copies.all
  }
}
