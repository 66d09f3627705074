import { Effect, Schema } from "effect"
import type { DatasourceError } from "./DatasourceError.ts"
import type { DatasourcePool } from "./DatasourcePool.ts"
import type { Inclusion } from "./Inclusion.ts"
import { columnSql, from, guessRows, type Relation, type RelationColumn, sampleFrom } from "./Relation.ts"

/** Columns of one relation, as SQL has to know them. */
export interface Side {
  readonly relation: Relation
  readonly columns: ReadonlyArray<RelationColumn>
}

/** Up to so many rows of the source are joined; of more, a sample. A join reads one column or a few, so it can have more than a profile. */
const EXACT_JOIN_ROWS = 2_000_000
/** Orphans that are shown. */
const ORPHANS = 5
/** Rows looked at before all are, when a set of columns may be unique: most that are not show it here. */
const HEAD_ROWS = 10_000

const InclusionRow = Schema.Struct({
  rows: Schema.Number,
  orphanRows: Schema.Number,
  distinct: Schema.Number,
  matched: Schema.Number,
  targetDistinct: Schema.Number,
  maxFrom: Schema.Number,
  maxTo: Schema.Number,
  orphans: Schema.Array(Schema.String)
})

const NOTHING: Inclusion = {
  rows: 0,
  orphanRows: 0,
  distinct: 0,
  matched: 0,
  targetDistinct: 0,
  orphans: [],
  maxFrom: 0,
  maxTo: 0,
  sampled: false
}

/** Rows of the source that take part: those where a column has this value, as text. */
interface Meant {
  readonly column: RelationColumn
  readonly value: string
}

/**
 * One statement: both sides grouped by value, then joined; a huge `source` by a sample of its rows, the target always whole. A target
 * that is declared unique needs no grouping, and is only looked up: a few values in a large table by its index.
 */
export const inclusion = (
  pool: DatasourcePool,
  source: Side,
  target: Side,
  when?: Meant
): Effect.Effect<Inclusion, DatasourceError> =>
  Effect.gen(function* () {
    const guess = yield* guessRows(pool, source.relation)
    const sampled = guess > EXACT_JOIN_ROWS
    const pairs = source.columns.flatMap((column, index) => {
      const other = target.columns[index]
      return other === undefined ? [] : [comparable(column, other)]
    })
    const keys = pairs.map((_, index) => `k${index}`)
    const meant = when === undefined ? [] : [`${columnSql(when.column)}::text = $1`]
    const expressions = { from: pairs.map((pair) => pair.from), to: pairs.map((pair) => pair.to) }
    /** Whether no two rows of a side have the same values, as they are compared. */
    const isKey = ({ columns: [column, ...more] }: Side, [value]: ReadonlyArray<string>) =>
      more.length === 0 && column?.unique === true && value === columnSql(column)
    const grouped = (side: Side, values: ReadonlyArray<string>, rows: string, conditions: ReadonlyArray<string>) => {
      const present = [...side.columns.map((column) => `${columnSql(column)} IS NOT NULL`), ...conditions].join(" AND ")
      const named = values.map((value, index) => `${value} AS ${keys[index]}`).join(", ")
      const [n, groups] = isKey(side, values)
        ? ["1::bigint", ""]
        : ["count(*)", ` GROUP BY ${keys.map((_, index) => index + 1).join(", ")}`]
      return `SELECT ${named}, ${n} AS n FROM ${rows} WHERE ${present}${groups}`
    }
    const whole = from(target.relation)
    const isLookedUp = isKey(target, expressions.to)
    const [targetDistinct, maxTo] = isLookedUp
      ? [
          `(SELECT count(${expressions.to[0]}) FROM ${whole})`,
          `EXISTS (SELECT FROM ${whole} WHERE ${expressions.to[0]} IS NOT NULL)::int`
        ]
      : ["count(t)", "coalesce(max(t), 0)"]
    const shown = keys.length === 1 ? "f.k0::text" : `ROW(${keys.map((key) => `f.${key}`).join(", ")})::text`
    const rows = sampled ? sampleFrom(source.relation, guess) : from(source.relation)
    const [row] = yield* pool.rows(
      InclusionRow,
      `WITH f AS (${grouped(source, expressions.from, rows, meant)}),
        t AS (${grouped(target, expressions.to, whole, [])}),
        j AS MATERIALIZED (SELECT f.n AS f, t.n AS t, CASE WHEN t.n IS NULL THEN ${shown} END AS shown
          ${keys.map((key) => `, CASE WHEN t.n IS NULL THEN f.${key} END AS ${key}`).join("")}
          FROM f ${isLookedUp ? "LEFT" : "FULL"} JOIN t ON ${keys.map((key) => `f.${key} = t.${key}`).join(" AND ")})
      SELECT coalesce(sum(f), 0)::float8 AS rows, coalesce(sum(f) FILTER (WHERE t IS NULL), 0)::float8 AS "orphanRows",
        count(f)::float8 AS distinct, (count(*) FILTER (WHERE f IS NOT NULL AND t IS NOT NULL))::float8 AS matched,
        ${targetDistinct}::float8 AS "targetDistinct", coalesce(max(f), 0)::float8 AS "maxFrom",
        ${maxTo}::float8 AS "maxTo",
        ARRAY(SELECT left(shown, 256) FROM j WHERE t IS NULL ORDER BY ${keys.join(", ")} LIMIT ${ORPHANS}) AS orphans
      FROM j`,
      when === undefined ? [] : [when.value]
    )
    return { ...NOTHING, ...row, sampled }
  }).pipe(Effect.withSpan("Datasource.inclusion"))

/** Whether no two rows have the same values there, and none has a null. */
export const uniqueness = (pool: DatasourcePool, side: Side): Effect.Effect<boolean, DatasourceError> => {
  const keys = side.columns.map((column) => (isComparable(column) ? columnSql(column) : `${columnSql(column)}::text`))
  const rows = from(side.relation)
  const select = (limit: string) =>
    `(SELECT ${keys.map((key, index) => `${key} AS k${index}`).join(", ")} FROM ${rows}${limit}) items`
  const group = (limit: string) =>
    `EXISTS (SELECT FROM ${select(limit)} GROUP BY ${keys.map((_, index) => `k${index}`).join(", ")} HAVING count(*) > 1)`
  return pool
    .rows(
      Schema.Struct({ unique: Schema.Boolean }),
      `SELECT CASE WHEN ${group(` LIMIT ${HEAD_ROWS}`)} THEN false
        WHEN EXISTS (SELECT FROM ${rows} WHERE ${side.columns.map((column) => `${columnSql(column)} IS NULL`).join(" OR ")}) THEN false
        ELSE NOT ${group("")} END AS unique`
    )
    .pipe(
      Effect.map(([row]) => row?.unique ?? false),
      Effect.withSpan("Datasource.uniqueness")
    )
}

const WHOLE: ReadonlyArray<string> = ["int2", "int4", "int8"]
const FLOATS: ReadonlyArray<string> = ["float4", "float8"]
const MOMENTS: ReadonlyArray<string> = ["date", "timestamp", "timestamptz"]

const isNumeric = (column: RelationColumn) => column.typeClass === "integer" || column.typeClass === "number"
const isComparable = (column: RelationColumn) =>
  column.isEnum || ["integer", "number", "text", "uuid", "boolean", "time"].includes(column.typeClass)

/** How the values of two columns are compared: as numbers, as moments, as they are, and otherwise as text without trailing spaces. */
const comparable = (a: RelationColumn, b: RelationColumn): { readonly from: string; readonly to: string } => {
  const both = (cast: (value: string) => string) => ({ from: cast(columnSql(a)), to: cast(columnSql(b)) })
  const are = (types: ReadonlyArray<string>) => types.includes(a.type) && types.includes(b.type)
  if (are(WHOLE)) return both((value) => value)
  if (isNumeric(a) && isNumeric(b)) {
    const floating = FLOATS.includes(a.type) || FLOATS.includes(b.type)
    return a.type === b.type ? both((value) => value) : { from: castNumber(a, floating), to: castNumber(b, floating) }
  }
  if (are(MOMENTS)) return a.type === b.type ? both((value) => value) : both((value) => `${value}::timestamp`)
  const same = a.type === b.type && a.typeClass === b.typeClass && ["uuid", "boolean", "time"].includes(a.typeClass)
  if (same) return both((value) => value)
  const folded = a.type === "citext" || b.type === "citext"
  return both((value) => {
    const text = `rtrim(${value}::text) COLLATE "C"`
    return folded ? `lower(${text})` : text
  })
}

/** An oid is cast to no number but bigint. */
const castNumber = (column: RelationColumn, floating: boolean) =>
  `${columnSql(column)}${column.type === "oid" ? "::int8" : ""}::numeric${floating ? "::float8" : ""}`
