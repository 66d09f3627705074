import { Effect, Schema } from "effect"
import { lookupOf } from "./Comparison.ts"
import type { DatasourceError } from "./DatasourceError.ts"
import { pg } from "./PgSql.ts"
import { from, inParts, type Relation, type RelationColumn } from "./Relation.ts"
import type { Server } from "./Server.ts"

/** The columns of a relation in which tuples are looked up, and by position the columns that the values come from, where known. */
export interface Target {
  readonly relation: Relation
  readonly columns: ReadonlyArray<RelationColumn>
  readonly sources: ReadonlyArray<RelationColumn | undefined>
}

const FoundRow = Schema.Struct({ place: Schema.Number, rows: Schema.Number })

/**
 * The number of the target's rows that equal each tuple, in the tuples' order; equality is PostgreSQL's. One statement by index lookups, or a
 * scan (in parts where the target is large) whose memory holds no more than the tuples. A value that the column's type cannot contain has 0.
 */
export const found = (
  { hashesLists, pool }: Server,
  target: Target,
  tuples: ReadonlyArray<ReadonlyArray<string>>
): Effect.Effect<ReadonlyArray<number>, DatasourceError> => {
  const { columns, relation } = target
  const lookups = columns.map((column, index) => lookupOf(column, target.sources[index]))
  const asked: Array<ReadonlyArray<string>> = []
  const owners: Array<Array<number>> = []
  const known = new Map<string, number>()
  tuples.forEach((tuple, owner) => {
    const texts = lookups.map(({ asked }, index) => asked(tuple[index] ?? ""))
    if (texts.some((each) => each.length === 0)) return
    for (let way = 0; way < Math.max(...texts.map((each) => each.length)); way++) {
      const values = texts.map((each) => each[Math.min(way, each.length - 1)] ?? "")
      const id = values.length === 1 ? (values[0] ?? "") : JSON.stringify(values)
      const place = known.get(id) ?? asked.push(values) - 1
      known.set(id, place)
      owners[place] = [...(owners[place] ?? []), owner]
    }
  })
  const rows = tuples.map(() => 0)
  if (asked.length === 0) return Effect.succeed(rows)
  const lists = lookups.map(({ type }, index) => pg`${`$${index + 1}`}::text[]::pg_catalog.${type}[]`)
  // Without the condition, the planner, which does not know the list's values, would build a hash table of the target's rows.
  const only = hashesLists
    ? ` WHERE ${lookups.map(({ target }, index) => pg`${target} = ANY (${lists[index] ?? ""})`).join(" AND ")}`
    : ""
  const values = lookups.map((_, index) => asked.map((texts) => texts[index] ?? ""))
  const lookUp = (source: string) =>
    pool.rows(
      FoundRow,
      pg`SELECT f.place::int4 AS place, count(*)::float8 AS rows
        FROM ROWS FROM (${lists.map((list) => pg`unnest(${list})`).join(", ")}) WITH ORDINALITY AS f(${lookups.map((_, index) => `v${index}`).join(", ")}, place)
        JOIN (SELECT ${lookups.map(({ target }, index) => `${target} AS t${index}`).join(", ")} FROM ${source}${only}) t
          ON ${lookups.map((_, index) => pg`t.t${index} = f.v${index}`).join(" AND ")}
        GROUP BY f.place`,
      values
    )
  const sources =
    columns.some((column) => column.indexed) || !hashesLists
      ? Effect.succeed([from(relation)])
      : inParts(pool, relation)
  return Effect.flatMap(sources, (parts) => Effect.forEach(parts, lookUp)).pipe(
    Effect.map((parts) => {
      const byPlace = new Map<number, number>()
      for (const row of parts.flat()) byPlace.set(row.place, (byPlace.get(row.place) ?? 0) + row.rows)
      for (const [place, count] of byPlace) {
        for (const owner of owners[place - 1] ?? []) rows[owner] = Math.max(rows[owner] ?? 0, count)
      }
      return rows
    }),
    Effect.withSpan("Datasource.found")
  )
}
