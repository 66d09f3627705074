import { Effect, Schema } from "effect"
import { type Steps, stepwise } from "../steps/Steps.ts"
import { type Lookup, lookupOf } from "./Comparison.ts"
import type { DatasourceError } from "./DatasourceError.ts"
import { pg } from "./PgSql.ts"
import { columnSql, from, inParts, type Relation, type RelationColumn } from "./Relation.ts"
import { grouped } from "./grouped.ts"
import type { Server } from "./Server.ts"

/** The columns of a relation in which tuples are looked up, and by position the columns that the values come from, where known. */
export interface Target {
  readonly relation: Relation
  readonly columns: ReadonlyArray<RelationColumn>
  readonly sources: ReadonlyArray<RelationColumn | undefined>
  /** Whether the values are whole numbers, and the texts of the columns are read as such. By default, what the sources say. */
  readonly areNumbers?: boolean | undefined
}

/** Tuples that are looked up in a target. */
export interface Asked {
  readonly target: Target
  readonly tuples: ReadonlyArray<ReadonlyArray<string>>
}

/** `asked` is the place among what is asked together, `place` the number of the question, from 1. */
const FoundRow = Schema.Struct({ asked: Schema.Number, place: Schema.Number, rows: Schema.Number })

/**
 * The number of the target's rows that equal each tuple, in the tuples' order; equality is PostgreSQL's. One statement by index lookups, or a
 * scan (in parts where the target is large) whose memory holds no more than the tuples. A value that the column's type cannot contain has 0.
 */
export const found = (server: Server, asked: Asked): Effect.Effect<ReadonlyArray<number>, DatasourceError> =>
  Effect.gen(function* () {
    const { hashesLists, pool } = server
    const { columns, relation } = asked.target
    const question = yield* questionOf(asked)
    if (question.owners.length === 0) return asked.tuples.map(() => 0)
    const sources =
      columns.some((column, place) => column.indexed && question.lookups[place]?.target === columnSql(column)) ||
      !hashesLists
        ? Effect.succeed([from(relation)])
        : inParts(pool, relation)
    const parts = yield* Effect.forEach(yield* sources, (source) =>
      pool.rows(FoundRow, lookUp(server, question, source, 0, 0), question.values)
    )
    return yield* stepwise(() => answers(parts, question.owners, asked.tuples.length))
  }).pipe(Effect.withSpan("Datasource.found"))

/** `found` for several targets by one statement, which reads each target whole at worst: for small ones. Fails if one of them cannot be read. */
export const foundTogether = (
  server: Server,
  all: ReadonlyArray<Asked>
): Effect.Effect<ReadonlyArray<ReadonlyArray<number>>, DatasourceError> =>
  Effect.gen(function* () {
    const questions = yield* Effect.forEach(all, questionOf)
    const values: Array<string> = []
    const statements = questions.flatMap((question, place) => {
      if (question.owners.length === 0) return []
      const statement = lookUp(server, question, from(question.relation), place, values.length)
      values.push(...question.values)
      return [statement]
    })
    const rows =
      statements.length === 0 ? [] : yield* server.pool.rows(FoundRow, statements.join(" UNION ALL "), values)
    const byAsked = grouped(rows, ({ asked }) => asked)
    return yield* Effect.forEach(all, ({ tuples }, place) =>
      stepwise(() => answers([byAsked(place)], questions[place]?.owners ?? [], tuples.length))
    )
  }).pipe(Effect.withSpan("Datasource.foundTogether"))

/** What is asked of a relation: its lookups, and the values of each as a parameter. */
interface Question extends Questions {
  readonly relation: Relation
  readonly lookups: ReadonlyArray<Lookup>
}

const questionOf = ({ target, tuples }: Asked): Effect.Effect<Question> => {
  const lookups = target.columns.map((column, index) => lookupOf(column, target.sources[index], target.areNumbers))
  return Effect.map(
    stepwise(() => questions(lookups, tuples)),
    (made) => ({ ...made, lookups, relation: target.relation })
  )
}

/** The statement that counts what is found in `source`; its first parameter follows the `before` first ones. */
const lookUp = ({ hashesLists }: Server, { lookups }: Question, source: string, asked: number, before: number) => {
  const lists = lookups.map(({ type }, index) => pg`${`$${before + index + 1}`}::text[]::pg_catalog.${type}[]`)
  // Without the condition, the planner, which does not know the list's values, would build a hash table of the target's rows.
  const only = hashesLists
    ? ` WHERE ${lookups.map(({ target }, index) => pg`${target} = ANY (${lists[index] ?? ""})`).join(" AND ")}`
    : ""
  return pg`SELECT ${asked} AS asked, f.place::int4 AS place, count(*)::float8 AS rows
        FROM ROWS FROM (${lists.map((list) => pg`unnest(${list})`).join(", ")}) WITH ORDINALITY AS f(${lookups.map((_, index) => `v${index}`).join(", ")}, place)
        JOIN (SELECT ${lookups.map(({ target }, index) => `${target} AS t${index}`).join(", ")} FROM ${source}${only}) t
          ON ${lookups.map((_, index) => pg`t.t${index} = f.v${index}`).join(" AND ")}
        GROUP BY f.place`
}

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
