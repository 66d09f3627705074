import { pg } from "./PgSql.ts"
import type { RelationColumn } from "./Relation.ts"
import { elementClass } from "./TypeClasses.ts"

/** Texts longer than this, in bytes, count as equal where their first `VALUE_LENGTH` characters and their lengths are. */
export const WIDE_BYTES = 1_000
/** Characters of a value that are read and kept. */
export const VALUE_LENGTH = 256

/** Built-in types of class "other" whose values are short and have an equality. */
const COMPARABLE: ReadonlyArray<string> = ["interval", "inet", "cidr", "macaddr", "macaddr8", "bit", "varbit", "pg_lsn"]

/**
 * How a column's values are read: "compared" as texts; "looked at" in the first rows only (json, arrays, …: one value may be megabytes);
 * "measured" in bytes only (bytea); or "counted" only, because casts and comparisons of an extension's or user's type may run its owner's
 * code.
 */
export const useOf = (column: RelationColumn): "compared" | "looked at" | "measured" | "counted" => {
  if (column.isEnum) return "compared"
  if (!column.builtIn) return column.kind === "b" && column.typeClass === "text" ? "compared" : "counted"
  if (column.typeClass === "binary") return "measured"
  const other = column.typeClass === "json" || (column.typeClass === "other" && !COMPARABLE.includes(column.type))
  return other ? "looked at" : "compared"
}

/** Whether the column is an array whose elements may be keys. */
export const isKeyList = ({ builtIn, type }: RelationColumn): boolean =>
  elementClass({ builtIn, name: type }) !== undefined

/** Built-in types whose values are points in time: they compare with each other, may be infinite, and have `isfinite`. */
const MOMENTS: ReadonlyArray<string> = ["date", "timestamp", "timestamptz"]

/** Whether values are points in time. */
export const isMoment = (column: RelationColumn): boolean => column.builtIn && MOMENTS.includes(column.type)

/** Whether the type is a string type; an enum is not. */
export const isText = (column: RelationColumn): boolean => column.typeClass === "text" && !column.isEnum

/** Whether the type is citext, which ignores case. */
export const isFolded = (column: RelationColumn): boolean => column.type === "citext" && !column.builtIn

/** The SQL of a "compared" column's value as text. It calls the type's output function, and never a user-defined cast. */
export const shownText = (column: RelationColumn, value: string): string => {
  if (!column.builtIn) return pg`CASE WHEN ${value} IS NOT NULL THEN concat(${value}) END`
  return pg`${value}::text`
}

/** The SQL of a text in lower case, as citext compares it: by the rules of the database's locale, which are not JavaScript's. */
export const folded = (value: string): string => pg`lower(${value} COLLATE pg_catalog."default")`

/**
 * The SQL of a "compared" column's value as a text that is equal for equal values: numerics without trailing zeros, no negative zero, days for
 * 24 hours, citext in lower case. Texts with a nondeterministic collation must still be grouped by that collation.
 */
export const keyText = (column: RelationColumn, value: string): string => {
  if (isFolded(column)) return folded(shownText(column, value))
  if (column.type === "numeric" && column.builtIn) return pg`trim_scale(${value})::text`
  if (column.type === "float4" || column.type === "float8") return pg`(${value} + '0')::text`
  if (column.type === "interval") return pg`justify_interval(${value})::text`
  return shownText(column, value)
}

/** Whether values may be longer than `WIDE_BYTES`. A character has at most four bytes. */
export const isWide = (column: RelationColumn): boolean =>
  isText(column) &&
  (column.modifier < 0 || column.modifier * 4 > WIDE_BYTES) &&
  column.type !== "name" &&
  column.type !== "char"
