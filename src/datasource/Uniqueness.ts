import { Effect, Schema } from "effect"
import { keyText, useOf } from "./Cells.ts"
import type { DatasourceError } from "./DatasourceError.ts"
import { pg } from "./PgSql.ts"
import { columnSql, from, guessRows } from "./Relation.ts"
import { type Server, SORTED_HASH_BYTES } from "./Server.ts"
import type { Side } from "./TestJoin.ts"

/** Rows that are tested first: most columns that are not unique have a duplicate among them. */
const HEAD_ROWS = 10_000

/**
 * Whether the columns have no NULL and no two rows with equal values. Compares 64-bit hashes of the values, which are sorted within
 * `work_mem`: a table with more rows is scanned once for each part of the hashes. False for columns whose values are only "counted".
 */
export const uniqueness = (server: Server, { columns, relation }: Side): Effect.Effect<boolean, DatasourceError> =>
  Effect.gen(function* () {
    if (columns.some((column) => useOf(column) === "counted")) return false
    const texts = columns.map((column) => pg`${keyText(column, columnSql(column))}::text`)
    const text = texts.length === 1 ? (texts[0] ?? "NULL") : pg`(ROW(${texts.join(", ")}))::text`
    const hash = pg`hashtextextended(${text} COLLATE pg_catalog."C", 0)`
    const nulls = columns.map((column) => `${columnSql(column)} IS NULL`).join(" OR ")
    const isUnique = (rows: string, condition: string) =>
      Effect.map(
        server.pool.rows(
          Schema.Struct({ unique: Schema.Boolean }),
          pg`SELECT count(*) = count(DISTINCT hash) AND count(*) FILTER (WHERE absent) = 0 AS unique
            FROM (SELECT ${hash} AS hash, (${nulls}) AS absent FROM ${rows}) items${condition}`
        ),
        ([row]) => row?.unique ?? false
      )
    const { rows } = yield* guessRows(server.pool, relation)
    const table = from(relation)
    if (rows > HEAD_ROWS && !(yield* isUnique(`(SELECT * FROM ${table} LIMIT ${HEAD_ROWS}) head`, ""))) return false
    const parts = 2 ** Math.max(0, Math.ceil(Math.log2((SORTED_HASH_BYTES * rows) / Math.max(1, server.workMemory))))
    for (let part = 0; part < parts; part++) {
      if (!(yield* isUnique(table, parts === 1 ? "" : pg` WHERE (hash & ${parts - 1}) = ${part}`))) return false
    }
    return true
  }).pipe(Effect.withSpan("Datasource.uniqueness"))
