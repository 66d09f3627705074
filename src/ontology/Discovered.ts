import type { Catalog, Column, Table, TableName } from "../datasource/Catalog.ts"
import { tableId } from "../datasource/Catalog.ts"
import type { ColumnSet } from "../datasource/Inclusion.ts"
import type { ColumnProfile, TableProfile } from "../datasource/TableProfile.ts"
import type { Entity } from "../entities/Entity.ts"
import { columnPrefix, Vocabulary } from "../language/Vocabulary.ts"
import type { Relationship } from "../relationships/Relationship.ts"
import { ABBREVIATIONS } from "./Abbreviations.ts"
import type { Knowledge } from "./Ontology.ts"
import { byText } from "./Text.ts"

/** What an ontology is built from: what is known about a datasource when it is built. The order of nothing in it matters. */
export interface Discovered {
  readonly catalog: Catalog
  readonly profiles: ReadonlyArray<TableProfile>
  readonly entities: ReadonlyArray<Entity>
  readonly relationships: ReadonlyArray<Relationship>
  readonly knowledge: ReadonlyArray<Knowledge>
}

/** A column with its statistics, which are missing where nothing was scanned. */
export interface SubjectColumn extends Column {
  readonly profile: ColumnProfile | undefined
  /** The name's words, lower case, without the prefix that all columns of the table share. */
  readonly words: ReadonlyArray<string>
  /** The same with abbreviations spelled out. */
  readonly spelled: ReadonlyArray<string>
}

/** A table with all that is known about it. */
export interface Subject {
  readonly id: string
  readonly table: Table
  readonly entity: Entity
  readonly columns: ReadonlyArray<SubjectColumn>
  /** Accepted relationships that start here. */
  readonly outgoing: ReadonlyArray<Relationship>
  /** Accepted relationships that end here, those of the table with itself included. */
  readonly incoming: ReadonlyArray<Relationship>
}

/** What was discovered, put in order, so that what is built from it does not depend on the order in which it was found. */
export interface Discovery {
  readonly database: string
  /** Every table that has a verdict, by id. */
  readonly subjects: ReadonlyArray<Subject>
  readonly get: (name: TableName) => Subject | undefined
  /** All relationships between known tables and columns, by their columns. */
  readonly relationships: ReadonlyArray<Relationship>
  readonly knowledge: ReadonlyArray<Knowledge>
}

/** One string per set of columns, for order and ids. */
export const columnSetId = (set: ColumnSet): string => `${tableId(set)}(${set.columns.join(",")})`

/** One string per relationship. */
export const relationshipId = (relationship: Relationship): string =>
  `${columnSetId(relationship.from)}->${columnSetId(relationship.to)}`

/** Puts in order what was discovered. Entities without a table, and relationships without their columns, are left out. */
export const discovery = (discovered: Discovered): Discovery => {
  const tables = new Map(discovered.catalog.tables.map((table) => [tableId(table), table]))
  const profiles = new Map(discovered.profiles.map((profile) => [tableId(profile), profile]))
  const has = (set: ColumnSet) => {
    const table = tables.get(tableId(set))
    return table !== undefined && set.columns.every((name) => table.columns.some((column) => column.name === name))
  }
  const relationships = discovered.relationships
    .filter(({ from, to }) => has(from) && has(to))
    .sort((a, b) => byText(relationshipId(a), relationshipId(b)))
  const accepted = relationships.filter(({ status }) => status === "accepted")
  const vocabulary = Vocabulary.make(
    discovered.catalog.tables.flatMap(({ table, columns }) => [table, ...columns.map(({ name }) => name)])
  )
  const subjects = discovered.entities
    .flatMap((entity): ReadonlyArray<Subject> => {
      const id = tableId(entity)
      const table = tables.get(id)
      if (table === undefined) return []
      const profile = new Map(profiles.get(id)?.columns.map((column) => [column.column, column]))
      const prefix = columnPrefix(table.columns.map(({ name }) => name))
      const columns = table.columns.map((column) => {
        const tokens = vocabulary.tokens(
          column.name.startsWith(prefix) ? column.name.slice(prefix.length) : column.name
        )
        const spelled = tokens.flatMap((token) => (ABBREVIATIONS.get(token) ?? token).split(" "))
        return { ...column, profile: profile.get(column.name), words: tokens, spelled }
      })
      const outgoing = accepted.filter(({ from }) => tableId(from) === id)
      const incoming = accepted.filter(({ to }) => tableId(to) === id)
      return [{ id, table, entity, columns, outgoing, incoming }]
    })
    .sort((a, b) => byText(a.id, b.id))
  const byId = new Map(subjects.map((subject) => [subject.id, subject]))
  return {
    database: discovered.catalog.database,
    subjects,
    get: (name) => byId.get(tableId(name)),
    relationships,
    knowledge: [...discovered.knowledge].sort((a, b) => byText(a.questionId, b.questionId))
  }
}
