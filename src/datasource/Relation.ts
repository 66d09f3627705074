import { Effect, Option, Schema } from "effect"
import { type TableName, tableId, type TypeClass } from "./Catalog.ts"
import { DatasourceError } from "./DatasourceError.ts"
import type { DatasourcePool } from "./DatasourcePool.ts"
import { quoteIdentifier, quoteTable } from "./Identifier.ts"
import type { DatabaseSchema } from "./SchemaReader.ts"
import { typeClass } from "./TypeClasses.ts"

/** More rows than this are not read whole: figures rest on a sample of blocks. */
export const EXACT_ROWS = 500_000
/** How many rows such a sample has, about. */
export const SAMPLE_ROWS = 100_000
/** The sample is the same twice. */
const SAMPLE_SEED = 1

/** A column, as far as SQL over it must know its type. */
export interface RelationColumn {
  readonly name: string
  /** The type's own name without modifiers, domains resolved: `int4`, `bpchar`. */
  readonly type: string
  readonly typeClass: TypeClass
  /** `pg_attribute.atttypmod`; -1 without one. */
  readonly modifier: number
  readonly isEnum: boolean
  /** Declared unique by itself. */
  readonly unique: boolean
}

/** A table, as far as SQL over it must know it. */
export interface Relation extends TableName {
  readonly kind: DatabaseSchema["relations"][number]["kind"]
  readonly columns: ReadonlyMap<string, RelationColumn>
}

/** The relations of a schema by `schema.table`, quoted. */
export const relations = (schema: DatabaseSchema): ReadonlyMap<string, Relation> => {
  const columns = new Map<number, Map<string, RelationColumn>>()
  const unique = new Set(
    schema.indexes.flatMap((index) =>
      index.key && index.columns.length === 1 ? [`${index.relation} ${index.columns[0]}`] : []
    )
  )
  for (const row of schema.columns) {
    const own = columns.get(row.relation) ?? new Map<string, RelationColumn>()
    columns.set(row.relation, own)
    own.set(row.name, {
      name: row.name,
      type: row.baseName,
      typeClass: typeClass({ ...row, name: row.baseName }),
      modifier: row.modifier,
      isEnum: row.kind === "e",
      unique: unique.has(`${row.relation} ${row.name}`)
    })
  }
  return new Map(
    schema.relations.map((row) => {
      const relation = {
        schema: row.schema,
        table: row.name,
        kind: row.kind,
        columns: columns.get(row.id) ?? new Map()
      }
      return [quoteTable(relation), relation]
    })
  )
}

/** A column by name; fails where the table has none of that name (any more), or none that may be read. */
export const columnOf = (relation: Relation, name: string): Effect.Effect<RelationColumn, DatasourceError> =>
  Option.match(Option.fromNullable(relation.columns.get(name)), {
    onSome: Effect.succeed,
    onNone: () => gone(`${tableId(relation)} has no column "${name}" that can be read`)
  })

/** A table or column that is not there. */
export const gone = (message: string) => new DatasourceError({ reason: "gone", message, code: null })

const PlanRow = Schema.Struct({
  "QUERY PLAN": Schema.NonEmptyArray(Schema.Struct({ Plan: Schema.Struct({ "Plan Rows": Schema.Number }) }))
})

/** The planner's present guess at the number of rows; unlike the catalog's it knows views and what was never analysed. */
export const guessRows = (pool: DatasourcePool, relation: Relation): Effect.Effect<number, DatasourceError> =>
  Effect.map(pool.rows(PlanRow, `EXPLAIN (FORMAT JSON) SELECT FROM ${from(relation)}`), ([plan]) =>
    plan === undefined ? 0 : plan["QUERY PLAN"][0].Plan["Plan Rows"]
  )

/** The FROM item for all rows that count as the table's own: an inheritance parent without its children, which are tables too. */
export const from = (relation: Relation): string => `${relation.kind === "r" ? "ONLY " : ""}${quoteTable(relation)}`

/** The FROM item for a bounded share of the rows, given the planner's guess; the same rows twice while nobody writes. */
export const sampleFrom = (relation: Relation, rows: number): string => {
  if (relation.kind === "v" || relation.kind === "f") {
    return `(SELECT * FROM ${quoteTable(relation)} LIMIT ${SAMPLE_ROWS}) AS rows_`
  }
  const percent = Math.min(100, (100 * SAMPLE_ROWS) / Math.max(rows, 1))
  return `${from(relation)} TABLESAMPLE SYSTEM (${percent}) REPEATABLE (${SAMPLE_SEED})`
}

/** The column as SQL. */
export const columnSql = (column: RelationColumn): string => quoteIdentifier(column.name)
