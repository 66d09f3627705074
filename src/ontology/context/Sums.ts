import { pg } from "../../datasource/PgSql.ts"
import { compoundHead, QUANTITIES } from "../NumberType.ts"
import { placeholderOf } from "../Placeholder.ts"
import { singular } from "../../language/Words.ts"
import { wordSet } from "../../language/wordSet.ts"
import type { ContextColumn, ContextJoin, ContextTable, Facts } from "./Facts.ts"

/** An expression over the rows of a table, as the page writes it and as statements run it. */
export interface Expression {
  /** With the alias: `d.unit_price::numeric * d.quantity`. */
  readonly written: string
  readonly run: string
  readonly columns: ReadonlyArray<ContextColumn>
}

/** A short alias: the first letter of a table's last word, or `t`. */
export const aliasOf = (table: ContextTable): string =>
  /^[a-z]/.exec(table.subject.table.table.split("_").at(-1) ?? "")?.[0] ?? "t"

const isInexact = ({ source }: ContextColumn) => source.type === "real" || source.type === "double precision"

/** A column's value, exact: reals and doubles as numeric. */
export const value = (column: ContextColumn, alias: string): Expression => {
  const cast = isInexact(column)
  return {
    written: `${alias}.${column.name}${cast ? "::numeric" : ""}`,
    run: cast ? pg`${alias}.${column.sql}::numeric` : `${alias}.${column.sql}`,
    columns: [column]
  }
}

/** The product of several expressions. */
export const product = (...factors: ReadonlyArray<Expression>): Expression => ({
  written: factors.map(({ written }) => written).join(" * "),
  run: `(${factors.map(({ run }) => run).join(" OPERATOR(pg_catalog.*) ")})`,
  columns: factors.flatMap(({ columns }) => columns)
})

/** What is left of 1: `(1 - d.discount::numeric)`. */
export const rest = (share: Expression): Expression => ({
  written: `(1 - ${share.written})`,
  run: pg`(1 - ${share.run})`,
  columns: share.columns
})

/** The sum over rows; its text. */
export const sum = ({ columns, run, written }: Expression): Expression => ({
  written: `sum(${written})`,
  run: pg`sum(${run})`,
  columns
})

const isNumeric = ({ builtIn, personal, source }: ContextColumn) =>
  builtIn && !personal && (source.typeClass === "integer" || source.typeClass === "number")

const COUNTS = wordSet("count counts number num no nr of total")

/** Whether a column stores how many rows of a table there are: "count matches" beside a table of matches. One counts those instead. */
export const isStoredCount = ({ source: { said } }: ContextColumn, { tables }: Facts): boolean => {
  const counted = said.filter((word) => !COUNTS.has(word)).map(singular)
  if (counted.length === 0 || counted.length === said.length) return false
  return tables.some(
    ({ subject }) => subject.entity.name.toLowerCase().split(" ").map(singular).join(" ") === counted.join(" ")
  )
}

/** Columns whose values add up. Not of personal figures, nor of what other tables' rows are counted for, nor where a value stands for none. */
export const measures = ({ columns, rows }: ContextTable, facts: Facts): ReadonlyArray<ContextColumn> =>
  columns.filter(
    (column) =>
      !isStoredCount(column, facts) &&
      isNumeric(column) &&
      column.meaning.role === "measure" &&
      column.meaning.aggregation === "sum" &&
      column.nulls < rows &&
      (column.source.profile.distinct ?? 0) > 1 &&
      placeholderOf(column.source.profile) === undefined
  )

const word = (column: ContextColumn, words: ReadonlyArray<string>) =>
  column.source.said.some((said) => words.includes(said) || words.includes(compoundHead(said)))
const COSTS = ["cost", "kosten"]
const PRICES = ["price", "rate", "preis", "prix", "precio", "prezzo", "preço", ...COSTS]
const COUNTED = [...QUANTITIES, "count", "units", "pieces", "anzahl"]

/** What a table's rows come to. */
export interface LineAmount {
  readonly amount: Expression
  readonly name: "net revenue" | "revenue before discounts" | "revenue" | "cost"
}

/**
 * `quantity × price × (1 − discount)` of a table's rows, where it has a price and a quantity; the discount a share or so many percent, by its
 * name. Where rows are lines without a quantity, a line is one piece.
 */
export const lineAmount = (
  { columns, rows }: Pick<ContextTable, "columns" | "rows">,
  entity: string,
  alias: string
): LineAmount | undefined => {
  const numeric = columns.filter((column) => isNumeric(column) && column.nulls < rows)
  const quantity = numeric.find((column) => word(column, COUNTED) && !word(column, PRICES) && !isStock(column))
  const prices = numeric.filter(
    (column) =>
      word(column, PRICES) &&
      !word(column, COUNTED) &&
      !word(column, ["list", "old", "tax", "replacement", "discount", "rebate"])
  )
  const price = prices.find((column) => !word(column, COSTS)) ?? prices[0]
  if (price === undefined) return undefined
  if (quantity === undefined && !(LINES.has(lastWord(entity)) && word(price, ["price"]))) return undefined
  const discount = numeric.find((column) => word(column, ["discount", "rebate", "rabatt", "descuento", "remise"]))
  const factors = [value(price, alias), ...(quantity === undefined ? [] : [value(quantity, alias)])]
  if (word(price, COSTS)) return { amount: product(...factors), name: "cost" }
  if (discount === undefined) return { amount: product(...factors), name: "revenue" }
  const left = isShare(discount)
    ? rest(value(discount, alias))
    : discount.meaning.unit === "percent"
      ? rest(percent(value(discount, alias)))
      : undefined
  return left === undefined
    ? { amount: product(...factors), name: "revenue before discounts" }
    : { amount: product(...factors, left), name: "net revenue" }
}

const LINES = wordSet("line item position detail")
const lastWord = (entity: string): string => singular(entity.toLowerCase().split(" ").at(-1) ?? "")

/** So many percent as a share: a whole number divided by one would lose its rest. */
const percent = ({ columns, run, written }: Expression): Expression => ({
  written: `${written} / 100.0`,
  run: pg`(${run} / 100.0)`,
  columns
})

const isStock = (column: ContextColumn) =>
  word(column, ["stock", "reorder"]) || (word(column, ["on"]) && word(column, ["order"]))

const isShare = ({ source: { profile } }: ContextColumn) => Number(profile.minimum) >= 0 && Number(profile.maximum) <= 1

/** Whether a join multiplies nothing and both sides may be asked for figures. */
export const isPlain = ({ byName, from, isDead, relationship, to, toOne }: ContextJoin): boolean =>
  toOne &&
  !byName &&
  !isDead &&
  from.isMeasured &&
  to.isMeasured &&
  relationship.compared === undefined &&
  relationship.when === undefined
