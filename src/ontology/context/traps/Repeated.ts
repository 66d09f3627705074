import { Effect } from "effect"
import type { DatasourceError } from "../../../datasource/DatasourceError.ts"
import { pg } from "../../../datasource/PgSql.ts"
import type { ContextJoin, ContextTable, Facts } from "../Facts.ts"
import { type FanOut, isCountable, onOf } from "../FanOut.ts"
import { type Readable, valuesOf } from "../Measure.ts"
import type { PageLine } from "../Page.ts"
import { line, saidColumn, saidTable } from "../Prose.ts"
import { decimal } from "../Spelling.ts"
import { type Expression, isPlain, lineAmount, measures, sum, value } from "../Sums.ts"

/** Joins that are tried, and lines that are written: those with the largest errors. */
const TRIED = 10
const LINES = 2

interface Trial {
  readonly table: ContextTable
  readonly what: Expression
  readonly label: string
  readonly via: ContextJoin
  /** The join from `table` to the table that `via` ends at, where that is another one. */
  readonly across: ContextJoin | undefined
  readonly times: FanOut
}

/** Sums that a join repeats: over a 1:N join, and over an N:1 join and then a 1:N one. The largest errors, with the sum gone wrong and right. */
export const repeatedRows = (
  facts: Facts,
  fanOuts: ReadonlyMap<string, FanOut>,
  readable: Readable
): Effect.Effect<ReadonlyArray<PageLine>, DatasourceError> =>
  Effect.gen(function* () {
    const found: Array<{ readonly line: PageLine; readonly error: number; readonly table: ContextTable }> = []
    for (const trial of trials(facts, fanOuts).slice(0, TRIED)) {
      const { across, table, times, via, what } = trial
      const child = via.from
      // Rows without a counterpart stay, so that the sum is wrong by the repeated rows alone.
      const join = times.least === 0 ? "LEFT JOIN" : "JOIN"
      const joined =
        across === undefined
          ? pg`${table.from} x ${join} ${child.from} c ON ${onOf(via, "c", "x")}`
          : pg`${table.from} x JOIN ${across.to.from} p ON ${onOf(across, "x", "p")} ${join} ${child.from} c ON ${onOf(via, "c", "p")}`
      const [right, wrong] = yield* valuesOf(
        readable,
        pg`SELECT ARRAY[(SELECT (${what.run})::text FROM ${table.from} x), (SELECT (${what.run})::text FROM ${joined})] AS values`
      )
      if (typeof right !== "string" || typeof wrong !== "string" || decimal(right) === decimal(wrong)) continue
      const error = Math.abs(Math.log(Math.abs(Number(wrong) / Number(right)) || 1e-9))
      const column = what.columns.length === 1 ? what.columns[0] : undefined
      const name = column === undefined ? trial.label : saidColumn(table, column)
      found.push({
        table,
        error: error * (table.subject.entity.verdict === "entity" ? 2 : 1),
        line: line`${saidTable(table)} ${join} ${saidTable(child)}${across === undefined ? "" : ` (by ${across.to.name})`} repeats a row up to ${times.most} times: sum of ${name} becomes ${decimal(wrong)}, not ${decimal(right)}.`
      })
    }
    const kept = new Map<string, number>()
    return found
      .sort((a, b) => b.error - a.error)
      .filter(({ table }) => {
        const before = kept.get(table.id) ?? 0
        kept.set(table.id, before + 1)
        return before < 2
      })
      .slice(0, LINES)
      .map((each, place) => (place === 0 ? line`${each.line} Sum before the join, or join DISTINCT rows.` : each.line))
  })

const trials = (facts: Facts, fanOuts: ReadonlyMap<string, FanOut>): ReadonlyArray<Trial> => {
  const repeating = (table: ContextTable, by: ContextTable) =>
    facts.into(table).flatMap((via) => {
      const times = fanOuts.get(via.id)
      return times === undefined ||
        times.most < 2 ||
        !isPlain(via) ||
        !isCountable(via) ||
        via.from === by ||
        via.from === table
        ? []
        : [{ via, times }]
    })
  return facts.tables
    .flatMap((table) => {
      const main = mainMeasure(table, facts)
      // What a list says of each of its members, such as a fee, is there to be repeated.
      if (main === undefined || !table.isMeasured || table.subject.entity.verdict === "lookup") return []
      const direct = repeating(table, table).map((each): Trial => ({ table, ...main, ...each, across: undefined }))
      const isMoney = main.what.columns.length > 1 || main.what.columns[0]?.meaning.semanticType === "money"
      const further = (isMoney ? table.joins : [])
        .filter((join) => isPlain(join) && isCountable(join) && join.to !== table)
        .flatMap((across) =>
          repeating(across.to, table)
            .filter(({ via }) => via.from.subject.entity.verdict === "link")
            .map((each): Trial => ({ table, ...main, ...each, across }))
        )
      return [...byTimes(direct).slice(0, 2), ...byTimes(further).slice(0, 1)]
    })
    .sort((a, b) => b.table.rows - a.table.rows)
}

const byTimes = (all: ReadonlyArray<Trial>) =>
  [...all].sort((a, b) => b.via.from.rows - a.via.from.rows || b.times.most - a.times.most)

const mainMeasure = (table: ContextTable, facts: Facts): Pick<Trial, "what" | "label"> | undefined => {
  const [first] = [...measures(table, facts)].sort(
    (a, b) => Number(b.meaning.semanticType === "money") - Number(a.meaning.semanticType === "money")
  )
  const amount =
    first === undefined || first.meaning.semanticType !== "money"
      ? lineAmount(table, table.subject.entity.name, "x")
      : undefined
  if (amount !== undefined) return { what: sum(amount.amount), label: amount.name }
  return first === undefined ? undefined : { what: sum(value(first, "x")), label: first.name }
}
