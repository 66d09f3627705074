import { columnSetId } from "../../datasource/ColumnSets.ts"
import { type Catalog, type Table, tableId, type TableName } from "../../datasource/Catalog.ts"
import { grouped } from "../../datasource/grouped.ts"
import { isFoundInData, type Relationship } from "../../relationships/RelationshipWorkflowService.ts"
import { flatMapInSteps, indexInSteps, mapInSteps, type Steps } from "../../steps/Steps.ts"
import { relationshipId } from "../Discovered.ts"
import type { Ontology, OntologyColumn, OntologyEntity, OntologyRelationship } from "../Ontology.ts"

/** What is stored about a datasource, and exports are made from. None of them reads the datasource. */
export interface ExportSource {
  readonly ontology: Ontology
  readonly catalog: Catalog
  /** All relationships, whatever was decided. */
  readonly relationships: ReadonlyArray<Relationship>
}

/** A column with what the catalog and the third tier say of it. */
export interface ExportColumn {
  readonly name: string
  /** As PostgreSQL prints it. */
  readonly type: string
  readonly nullable: boolean
  /** Whether the database has a comment on it. */
  readonly commented: boolean
  /** The third tier; undefined for a column of a table without a place in the ontology. */
  readonly meaning: OntologyColumn | undefined
}

/** A table of the datasource: every one that the ontology names, but for copies. */
export interface ExportTable extends TableName {
  readonly id: string
  readonly kind: Table["kind"]
  /** Whether it has partitions or children. */
  readonly parted: boolean
  readonly commented: boolean
  /** What a person calls one of them; the table's own name where it has no place in the ontology. */
  readonly name: string
  readonly description: string
  /** The second tier; undefined for a table without a place in it: technical, empty. */
  readonly entity: OntologyEntity | undefined
  readonly columns: ReadonlyArray<ExportColumn>
  /** The columns that tell one row from another, declared or found; empty where nothing does. */
  readonly key: ReadonlyArray<string>
  /** Every declared key's columns, the primary one first. Those that no foreign key may refer to (DEFERRABLE) are left out. */
  readonly declaredKeys: ReadonlyArray<ReadonlyArray<string>>
}

/** An accepted relationship with why it was accepted. */
export interface ExportReference extends OntologyRelationship {
  readonly source: ExportTable
  readonly target: ExportTable
  /** As discovered, with signals and test join; undefined where it is no longer stored. */
  readonly evidence: Relationship["evidence"] | undefined
}

/** What all exports are made from: tables and references in the order of the ontology, each name as it is in the database. */
export interface ExportModel {
  readonly ontology: Ontology
  readonly database: string
  readonly tables: ReadonlyArray<ExportTable>
  readonly references: ReadonlyArray<ExportReference>
  /** The references that start at a table, by its id. */
  readonly outgoing: (table: string) => ReadonlyArray<ExportReference>
  /** The references that end at a table, by its id; those of the table with itself included. */
  readonly incoming: (table: string) => ReadonlyArray<ExportReference>
}

/** @see ExportModel */
export function* exportModel({ catalog, ontology, relationships }: ExportSource): Steps<ExportModel> {
  const declared = yield* indexInSteps(catalog.tables, (table) => [tableId(table), table] as const)
  const described = yield* mapInSteps(ontology.entities, (entity) =>
    exportTable(entity, declared.get(tableId(entity)), entity)
  )
  const others = yield* mapInSteps(ontology.otherTables, (table) =>
    exportTable({ ...table, description: table.reason }, declared.get(tableId(table)), undefined)
  )
  const tables = [...described, ...others]
  const byId = new Map(tables.map((table) => [table.id, table]))
  const found = yield* indexInSteps(relationships, (each) => [relationshipId(each), each] as const)
  const references = yield* flatMapInSteps(ontology.domain.relationships, (edge): ReadonlyArray<ExportReference> => {
    const [source, target] = [byId.get(tableId(edge.from)), byId.get(tableId(edge.to))]
    if (source === undefined || target === undefined) return []
    const evidence = found.get(relationshipId(edge))?.evidence
    return [{ ...edge, source, target, evidence }]
  })
  return {
    ontology,
    database: ontology.domain.database,
    tables,
    references,
    outgoing: grouped(references, ({ source }) => source.id),
    incoming: grouped(references, ({ target }) => target.id)
  }
}

const exportTable = (
  told: TableName & { readonly description: string; readonly name?: string },
  table: Table | undefined,
  entity: OntologyEntity | undefined
): ExportTable => {
  const columns = new Map((table?.columns ?? []).map((column) => [column.name, column]))
  const keys = (table?.keys ?? []).filter(({ deferrable }) => deferrable !== true)
  return {
    schema: told.schema,
    table: told.table,
    id: tableId(told),
    kind: table?.kind ?? "table",
    parted: (table?.parts ?? []).length > 0,
    commented: (table?.comment ?? "") !== "",
    name: told.name ?? told.table,
    description: told.description,
    entity,
    columns:
      entity === undefined
        ? [...columns.values()].map(({ comment, name, nullable, type }) => ({
            name,
            type,
            nullable,
            commented: (comment ?? "") !== "",
            meaning: undefined
          }))
        : entity.columns.map((meaning) => ({
            name: meaning.name,
            type: meaning.type,
            nullable: columns.get(meaning.name)?.nullable ?? meaning.nullShare > 0,
            commented: (columns.get(meaning.name)?.comment ?? meaning.comment ?? "") !== "",
            meaning
          })),
    key: entity?.keyColumns ?? table?.keys.find(({ primary }) => primary)?.columns ?? [],
    declaredKeys: [...keys.filter(({ primary }) => primary), ...keys.filter(({ primary }) => !primary)].map(
      ({ columns: names }) => names
    )
  }
}

/** Whether a table declares exactly these columns, in whatever order, as a key. */
export const hasKey = (table: ExportTable, columns: ReadonlyArray<string>): boolean => {
  const wanted = columnSetId({ ...table, columns: columns.toSorted() })
  return table.declaredKeys.some((key) => columnSetId({ ...table, columns: key.toSorted() }) === wanted)
}

/** Whether a row of the source refers to at most one row of the target, by equal values, whatever else the row says. */
export const isPlain = ({ cardinality, compared, when }: OntologyRelationship): boolean =>
  when === undefined && compared === undefined && (cardinality === "N:1" || cardinality === "1:1")

/** Reasons that are said of a reference where there is room for a line; all of them are in `discovery.json`. */
const REASONS = 3

/** Why a reference was accepted, in a few words: that it is declared, or how sure it is and its weightiest reasons. */
export const why = ({ confidence, declared, evidence }: ExportReference): string => {
  if (declared) return "declared as a foreign key"
  const reasons = (evidence?.reasons ?? []).slice(0, REASONS)
  return [
    `${evidence === undefined || isFoundInData({ evidence }) ? "found in the data" : "by name or comment"}, ${Math.round(confidence * 100)} %`,
    ...(reasons.length > 0 ? [reasons.join("; ")] : [])
  ].join(": ")
}
