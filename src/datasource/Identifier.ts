import * as Pg from "pg"
import type { TableName } from "./Catalog.ts"

/** A quoted SQL identifier for one name: `a"b.c` becomes `"a""b.c"`. */
export const quoteIdentifier = (name: string): string => Pg.escapeIdentifier(name)

/** A table's quoted and schema-qualified SQL name: `"public"."orders"`. */
export const quoteTable = (name: TableName): string => `${quoteIdentifier(name.schema)}.${quoteIdentifier(name.table)}`

/** A quoted SQL literal for a text. With a backslash it is an `E'…'` string, which means the same whatever `standard_conforming_strings` is. */
export const quoteLiteral = (text: string): string => Pg.escapeLiteral(text)
