import { wordSet } from "../../../language/wordSet.ts"
import type { ContextColumn, ContextTable, Facts } from "../Facts.ts"
import type { PageLine } from "../Page.ts"
import { line, type Said, said, saidList } from "../Prose.ts"
import { literal } from "../Spelling.ts"

/** Maximum number of columns that the line names, and of values of each. */
const NAMED = 6
const VALUES = 4
/** Maximum number of different units: a column with more is no unit of the rows' amounts. */
const MOST = 60

const CURRENCIES = wordSet("currency waehrung währung moneda devise valuta moeda")
const UNITS = wordSet("unit units uom einheit mengeneinheit unidad unité unità")

/** Amounts and quantities of which a column beside them says the currency or unit, where that differs between rows: no sum is right. */
export const mixed = ({ tables }: Facts): ReadonlyArray<PageLine> => {
  const found = tables.flatMap((table) => columnsOf(table).map((column) => sayingOf(table, column)))
  return found.length === 0
    ? []
    : [
        line`In several currencies or units, as these say: ${saidList(found, NAMED)}; group by them, or convert, before adding up.`
      ]
}

const columnsOf = (table: ContextTable): ReadonlyArray<ContextColumn> =>
  table.columns.filter(({ meaning, personal, source }) => {
    const { distinct } = source.profile
    if (personal || source.typeClass !== "text" || distinct === null || distinct < 2 || distinct > MOST) return false
    const isCurrency = meaning.semanticType === "currency" || source.said.some((word) => CURRENCIES.has(word))
    const adds = (column: ContextColumn) =>
      column.meaning.role === "measure" && column.meaning.aggregation === "sum" && !column.personal
    if (isCurrency) return table.columns.some((column) => adds(column) && column.meaning.semanticType === "money")
    const isUnit = UNITS.has(source.said.at(-1) ?? "")
    return isUnit && table.columns.some((column) => column.meaning.role === "measure")
  })

const sayingOf = (table: ContextTable, column: ContextColumn): Said => {
  const name = said(table, column)
  const { common, distinct } = column.source.profile
  const values = common.slice(0, VALUES).map(({ value }) => literal(value))
  const more = (distinct ?? 0) > values.length ? ", …" : ""
  return values.length === 0 ? name : { ...name, text: `${name.text} (${values.join(", ")}${more})` }
}
