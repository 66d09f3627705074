import type { TableName } from "../datasource/Catalog.ts"

/** An identifier, quoted. */
export const quote = (identifier: string): string => `"${identifier.replaceAll('"', '""')}"`

/** A column of the table called `alias`. */
export const columnOf = (alias: string, column: string): string => `${alias}.${quote(column)}`

/** A table under an alias. */
export const tableAs = ({ schema, table }: TableName, alias: string): string =>
  `${quote(schema)}.${quote(table)} AS ${alias}`
