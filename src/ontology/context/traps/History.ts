import { wordSet } from "../../../language/wordSet.ts"
import type { ContextColumn, ContextTable, Facts } from "../Facts.ts"
import type { FanOut } from "../FanOut.ts"
import type { PageLine } from "../Page.ts"
import { line, saidSql, saidTable } from "../Prose.ts"
import { isPlain } from "../Sums.ts"

/** Lines at most. */
const LINES = 2

const HISTORY = wordSet("history log change event transition tracking audit status state stage")
const STATE = wordSet("status state stage phase")

/**
 * Tables that hold each state that something was in: what is so now is the last one's. By the words of their names, where the same thing has
 * several rows, and has no state of its own. Of a history, versions of whatever it holds, where the time is part of the key.
 */
export const histories = (facts: Facts, fanOuts: ReadonlyMap<string, FanOut>): ReadonlyArray<PageLine> =>
  facts.tables
    .filter((table) => table.isMeasured && says(wordsOf(table), HISTORY) && !says(wordsOf(table), PLACES))
    .flatMap((table) => {
      const state = table.columns.find(isState)
      const when = moment(table)
      const owner = table.joins
        .filter(
          (join) =>
            isPlain(join) &&
            join.columns.length === 1 &&
            join.to !== table &&
            join.columns[0] !== state &&
            join.to.subject.entity.verdict !== "lookup" &&
            !join.to.columns.some(isState) &&
            (fanOuts.get(join.id)?.most ?? 0) > 1
        )
        .toSorted((a, b) => b.to.rows - a.to.rows)[0]
      const [by] = owner?.columns ?? []
      if (when === undefined || owner === undefined || by === undefined) return []
      const order = `DISTINCT ON (${by.name}) … ORDER BY ${by.name}, ${when.name} DESC`
      if (state === undefined) {
        const isVersion = isHistory(table) && table.key.includes(by) && table.key.includes(when)
        const said = saidSql(order, [table], [by, when])
        return isVersion
          ? [
              line`${saidTable(table)} has each version for a row of ${saidTable(owner.to)}: the one of now is its last, ${said}.`
            ]
          : []
      }
      return [
        line`${saidTable(table)} has each state of a row of ${saidTable(owner.to)}: the one of now is its last, ${saidSql(order, [table], [by, when, state])}.`
      ]
    })
    .slice(0, LINES)

const wordsOf = ({ subject }: ContextTable) => subject.entity.name.toLowerCase().split(" ")

/** A state of these is a part of a country. */
const PLACES = wordSet("province country region city county district address place location territory")

/** Whether a table keeps what used to be, by its name. */
export const isHistory = (table: ContextTable): boolean => wordsOf(table).some((word) => word.startsWith("histor"))

const says = (words: ReadonlyArray<string>, known: ReadonlySet<string>) => words.some((word) => known.has(word))

const isState = ({ personal, source }: ContextColumn): boolean => !personal && says(source.said, STATE)

/** The only date or timestamp besides bookkeeping that every row has: with a second one, rows are periods. */
const moment = ({ columns }: ContextTable): ContextColumn | undefined => {
  const [first, ...more] = columns.filter(
    ({ audit, source }) => !audit && source.typeClass === "time" && /^(?:date|timestamp)/.test(source.type)
  )
  return first !== undefined && more.length === 0 && first.nulls === 0 ? first : undefined
}
