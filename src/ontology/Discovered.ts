import { columnSetId } from "../datasource/ColumnSets.ts"
import { type Catalog, type SkippedTable, tableId, type TableName } from "../datasource/Catalog.ts"
import { copiedTables, type CopiedTables } from "../datasource/Copies.ts"
import { grouped } from "../datasource/grouped.ts"
import type { ColumnSet } from "../datasource/Inclusion.ts"
import { flatMapInSteps, mapInSteps, sortInSteps, type Steps } from "../steps/Steps.ts"
import type { Look, TableProfile } from "../datasource/TableProfile.ts"
import { type Entity, rowsInWords, tablesNotRead } from "../entities/EntityDiscoveryService.ts"
import { lazily } from "../language/memoised.ts"
import type { Naming } from "../language/Naming.ts"
import type { Relationship } from "../relationships/RelationshipWorkflowService.ts"
import { schemaModel } from "../schema/SchemaModel.ts"
import type { ColumnModel, TableModel } from "../schema/TableModel.ts"
import { looksOf } from "./Looks.ts"
import type { Knowledge } from "./Ontology.ts"
import { byText } from "../datasource/byText.ts"
import { isAboutPeople } from "./PersonalData.ts"
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

/** A column with what people call it, and what its values look like. */
export interface SubjectColumn extends ColumnModel {
  /** The format of the values. */
  readonly look: Look
  /** The name in words, abbreviations spelled out: "unit price". */
  readonly label: string
  /** The label's words, lower case. */
  readonly said: ReadonlyArray<string>
}

/** The type that a column's values are stored as: of a domain, the type that it is made of. */
export const storedType = ({ baseType, type }: { readonly baseType?: string; readonly type: string }): string =>
  baseType ?? type

/** A table with what it stands for, and what it refers to. */
export interface Subject {
  readonly id: string
  readonly table: TableModel
  readonly entity: Entity
  readonly columns: ReadonlyArray<SubjectColumn>
  /** Whether its rows are people; computed when somebody first asks. */
  readonly isAboutPeople: () => boolean
  /** Accepted relationships that start here. */
  readonly outgoing: ReadonlyArray<Relationship>
  /** Accepted relationships that end here, those of the table with itself included. */
  readonly incoming: ReadonlyArray<Relationship>
}

/** The rows of some tables together, in words. */
export const rowsOf = (subjects: ReadonlyArray<Subject>): string =>
  rowsInWords(
    subjects.map(({ entity }) => entity),
    subjects.map(({ table }) => table)
  )

/** The tables of which no row was read, and why. Copies are not described, nor named here unless reading them failed. */
export const unreadTables = ({ copies, skipped, subjects }: Discovery): ReadonlyArray<SkippedTable> => {
  const copied = copiedTables(copies)
  return tablesNotRead(
    [...skipped.values()],
    subjects.flatMap(({ entity, id }) => (copied.has(id) ? [] : [entity]))
  )
}

/** What was discovered, put in order, so that what is built from it does not depend on the order in which it was found. */
export interface Discovery {
  readonly database: string
  /** Every table with a verdict, by id. Copied tables are left out, unless their copy has further tables. */
  readonly subjects: ReadonlyArray<Subject>
  readonly get: (name: TableName) => Subject | undefined
  /** The tables of a name in lower case, in whatever schema. */
  readonly called: (name: string) => ReadonlyArray<Subject>
  readonly naming: Naming
  /** All relationships between known tables and columns, by their columns. */
  readonly relationships: ReadonlyArray<Relationship>
  /** Those that start at a table, by its id. */
  readonly candidates: (table: string) => ReadonlyArray<Relationship>
  readonly knowledge: ReadonlyArray<Knowledge>
  /** Tables that could not be read, by id. */
  readonly skipped: ReadonlyMap<string, SkippedTable>
  readonly copies: ReadonlyArray<CopiedTables>
}

const NO_LOOK: Look = { form: null, sensitive: null }

/** One string per relationship. */
export const relationshipId = ({ from, to, when }: Pick<Relationship, "from" | "to" | "when">): string =>
  `${columnSetId(from)}->${columnSetId(to)}${when === undefined ? "" : ` ${JSON.stringify([when.column, when.value])}`}`

/** Orders and indexes what was discovered. Entities without a table and relationships without their columns are left out. */
export function* discovery(discovered: Discovered): Steps<Discovery> {
  const model = yield* schemaModel(discovered)
  const tables = new Map(model.everything.map((table) => [table.id, table]))
  const has = (set: ColumnSet) => {
    const table = tables.get(tableId(set))
    return table !== undefined && set.columns.every((name) => table.column(name) !== undefined)
  }
  const known = yield* flatMapInSteps(discovered.relationships, (relationship) =>
    has(relationship.from) && has(relationship.to) ? [{ relationship, id: relationshipId(relationship) }] : []
  )
  const sorted = yield* sortInSteps(known, (a, b) => byText(a.id, b.id))
  const relationships = sorted.map(({ relationship }) => relationship)
  const accepted = relationships.filter(({ status }) => status === "accepted")
  const outgoing = grouped(accepted, ({ from }) => tableId(from))
  const incoming = grouped(accepted, ({ to }) => tableId(to))
  const naming = yield* model.naming()
  const unsorted: Array<Subject> = []
  for (const entity of discovered.entities) {
    const id = tableId(entity)
    const table = tables.get(id)
    if (table === undefined) continue
    const looks = yield* looksOf(table.columns.map(({ profile }) => profile))
    const columns = yield* mapInSteps(table.columns, (column): SubjectColumn => {
      const label = oneLine(naming.column(table.table, column.name))
      // The spread comes last for the memory (see `SchemaModel`).
      return { look: looks.get(column.name) ?? NO_LOOK, label, said: label.toLowerCase().split(" "), ...column }
    })
    const people = lazily(() => isAboutPeople(entity, columns))
    unsorted.push({ id, table, entity, columns, isAboutPeople: people, outgoing: outgoing(id), incoming: incoming(id) })
  }
  const subjects = yield* sortInSteps(unsorted, (a, b) => byText(a.id, b.id))
  const byId = new Map(subjects.map((subject) => [subject.id, subject]))
  return {
    database: discovered.catalog.database,
    subjects,
    get: (name) => byId.get(tableId(name)),
    called: grouped(subjects, ({ table }) => table.table.toLowerCase()),
    naming,
    relationships,
    candidates: grouped(relationships, ({ from }) => tableId(from)),
    skipped: new Map((discovered.skipped ?? []).map((table) => [tableId(table), table])),
    knowledge: [...discovered.knowledge].sort((a, b) => byText(a.questionId, b.questionId)),
    copies: model.copies.all
  }
}
