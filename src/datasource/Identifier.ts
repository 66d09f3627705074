import { quoteIdentifier } from "../database/Sql.ts"
import type { TableName } from "./Catalog.ts"

export { quoteIdentifier, quoteLiteral } from "../database/Sql.ts"

/** A table's quoted and schema-qualified SQL name: `"public"."orders"`. */
export const quoteTable = (name: TableName): string => `${quoteIdentifier(name.schema)}.${quoteIdentifier(name.table)}`
