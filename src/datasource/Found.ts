import { Effect, Schema } from "effect"
import { type Steps, stepwise } from "../steps/Steps.ts"
import { type Lookup, lookupOf } from "./Comparison.ts"
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
): Effect.Effect<ReadonlyArray<number>, DatasourceError> =>
  Effect.gen(function* () {
    const { columns, relation } = target
    const lookups = columns.map((column, index) => lookupOf(column, target.sources[index]))
    const { owners, values } = yield* stepwise(() => questions(lookups, tuples))
    if (owners.length === 0) return tuples.map(() => 0)
    const lists = lookups.map(({ type }, index) => pg`${`$${index + 1}`}::text[]::pg_catalog.${type}[]`)
    // Without the condition, the planner, which does not know the list's values, would build a hash table of the target's rows.
    const only = hashesLists
      ? ` WHERE ${lookups.map(({ target }, index) => pg`${target} = ANY (${lists[index] ?? ""})`).join(" AND ")}`
      : ""
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
    const parts = yield* Effect.forEach(yield* sources, lookUp)
    return yield* stepwise(() => answers(parts, owners, tuples.length))
  }).pipe(Effect.withSpan("Datasource.found"))

/** What is asked for several tuples. */
interface Questions {
  /** For each column the asked values, as a literal of an array. */
  readonly values: ReadonlyArray<string>
  /** By the place of a question, the tuples that it is asked for. */
  readonly owners: ReadonlyArray<ReadonlyArray<number>>
}

function* questions(lookups: ReadonlyArray<Lookup>, tuples: ReadonlyArray<ReadonlyArray<string>>): Steps<Questions> {
  const owners: Array<Array<number>> = []
  const elements = lookups.map((): Array<string> => [])
  const known = new Map<string, Array<number>>()
  for (const [owner, tuple] of tuples.entries()) {
    yield
    const texts = lookups.map(({ asked }, index) => asked(tuple[index] ?? ""))
    if (texts.some((each) => each.length === 0)) continue
    for (let way = 0; way < Math.max(...texts.map((each) => each.length)); way++) {
      const values = texts.map((each) => each[Math.min(way, each.length - 1)] ?? "")
      const id = values.length === 1 ? (values[0] ?? "") : JSON.stringify(values)
      const before = known.get(id)
      if (before !== undefined) {
        before.push(owner)
        continue
      }
      const first = [owner]
      known.set(id, first)
      owners.push(first)
      for (const [index, value] of values.entries()) elements[index]?.push(elementLiteral(value))
    }
  }
  return { owners, values: elements.map((each) => `{${each.join(",")}}`) }
}

/** An element of an array's literal. */
const elementLiteral = (value: string) => `"${value.replaceAll(/["\\]/g, "\\$&")}"`

/** For each tuple the most rows that one of its questions has found in all parts together. */
function* answers(
  parts: ReadonlyArray<ReadonlyArray<typeof FoundRow.Type>>,
  owners: Questions["owners"],
  count: number
): Steps<ReadonlyArray<number>> {
  const byPlace = new Map<number, number>()
  for (const part of parts) {
    for (const row of part) {
      byPlace.set(row.place, (byPlace.get(row.place) ?? 0) + row.rows)
      yield
    }
  }
  const rows = Array.from({ length: count }, () => 0)
  for (const [place, found] of byPlace) {
    for (const owner of owners[place - 1] ?? []) rows[owner] = Math.max(rows[owner] ?? 0, found)
    yield
  }
  return rows
}
