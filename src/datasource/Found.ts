import { Effect, Schema } from "effect"
import { lookupOf } from "./Comparison.ts"
import type { DatasourceError } from "./DatasourceError.ts"
import { pg } from "./PgSql.ts"
import { from, type Relation, type RelationColumn } from "./Relation.ts"
import type { Server } from "./Server.ts"

/** Columns of a relation in which tuples of as many values are looked up, and the columns these come from, where they are known. */
export interface Target {
  readonly relation: Relation
  readonly columns: ReadonlyArray<RelationColumn>
  readonly sources: ReadonlyArray<RelationColumn | undefined>
}

const FoundRow = Schema.Struct({ place: Schema.Number, rows: Schema.Number })

/**
 * How many rows of the target have each of the tuples, as PostgreSQL compares; one statement, which the target's index serves, or one
 * scan of it that keeps no more than the tuples in memory. A value that a column's type cannot have is not there.
 */
export const found = (
  { pool }: Server,
  { columns, relation, sources }: Target,
  tuples: ReadonlyArray<ReadonlyArray<string>>
): Effect.Effect<ReadonlyArray<number>, DatasourceError> => {
  const lookups = columns.map((column, index) => lookupOf(column, sources[index]))
  const asked: Array<ReadonlyArray<string>> = []
  const owners: Array<number> = []
  tuples.forEach((tuple, owner) => {
    const texts = lookups.map(({ asked }, index) => asked(tuple[index] ?? ""))
    const most = Math.max(...texts.map((each) => each.length))
    if (texts.some((each) => each.length === 0)) return
    for (let way = 0; way < most; way++) {
      asked.push(texts.map((each) => each[Math.min(way, each.length - 1)] ?? ""))
      owners.push(owner)
    }
  })
  const rows = tuples.map(() => 0)
  if (asked.length === 0) return Effect.succeed(rows)
  const lists = lookups.map(({ type }, index) => pg`unnest(${`$${index + 1}`}::text[]::pg_catalog.${type}[])`)
  const names = lookups.map((_, index) => `v${index}`)
  return pool
    .query(
      FoundRow,
      pg`SELECT f.place::int4 AS place, count(*)::float8 AS rows
        FROM ROWS FROM (${lists.join(", ")}) WITH ORDINALITY AS f(${names.join(", ")}, place)
        JOIN (SELECT ${lookups.map(({ target }, index) => `${target} AS t${index}`).join(", ")} FROM ${from(relation)}) t
          ON ${lookups.map((_, index) => pg`t.t${index} = f.v${index}`).join(" AND ")}
        GROUP BY f.place`,
      lookups.map((_, index) => asked.map((texts) => texts[index] ?? ""))
    )
    .pipe(
      Effect.map((list) => {
        for (const row of list) {
          const owner = owners[row.place - 1]
          if (owner !== undefined) rows[owner] = Math.max(rows[owner] ?? 0, row.rows)
        }
        return rows
      }),
      Effect.withSpan("Datasource.found")
    )
}
