import { type Effect, Schema } from "effect"
import { isFolded, isText, isWide, keyText, shownText, useOf, VALUE_LENGTH, WIDE_BYTES } from "./Cells.ts"
import type { DatasourceError } from "./DatasourceError.ts"
import { pg } from "./PgSql.ts"
import { columnSql, type RelationColumn } from "./Relation.ts"
import type { Server } from "./Server.ts"
import { textsOf } from "./Texts.ts"

/** Distinct values in a column's sample. */
export const SAMPLE_SIZE = 150
/** Most frequent values that are kept of a column. */
export const COMMON_VALUES = 50
/** Parts of a column's histogram. */
export const HISTOGRAM_PARTS = 24

/** Rows whose "looked at" values (json, xml, arrays) are read, and the most bytes that such a value may have. */
const LOOKED_AT_ROWS = 1_000
const LOOKED_AT_BYTES = 2_000
/** Stands for the length of a value that was counted but not read. */
const NOT_LOOKED_AT = -1

const Values = Schema.Array(Schema.String)
const Figure = Schema.NullOr(Schema.Number)

/** Figures and values of one column, of the rows that were read; `place` is the column's index. */
export const ValuesRow = Schema.Struct({
  place: Schema.Number,
  rows: Schema.Number,
  values: Schema.Number,
  distinct: Schema.Number,
  singles: Schema.Number,
  minimum: Schema.NullOr(Schema.String),
  maximum: Schema.NullOr(Schema.String),
  minimumLength: Figure,
  maximumLength: Figure,
  length: Figure,
  infinity: Schema.Number,
  minusInfinity: Schema.Number,
  notANumber: Schema.Number,
  sample: Values,
  common: Values,
  counts: Schema.Array(Schema.Number),
  /** The parts of the histogram with rows, from 1, and their rows. */
  parts: Schema.Array(Schema.Number),
  partRows: Schema.Array(Schema.Number)
})
/** @see ValuesRow */
export type ValuesRow = typeof ValuesRow.Type

/** The type that a value's text is cast to in order to find the smallest and largest; other types are ordered by the bytes of their text. */
const ORDERS: Readonly<Record<string, string>> = {
  int2: "int8",
  int4: "int8",
  int8: "int8",
  oid: "int8",
  numeric: "numeric",
  float4: "float8",
  float8: "float8",
  money: "money",
  date: "date",
  time: "time",
  timetz: "timetz",
  timestamp: "timestamp",
  timestamptz: "timestamptz",
  interval: "interval",
  inet: "inet",
  cidr: "inet"
}

/** Types with infinities or NaN. */
const ENDLESS: ReadonlyArray<string> = ["numeric", "float4", "float8", "date", "timestamp", "timestamptz", "interval"]

/** Types whose values lie on a line, as numbers or as moments of a day. */
const ON_A_LINE = {
  numbers: ["int2", "int4", "int8", "numeric", "float4", "float8"],
  moments: ["date", "timestamp", "timestamptz"]
}
/** Longer numbers may be out of a double's range, which would fail the statement. */
const NUMBER_LENGTH = 100
/** Beyond this, the difference of two doubles may be out of range. */
const FARTHEST = "1e150"

/** The SQL type that orders a column's values; undefined where they are ordered by the bytes of their text. */
export const orderOf = (column: RelationColumn): string | undefined =>
  column.builtIn ? ORDERS[column.type] : undefined

/** Whether a column may hold infinities or NaN. */
export const isEndless = (column: RelationColumn): boolean => column.builtIn && ENDLESS.includes(column.type)

/** SQL array literals of the texts that are no end of a range: numbers and moments spell infinity with a different first letter. */
export const INFINITY = "'{Infinity,infinity}'"
export const MINUS_INFINITY = "'{-Infinity,-infinity}'"
export const NOT_A_NUMBER = "'{NaN}'"
export const BEYOND = "'{NaN,Infinity,-Infinity,infinity,-infinity}'"

/** Multiplication, which `pg` does not qualify because a star between spaces is also `count(*)`'s and `SELECT *`'s. */
const TIMES = "OPERATOR(pg_catalog.*)"

/**
 * Figures and values of several columns in one statement and one scan: rows are unnested into (column, value) pairs, these are grouped, and
 * everything is derived from the groups. At most `most` rows of the FROM item `rows` are read; their groups must fit in `work_mem`. All
 * columns must have the same `collationOf`.
 */
export const columnValues = (
  server: Server,
  columns: ReadonlyArray<RelationColumn>,
  rows: string,
  most: number
): Effect.Effect<ReadonlyArray<ValuesRow>, DatasourceError> => {
  const { sent } = textsOf(server)
  const [first] = columns
  const collation = first === undefined ? BYTES : (collationOf(first) ?? BYTES)
  const names = columns.map((column, place) => ({ column, value: `c${place}`, place }))
  const list = (cells: ReadonlyArray<string>) => `ARRAY[${cells.join(",\n      ")}]`
  const places = (which: (column: RelationColumn) => boolean) =>
    `'{${names.flatMap(({ column, place }) => (which(column) ? [place] : [])).join(",")}}'`
  const numbers = columns.some((column) => useOf(column) === "looked at")
  const orders = [...new Set(columns.flatMap((column) => orderOf(column) ?? []))]
  const ofOrder = (order: string | undefined) => places((column) => orderOf(column) === order)
  // Only citext columns need a second text beside the grouped one, which is in lower case: it doubles the memory.
  const spelled = columns.some(isFolded)
  const shown = spelled ? "coalesce(g.s, g.v)" : "g.v"
  const end = (which: "min" | "max") =>
    [
      ...orders.map(
        (order) =>
          pg`pg_catalog.${which}(v::pg_catalog.${order}) FILTER (WHERE place = ANY (${ofOrder(order)}) AND v <> ALL (${BEYOND}))::text`
      ),
      pg`pg_catalog.${which}(${shown} COLLATE ${BYTES}) FILTER (WHERE place = ANY (${ofOrder(undefined)}))`
    ].join(", ")
  const isOnLine = (types: ReadonlyArray<string>) =>
    places((column) => column.builtIn && useOf(column) === "compared" && types.includes(column.type))
  const [numeric, momentary] = [isOnLine(ON_A_LINE.numbers), isOnLine(ON_A_LINE.moments)]
  // A year of five digits may be a date that no timestamp can hold.
  const position = (place: string, value: string) =>
    pg`CASE WHEN ${place} = ANY (${numeric}) THEN CASE WHEN length(${value}) < ${NUMBER_LENGTH} THEN ${value}::float8 END
      WHEN ${place} = ANY (${momentary}) THEN CASE WHEN substr(${value}, 5, 1) = '-' THEN date_part('epoch', ${value}::timestamp) END END`
  const beyond = (values: string) =>
    pg`coalesce(sum(n) FILTER (WHERE place = ANY (${places(isEndless)}) AND v = ANY (${values})), 0)::float8`
  return server.pool.rows(
    ValuesRow,
    pg`WITH g AS MATERIALIZED (
    SELECT place, v, w, count(*) AS n${spelled ? pg`, min(s COLLATE ${BYTES}) AS s` : ""}
    FROM (SELECT unnest(${places(() => true)}::int4[]) AS place,
      unnest(${list(names.map(({ column, value }) => pg`${cell(column, value)} COLLATE ${collation}`))}) AS v,
      unnest(${list(names.map(({ column, value }) => lengthIfCut(column, value)))}::int4[]) AS w${
        spelled
          ? pg`,
      unnest(${list(names.map(({ column, value }) => (isFolded(column) ? pg`left(${shownText(column, value)}, ${VALUE_LENGTH})` : "NULL")))}::text[]) AS s`
          : ""
      }
      FROM (SELECT ${names.map(({ column, value }) => `${columnSql(column)} AS ${value}`).join(", ")}${numbers ? pg`, row_number() OVER () AS number` : ""}
        FROM ${rows} LIMIT ${most}) rows_) cells
    GROUP BY place, v, w),
  l AS (SELECT *, CASE WHEN w = ${NOT_LOOKED_AT} THEN NULL ELSE coalesce(w, length(v)) END AS length FROM g),
  figures AS MATERIALIZED (
    SELECT place, sum(n)::float8 AS rows, coalesce(sum(n) FILTER (WHERE v IS NOT NULL), 0)::float8 AS values,
      count(v)::float8 AS distinct, (count(v) FILTER (WHERE n = 1))::float8 AS singles,
      coalesce(${end("min")}) AS minimum, coalesce(${end("max")}) AS maximum,
      min(length)::float8 AS "minimumLength", max(length)::float8 AS "maximumLength",
      (sum(n ${TIMES} length) / CASE WHEN count(length) = 0 THEN NULL ELSE sum(n) FILTER (WHERE length IS NOT NULL) END)::float8 AS length,
      ${beyond(INFINITY)} AS infinity, ${beyond(MINUS_INFINITY)} AS "minusInfinity",
      ${beyond(NOT_A_NUMBER)} AS "notANumber"
    FROM l g GROUP BY place),
  samples AS (
    SELECT place, array_agg(${sent("shown")} ORDER BY number) AS sample FROM (
      SELECT g.place, left(${shown}, ${VALUE_LENGTH}) AS shown,
        row_number() OVER (PARTITION BY g.place ORDER BY hashtextextended(g.v, 0), g.v COLLATE ${BYTES}, g.w) AS number
      FROM g JOIN figures f ON f.place = g.place
      WHERE g.v IS NOT NULL AND (g.w IS NULL OR g.w <> ${NOT_LOOKED_AT}) AND g.place = ANY (${places((column) => useOf(column) !== "measured")})
        AND (f.distinct <= ${2 * SAMPLE_SIZE} OR (hashtextextended(g.v, 0)::float8 / ${2 ** 64}) + 0.5 < (${2 * SAMPLE_SIZE} / f.distinct))) picked
    WHERE number <= ${SAMPLE_SIZE} GROUP BY place),
  commons AS (
    SELECT place, array_agg(${sent("shown")} ORDER BY number) AS common, array_agg(n::float8 ORDER BY number) AS counts FROM (
      SELECT g.place, left(${shown}, ${VALUE_LENGTH}) AS shown, g.n,
        row_number() OVER (PARTITION BY g.place ORDER BY g.n DESC, g.v COLLATE ${BYTES}, g.w) AS number
      FROM g JOIN figures f ON f.place = g.place
      WHERE g.v IS NOT NULL AND g.place = ANY (${places((column) => useOf(column) === "compared")})
        AND (g.n > 1 OR f.distinct <= ${COMMON_VALUES})) ranked
    WHERE number <= ${COMMON_VALUES} GROUP BY place),
  spans AS (
    SELECT place, low, high FROM (SELECT place, ${position("place", "minimum")} AS low, ${position("place", "maximum")} AS high
      FROM figures) ends
    WHERE low < high AND abs(low) < ${FARTHEST} AND abs(high) < ${FARTHEST}),
  histograms AS (
    SELECT place, array_agg(part::float8 ORDER BY part) AS parts, array_agg(n ORDER BY part) AS rows FROM (
      SELECT place, part, sum(n)::float8 AS n FROM (
        SELECT g.place, g.n, least(width_bucket(${position("g.place", "g.v")}, s.low, s.high, ${HISTOGRAM_PARTS}), ${HISTOGRAM_PARTS}) AS part
        FROM g JOIN spans s ON s.place = g.place WHERE g.v <> ALL (${BEYOND})) placed
      WHERE part > 0 GROUP BY place, part) parts GROUP BY place)
  SELECT f.place, f.rows, f.values, f.distinct, f.singles, ${sent("f.minimum")} AS minimum, ${sent("f.maximum")} AS maximum,
    f."minimumLength", f."maximumLength", f.length, f.infinity, f."minusInfinity", f."notANumber",
    coalesce(s.sample, '{}') AS sample, coalesce(c.common, '{}') AS common, coalesce(c.counts, '{}') AS counts,
    coalesce(h.parts, '{}') AS parts, coalesce(h.rows, '{}') AS "partRows"
  FROM figures f LEFT JOIN samples s ON s.place = f.place LEFT JOIN commons c ON c.place = f.place
    LEFT JOIN histograms h ON h.place = f.place`
  )
}

/** The collation that compares texts by their bytes. */
export const BYTES = `pg_catalog."C"`

/** The nondeterministic collation that a column's values must be grouped by; null where bytes decide. */
export const collationOf = (column: RelationColumn): string | null => (isText(column) ? column.collation : null)

/** The SQL of the text by which a value is grouped; NULL for NULL. */
const cell = (column: RelationColumn, value: string): string => {
  const use = useOf(column)
  if (use === "counted" || use === "measured") return pg`CASE WHEN num_nulls(${value}) = 0 THEN '' END`
  if (use === "looked at") {
    return pg`CASE WHEN num_nulls(${value}) = 0 THEN CASE WHEN ${isLookedAt(value)} THEN left(${value}::text, ${VALUE_LENGTH}) ELSE '' END END`
  }
  const key = keyText(column, value)
  return isWide(column)
    ? pg`CASE WHEN octet_length(${key}) > ${WIDE_BYTES} THEN left(${key}, ${VALUE_LENGTH}) ELSE ${key} END`
    : key
}

const isLookedAt = (value: string) => pg`number <= ${LOOKED_AT_ROWS} AND pg_column_size(${value}) <= ${LOOKED_AT_BYTES}`

/**
 * The SQL of a value's length, where the grouped text is cut or empty; NULL where `length` of that text is right. `octet_length` does not
 * detoast a wide text.
 */
const lengthIfCut = (column: RelationColumn, value: string): string => {
  const use = useOf(column)
  if (use === "counted") return pg`CASE WHEN num_nulls(${value}) = 0 THEN ${NOT_LOOKED_AT} END`
  if (use === "measured") return pg`octet_length(${value})`
  if (use === "looked at") {
    return pg`CASE WHEN num_nulls(${value}) = 0 AND NOT (${isLookedAt(value)}) THEN ${NOT_LOOKED_AT} END`
  }
  if (!isWide(column)) return "NULL"
  const key = keyText(column, value)
  return pg`CASE WHEN octet_length(${key}) > ${WIDE_BYTES} THEN octet_length(${key}) END`
}
