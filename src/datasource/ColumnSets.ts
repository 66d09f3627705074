import { tableId } from "./Catalog.ts"
import type { ColumnSet, Condition } from "./Inclusion.ts"

/** One string per set of columns, for order and ids. A name that contains a comma, quote or parenthesis is quoted. */
export const columnSetId = (set: ColumnSet): string => `${tableId(set)}(${set.columns.map(idPart).join(",")})`

const idPart = (name: string) => (/[",()]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name)

/** That columns refer to others, as people read it: "public.orders(customer_id) -> public.customers(id)". */
export const pairText = ({
  from,
  to,
  when
}: {
  readonly from: ColumnSet
  readonly to: ColumnSet
  readonly when?: Condition | undefined
}): string =>
  `${columnSetId(from)} -> ${columnSetId(to)}${when === undefined ? "" : ` where ${when.column} is ${when.value}`}`
