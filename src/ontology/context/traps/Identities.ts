import { Effect } from "effect"
import type { DatasourceError } from "../../../datasource/DatasourceError.ts"
import { pg } from "../../../datasource/PgSql.ts"
import type { ContextColumn, ContextTable, Facts } from "../Facts.ts"
import { isCountable, onOf } from "../FanOut.ts"
import { numberOf, type Readable, valuesOf } from "../Measure.ts"
import type { PageLine } from "../Page.ts"
import { line, said, saidSql } from "../Prose.ts"
import { type Expression, isPlain, lineAmount, sum, value } from "../Sums.ts"

/** Rows that an identity must be checked in, and the share of them, from 0 to 1, in which it must hold. */
const FEWEST = 20
const SHARE = 0.99
/** Identities that are tried. */
const TRIED = 6

const TOTAL = /\b(?:total|amount|subtotal|sum|revenue)\b/

/** An identity that was checked, and the ids of the columns that store what can be computed. */
export interface Identity {
  readonly line: PageLine
  readonly total: ContextColumn
  readonly lines: ContextTable
}

/** Totals that are the sum of a table's lines. */
export const identities = (facts: Facts, readable: Readable): Effect.Effect<ReadonlyArray<Identity>, DatasourceError> =>
  Effect.gen(function* () {
    const found: Array<Identity> = []
    for (const { join, parts, total } of candidates(facts).slice(0, TRIED)) {
      const key = join.targets[0]?.sql ?? ""
      const [rows, equal] = yield* valuesOf(
        readable,
        pg`SELECT ARRAY[count(*)::text, (count(*) FILTER (WHERE t = s))::text] AS values FROM (
          SELECT min(${value(total, "p").run}) AS t, ${sum(parts).run} AS s FROM ${join.to.from} p JOIN ${join.from.from} x ON ${onOf(join, "x", "p")} GROUP BY p.${key}) sums`
      )
      const [all, right] = [numberOf(rows), numberOf(equal)]
      if (all < FEWEST || right < SHARE * all) continue
      const formula = saidSql(sum(parts).written.replaceAll("x.", ""), [join.from], parts.columns)
      const where = right === all ? `all ${all}` : `${right} of ${all}`
      found.push({
        total,
        lines: join.from,
        line: line`${said(join.to, total)} = ${formula} over its rows of ${saidSql(join.from.name, [join.from])} in ${where}: take one of them, never both joined.`
      })
    }
    return found
  })

const candidates = ({ joins }: Facts) =>
  joins
    .filter((join) => isPlain(join) && isCountable(join) && join.columns.length === 1 && join.from !== join.to)
    .flatMap((join) => {
      const total = join.to.columns.find(
        ({ builtIn, meaning, nulls, personal, source }) =>
          builtIn &&
          !personal &&
          nulls < join.to.rows &&
          source.typeClass === "number" &&
          TOTAL.test(meaning.label.toLowerCase())
      )
      const parts = total === undefined ? undefined : partsOf(join.from)
      return total === undefined || parts === undefined ? [] : [{ join, total, parts }]
    })
    .sort((a, b) => b.join.from.rows - a.join.from.rows)

/** What a line adds: its price times its quantity, or its own amount. */
const partsOf = (table: ContextTable): Expression | undefined => {
  const computed = lineAmount(table, table.subject.entity.name, "x")
  if (computed !== undefined) return computed.amount
  const amount = table.columns.find(
    ({ builtIn, meaning, source }) =>
      builtIn && source.typeClass === "number" && TOTAL.test(meaning.label.toLowerCase())
  )
  return amount === undefined ? undefined : value(amount, "x")
}
