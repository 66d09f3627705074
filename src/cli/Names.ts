import { Either } from "effect"
import { type Catalog, tableId, type TableName } from "../datasource/Catalog.ts"
import type { ColumnSet } from "../datasource/Inclusion.ts"
import { nearest } from "../language/Nearest.ts"
import * as Spelling from "../findings/Spelling.ts"
import { UsageError } from "./Failure.ts"
import { clean } from "./Text.ts"

/** A column that somebody named. */
export interface NamedColumn extends TableName {
  readonly column: string
}

const spellings = ({ column, schema, table }: NamedColumn) => [`${table}.${column}`, `${schema}.${table}.${column}`]

/** The column that `orders.customer_id` or `shop.orders.customer_id` is; fails if there is none, or if there are several. */
export const columnNamed = (catalog: Catalog, text: string): Either.Either<NamedColumn, UsageError> => {
  const all = catalog.tables.flatMap(({ columns, schema, table }) =>
    columns.map(({ name }): NamedColumn => ({ schema, table, column: name }))
  )
  const like = (spelled: (text: string) => string) =>
    all.filter((each) => spellings(each).some((spelling) => spelled(spelling) === spelled(text)))
  const exact = like((spelling) => spelling)
  const found = exact.length > 0 ? exact : like((spelling) => spelling.toLowerCase())
  const [only, ...more] = found
  if (only !== undefined && more.length === 0) return Either.right(only)
  if (only !== undefined) {
    const several = found.map((each) => clean(spellings(each)[1] ?? "")).join(" or ")
    return Either.left(new UsageError({ message: `${clean(text)} may be ${several}` }))
  }
  const withSchema = text.split(".").length > 2 ? 1 : 0
  const near = nearest(
    all.flatMap((each) => spellings(each)[withSchema] ?? []),
    text
  )
  const hint =
    near.length === 0
      ? "write table.column or schema.table.column"
      : `the nearest ${near.length === 1 ? "is" : "are"} ${near.map(clean).join(", ")}`
  return Either.left(
    new UsageError({ message: `there is no column ${clean(text)} among those that are read: ${hint}` })
  )
}

/** The columns that `order_lines.order_id,line_no` are, of one table; fails as `columnNamed` does. */
export const columnsNamed = (catalog: Catalog, text: string): Either.Either<ColumnSet, UsageError> => {
  const whole = columnNamed(catalog, text)
  const [first = "", ...rest] = text.split(",").map((part) => part.trim())
  if (rest.length === 0 || Either.isRight(whole)) return Either.map(whole, setOf)
  return Either.flatMap(columnNamed(catalog, first), (named) =>
    Either.map(
      Either.all(rest.map((column) => columnNamed(catalog, `${named.schema}.${named.table}.${column}`))),
      (others) => ({ ...setOf(named), columns: [named, ...others].map(({ column }) => column) })
    )
  )
}

const setOf = ({ column, schema, table }: NamedColumn): ColumnSet => ({ schema, table, columns: [column] })

/** Columns as `columnsNamed` takes them. */
export const written = (set: ColumnSet): string => clean(Spelling.written(set))

/** One string per set of columns. */
export const setId = (set: ColumnSet): string => JSON.stringify([tableId(set), set.columns])
