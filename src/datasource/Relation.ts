import { Effect, Option, Schema } from "effect"
import { indexInSteps, type Steps } from "../steps/Steps.ts"
import { type TableName, tableId, type TypeClass } from "./Catalog.ts"
import { DatasourceError } from "./DatasourceError.ts"
import type { DatasourcePool } from "./DatasourcePool.ts"
import { quoteIdentifier, quoteTable } from "./Identifier.ts"
import { classOf, modifierOf } from "./CatalogReader.ts"
import { grouped } from "./grouped.ts"
import type { DatabaseSchema } from "./SchemaReader.ts"
import type { RelationRow } from "./SchemaRows.ts"

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
  /** Whether PostgreSQL brought the type: what an extension or a user made may run code of its owner's. */
  readonly builtIn: boolean
  /** `pg_type.typtype`: b base, e enum, c composite, … */
  readonly kind: string
  /** A collation that counts different texts as equal, qualified and quoted; null where equal texts are the same bytes. */
  readonly collation: string | null
  /** Declared unique by itself. */
  readonly unique: boolean
  /** Whether `::text` would run a function that somebody wrote for this type; `concat(…)` runs none. */
  readonly ownCast: boolean
}

/** A table, as far as SQL over it must know it. */
export interface Relation extends TableName {
  readonly kind: RelationRow["kind"]
  readonly columns: ReadonlyMap<string, RelationColumn>
  /** Where some parts of a hierarchy are not read: those that are, one by one. */
  readonly parts?: ReadonlyArray<TableName & { readonly kind: RelationRow["kind"] }>
}

/** The relations of a schema by `schema.table`, quoted. */
export function* relations(schema: DatabaseSchema): Steps<ReadonlyMap<string, Relation>> {
  const columns = grouped(schema.columns, (column) => column.relation)
  const unique = new Set(
    schema.indexes.flatMap((index) =>
      index.key && index.columns.length === 1 ? [`${index.relation} ${index.columns[0]}`] : []
    )
  )
  return yield* indexInSteps(schema.hierarchies.tables, ({ inherited, readOneByOne, relation: row }) => {
    const nameOf = ({ kind, name, schema }: RelationRow) => ({ schema, table: name, kind })
    const own = new Map<string, RelationColumn>()
    for (const column of columns(row.id)) {
      const type = schema.types.get(column.typeId)
      if (type === undefined || !(row.readable || column.readable)) continue
      own.set(column.name, {
        name: column.name,
        type: type.baseName,
        typeClass: classOf(column, type),
        modifier: modifierOf(column, type),
        isEnum: type.kind === "e",
        builtIn: type.builtIn,
        kind: type.kind,
        collation: column.collation,
        unique: unique.has(`${row.id} ${column.name}`) && !inherited && readOneByOne === null,
        ownCast: type.ownCast
      })
    }
    const parts = readOneByOne === null ? {} : { parts: readOneByOne.map(nameOf) }
    const relation: Relation = { ...nameOf(row), columns: own, ...parts }
    return [quoteTable(relation), relation]
  })
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
  Effect.map(pool.query(PlanRow, `EXPLAIN (FORMAT JSON) SELECT FROM ${from(relation)}`), ([plan]) =>
    plan === undefined ? 0 : plan["QUERY PLAN"][0].Plan["Plan Rows"]
  )

/** The FROM item for all rows that count as the table's own: those that `SELECT` gives, but for parts that are not read. */
export const from = (relation: Relation): string => source(relation, "")

/** The FROM item for a bounded share of the rows, given the planner's guess; the same rows twice while nobody writes. */
export const sampleFrom = (relation: Relation, rows: number): string => {
  if (relation.kind === "v" || relation.kind === "f") {
    return `(SELECT * FROM ${quoteTable(relation)} LIMIT ${SAMPLE_ROWS}) AS rows_`
  }
  const percent = Math.min(100, (100 * SAMPLE_ROWS) / Math.max(rows, 1))
  return source(relation, ` TABLESAMPLE SYSTEM (${percent}) REPEATABLE (${SAMPLE_SEED})`)
}

const source = (relation: Relation, sample: string): string => {
  if (relation.parts === undefined) return `${quoteTable(relation)}${sample}`
  const columns = [...relation.columns.values()].map(columnSql).join(", ")
  const each = relation.parts.map(
    (part) =>
      `SELECT ${columns} FROM ${part.kind === "f" ? "" : "ONLY "}${quoteTable(part)}${part.kind === "r" ? sample : ""}`
  )
  return `(${each.join(" UNION ALL ")}) AS rows_`
}

/** The column as SQL. */
export const columnSql = (column: RelationColumn): string => quoteIdentifier(column.name)
