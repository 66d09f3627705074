import { sayingCurrency } from "../../Currency.ts"
import type { ContextTable, Facts } from "../Facts.ts"
import type { PageLine } from "../Page.ts"
import { line, said, saidList, saidTable } from "../Prose.ts"

/** Tables without rows, and columns without values, that a line names; more are marked at their tables only. */
const NAMED = 12

/** Tables without rows, and columns that hold nothing. */
export const nothingThere = ({ tables }: Facts): ReadonlyArray<PageLine> => {
  const empty = tables.filter(isEmpty)
  const filled = tables.filter(({ isWhole, rows }) => rows > 0 && isWhole)
  const never = filled.flatMap((table) =>
    table.columns
      .filter(({ nulls, secret, source }) => nulls >= table.rows && source.isRead && !secret)
      .map((column) => said(table, column))
  )
  const joins = empty.some((table) => table.joins.some(({ byName }) => byName)) ? ", joins by name only" : ""
  const rows =
    empty.length === 0
      ? []
      : [
          empty.length > NAMED
            ? line`${empty.length} tables have no rows${joins}: marked at them.`
            : line`No rows${joins}: ${saidList(empty.map(saidTable))}.`
        ]
  if (never.length === 0) return rows
  return never.length > NAMED
    ? [...rows, line`${never.length} columns of tables with rows are always NULL: marked at their tables.`]
    : [...rows, line`Never filled, always NULL: ${saidList(never)}.`]
}

const isEmpty = ({ rows, subject: { entity, table } }: ContextTable) =>
  rows === 0 && !entity.sampled && table.kind === "table"

/** What figures are in, where nothing says it. */
export const notKnown = ({ tables }: Facts): ReadonlyArray<PageLine> => {
  const isSaid = sayingCurrency(
    tables.map(({ columns, subject }) => ({ subject, columns: columns.map(({ meaning }) => meaning) }))
  )
  const silent = tables.some(
    ({ columns, rows, subject }) =>
      rows > 0 &&
      !isSaid(subject) &&
      columns.some(
        ({ meaning }) => meaning.semanticType === "money" && meaning.unit === null && meaning.role === "measure"
      )
  )
  return silent ? [line`Currency: not stated.`] : []
}
