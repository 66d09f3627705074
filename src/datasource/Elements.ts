import { Effect, Schema } from "effect"
import { SAMPLE_SIZE } from "./ColumnValues.ts"
import type { DatasourceError } from "./DatasourceError.ts"
import { pg } from "./PgSql.ts"
import { columnSql, from, type Guess, type Relation, type RelationColumn, sampleFrom } from "./Relation.ts"
import type { Server } from "./Server.ts"
import { textsOf } from "./Texts.ts"

/** The most rows whose arrays are unnested for a sample, and the most elements of these. */
const ROWS = 10_000
const MOST_ELEMENTS = 50_000

/** Up to `SAMPLE_SIZE` distinct elements of an array column, those with the smallest hashes; elements of 256 bytes or more are left out. */
export const elementsOf = (
  server: Server,
  relation: Relation,
  guess: Guess,
  column: RelationColumn
): Effect.Effect<ReadonlyArray<string>, DatasourceError> => {
  const { received, sent } = textsOf(server)
  const source = guess.rows > ROWS ? sampleFrom(relation, guess.rows, ROWS) : from(relation)
  return Effect.map(
    server.pool.rows(
      Schema.Struct({ value: Schema.String }),
      pg`SELECT ${sent("v")} AS value FROM (
        SELECT DISTINCT v::text COLLATE pg_catalog."C" AS v FROM (SELECT unnest(${columnSql(column)}) AS v FROM ${source} LIMIT ${MOST_ELEMENTS}) items
        WHERE v IS NOT NULL AND octet_length(v::text) < 256) texts
      ORDER BY hashtextextended(v, 0), v LIMIT ${SAMPLE_SIZE}`
    ),
    (rows) => rows.flatMap(({ value }) => received(value) ?? [])
  )
}
