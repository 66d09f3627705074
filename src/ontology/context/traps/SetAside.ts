import { Effect } from "effect"
import type { DatasourceError } from "../../../datasource/DatasourceError.ts"
import { pg } from "../../../datasource/PgSql.ts"
import { grouped } from "../../../datasource/grouped.ts"
import { wordSet } from "../../../language/wordSet.ts"
import type { ContextColumn, ContextTable, Facts } from "../Facts.ts"
import { numberOf, type Readable, valuesOf } from "../Measure.ts"
import type { PageLine } from "../Page.ts"
import { line, type Said, saidColumn, saidList, saidSql, saidTable } from "../Prose.ts"
import { isNumber } from "../JoinText.ts"
import { literal } from "../Spelling.ts"
import { measures } from "../Sums.ts"

/** Conditions that are counted, and those that a line names; tables from which on a condition is said once. */
const TRIED = 16
const NAMED = 8
const SHARED = 3
/** Words of a state's name at most. */
const STATE_WORDS = 2
/** Lines about amounts at most. */
const UNSIGNED = 2

/** Words for what is no longer meant to count. */
const GONE =
  wordSet(`deleted removed archived void voided cancelled canceled cancellation deactivated inactive retired obsolete
  superseded expired draft test spam duplicate rejected withdrawn failed declined discarded storno storniert annulliert
  gelöscht geloescht archiviert supprimé annulé archivé cancelado cancelada anulado anulada eliminado eliminada annullato eliminato`)
/** Words for what counts: where it is not so, the row is set aside. */
const STANDS = wordSet("active enabled")
/** Words for what flows back. */
const BACK = wordSet("refund refunded reversal reversed chargeback credit withdrawal return returned")

interface Aside {
  readonly table: ContextTable
  readonly column: ContextColumn
  /** One condition in two spellings: `written` is printed in the page, `run` is executed, with quoted names and qualified operators. */
  readonly written: string
  readonly run: string
}

/**
 * Rows that were deleted, cancelled or voided and stay, by names of columns and values: sums and counts include them. And amounts that flow
 * back and are stored without a sign.
 */
export const setAside = (facts: Facts, readable: Readable): Effect.Effect<ReadonlyArray<PageLine>, DatasourceError> =>
  Effect.gen(function* () {
    const gone = yield* Effect.forEach(conditions(facts, GONE).slice(0, TRIED), counted(readable))
    const back = yield* Effect.forEach(unsigned(facts).slice(0, TRIED), ({ amount, ...aside }) =>
      Effect.map(counted(readable)(aside), (found) =>
        isSome(found)
          ? [
              line`${saidHere(found)}: ${saidColumn(found.table, amount)} is positive there as well, by its value a sum to be subtracted.`
            ]
          : []
      )
    )
    const some = gone.filter(isSome)
    const said = sayings(some.filter((found) => !isSaidByState(found, some)))
    const lines =
      said.length === 0 ? [] : [line`Rows set aside, by name; sums and counts include them: ${saidList(said, NAMED)}.`]
    return [...lines, ...back.flat().slice(0, UNSIGNED)]
  })

interface Counted extends Aside {
  readonly part: number
  readonly rows: number
}

/** How many rows meet a condition. */
const counted =
  (readable: Readable) =>
  (aside: Aside): Effect.Effect<Counted, DatasourceError> =>
    Effect.map(
      valuesOf(
        readable,
        pg`SELECT ARRAY[(count(*) FILTER (WHERE ${aside.run}))::text, count(*)::text] AS values FROM ${aside.table.from}`
      ),
      ([part, rows]) => ({ ...aside, part: numberOf(part), rows: numberOf(rows) })
    )

const isSome = ({ part, rows }: Counted): boolean => part > 0 && part < rows

/** Whether a date is of as many rows as a state of the same table: it says when that came about. */
const isSaidByState = (found: Counted, all: ReadonlyArray<Counted>): boolean =>
  found.column.source.typeClass === "time" &&
  all.some(
    ({ column, part, table }) => table === found.table && part === found.part && column.source.typeClass !== "time"
  )

const times = ({ part, rows }: Counted): string => `(${part} of ${rows})`

const saidHere = (found: Counted): Said => {
  const sql = saidSql(`${found.table.name}.${found.written}`, [found.table], [found.column])
  return { ...sql, text: `${sql.text} ${times(found)}` }
}

/** A condition that many tables share is said once. */
const sayings = (all: ReadonlyArray<Counted>): ReadonlyArray<Said> => {
  const withCondition = grouped(all, ({ written }) => written)
  return [...new Set(all.map(({ written }) => written))].flatMap((written) => {
    const same = withCondition(written)
    if (same.length < SHARED) return same.map(saidHere)
    const tables = same.map((found): Said => {
      const table = saidTable(found.table)
      return { ...table, text: `${table.text} ${times(found)}` }
    })
    const list = saidList(tables, NAMED)
    return [{ ...list, text: `${saidSql(written, [], []).text} in ${list.text}` }]
  })
}

/** Conditions that words of columns, and of their values, make. Of the tables that have the most rows first. */
const conditions = ({ tables }: Facts, words: ReadonlySet<string>): ReadonlyArray<Aside> =>
  tables
    .filter(isAsked)
    .toSorted((a, b) => b.rows - a.rows)
    .flatMap((table) =>
      once(
        table.columns.flatMap((column) =>
          column.personal || column.audit ? [] : [...ofColumn(table, column, words), ...ofValues(table, column, words)]
        )
      )
    )

/** A date beside a flag says again what the flag says. */
const once = (all: ReadonlyArray<Aside>): ReadonlyArray<Aside> => {
  const flags = all
    .filter(({ column }) => column.meaning.semanticType === "flag")
    .map(({ column }) => stateOf(column)[0])
  return all.filter(({ column }) => column.source.typeClass !== "time" || !flags.includes(stateOf(column)[0]))
}

const isAsked = ({ isMeasured, subject }: ContextTable) =>
  isMeasured && subject.entity.verdict !== "lookup" && subject.entity.verdict !== "technical"

/** Whether a state is called so: longer texts are reasons and remarks. */
const says = (text: string, words: ReadonlySet<string>): boolean => {
  const said = text.toLowerCase().match(/\p{L}+/gu) ?? []
  return said.length <= STATE_WORDS && said.some((word) => words.has(word))
}

/** Parts of a name that say nothing of the state. */
const FILLERS = wordSet("at on am le is ist was are date time flag timestamp")
const stateOf = ({ source: { said } }: ContextColumn): ReadonlyArray<string> =>
  said.filter((word) => !FILLERS.has(word))
const YES = /^(?:1|y|yes|t|true)$/i
const NO = /^(?:0|n|no|f|false)$/i

/** `deleted_at IS NOT NULL`, `is_test`, `voided = 'Y'`, `NOT is_active`. */
const ofColumn = (table: ContextTable, column: ContextColumn, words: ReadonlySet<string>): ReadonlyArray<Aside> => {
  const { builtIn, meaning, name, nulls, source, sql } = column
  const [state = "", ...more] = stateOf(column)
  // More words are about something else: "deleted by", "test score".
  const isNot = STANDS.has(state)
  if (more.length > 0 || !(words.has(state) || (words === GONE && isNot))) return []
  if (source.typeClass === "time") {
    if (isNot || nulls === 0 || nulls >= table.rows) return []
    return [{ table, column, written: `${name} IS NOT NULL`, run: pg`${sql} IS NOT NULL` }]
  }
  if (meaning.semanticType !== "flag" || !builtIn) return []
  if (source.typeClass === "boolean")
    return [{ table, column, written: isNot ? `${name} = false` : name, run: isNot ? pg`${sql} = false` : sql }]
  const value = source.profile.common.find((common) => (isNot ? NO : YES).test(common.value.trim()))?.value
  return value === undefined ? [] : [equals(table, column, value)]
}

/** `status = 'Cancelled'`: one of a few states, called so or explained so. */
const ofValues = (table: ContextTable, column: ContextColumn, words: ReadonlySet<string>): ReadonlyArray<Aside> => {
  const { builtIn, meaning, source } = column
  if (meaning.foreignKey || !builtIn) return []
  const isState = meaning.role === "dimension" && ["status", "category"].includes(meaning.semanticType)
  if (!isState || (source.profile.distinct ?? 0) < 2) return []
  const labels = new Map(meaning.values?.map(({ label, value }) => [value, label]))
  return source.profile.common
    .filter(({ value }) => says(labels.get(value) ?? value, words))
    .map(({ value }) => equals(table, column, value))
}

const equals = (table: ContextTable, column: ContextColumn, value: string): Aside => {
  const spelled = isNumber(column, value) ? value : literal(value)
  return { table, column, written: `${column.name} = ${spelled}`, run: pg`${column.sql} = ${spelled}` }
}

/** Kinds of rows whose values say that money flows back, beside an amount that is never negative. What is only in that state was returned itself. */
const unsigned = (facts: Facts): ReadonlyArray<Aside & { readonly amount: ContextColumn }> =>
  conditions(facts, BACK).flatMap((aside) => {
    const amount = measures(aside.table, facts).find(
      ({ meaning, source }) =>
        (meaning.semanticType === "money" || /\bamount\b/.test(meaning.label.toLowerCase())) &&
        Number(source.profile.minimum) >= 0
    )
    const isKind = aside.written.includes(" = ") && aside.column.meaning.semanticType !== "status"
    return amount === undefined || !isKind ? [] : [{ ...aside, amount }]
  })
