import { pg } from "./PgSql.ts"
import type { RelationColumn } from "./Relation.ts"

/** Texts longer than this, in bytes, are told apart by their first `VALUE_LENGTH` characters and their length. */
export const WIDE_BYTES = 1_000
/** Values are cut after this many characters. */
export const VALUE_LENGTH = 256

/** Types of no class whose values are short and can be compared. */
const COMPARABLE: ReadonlyArray<string> = ["interval", "inet", "cidr", "macaddr", "macaddr8", "bit", "varbit", "pg_lsn"]

/**
 * What can be done with a column's values: compared; looked at in the first rows (json, arrays, …: each may be megabytes); measured
 * only (bytea); or counted only, as what an extension or a user has made may run code of its owner's when it is cast or compared.
 */
export const useOf = (column: RelationColumn): "compared" | "looked at" | "measured" | "counted" => {
  if (column.isEnum) return "compared"
  if (!column.builtIn) return column.kind === "b" && column.typeClass === "text" ? "compared" : "counted"
  if (column.typeClass === "binary") return "measured"
  const other = column.typeClass === "json" || (column.typeClass === "other" && !COMPARABLE.includes(column.type))
  return other ? "looked at" : "compared"
}

/** Types whose arrays are lists of keys. */
const ELEMENTS: ReadonlyArray<string> = ["int2", "int4", "int8", "uuid", "text", "varchar", "bpchar"]

/** The type of an array's elements, where they can be keys. */
export const elementOf = ({ builtIn, type }: Pick<RelationColumn, "builtIn" | "type">): string | undefined =>
  builtIn && type.startsWith("_") && ELEMENTS.includes(type.slice(1)) ? type.slice(1) : undefined

/** Built-in types whose values are points in time: they compare with each other, may be infinite, and have `isfinite`. */
const MOMENTS: ReadonlyArray<string> = ["date", "timestamp", "timestamptz"]

/** Whether values are points in time. */
export const isMoment = (column: RelationColumn): boolean => column.builtIn && MOMENTS.includes(column.type)

/** Whether values are texts as they stand. */
export const isText = (column: RelationColumn): boolean => column.typeClass === "text" && !column.isEnum

/** Whether upper and lower case are one. */
export const isFolded = (column: RelationColumn): boolean => column.type === "citext" && !column.builtIn

/** A column that can be compared as text that a person reads, by no cast that its owner could have made. */
export const shownText = (column: RelationColumn, value: string): string => {
  if (!column.builtIn) return pg`CASE WHEN ${value} IS NOT NULL THEN concat(${value}) END`
  return pg`${value}::text`
}

/**
 * A column that can be compared as text that is the same where PostgreSQL counts values as equal: numerics without trailing zeros, no
 * negative zero, a day for 24 hours, citext in lower case. (A text whose collation counts more as equal must be grouped by that.)
 */
export const keyText = (column: RelationColumn, value: string): string => {
  if (isFolded(column)) return pg`lower(${shownText(column, value)})`
  if (column.type === "numeric" && column.builtIn) return pg`trim_scale(${value})::text`
  if (column.type === "float4" || column.type === "float8") return pg`(${value} + '0')::text`
  if (column.type === "interval") return pg`justify_interval(${value})::text`
  return shownText(column, value)
}

/** The longest text of so many characters is at most four times as many bytes. */
export const isWide = (column: RelationColumn): boolean =>
  isText(column) &&
  (column.modifier < 0 || column.modifier * 4 > WIDE_BYTES) &&
  column.type !== "name" &&
  column.type !== "char"
