import * as Pg from "pg"
import type { TableName } from "./Catalog.ts"

/** A name as SQL takes it literally, whatever is in it: quotes doubled, dots not special. */
export const quoteIdentifier = (name: string): string => Pg.escapeIdentifier(name)

/** A table's qualified name for SQL. */
export const quoteTable = (name: TableName): string => `${quoteIdentifier(name.schema)}.${quoteIdentifier(name.table)}`

/** A text as SQL takes it literally. */
export const quoteLiteral = (text: string): string => Pg.escapeLiteral(text)
