import { type Effect, Schema } from "effect"
import { isMoment, isText, isWide, keyText, shownText, useOf, VALUE_LENGTH, WIDE_BYTES } from "./Cells.ts"
import {
  BEYOND,
  BYTES,
  collationOf,
  INFINITY,
  isEndless,
  MINUS_INFINITY,
  NOT_A_NUMBER,
  orderOf
} from "./ColumnValues.ts"
import type { DatasourceError } from "./DatasourceError.ts"
import { pg } from "./PgSql.ts"
import { columnSql, type RelationColumn } from "./Relation.ts"
import type { Server } from "./Server.ts"
import { textsOf } from "./Texts.ts"

const Figures = Schema.Array(Schema.NullOr(Schema.Number))
const Texts = Schema.Array(Schema.NullOr(Schema.String))

/** Figures over all rows; each array has one element per column, in the columns' order. */
export const FiguresRow = Schema.Struct({
  rows: Schema.Number,
  values: Figures,
  minimum: Texts,
  maximum: Texts,
  /** Lengths of texts; null for other types. */
  minimumLength: Figures,
  maximumLength: Figures,
  length: Figures,
  infinity: Figures,
  minusInfinity: Figures,
  notANumber: Figures,
  /** Distinct values of the columns in `counted`; null for others. */
  distinct: Figures
})
/** @see FiguresRow */
export type FiguresRow = typeof FiguresRow.Type

/**
 * Counts, smallest and largest values and lengths over all rows of the FROM item `rows`, in one scan that stores no values: for tables whose
 * values do not fit in `work_mem`. For columns in `counted` it also counts distinct values, by 64-bit hashes: each needs a sort of
 * `SORTED_HASH_BYTES` per row.
 */
export const columnFigures = (
  server: Server,
  columns: ReadonlyArray<RelationColumn>,
  rows: string,
  counted: ReadonlySet<RelationColumn>
): Effect.Effect<ReadonlyArray<FiguresRow>, DatasourceError> => {
  const { sent } = textsOf(server)
  const each = (type: string, of: (column: RelationColumn, value: string) => string | undefined) =>
    `ARRAY[${columns.map((column) => of(column, columnSql(column)) ?? "NULL").join(", ")}]::pg_catalog.${type}[]`
  const end = (which: "min" | "max") =>
    each("text", (column, value) => {
      if (useOf(column) !== "compared") return undefined
      if (orderOf(column) === undefined) {
        const text = pg`left(${shownText(column, value)}, ${VALUE_LENGTH})`
        return sent(pg`pg_catalog.${which}(${text} COLLATE ${BYTES})`)
      }
      const typed = column.type === "cidr" ? pg`${value}::inet` : value
      return sent(
        pg`(pg_catalog.${which}(${typed})${isEndless(column) ? ` FILTER (WHERE ${finite(column, value)})` : ""})::text`
      )
    })
  const beyond = (which: string) =>
    each("float8", (column, value) =>
      isEndless(column)
        ? pg`count(*) FILTER (WHERE NOT (${finite(column, value)}) AND ${value}::text = ANY (${which}))`
        : undefined
    )
  const ofLengths = (which: "min" | "max" | "avg") =>
    each("float8", (column, value) =>
      isText(column) && useOf(column) === "compared" ? `pg_catalog.${which}(${lengthOf(column, value)})` : undefined
    )
  return server.pool.rows(
    FiguresRow,
    pg`SELECT count(*)::float8 AS rows, ${each("float8", (_, value) => pg`count(${value})`)} AS values,
      ${end("min")} AS minimum, ${end("max")} AS maximum,
      ${ofLengths("min")} AS "minimumLength", ${ofLengths("max")} AS "maximumLength", ${ofLengths("avg")} AS length,
      ${beyond(INFINITY)} AS infinity, ${beyond(MINUS_INFINITY)} AS "minusInfinity",
      ${beyond(NOT_A_NUMBER)} AS "notANumber",
      ${each("float8", (column, value) =>
        counted.has(column)
          ? pg`count(DISTINCT hashtextextended(${keyText(column, value)} COLLATE ${collationOf(column) ?? BYTES}, 0))`
          : undefined
      )} AS distinct
    FROM ${rows}`
  )
}

const finite = (column: RelationColumn, value: string): string =>
  isMoment(column) ? pg`isfinite(${value})` : pg`${value}::text <> ALL (${BEYOND})`

const lengthOf = (column: RelationColumn, value: string): string => {
  const text = shownText(column, value)
  return isWide(column)
    ? pg`CASE WHEN octet_length(${text}) > ${WIDE_BYTES} THEN octet_length(${text}) ELSE length(${text}) END`
    : pg`length(${text})`
}
