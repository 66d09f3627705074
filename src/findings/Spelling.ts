import type { ColumnSet } from "../datasource/Inclusion.ts"

/** Columns of a table as commands take them: `orders.customer_id`, `shop.order_lines.order_id,line_no`. */
export const written = ({ columns, schema, table }: ColumnSet): string =>
  `${schema === "public" ? table : `${schema}.${table}`}.${columns.join(",")}`

/** A word of a command, to be pasted into a shell. */
export const shellWord = (word: string): string =>
  /^[\w.,:@%+/-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
