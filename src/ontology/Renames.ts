import { byText } from "../datasource/byText.ts"
import { tableId, type TableName } from "../datasource/Catalog.ts"
import type { ColumnSet } from "../datasource/Inclusion.ts"
import type { Change } from "./Change.ts"
import type { Ontology, OntologyColumn, OntologyEntity, OntologyRelationship } from "./Ontology.ts"

/** What was renamed between two versions of an ontology, and the first version with the names of the second. */
export interface Renamed {
  readonly changes: ReadonlyArray<Change>
  readonly before: Ontology
}

/**
 * A table was renamed if it has the columns and rows that one which is gone had, and no other has. A column was renamed if it stands where one
 * of its type that is gone stood: new columns stand at the end. There, it must have the same values as well.
 */
export const renames = (before: Ontology, after: Ontology): Renamed => {
  const tables = tablesRenamed(before, after)
  const changes: Array<Change> = tables.map(({ from, to }) => renamed("table", tableId(to), tableId(from)))
  const nameOf = new Map(
    tables.map(({ from, to: { name, schema, table } }) => [tableId(from), { schema, table, name }])
  )
  const now = new Map(after.entities.map((entity) => [tableId(entity), entity]))
  const columns = new Map<string, ReadonlyMap<string, OntologyColumn>>()
  for (const entity of before.entities) {
    const other = now.get(tableId(nameOf.get(tableId(entity)) ?? entity))
    if (other === undefined) continue
    const own = columnsRenamed(entity, other)
    columns.set(tableId(entity), own)
    for (const [from, to] of own) changes.push(renamed("column", `${tableId(other)}.${to.name}`, from))
  }
  const isSame = changes.length === 0
  return { changes, before: isSame ? before : withNames(before, nameOf, columns) }
}

const renamed = (what: "table" | "column", name: string, from: string): Change => ({
  what,
  how: "changed",
  name,
  detail: `renamed, was ${from}`
})

/** Tables of which exactly one is gone, and exactly one is new, with the same columns and number of rows. */
const tablesRenamed = (
  before: Ontology,
  after: Ontology
): ReadonlyArray<{ readonly from: OntologyEntity; readonly to: OntologyEntity }> => {
  const known = (ontology: Ontology) =>
    new Set([...ontology.entities, ...ontology.otherTables, ...(ontology.notRead ?? [])].map(tableId))
  const [was, is] = [known(before), known(after)]
  const gone = byLooks(before.entities.filter((entity) => !is.has(tableId(entity))))
  const added = byLooks(after.entities.filter((entity) => !was.has(tableId(entity))))
  return [...gone].flatMap(([looks, [from, ...others]]) => {
    const [to, ...more] = added.get(looks) ?? []
    return from === undefined || to === undefined || others.length + more.length > 0 ? [] : [{ from, to }]
  })
}

const byLooks = (entities: ReadonlyArray<OntologyEntity>): ReadonlyMap<string, ReadonlyArray<OntologyEntity>> => {
  const found = new Map<string, Array<OntologyEntity>>()
  for (const entity of entities) {
    const looks = JSON.stringify([entity.rows, entity.columns.map(({ name, type }) => [name, type])])
    found.set(looks, [...(found.get(looks) ?? []), entity])
  }
  return found
}

/** By the name before, the column as it is now. */
const columnsRenamed = (before: OntologyEntity, after: OntologyEntity): ReadonlyMap<string, OntologyColumn> => {
  const [was, is] = [before, after].map(({ columns }) => new Set(columns.map(({ name }) => name)))
  const found = new Map<string, OntologyColumn>()
  for (const [place, column] of before.columns.entries()) {
    if (is?.has(column.name) === true) continue
    // What was dropped before it moved it; of those behind it, one that stayed holds its place.
    const behind = before.columns.slice(place + 1).find(({ name }) => is?.has(name))
    const end =
      behind === undefined ? after.columns.length : after.columns.findIndex(({ name }) => name === behind.name)
    const inFront = before.columns.slice(0, place).findLast(({ name }) => is?.has(name) || found.has(name))
    const last = inFront === undefined ? undefined : (found.get(inFront.name)?.name ?? inFront.name)
    const start = after.columns.findIndex(({ name }) => name === last) + 1
    const between = after.columns.slice(start, end).filter(({ name }) => was?.has(name) !== true)
    const possible = between.filter(
      (other) => other.type === column.type && (behind !== undefined || hasSameValues(column, other))
    )
    const [other, ...more] = possible
    if (other !== undefined && more.length === 0) found.set(column.name, other)
  }
  return found
}

const hasSameValues = (a: OntologyColumn, b: OntologyColumn): boolean =>
  a.nullShare === b.nullShare &&
  a.unique === b.unique &&
  JSON.stringify(a.values?.map(({ value }) => value).sort(byText)) ===
    JSON.stringify(b.values?.map(({ value }) => value).sort(byText))

/** An ontology whose tables and columns have other names, and are called so. */
const withNames = (
  ontology: Ontology,
  tables: ReadonlyMap<string, Pick<OntologyEntity, "schema" | "table" | "name">>,
  columns: ReadonlyMap<string, ReadonlyMap<string, OntologyColumn>>
): Ontology => {
  const table = ({ schema, table }: TableName): TableName => {
    const now = tables.get(tableId({ schema, table })) ?? { schema, table }
    return { schema: now.schema, table: now.table }
  }
  const column = (of: TableName, name: string) => columns.get(tableId(of))?.get(name)?.name ?? name
  const side = (set: ColumnSet): ColumnSet => ({
    ...table(set),
    columns: set.columns.map((name) => column(set, name))
  })
  return {
    ...ontology,
    entities: ontology.entities.map((entity) => ({
      ...entity,
      ...tables.get(tableId(entity)),
      keyColumns: entity.keyColumns.map((name) => column(entity, name)),
      columns: entity.columns.map((each) => {
        const now = columns.get(tableId(entity))?.get(each.name)
        return now === undefined ? each : { ...each, name: now.name, label: now.label }
      })
    })),
    domain: {
      ...ontology.domain,
      relationships: ontology.domain.relationships.map((each): OntologyRelationship => ({
        ...each,
        from: side(each.from),
        to: side(each.to),
        ...(each.when === undefined ? {} : { when: { ...each.when, column: column(each.from, each.when.column) } })
      }))
    }
  }
}
