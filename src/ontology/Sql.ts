import type { TableName } from "../datasource/Catalog.ts"
import { quoteIdentifier, quoteTable } from "../datasource/Identifier.ts"

/** A column of the table called `alias`. */
export const columnOf = (alias: string, column: string): string => `${alias}.${quoteIdentifier(column)}`

/** A table under an alias. */
export const tableAs = (table: TableName, alias: string): string => `${quoteTable(table)} AS ${alias}`
