import { Effect } from "effect"
import type { DatasourceError } from "../../datasource/DatasourceError.ts"
import { grouped } from "../../datasource/grouped.ts"
import { pg } from "../../datasource/PgSql.ts"
import { flatMapInSteps, type Steps, stepwise } from "../../steps/Steps.ts"
import { isEventTime } from "../EventTime.ts"
import { units } from "./ColumnText.ts"
import type { ContextColumn, ContextTable, Facts } from "./Facts.ts"
import { type Readable, valuesOf } from "./Measure.ts"
import type { PageLine } from "./Page.ts"
import { line, type Said, saidColumn, saidList, saidSql } from "./Prose.ts"
import { decimal } from "./Spelling.ts"
import { aliasOf, type Expression, lineAmount, measures, sum, value } from "./Sums.ts"
import type { Identity } from "./traps/Identities.ts"
import { dateOf } from "./traps/Now.ts"

/** Figures that the page has at most, tables that they are of, and sums of one table. */
const FIGURES = 12
const TABLES = 8
const SUMS = 2
/** Rows of a table whose count is a figure. */
const FEWEST = 10
/** Tables and columns that a figure is grouped by, at most. */
const GROUPS = 6

interface Figure {
  readonly name: string
  readonly expression: Expression
  readonly remark: string
}

/** Figures that people ask for, each run over all rows: the most telling tables' sums, and what word rules make of their columns. Counts of rows stand at the tables. */
export const figures = (
  facts: Facts,
  checked: ReadonlyArray<Identity>,
  readable: Readable
): Effect.Effect<ReadonlyArray<PageLine>, DatasourceError> =>
  Effect.gen(function* () {
    const lines: Array<PageLine> = []
    const all = (yield* stepwise(() => asked(facts))).map((table) => {
      const alias = aliasOf(table)
      return { alias, table, wanted: figuresOf(facts, table, alias, checked) }
    })
    const called = grouped(
      all.flatMap(({ wanted }) => wanted),
      ({ name }) => name
    )
    for (const { alias, table, wanted } of all) {
      if (wanted.length === 0) continue
      const values = yield* valuesOf(
        readable,
        pg`SELECT ARRAY[${wanted.map(({ expression }) => pg`(${expression.run})::text`).join(", ")}] AS values FROM ${table.from} ${alias}`
      )
      const about = aboutRows(table)
      const said = wanted.flatMap(({ expression, name, remark }, place) => {
        const found = values[place]
        if (typeof found !== "string") return []
        const sql = saidSql(`${expression.written} FROM ${table.name} ${alias}`, [table], expression.columns)
        const of = called(name).length > 1 ? `${table.subject.entity.name.toLowerCase()}: ` : ""
        return [line`${of}${name} ${decimal(found)}: ${sql}${remark}`]
      })
      if (said.length > 0) {
        lines.push({
          text: [...said.map(({ text }) => text), ...(about.text === "" ? [] : [about.text])].join("; "),
          tables: [...new Set([...said, about].flatMap(({ tables }) => tables))],
          columns: [...new Set([...said, about].flatMap(({ columns }) => columns))]
        })
      }
    }
    return lines.slice(0, FIGURES)
  })

/** The tables that most figures are about: those with measures and dates, not lists; the largest first. */
function* asked(facts: Facts): Steps<ReadonlyArray<ContextTable>> {
  const rated = yield* flatMapInSteps(facts.tables, (table) => {
    const { isMeasured, joins, rows, subject } = table
    const { name, verdict } = subject.entity
    if (!isMeasured || rows <= 1 || verdict === "technical" || verdict === "lookup") return []
    const sums = measures(table, facts).length
    const hasAmount = lineAmount(table, name, "x") !== undefined
    const isDated = dateOf(table) !== undefined
    const into = facts.into(table).length
    const isTelling =
      hasAmount ||
      (rows >= FEWEST &&
        (sums > 0 || (isDated && !subject.isAboutPeople()) || (into + joins.length > 2 && verdict === "entity")))
    if (!isTelling) return []
    const score =
      Math.log10(rows + 1) +
      Math.min(3, sums) +
      (hasAmount ? 2 : 0) +
      (isDated ? 1 : 0) +
      Math.min(3, into) / 2 +
      Math.min(3, joins.length) / 2
    return [{ table, score }]
  })
  return rated
    .sort((a, b) => b.score - a.score)
    .slice(0, TABLES)
    .map(({ table }) => table)
}

const figuresOf = (
  facts: Facts,
  table: ContextTable,
  alias: string,
  checked: ReadonlyArray<Identity>
): ReadonlyArray<Figure> => {
  const computed = lineAmount(table, table.subject.entity.name, "x")?.amount.written
  const identity = checked.find(({ lines }) => lines === table)
  const isChecked = identity?.added === computed
  // Where totals are checked to be the sum of what the lines store, a formula by name is but a second opinion.
  const amount = identity !== undefined && !isChecked ? undefined : lineAmount(table, table.subject.entity.name, alias)
  const revenue: ReadonlyArray<Figure> =
    amount === undefined
      ? []
      : [
          {
            name: amount.name,
            expression: sum(amount.amount),
            remark: isChecked ? " (checked against the stored total)" : " (formula by name, unchecked)"
          }
        ]
  const sums = measures(table, facts)
    .filter((column) => !amount?.amount.columns.includes(column) || column.meaning.semanticType === "quantity")
    .toSorted((a, b) => telling(a) - telling(b))
    .slice(0, SUMS)
    .map((column): Figure => ({
      name: column.meaning.label.toLowerCase(),
      expression: sum(value(column, alias)),
      remark: units(column)
        .map((unit) => ` (${unit})`)
        .join("")
    }))
  return [...revenue, ...sums, ...late(table, alias), ...duration(table, alias)]
}

/** What sums are asked for first: totals, then other money, then quantities. */
const telling = ({ meaning }: ContextColumn): number =>
  /\b(?:total|amount|revenue|sales|turnover|net|gross)\b/.test(meaning.label.toLowerCase())
    ? 0
    : meaning.semanticType === "money"
      ? 1
      : 2

const dates = ({ columns, rows }: ContextTable, words: RegExp): ReadonlyArray<ContextColumn> =>
  columns.filter(
    ({ builtIn, meaning, nulls, personal, source }) =>
      builtIn &&
      !personal &&
      nulls < rows &&
      source.typeClass === "time" &&
      /^(?:date|timestamp)/.test(source.type) &&
      words.test(meaning.label.toLowerCase())
  )

const DUE = /\b(?:required|due|promised|deadline|expected)\b/
const DONE = /\b(?:shipped|delivered|returned|completed|paid|finished)\b/
const BEGUN = /\b(?:order|ordered|rental|start|begin|opened|placed|requested|invoice)\b/
const ENDED = /\b(?:shipped|delivered|return|returned|completed|closed|end|ended|finished)\b/

const late = (table: ContextTable, alias: string): ReadonlyArray<Figure> => {
  const [due] = dates(table, DUE)
  const [done] = dates(table, DONE)
  if (due === undefined || done === undefined || due.source.type !== done.source.type) return []
  const columns = [due, done]
  return [
    {
      name: "late",
      expression: {
        written: `count(*) FILTER (WHERE ${alias}.${done.name} > ${alias}.${due.name})`,
        run: pg`count(*) FILTER (WHERE ${alias}.${done.sql} > ${alias}.${due.sql})`,
        columns
      },
      remark: " (by name)"
    }
  ]
}

/** The average time from the first date to the last: days, or an interval's seconds. */
const duration = (table: ContextTable, alias: string): ReadonlyArray<Figure> => {
  // How long something is valid is no time that it took.
  const begun = dates(table, BEGUN).find(({ meaning }) => isEventTime(meaning))
  const ended = dates(table, ENDED).find((column) => column !== begun)
  if (begun === undefined || ended === undefined || begun.source.type !== ended.source.type) return []
  const far = /^(?:29\d\d|[3-9]\d{3})/.test(ended.source.profile.maximum ?? "")
  if (far) return []
  const isDay = begun.source.type === "date"
  const [to, from] = [`${alias}.${ended.name}`, `${alias}.${begun.name}`]
  const run = pg`${alias}.${ended.sql} - ${alias}.${begun.sql}`
  return [
    {
      name: "average days",
      expression: {
        written: isDay ? `avg(${to} - ${from})` : `avg(extract(epoch FROM ${to} - ${from}) / 86400)`,
        run: isDay ? pg`avg(${run})` : pg`avg(extract(epoch FROM (${run})) / 86400)`,
        columns: [begun, ended]
      },
      remark: ""
    }
  ]
}

/** When the rows happened and what they are grouped by: their own short lists, and tables that an N:1 join reaches. */
const aboutRows = (table: ContextTable): PageLine => {
  const time = dateOf(table)
  const own = table.columns
    .filter(
      ({ meaning, personal }) =>
        meaning.role === "dimension" &&
        meaning.semanticType !== "flag" &&
        meaning.semanticType !== "number" &&
        meaning.values !== null &&
        !personal
    )
    .map((column) => saidColumn(table, column))
  const near = table.joins
    .filter(({ byName, isDead, to, toOne }) => toOne && !byName && !isDead && to !== table && to.rows > 1)
    .map(({ to }): Said => ({ text: to.subject.entity.name.toLowerCase(), tables: [], columns: [] }))
  const groups = [...new Map([...near, ...own].map((each) => [each.text, each])).values()].slice(0, GROUPS)
  const when = time === undefined ? "" : saidColumn(table, time)
  return line`${time === undefined ? "" : "time "}${when}${time !== undefined && groups.length > 0 ? "; " : ""}${groups.length === 0 ? "" : "by "}${saidList(groups)}`
}
