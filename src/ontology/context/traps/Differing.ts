import { Effect } from "effect"
import type { DatasourceError } from "../../../datasource/DatasourceError.ts"
import { pg } from "../../../datasource/PgSql.ts"
import type { ContextColumn, ContextJoin, ContextTable, Facts } from "../Facts.ts"
import { isCountable, onOf } from "../FanOut.ts"
import { numberOf, type Readable, valuesOf } from "../Measure.ts"
import type { PageLine } from "../Page.ts"
import { line, said, saidTable } from "../Prose.ts"
import { isPlain, value } from "../Sums.ts"
import { isHistory } from "./History.ts"

/** Pairs that are compared, and lines that are written, of each kind. */
const TRIED = 8
const LINES = 3

/** Measures of one name at both ends of a join whose values differ: the referring table has the one of the event. */
export const sameMeasure = (
  facts: Facts,
  readable: Readable
): Effect.Effect<ReadonlyArray<PageLine>, DatasourceError> =>
  Effect.gen(function* () {
    const pairs = facts.joins
      .filter((join) => isPlain(join) && isCountable(join) && join.from !== join.to)
      .flatMap((join) =>
        join.from.columns.flatMap((column) => {
          const other = join.to.columns.find(({ source }) => source.name === column.source.name)
          return other !== undefined && isMeasure(column, join.from) && isMeasure(other, join.to)
            ? [{ join, column, other }]
            : []
        })
      )
      .sort((a, b) => b.join.from.rows - a.join.from.rows)
    const lines: Array<PageLine> = []
    const told = new Set<string>()
    for (const { column, join, other } of pairs.slice(0, TRIED)) {
      const [differ] = yield* valuesOf(
        readable,
        pg`SELECT ARRAY[(count(*) FILTER (WHERE ${value(column, "c").run} <> ${value(other, "p").run}))::text] AS values FROM ${join.from.from} c JOIN ${join.to.from} p ON ${onOf(join)}`
      )
      if (numberOf(differ) === 0) continue
      // What a price used to be was not always paid.
      const price = /\b(?:price|rate|cost)\b/.test(column.meaning.label.toLowerCase()) && !isHistory(join.from)
      const rows = `${numberOf(differ)} of ${join.from.rows} rows`
      const [own, far] = [said(join.from, column), said(join.to, other)]
      const pair = [column.id, other.id].sort().join()
      if (told.has(pair)) continue
      told.add(pair)
      lines.push(
        price
          ? line`The price paid is ${own} (by name); ${far} differs in ${rows}.`
          : line`${own} and ${far} are two things: they differ in ${rows}.`
      )
    }
    return lines.slice(0, LINES)
  })

const isMeasure = ({ builtIn, meaning, nulls, personal, source }: ContextColumn, { rows }: ContextTable) =>
  builtIn &&
  !personal &&
  nulls < rows &&
  (source.typeClass === "number" || source.typeClass === "integer") &&
  (meaning.semanticType === "money" || /\b(?:price|rate|cost|population)\b/.test(meaning.label.toLowerCase())) &&
  meaning.role === "measure"

interface Diamond {
  readonly table: ContextTable
  readonly ways: readonly [Way, Way]
  readonly to: ContextTable
}

/** From a table over one N:1 join to another, and from there to the target. */
interface Way {
  readonly first: ContextJoin
  readonly second: ContextJoin
}

/** Two ways from a table to another over N:1 joins that lead to different rows: which one is meant is part of the question. */
export const twoWays = (facts: Facts, readable: Readable): Effect.Effect<ReadonlyArray<PageLine>, DatasourceError> =>
  Effect.gen(function* () {
    const found: Array<{ readonly line: PageLine; readonly isAlways: boolean }> = []
    for (const { table, to, ways } of diamonds(facts).slice(0, TRIED)) {
      const [a, b] = ways
      const [left, right] = [a.second.columns[0], b.second.columns[0]]
      if (left === undefined || right === undefined) continue
      const [differ, both] = yield* valuesOf(
        readable,
        pg`SELECT ARRAY[(count(*) FILTER (WHERE p.${left.sql} <> q.${right.sql}))::text, count(*)::text] AS values
          FROM ${table.from} c JOIN ${a.first.to.from} p ON ${onOf(a.first, "c", "p")} JOIN ${b.first.to.from} q ON ${onOf(b.first, "c", "q")}`
      )
      if (numberOf(differ) === 0) continue
      const isAlways = differ === both
      found.push({
        isAlways,
        line: line`${saidTable(table)} leads to ${saidTable(to)} by ${said(a.first.to, left)} or by ${said(b.first.to, right)}, which differ in ${numberOf(differ)} of ${numberOf(both)} rows`
      })
    }
    return [...found]
      .sort((a, b) => Number(a.isAlways) - Number(b.isAlways))
      .slice(0, LINES)
      .map((each, place) => (place === 0 ? line`${each.line}: take the one that is meant.` : line`${each.line}.`))
  })

/** Whether both ways end in a column of one name: other names say which is meant. */
const isSame = (a: Way, b: Way) => a.second.columns[0]?.source.name === b.second.columns[0]?.source.name

const diamonds = ({ tables }: Facts): ReadonlyArray<Diamond> => {
  const isStep = (join: ContextJoin) =>
    isPlain(join) && isCountable(join) && join.from !== join.to && join.columns.length === 1
  const seen = new Set<string>()
  return tables
    .flatMap((table) => {
      const ways = table.joins
        .filter(isStep)
        .flatMap((first) =>
          first.to.joins.filter((second) => isStep(second) && second.to !== table).map((second) => ({ first, second }))
        )
      return ways.flatMap((a, place) =>
        ways
          .slice(place + 1)
          .filter(
            (b) => b.first.to !== a.first.to && isSame(a, b) && b.second.to === a.second.to && b.second.to.rows > 1
          )
          .map((b): Diamond => ({ table, ways: [a, b], to: a.second.to }))
      )
    })
    .filter(({ to }) => to.subject.entity.verdict === "entity" || to.subject.entity.verdict === "lookup")
    .sort((a, b) => b.table.rows - a.table.rows)
    .filter(({ ways: [a, b] }) => {
      const id = [a.second.id, b.second.id].sort().join()
      return !seen.has(id) && seen.add(id).size > 0
    })
}
