import { wordSet } from "../language/wordSet.ts"
import type { SubjectColumn } from "./Discovered.ts"
import { numberClass } from "./NumberType.ts"
import { distinct, says } from "./Said.ts"

/** Rows from which a column with both 0 and 1, and nothing else, answers yes or no, whatever it is called. */
const FEWEST_ROWS = 20
const FLAG_WORDS = wordSet(`is has can was were should allow allows flag active enabled deleted default visible
  written done sent paid sold shown hidden known taken given won lost broken`)
/** Spellings of yes and no. */
const YES_NO = [wordSet("y n"), wordSet("t f"), wordSet("yes no"), wordSet("true false"), wordSet("0 1")]

/** Whether a column answers yes or no: by its type, its two values, or where they are 0 and 1 by its name. */
export const isFlag = (column: SubjectColumn): boolean => {
  if (column.typeClass === "boolean") return true
  const { common, nulls } = column.profile
  const values = common.map(({ value }) => value.trim().toLowerCase())
  if (column.typeClass === "text")
    return values.length === 2 && distinct(column) === 2 && YES_NO.some((pair) => values.every((v) => pair.has(v)))
  if (column.typeClass !== "integer") return false
  const isSaid = says(column, FLAG_WORDS) || /(?:ed|able)$/.test(column.said.at(-1) ?? "")
  // Of a small integer that holds nothing yet, the name decides.
  if (values.length === 0)
    return isSaid && distinct(column) === 0 && numberClass(column) === undefined && isSmall(column)
  if (values.length > 2 || values.length !== distinct(column) || !values.every((v) => v === "0" || v === "1"))
    return false
  const rows = common.reduce((sum, { count }) => sum + count, nulls)
  return isSaid || (values.length === 2 && rows >= FEWEST_ROWS && numberClass(column) === undefined)
}

const isSmall = ({ type }: SubjectColumn) => type === "smallint" || type === "integer"
