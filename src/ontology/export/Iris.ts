import { type TableName, tableId } from "../../datasource/Catalog.ts"
import type { ColumnSet } from "../../datasource/Inclusion.ts"
import { wellFormed } from "./Names.ts"

/** Percent-encoded to letters, digits, `-`, `.`, `_` and `~`, in which no IRI ends. */
export const encode = (name: string): string =>
  encodeURIComponent(wellFormed(name)).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  )

/** The IRIs of an ontology, in angle brackets. */
export interface Iris {
  readonly ontology: string
  readonly table: (table: TableName) => string
  readonly column: (table: TableName, column: string) => string
  readonly reference: (from: ColumnSet, to: ColumnSet) => string
  /** Something else about a table, by words that are encoded already. */
  readonly of: (table: TableName, rest: string) => string
  /** The IRIs of rows as a template, without brackets, by a value per column, as W3C's direct mapping has them: `…#public.orders/id=` and the value. */
  readonly rows: (table: TableName, columns: ReadonlyArray<string>, value: (column: string) => string) => string
}

/** IRIs below a base: with `https://example.org/shop` a class is `https://example.org/shop#public.orders`. */
export const iris = (base: string): Iris => {
  const stem = /[#/]$/.test(base) ? base : `${base}#`
  const of = (table: TableName, rest: string) => `<${stem}${encode(tableId(table))}${rest}>`
  return {
    ontology: `<${base.replace(/#$/, "")}>`,
    of,
    table: (table) => of(table, ""),
    column: (table, column) => of(table, `/${encode(column)}`),
    reference: (from, to) =>
      of(from, `/${from.columns.map(encode).join("+")}-to-${encode(tableId(to))}/${to.columns.map(encode).join("+")}`),
    rows: (table, columns, value) =>
      `${stem}${encode(tableId(table))}/${columns.map((column) => `${encode(column)}=${value(column)}`).join(";")}`
  }
}

/** The base where none is set: a name of our own for the database, which nobody can look up. */
export const defaultBase = (database: string): string => `urn:database:${encode(database)}`

const ESCAPES: Record<string, string> = { '"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" }

/** A string literal of Turtle; control characters are escaped, lone surrogates replaced. */
export const literal = (text: string): string =>
  `"${wellFormed(text).replace(
    /["\\\u0000-\u001f\u007f]/g,
    (character) => ESCAPES[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  )}"`

const RANGES: ReadonlyArray<readonly [RegExp, string]> = [
  [/^(?:smallint|integer|bigint|oid)$/, "xsd:integer"],
  [/^numeric(?:\(|$)/, "xsd:decimal"],
  [/^(?:real|double precision)$/, "xsd:double"],
  [/^boolean$/, "xsd:boolean"],
  [/^date$/, "xsd:date"],
  [/^timestamp.*zone$/, "xsd:dateTime"],
  [/^time\b.*zone$/, "xsd:time"],
  [/^bytea$/, "xsd:hexBinary"]
]

/** The datatype of a column's values: those of R2RML's natural mapping, and texts for all else. */
export const range = (type: string): string => RANGES.find(([pattern]) => pattern.test(type))?.[1] ?? "xsd:string"

/** A subject with its statements. */
export const block = (subject: string, statements: ReadonlyArray<string>): string =>
  `${subject}\n    ${statements.join(" ;\n    ")} .`
