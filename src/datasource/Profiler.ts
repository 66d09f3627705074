import { Array, Effect, Schema } from "effect"
import type { TableName } from "./Catalog.ts"
import type { DatasourceError } from "./DatasourceError.ts"
import type { DatasourcePool } from "./DatasourcePool.ts"
import { columnSql, EXACT_ROWS, from, guessRows, type Relation, type RelationColumn, sampleFrom } from "./Relation.ts"
import type { ColumnProfile, TableProfile } from "./TableProfile.ts"

/** Distinct values of a column that are kept as its sample. */
export const SAMPLE_SIZE = 150
/** Most frequent values of a column that are kept. */
export const COMMON_VALUES = 50
/** Values in a profile are cut after this many characters. */
export const VALUE_LENGTH = 256
/** Longer texts, in bytes, are told apart by their first `VALUE_LENGTH` characters and their length: enough to see that they are texts. */
const WIDE_BYTES = 1_000
/** Of types that cannot be compared (json, xml, bytea) only as many values are looked at: each may be megabytes. */
const OPAQUE_ROWS = 1_000

/** Columns that one statement reads; PostgreSQL allows 1,600 in a table, and a statement over so many takes seconds to plan. */
const STATEMENT_COLUMNS = 200

const Values = Schema.Array(Schema.String)
const Figure = Schema.NullOr(Schema.Number)

const ProfileRow = Schema.Struct({
  place: Schema.Number,
  rows: Schema.Number,
  values: Schema.Number,
  distinct: Figure,
  singles: Schema.Number,
  minimum: Schema.NullOr(Schema.String),
  maximum: Schema.NullOr(Schema.String),
  minimumLength: Figure,
  maximumLength: Figure,
  length: Figure,
  sample: Values,
  common: Values,
  counts: Schema.Array(Schema.Number)
})
type ProfileRow = typeof ProfileRow.Type

/**
 * One statement per table (of up to 200 columns): each column is grouped once, and everything is read off its groups (a third of the time that
 * `count(DISTINCT)`, a sample and the common values take apart). Above `EXACT_ROWS` the rows are a sample, and the figures estimates.
 */
export const profile = (pool: DatasourcePool, relation: Relation): Effect.Effect<TableProfile, DatasourceError> =>
  Effect.gen(function* () {
    const columns = [...relation.columns.values()]
    const guess = yield* guessRows(pool, relation)
    const sampled = guess > EXACT_ROWS
    const source = sampled ? sampleFrom(relation, guess) : from(relation)
    const parts = yield* Effect.forEach(Array.chunksOf(columns, STATEMENT_COLUMNS), (some, part) =>
      pool.rows(ProfileRow, statement(relation, some, part * STATEMENT_COLUMNS, source))
    )
    const rows = parts.flat()
    const byPlace = new Map(rows.map((row) => [row.place, row]))
    const seen = rows[0]?.rows ?? 0
    const total = sampled ? Math.max(Math.round(guess), seen) : seen
    const name: TableName = { schema: relation.schema, table: relation.table }
    return {
      ...name,
      rows: total,
      sampled,
      columns: columns.flatMap((column, place): ReadonlyArray<ColumnProfile> => {
        const row = byPlace.get(place)
        return row === undefined ? [] : [toProfile(column, row, seen === 0 ? 1 : total / seen)]
      })
    }
  }).pipe(Effect.withSpan("Datasource.profile", { attributes: { schema: relation.schema, table: relation.table } }))

const toProfile = (column: RelationColumn, row: ProfileRow, scale: number): ColumnProfile => ({
  column: column.name,
  nulls: Math.round((row.rows - row.values) * scale),
  distinct: row.distinct === null ? null : scaleDistinct(row.distinct, row.singles, row.values, scale),
  minimum: row.minimum,
  maximum: row.maximum,
  minimumLength: row.minimumLength,
  maximumLength: row.maximumLength,
  averageLength: row.length,
  sample: row.sample,
  common: row.common.map((value, index) => ({ value, count: Math.round((row.counts[index] ?? 0) * scale) }))
})

/** How many distinct values the whole table has if a sample has so many: Haas and Stokes' Duj1, as ANALYZE uses it. */
const scaleDistinct = (distinct: number, singles: number, values: number, scale: number): number => {
  const all = values * scale
  if (scale <= 1 || values === 0) return distinct
  const estimate = (values * distinct) / (values - singles + (singles * values) / all)
  return Math.round(Math.min(Math.max(estimate, distinct), all))
}

/** A view or foreign table is computed once for all its columns; a table's blocks are in memory after the first column. */
const statement = (
  relation: Relation,
  columns: ReadonlyArray<RelationColumn>,
  first: number,
  source: string
): string => {
  const once = relation.kind === "v" || relation.kind === "f"
  const parts = columns.map((column, place) => `(${columnStatement(column, first + place, once ? "rows_" : source)})`)
  const rows = once ? `WITH rows_ AS MATERIALIZED (SELECT * FROM ${source})\n` : ""
  return `${rows}SELECT * FROM (${parts.join("\nUNION ALL\n")}) parts`
}

const columnStatement = (column: RelationColumn, place: number, source: string): string => {
  if (isOpaque(column)) return opaqueStatement(column, place, source)
  const text = isText(column) ? "v" : `v::text COLLATE "C"`
  const ordered = ORDERED.includes(column.type) || column.isEnum
  const groups = column.unique ? "1::bigint AS n" : "count(*) AS n"
  return `WITH g AS MATERIALIZED (SELECT ${groupKey(column)} AS v, ${wideLength(column)} AS w, ${groups} FROM ${source}${column.unique ? "" : isWide(column) ? " GROUP BY 1, 2" : " GROUP BY 1"})
    SELECT ${place} AS place, figures.*, sample.*, common.*
    FROM (SELECT coalesce(sum(n), 0)::float8 AS rows, coalesce(sum(n) FILTER (WHERE v IS NOT NULL), 0)::float8 AS values,
        count(v)::float8 AS distinct, (count(*) FILTER (WHERE n = 1 AND v IS NOT NULL))::float8 AS singles,
        ${ordered ? "min(v)::text" : `min(${text})`} AS minimum, ${ordered ? "max(v)::text" : `max(${text})`} AS maximum,
        min(coalesce(w, length(${text})))::float8 AS "minimumLength", max(coalesce(w, length(${text})))::float8 AS "maximumLength",
        (sum(n * coalesce(w, length(${text}))) / nullif(sum(n) FILTER (WHERE v IS NOT NULL), 0))::float8 AS length FROM g) figures,
      (SELECT ARRAY(SELECT left(${text}, ${VALUE_LENGTH}) FROM g WHERE v IS NOT NULL
        ORDER BY hashtextextended(${text}, 0), ${text}, w LIMIT ${SAMPLE_SIZE}) AS sample) sample,
      (SELECT coalesce(array_agg(left(${text}, ${VALUE_LENGTH}) ORDER BY n DESC, v, w), '{}') AS common,
          coalesce(array_agg(n::float8 ORDER BY n DESC, v, w), '{}') AS counts
        FROM (SELECT * FROM g WHERE v IS NOT NULL ORDER BY n DESC, v, w LIMIT ${COMMON_VALUES}) g) common`
}

/** Values that cannot be compared: nulls are counted, and the first few looked at. */
const opaqueStatement = (column: RelationColumn, place: number, source: string): string => {
  const value = columnSql(column)
  const first = `SELECT ${value} AS v FROM ${source} WHERE ${value} IS NOT NULL LIMIT ${OPAQUE_ROWS}`
  return `SELECT ${place} AS place, figures.*, lengths.*, sample.*, '{}'::text[] AS common, '{}'::float8[] AS counts
    FROM (SELECT count(*)::float8 AS rows, count(${value})::float8 AS values, NULL::float8 AS distinct, 0::float8 AS singles,
        NULL::text AS minimum, NULL::text AS maximum FROM ${source}) figures,
      (SELECT min(l)::float8 AS "minimumLength", max(l)::float8 AS "maximumLength", avg(l)::float8 AS length
        FROM (SELECT ${column.typeClass === "binary" ? "octet_length(v)" : "length(v::text)"} AS l FROM (${first}) first) lengths) lengths,
      (SELECT ARRAY(SELECT v FROM (SELECT DISTINCT left(v::text, ${VALUE_LENGTH}) COLLATE "C" AS v FROM (${first}) first) texts
        ORDER BY hashtextextended(v, 0), v LIMIT ${column.typeClass === "binary" ? 0 : SAMPLE_SIZE}) AS sample) sample`
}

/** Types with their own `min` and `max`; the others' order is that of their text. */
const ORDERED: ReadonlyArray<string> = [
  ...["int2", "int4", "int8", "oid", "numeric", "float4", "float8", "money"],
  ...["date", "time", "timetz", "timestamp", "timestamptz", "interval", "inet"]
]

/** Types of no class whose values are short and can be compared. */
const COMPARABLE: ReadonlyArray<string> = ["interval", "inet", "cidr", "macaddr", "macaddr8", "bit", "varbit", "pg_lsn"]

const isText = (column: RelationColumn) => column.typeClass === "text" && !column.isEnum

const isOpaque = (column: RelationColumn) =>
  column.typeClass === "json" ||
  column.typeClass === "binary" ||
  (column.typeClass === "other" && !COMPARABLE.includes(column.type))

const groupKey = (column: RelationColumn): string => {
  const value = columnSql(column)
  // 1.50 and 1.5 are one value: which of them is shown must not depend on chance.
  if (column.type === "numeric" && column.modifier < 0) return `trim_scale(${value})`
  if (!isText(column)) return value
  const text = `${value}::text COLLATE "C"`
  return isWide(column)
    ? `CASE WHEN octet_length(${text}) > ${WIDE_BYTES} THEN left(${text}, ${VALUE_LENGTH}) ELSE ${text} END`
    : text
}

/** A wide text's length in bytes, which is known without reading it; null for all others. */
const wideLength = (column: RelationColumn): string => {
  const text = `${columnSql(column)}::text`
  return isWide(column) ? `CASE WHEN octet_length(${text}) > ${WIDE_BYTES} THEN octet_length(${text}) END` : "NULL::int"
}

/** The longest text of so many characters is at most four times as many bytes. */
const isWide = (column: RelationColumn) =>
  isText(column) &&
  (column.modifier < 0 || column.modifier * 4 > WIDE_BYTES) &&
  column.type !== "name" &&
  column.type !== "char"
