import type { Catalog, Column, ForeignKey, Key, SkippedTable, Table } from "./Catalog.ts"
import { mapInSteps, type Steps } from "../steps/Steps.ts"
import { grouped } from "./grouped.ts"
import type { ColumnRow, DatabaseSchema, IndexRow, RelationRow } from "./SchemaReader.ts"
import { typeClass } from "./TypeClasses.ts"

/** Which tables of a datasource to look at. */
export interface CatalogOptions {
  /** Only these schemas, spelled exactly; by default all but the system's. */
  readonly schemas?: ReadonlyArray<string>
  /** Tables to leave out: patterns with `*` over `schema.table` or `table`, in any case. By default none. */
  readonly exclude?: ReadonlyArray<string>
  /** Whether to include views and materialized views, which repeat what tables say. By default not. */
  readonly views?: boolean
}

const KINDS = { r: "table", p: "table", v: "view", m: "materialized view", f: "foreign table" } as const

/** The tables of a schema as people see them: partitions folded into their parent, what cannot be read set aside. */
export function* assemble(schema: DatabaseSchema, options: CatalogOptions): Steps<Pick<Catalog, "tables" | "skipped">> {
  const wanted = schema.relations.filter((relation) => relation.root === null && isWanted(relation, options))
  const columns = grouped(schema.columns, (column) => column.relation)
  const skipped = wanted.flatMap((relation): ReadonlyArray<SkippedTable> => {
    const reason = reasonToSkip(relation, columns(relation.id))
    return reason === null ? [] : [{ schema: relation.schema, table: relation.name, reason }]
  })
  const readable = wanted.filter((relation) => reasonToSkip(relation, columns(relation.id)) === null)

  const rootOf = new Map(schema.relations.map((relation) => [relation.id, relation.root ?? relation.id]))
  const root = (id: number) => rootOf.get(id) ?? id
  const partitions = grouped(
    schema.relations.filter((relation) => relation.root !== null && relation.kind !== "p"),
    (relation) => root(relation.id)
  )
  const indexes = grouped(schema.indexes, (index) => root(index.relation))
  const foreignKeys = grouped(schema.foreignKeys, (key) => root(key.relation))
  const targets = new Map(readable.map((relation) => [relation.id, relation]))

  const tables = yield* mapInSteps(readable, (relation): Table => {
    const own = columns(relation.id)
    const names = new Set(own.map((column) => column.name))
    const known = (key: ReadonlyArray<string>) => key.every((name) => names.has(name))
    return {
      schema: relation.schema,
      table: relation.name,
      kind: KINDS[relation.kind],
      comment: relation.comment,
      estimatedRows: estimate([relation, ...partitions(relation.id)]),
      columns: own.map(toColumn),
      ...indexed(relation, indexes(relation.id), known),
      foreignKeys: distinct(
        // What the table declares itself comes before what only its partitions do.
        foreignKeys(relation.id)
          .toSorted((a, b) => Number(a.relation !== relation.id) - Number(b.relation !== relation.id))
          .flatMap((key): ReadonlyArray<ForeignKey> => {
            const target = targets.get(root(key.target))
            if (target === undefined || !known(key.columns)) return []
            return [
              {
                name: key.name,
                columns: key.columns,
                target: { schema: target.schema, table: target.name, columns: key.targetColumns }
              }
            ]
          }),
        (key) => [key.columns, key.target]
      )
    }
  })
  return { tables, skipped }
}

const isWanted = (relation: RelationRow, options: CatalogOptions): boolean => {
  if (options.schemas !== undefined && options.schemas.length > 0 && !options.schemas.includes(relation.schema))
    return false
  if (options.views !== true && (relation.kind === "v" || relation.kind === "m")) return false
  return !(options.exclude ?? []).some((pattern) => {
    const expression = pattern
      .split("*")
      .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
      .join("[^]*")
    const matches = new RegExp(`^${expression}$`, "i")
    return matches.test(relation.name) || matches.test(`${relation.schema}.${relation.name}`)
  })
}

const reasonToSkip = (relation: RelationRow, columns: ReadonlyArray<ColumnRow>): string | null => {
  if (!relation.reachable) return "permission denied: the login may not use the schema (GRANT USAGE ON SCHEMA)"
  if (!relation.readable) return "permission denied: the login may not read the table (GRANT SELECT)"
  return columns.length === 0 ? "it has no columns" : null
}

const estimate = (relations: ReadonlyArray<RelationRow>): number | null => {
  const known = relations.flatMap((relation) => (relation.rows === null ? [] : [relation.rows]))
  return known.length === 0 ? null : known.reduce((sum, rows) => sum + rows, 0)
}

const toColumn = (row: ColumnRow, index: number): Column => ({
  name: row.name,
  position: index + 1,
  type: row.type,
  typeClass: typeClass({ ...row, name: row.baseName }),
  nullable: row.nullable,
  sequence: row.sequence,
  enumLabels: row.labels,
  comment: row.comment
})

/**
 * Keys and other indexes. A unique index that only partitions have does not make the table's values unique: it is a hint, as any
 * other index is.
 */
const indexed = (
  relation: RelationRow,
  rows: ReadonlyArray<IndexRow>,
  known: (key: ReadonlyArray<string>) => boolean
): { readonly keys: ReadonlyArray<Key>; readonly indexes: ReadonlyArray<ReadonlyArray<string>> } => {
  const plain = rows
    .map((row) => ({ ...row, columns: untilExpression(row.columns) }))
    .filter((row) => known(row.columns))
  const isKey = (row: (typeof plain)[number]) => row.key && row.relation === relation.id
  const keys = plain
    .filter(isKey)
    .map((row): Key => ({ name: row.name, columns: row.columns, primary: row.primary }))
    .toSorted((a, b) => Number(b.primary) - Number(a.primary))
  const keyed = new Set(keys.map((key) => JSON.stringify(key.columns)))
  const others = plain.filter((row) => !isKey(row) && row.columns.length > 0).map((row) => row.columns)
  return {
    keys: distinct(keys, (key) => [key.primary, key.columns]),
    indexes: distinct(others, (columns) => columns).filter((columns) => !keyed.has(JSON.stringify(columns)))
  }
}

const untilExpression = (columns: ReadonlyArray<string | null>): ReadonlyArray<string> => {
  const end = columns.indexOf(null)
  return columns.slice(0, end < 0 ? undefined : end).flatMap((name) => (name === null ? [] : [name]))
}

const distinct = <A>(items: ReadonlyArray<A>, key: (item: A) => unknown): ReadonlyArray<A> =>
  [...new Map(items.toReversed().map((item) => [JSON.stringify(key(item)), item])).values()].toReversed()
