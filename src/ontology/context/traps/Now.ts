import type { ContextColumn, ContextTable, Facts } from "../Facts.ts"
import type { PageLine } from "../Page.ts"
import { line, said } from "../Prose.ts"

/** A date or timestamp that says when the rows of a table happened. */
export interface MainDate {
  readonly table: ContextTable
  readonly column: ContextColumn
  /** The last day. */
  readonly last: string
}

/** Years from which on a date means "no end". */
const FAR = 2900

const DAY = /^(\d{4})-\d\d-\d\d/

/** The date that most rows have: the first without NULLs of the largest table that has one, which is neither bookkeeping nor about people; of who belongs to what since when only if nothing else is as recent. */
export const mainDate = ({ tables }: Facts): MainDate | undefined => {
  const dates = tables
    .flatMap((table): ReadonlyArray<MainDate> => {
      const column = table.subject.entity.verdict === "technical" ? undefined : dateOf(table)
      const last = DAY.exec(column?.source.profile.maximum ?? "")?.[0] ?? ""
      return column === undefined ? [] : [{ table, column, last }]
    })
    .sort((a, b) => b.table.rows - a.table.rows)
  const [first] = dates
  if (first === undefined || !isOfMembership(first.column)) return first
  return dates.find(({ column, last }) => !isOfMembership(column) && last >= first.last) ?? first
}

/** Whether it says since when somebody belongs to something: less of today than a date of something that went on at least as long. */
const isOfMembership = ({ meaning }: ContextColumn): boolean =>
  /\b(?:hire|hired|joined|join|joining|registration|registered|enrolled|enrolment|enrollment|employed)\b/.test(
    meaning.label.toLowerCase()
  )

/** When a table's rows happened; undefined where no column says it. */
export const dateOf = (table: ContextTable): ContextColumn | undefined => {
  if (table.rows === 0) return undefined
  return table.columns.find((column) => {
    const { meaning, nulls, source } = column
    const isDay = source.typeClass === "time" && /^(?:date|timestamp)/.test(source.type)
    const isText = source.typeClass === "text" && ["date", "timestamp"].includes(meaning.semanticType)
    const year = Number(DAY.exec(source.profile.maximum ?? "")?.[1] ?? FAR)
    return (
      (isDay || isText) &&
      nulls === 0 &&
      !column.personal &&
      !column.audit &&
      year < FAR &&
      (source.profile.distinct ?? 0) > 1 &&
      !/\b(?:birth|death|update|updated|modified|valid|founded|ends?|expir\w+|until|due|deadline)\b/.test(
        meaning.label.toLowerCase()
      )
    )
  })
}

/** From which day on "last month" counts back. */
export const now = (main: MainDate | undefined): ReadonlyArray<PageLine> =>
  main === undefined
    ? []
    : [
        line`"Now" is ${main.last}, the last ${said(main.table, main.column)}: count "last month" from it, not from current_date.`
      ]
