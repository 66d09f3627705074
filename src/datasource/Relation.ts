import { Effect, Option, Schema } from "effect"
import { indexInSteps, type Steps } from "../steps/Steps.ts"
import { type TableName, tableId, type TypeClass } from "./Catalog.ts"
import { DatasourceError } from "./DatasourceError.ts"
import type { DatasourcePool } from "./DatasourcePool.ts"
import { quoteIdentifier, quoteLiteral, quoteTable } from "./Identifier.ts"
import { pg } from "./PgSql.ts"
import { classOf, mayRead, modifierOf } from "./CatalogReader.ts"
import { grouped } from "./grouped.ts"
import type { DatabaseSchema } from "./SchemaReader.ts"
import type { RelationRow } from "./SchemaRows.ts"

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
  /** Whether an index begins with it. */
  readonly indexed: boolean
}

/** A table, as far as SQL over it must know it. */
export interface Relation extends TableName {
  readonly kind: RelationRow["kind"]
  readonly columns: ReadonlyMap<string, RelationColumn>
  /** Where some parts of a hierarchy are not read: those that are, one by one. */
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

/** A column by name; fails where the table has none of that name (any more), or none that may be read. */
export const columnOf = (relation: Relation, name: string): Effect.Effect<RelationColumn, DatasourceError> =>
  Option.match(Option.fromNullable(relation.columns.get(name)), {
    onSome: Effect.succeed,
    onNone: () => gone(`${tableId(relation)} has no column "${name}" that can be read`)
  })

/** A table or column that is not there. */
export const gone = (message: string) => new DatasourceError({ reason: "gone", message, code: null })

const PlanRow = Schema.Struct({
  "QUERY PLAN": Schema.NonEmptyArray(
    Schema.Struct({ Plan: Schema.Struct({ "Plan Rows": Schema.Number, "Plan Width": Schema.Number }) })
  )
})

/** What the planner expects of a table. */
export interface Guess {
  readonly rows: number
  /** Bytes of a row. */
  readonly width: number
}

/** The planner's present guess at (distinct) rows and their width; unlike the catalog's it knows views and what was never analysed. */
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
      return { rows: plan?.["Plan Rows"] ?? 0, width: plan?.["Plan Width"] ?? 0 }
    }
  )

/** The FROM item for all rows that count as the table's own: those that `SELECT` gives, but for parts that are not read. */
export const from = (relation: Relation): string => source(relation, "")

/** A scan of a table with more rows than this is done in parts: each is a statement of a second or two. */
const PART_ROWS = 4_000_000

/** The FROM items for a table's rows, part by part, by ranges of blocks; one for what has no blocks of its own, or is not large. */
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
      pg`SELECT (pg_relation_size(${quoteLiteral(quoteTable(relation))}::regclass) / current_setting('block_size')::int8)::float8 AS blocks`
    )
    const blocks = Math.ceil((size?.blocks ?? 0) / parts)
    // The last part is open: the table may have grown.
    return Array.from({ length: parts }, (_, part) => {
      const after = pg`ctid >= '(${part * blocks},0)'::tid`
      const before = part === parts - 1 ? "" : pg` AND ctid < '(${(part + 1) * blocks},0)'::tid`
      return `(SELECT * FROM ${from(relation)} WHERE ${after}${before}) AS part_`
    })
  })

/** Whether a share of a relation's blocks can be read; of others only the rows that come first. */
export const hasBlocks = ({ kind }: Relation): boolean => kind === "r" || kind === "p" || kind === "m"

/** The FROM item for about `wanted` rows of the `rows` that the planner expects; the same rows twice while nobody writes. */
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

/** The column as SQL. */
export const columnSql = (column: RelationColumn): string => quoteIdentifier(column.name)
