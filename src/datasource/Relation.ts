import { Effect, Option, Schema } from "effect"
import { indexInSteps, type Steps } from "../steps/Steps.ts"
import { type TableName, tableId, type TypeClass } from "./Catalog.ts"
import { DatasourceError } from "./DatasourceError.ts"
import type { DatasourcePool } from "./DatasourcePool.ts"
import { quoteIdentifier, quoteTable } from "./Identifier.ts"
import { pg } from "./PgSql.ts"
import { classOf, mayRead, modifierOf } from "./CatalogReader.ts"
import { grouped } from "./grouped.ts"
import type { DatabaseSchema } from "./SchemaReader.ts"
import type { RelationRow } from "./SchemaRows.ts"

/** The seed of REPEATABLE, so that two samples of an unchanged table have the same rows. */
const SAMPLE_SEED = 1

/** A column with the facts that decide how SQL may use it. */
export interface RelationColumn {
  readonly name: string
  /** `pg_type.typname` of the type, or of a domain's base type: `int4`, `bpchar`. */
  readonly type: string
  readonly typeClass: TypeClass
  /** The type modifier (`atttypmod`); -1 without one. */
  readonly modifier: number
  readonly isEnum: boolean
  /** Whether the type is in `pg_catalog`. Casts and operators of any other type may run its owner's code. */
  readonly builtIn: boolean
  /** `pg_type.typtype`: b base, e enum, c composite, … */
  readonly kind: string
  /** A nondeterministic collation, quoted and schema-qualified; null for a deterministic one. */
  readonly collation: string | null
  /** Whether a key consists of this column alone, and covers all rows that are read. */
  readonly unique: boolean
  /** Whether it is the first column of an index. */
  readonly indexed: boolean
}

/** A table with the facts that SQL over its rows depends on. */
export interface Relation extends TableName {
  readonly kind: RelationRow["kind"]
  readonly columns: ReadonlyMap<string, RelationColumn>
  /** The relations to read one by one, where some parts of a hierarchy are not read. */
  readonly parts?: ReadonlyArray<TableName & { readonly kind: RelationRow["kind"] }>
}

/** The tables of a schema, by `tableId`. */
export function* relations(schema: DatabaseSchema): Steps<ReadonlyMap<string, Relation>> {
  const columns = grouped(schema.columns, (column) => column.relation)
  const unique = new Set(
    schema.indexes.flatMap((index) =>
      index.key && index.columns.length === 1 ? [`${index.relation} ${index.columns[0]}`] : []
    )
  )
  const indexed = new Set(schema.indexes.map((index) => `${index.relation} ${index.columns[0]}`))
  return yield* indexInSteps(schema.hierarchies.tables, ({ inherited, readOneByOne, relation: row }) => {
    const nameOf = ({ kind, name, schema }: RelationRow) => ({ schema, table: name, kind })
    const own = new Map<string, RelationColumn>()
    for (const column of columns(row.id)) {
      const type = schema.types.get(column.typeId)
      if (type === undefined || !mayRead(row, column)) continue
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
        indexed: indexed.has(`${row.id} ${column.name}`)
      })
    }
    const parts = readOneByOne === null ? {} : { parts: readOneByOne.map(nameOf) }
    const relation: Relation = { ...nameOf(row), columns: own, ...parts }
    return [tableId(relation), relation]
  })
}

/** A readable column by name; fails with `DatasourceError` ("gone") where there is none. */
export const columnOf = (relation: Relation, name: string): Effect.Effect<RelationColumn, DatasourceError> =>
  Option.match(Option.fromNullable(relation.columns.get(name)), {
    onSome: Effect.succeed,
    onNone: () => gone(`${tableId(relation)} has no column "${name}" that can be read`)
  })

/** The error for a table or column that does not exist (any more). */
export const gone = (message: string) => new DatasourceError({ reason: "gone", message, code: null })

/** A node of a plan with what is read of it. */
interface Plan {
  readonly "Node Type": string
  readonly "Plan Rows": number
  readonly "Plan Width": number
  readonly Strategy?: string
  readonly Plans?: ReadonlyArray<Plan>
}
const Plan: Schema.Schema<Plan> = Schema.Struct({
  "Node Type": Schema.String,
  "Plan Rows": Schema.Number,
  "Plan Width": Schema.Number,
  Strategy: Schema.optionalWith(Schema.String, { exact: true }),
  Plans: Schema.optionalWith(Schema.Array(Schema.suspend((): Schema.Schema<Plan> => Plan)), { exact: true })
})
const PlanRow = Schema.Struct({ "QUERY PLAN": Schema.NonEmptyArray(Schema.Struct({ Plan })) })

/** The planner's estimate for a query over one table. */
export interface Guess {
  readonly rows: number
  /** The average width of a result row in bytes. */
  readonly width: number
  /** Bytes that the server holds before it returns a first row: it writes to temporary files what `work_mem` has no room for. */
  readonly held: number
}

/** Nodes that hold all of their rows; a hashed aggregate holds its groups. */
const HOLDING = new Set([
  "Sort",
  "Incremental Sort",
  "Materialize",
  "Function Scan",
  "CTE Scan",
  "WindowAgg",
  "Hash",
  "SetOp"
])

/** Bytes that a row takes besides its values: the header of a tuple. */
const TUPLE_BYTES = 24

const heldBy = (plan: Plan): number => {
  const below = (plan.Plans ?? []).map(heldBy).reduce((sum, bytes) => sum + bytes, 0)
  const holds = HOLDING.has(plan["Node Type"]) || plan.Strategy === "Hashed"
  const own = holds ? plan["Plan Rows"] * (plan["Plan Width"] + TUPLE_BYTES) : 0
  return own + below
}

/**
 * Estimates the number and width of a table's (distinct) rows by EXPLAIN. Unlike `reltuples`, this covers views and tables that were never
 * analysed, and follows the table's present size.
 */
export const guessRows = (
  pool: DatasourcePool,
  relation: Relation,
  columns: ReadonlyArray<RelationColumn> = [],
  which: "ALL" | "DISTINCT" = "ALL"
): Effect.Effect<Guess, DatasourceError> =>
  Effect.map(
    pool.rows(
      PlanRow,
      `EXPLAIN (FORMAT JSON) SELECT ${which === "ALL" ? "" : which} ${columns.map(columnSql).join(", ")} FROM ${from(relation)}`
    ),
    ([row]) => {
      const plan = row?.["QUERY PLAN"][0].Plan
      return plan === undefined
        ? { rows: 0, width: 0, held: 0 }
        : { rows: plan["Plan Rows"], width: plan["Plan Width"], held: heldBy(plan) }
    }
  )

/** The FROM item for all rows of a table, without those of parts that are not read. */
export const from = (relation: Relation): string => source(relation, "")

/** The rows of one partial scan: one or two seconds. */
const PART_ROWS = 4_000_000

/**
 * The FROM items that together are a table's rows: one for each range of blocks with about `PART_ROWS` rows. Only one where the table is
 * smaller, or has no heap of its own (views, partitioned tables).
 */
export const inParts = (
  pool: DatasourcePool,
  relation: Relation
): Effect.Effect<ReadonlyArray<string>, DatasourceError> =>
  Effect.gen(function* () {
    const { rows } = yield* guessRows(pool, relation)
    const parts = Math.ceil(rows / PART_ROWS)
    const hasOneFile = (relation.kind === "r" || relation.kind === "m") && relation.parts === undefined
    if (parts <= 1 || !hasOneFile) return [from(relation)]
    const [size] = yield* pool.rows(
      Schema.Struct({ blocks: Schema.Number }),
      pg`SELECT (pg_relation_size($1::regclass) / current_setting('block_size')::int8)::float8 AS blocks`,
      [quoteTable(relation)]
    )
    const blocks = Math.ceil((size?.blocks ?? 0) / parts)
    // The last range has no upper bound, because the table may have grown.
    return Array.from({ length: parts }, (_, part) => {
      const after = pg`ctid >= '(${part * blocks},0)'::tid`
      const before = part === parts - 1 ? "" : pg` AND ctid < '(${(part + 1) * blocks},0)'::tid`
      return `(SELECT * FROM ${from(relation)} WHERE ${after}${before}) AS part_`
    })
  })

/** Whether TABLESAMPLE can read a share of the blocks; of views and foreign tables only the first rows are read. */
export const hasBlocks = ({ kind }: Relation): boolean => kind === "r" || kind === "p" || kind === "m"

/** The FROM item for a sample of about `wanted` of `rows` rows; the same sample each time while the table does not change. */
export const sampleFrom = (relation: Relation, rows: number, wanted: number): string => {
  if (!hasBlocks(relation)) return `(SELECT * FROM ${from(relation)} LIMIT ${wanted}) AS rows_`
  const percent = Math.min(100, (100 * wanted) / Math.max(rows, 1))
  return source(relation, ` TABLESAMPLE pg_catalog.system (${percent}) REPEATABLE (${SAMPLE_SEED})`)
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

/** The column's quoted name. */
export const columnSql = (column: RelationColumn): string => quoteIdentifier(column.name)
