import { Effect, Schema } from "effect"
import { keyText, useOf } from "./Cells.ts"
import { BYTES, collationOf } from "./ColumnValues.ts"
import type { DatasourceError } from "./DatasourceError.ts"
import { pg } from "./PgSql.ts"
import { columnSql, from, guessRows, sampleFrom } from "./Relation.ts"
import { type Server, SORTED_HASH_BYTES } from "./Server.ts"
import { inclusions, type Side } from "./TestJoin.ts"

/** Rows that are tested first: most columns that are not unique have a duplicate among them. */
const HEAD_ROWS = 10_000
/** A table with more rows is sampled: the sample's values are then looked up in the whole table, as those of any test join. */
const EXACT_ROWS = 1_000_000

/**
 * Whether the columns have no NULL and no two rows with equal values; equality is PostgreSQL's. Where the hashes of all rows fit in `work_mem`
 * and there are no more than `EXACT_ROWS`, one scan tells. In a larger table, no NULL and no duplicate was found in a sample, and none of its
 * values has a second row in the whole table: the columns are then probably unique. False for columns whose values are only "counted".
 */
export const uniqueness = (server: Server, { columns, relation }: Side): Effect.Effect<boolean, DatasourceError> =>
  Effect.gen(function* () {
    if (columns.length === 0 || columns.some((column) => useOf(column) === "counted")) return false
    // Each column's hash is the seed of the next one's, because each may have a collation of its own that decides which texts are equal.
    const hash = columns.reduce(
      (seed, column) =>
        pg`hashtextextended(${keyText(column, columnSql(column))}::text COLLATE ${collationOf(column) ?? BYTES}, ${seed})`,
      "0"
    )
    const nulls = columns.map((column) => `${columnSql(column)} IS NULL`).join(" OR ")
    const isUnique = (rows: string) =>
      Effect.map(
        server.pool.rows(
          Schema.Struct({ unique: Schema.Boolean }),
          pg`SELECT count(*) = count(DISTINCT hash) AND count(*) FILTER (WHERE absent) = 0 AS unique
            FROM (SELECT ${hash} AS hash, (${nulls}) AS absent FROM ${rows}) items`
        ),
        ([row]) => row?.unique ?? false
      )
    const { rows } = yield* guessRows(server.pool, relation)
    const table = from(relation)
    if (rows > HEAD_ROWS && !(yield* isUnique(`(SELECT * FROM ${table} LIMIT ${HEAD_ROWS}) head`))) return false
    const most = Math.min(EXACT_ROWS, server.workMemory / SORTED_HASH_BYTES)
    if (rows <= most) return yield* isUnique(table)
    if (!(yield* isUnique(sampleFrom(relation, rows, Math.ceil(most / 10))))) return false
    const [found] = yield* inclusions(server, relation, [
      { columns, target: { relation, columns }, distinct: rows, targetDistinct: rows }
    ])
    return found !== undefined && found !== null && found.maxFrom <= 1 && found.maxTo <= 1
  }).pipe(Effect.withSpan("Datasource.uniqueness"))
