import { Effect } from "effect"
import type { DatasourceError } from "../../../datasource/DatasourceError.ts"
import { pg } from "../../../datasource/PgSql.ts"
import type { ContextColumn, ContextTable, Facts } from "../Facts.ts"
import { isCountable, onOf } from "../FanOut.ts"
import { numberOf, type Readable, valuesOf } from "../Measure.ts"
import type { PageLine } from "../Page.ts"
import { line, type Said, said, saidList, saidSql } from "../Prose.ts"
import { type Expression, isPlain, lineAmount, sum, value } from "../Sums.ts"

/** Rows that an identity must be checked in, and the share of them, from 0 to 1, in which it must hold. */
const FEWEST = 20
const SHARE = 0.99
/** Maximum number of sums that are tried, of totals of a table, and of ways to add up its lines. Set by hand. */
const TRIED = 12
const TOTALS = 2
const PARTS = 2
/** Maximum number of columns of a table that are tried as parts of another, and of tables that are asked. Set by hand. */
const ADDENDS = 5
const TABLES = 8

const TOTAL =
  /\b(?:total|amount|subtotal|sum|revenue|netto|net|gross|brutto|\w*wert|\w*betrag|gesamt\w*|summe|importe|monto|montant|totale|totaal|bedrag)\b/
/** Names of columns that may be the sum of others. */
const WHOLE =
  /\b(?:total|gross|brutto|net|netto|amount|sum|\w*betrag|gesamt\w*|summe|importe|monto|montant|totale|totaal|bedrag)\b/

/** An identity that was checked, and the ids of the columns that store what can be computed. */
export interface Identity {
  readonly line: PageLine
  readonly total: ContextColumn
  readonly lines: ContextTable
  /** What was added up, as SQL writes it with the alias `x`. */
  readonly added: string
}

/** Totals that are the sum of a table's lines. */
export const identities = (facts: Facts, readable: Readable): Effect.Effect<ReadonlyArray<Identity>, DatasourceError> =>
  Effect.gen(function* () {
    const found: Array<Identity> = []
    for (const { join, parts, total } of candidates(facts).slice(0, TRIED)) {
      if (found.some((each) => each.lines === join.from)) continue
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
        added: parts.written,
        line: line`${said(join.to, total)} = ${formula} over its rows of ${saidSql(join.from.name, [join.from])} in ${where}: take one of them, never both joined.`
      })
    }
    return found
  })

const candidates = ({ joins }: Facts) =>
  joins
    .filter((join) => isPlain(join) && isCountable(join) && join.columns.length === 1 && join.from !== join.to)
    .flatMap((join) => {
      const parts = partsOf(join.from)
      const totals = amounts(join.to).filter(({ meaning }) => TOTAL.test(meaning.label.toLowerCase()))
      return totals.slice(0, TOTALS).flatMap((total) => parts.map((each) => ({ join, total, parts: each })))
    })
    .sort((a, b) => b.join.from.rows - a.join.from.rows)

/** What a line adds: its price times its quantity, or its own amount. */
const partsOf = (table: ContextTable): ReadonlyArray<Expression> => {
  const computed = lineAmount(table, table.subject.entity.name, "x")
  const stored = amounts(table)
    .filter(({ meaning, source }) => TOTAL.test(meaning.label.toLowerCase()) && !source.said.includes("unit"))
    .map((column) => value(column, "x"))
  return [...(computed === undefined ? [] : [computed.amount]), ...stored].slice(0, PARTS)
}

const amounts = ({ columns, rows }: ContextTable): ReadonlyArray<ContextColumn> =>
  columns.filter(
    ({ builtIn, meaning, nulls, personal, source }) =>
      builtIn &&
      !personal &&
      nulls < rows &&
      (source.typeClass === "number" || (source.typeClass === "integer" && meaning.semanticType === "money")) &&
      (source.profile.distinct ?? 0) > 1
  )

/** Columns that are the sum of two or three others of their row: `gross = net + tax`. */
export const sums = (facts: Facts, readable: Readable): Effect.Effect<ReadonlyArray<PageLine>, DatasourceError> =>
  Effect.gen(function* () {
    const found: Array<Said> = []
    for (const table of facts.tables.filter(isAsked).slice(0, TABLES)) {
      const tried = additions(table)
      const counts = yield* valuesOf(
        readable,
        pg`SELECT ARRAY[count(*)::text, ${tried
          .map(({ parts, whole }) => {
            const sum = parts.map(({ sql }) => sql).join(" OPERATOR(pg_catalog.+) ")
            return pg`(count(*) FILTER (WHERE ${whole.sql} = (${sum})))::text, (count(*) FILTER (WHERE ${parts.map(({ sql }) => pg`${sql} <> 0`).join(" AND ")}))::text`
          })
          .join(", ")}] AS values FROM ${table.from}`
      )
      const all = numberOf(counts[0])
      const holds = tried.filter((_, place) => {
        const [equal, telling] = [numberOf(counts[1 + 2 * place]), numberOf(counts[2 + 2 * place])]
        return all >= FEWEST && equal >= SHARE * all && telling >= Math.max(FEWEST, all / 10)
      })
      const wholes = new Set<ContextColumn>()
      for (const { parts, whole } of holds) {
        if (wholes.has(whole)) continue
        wholes.add(whole)
        found.push(
          saidSql(
            `${table.name}.${whole.name} = ${parts.map(({ name }) => name).join(" + ")}`,
            [table],
            [whole, ...parts]
          )
        )
      }
    }
    return found.length === 0 ? [] : [line`Computed in the row, checked: ${saidList(found)}. Sum one of them.`]
  })

const isAsked = (table: ContextTable): boolean => table.isMeasured && additions(table).length > 0

const additions = (table: ContextTable) => {
  const money = amounts(table).filter(
    ({ meaning, source }) =>
      meaning.semanticType === "money" || (source.typeClass === "number" && WHOLE.test(meaning.label))
  )
  return money
    .filter(({ meaning }) => WHOLE.test(meaning.label.toLowerCase()))
    .flatMap((whole) => {
      const others = money.filter((column) => column !== whole).slice(0, ADDENDS)
      const pairs = others.flatMap((a, i) => others.slice(i + 1).map((b) => [a, b]))
      const threes = pairs.flatMap(([a, b]) =>
        a === undefined || b === undefined ? [] : others.slice(others.indexOf(b) + 1).map((c) => [a, b, c])
      )
      return [...pairs, ...threes].map((parts) => ({ whole, parts }))
    })
}
