import { Effect } from "effect"
import type { DatasourceError } from "../../../datasource/DatasourceError.ts"
import { quoteLiteral } from "../../../datasource/Identifier.ts"
import { pg } from "../../../datasource/PgSql.ts"
import type { ContextColumn, ContextTable, Facts } from "../Facts.ts"
import { numberOf, type Readable, valuesOf } from "../Measure.ts"
import type { PageLine } from "../Page.ts"
import { line, type Said, saidSql } from "../Prose.ts"
import { literal } from "../Spelling.ts"

/** Tables that are tried. */
const TRIED = 8

const END = /\b(?:bis|hasta|to|end|until|thru|through|till|expiry|expires|expiration|valid until)\b/
const BEGIN = /\b(?:from|start|begin|since|valid|effective|eff|von|ab|seit|desde)\b/
/** Words that say that a period is the validity of a row, and nothing else. */
const VALIDITY = /\b(?:valid|validity|effective|eff|gueltig|gültig|vigente|vigencia|valide)\b/
const FAR = /^(?:29\d\d|[3-9]\d{3}|\d{5,})-|^infinity$/

interface Period {
  readonly table: ContextTable
  readonly end: ContextColumn
  /** The value of an end that is open; undefined for NULL. */
  readonly open: string | undefined
}

/** Periods with at most one open end per key, and what says that a row is the current one. */
export const currentRows = (
  { tables }: Facts,
  readable: Readable
): Effect.Effect<
  { readonly lines: ReadonlyArray<PageLine>; readonly remarks: ReadonlyMap<string, string> },
  DatasourceError
> =>
  Effect.gen(function* () {
    const periods = tables.flatMap(periodOf).slice(0, TRIED)
    const said: Array<Said> = []
    const remarks = new Map<string, string>()
    for (const { end, open, table } of periods) {
      const by = ownersOf(table, end)
      if (by === undefined || !by.every(({ builtIn }) => builtIn) || !end.builtIn || !table.isMeasured) continue
      const is = open === undefined ? pg`${end.sql} IS NULL` : pg`${end.sql} = ${quoteLiteral(open)}`
      const [keys, rows] = yield* valuesOf(
        readable,
        pg`SELECT ARRAY[count(DISTINCT ROW(${by.map(({ sql }) => sql).join(", ")}))::text, count(*)::text] AS values FROM ${table.from} WHERE ${is}`
      )
      if (numberOf(rows) === 0) continue
      if (open !== undefined) remarks.set(end.id, `${literal(open)} (${numberOf(rows)}) = no end yet`)
      const one = keys === rows && by.length > 0 ? `, one per ${by.map(({ name }) => name).join(", ")} at most` : ""
      const condition = open === undefined ? `${end.name} IS NULL` : `${end.name} = ${literal(open)}`
      said.push({
        ...saidSql(`${table.name}.${condition}`, [table], [end]),
        text: `${saidSql(`${table.name}.${condition}`, [table]).text} (${numberOf(rows)} of ${table.rows}${one})`
      })
    }
    for (const { flag, table } of tables.flatMap(currentFlag).slice(0, TRIED)) {
      const owners = table.joins.filter(({ columns, to }) => columns.length === 1 && to !== table)
      for (const { columns } of owners) {
        const [by] = columns
        if (by === undefined || !by.builtIn || !table.isMeasured) continue
        const [keys, rows] = yield* valuesOf(
          readable,
          pg`SELECT ARRAY[count(DISTINCT ${by.sql})::text, count(*)::text] AS values FROM ${table.from} WHERE ${flag.sql}`
        )
        if (numberOf(rows) === 0 || keys !== rows || numberOf(rows) === table.rows) continue
        const sql = saidSql(`${table.name}.${flag.name}`, [table], [flag])
        said.push({ ...sql, text: `${sql.text} (${numberOf(rows)} of ${table.rows}, one per ${by.name} at most)` })
        break
      }
    }
    if (said.length === 0) return { lines: [], remarks }
    const all: Said = {
      text: said.map(({ text }) => text).join(", "),
      tables: said.flatMap((each) => each.tables),
      columns: said.flatMap((each) => each.columns)
    }
    return { lines: [line`Current rows, not history: ${all}.`], remarks }
  })

/**
 * What has several periods: what the table's key refers to, or the rest of a key with days in it. Where the columns say that they are of
 * validity, a key of its own serves; undefined where rows are no versions of anything.
 */
const ownersOf = (table: ContextTable, end: ContextColumn): ReadonlyArray<ContextColumn> | undefined => {
  const rest = table.key.filter(({ source }) => source.typeClass !== "time")
  if (rest.length < table.key.length && rest.length > 0) return rest
  const owner = table.joins.find(
    ({ columns, to }) => columns.length === 1 && table.key.includes(columns[0] ?? end) && to !== table
  )
  if (owner !== undefined) return owner.columns
  return VALIDITY.test(end.meaning.label.toLowerCase()) ? [] : undefined
}

/** A flag that says which of several versions is the one of now. */
const currentFlag = (table: ContextTable) =>
  table.columns
    .filter(
      ({ builtIn, source }) =>
        builtIn &&
        source.typeClass === "boolean" &&
        source.said.some((word) => ["current", "latest", "newest", "aktuell", "actuel", "vigente"].includes(word))
    )
    .slice(0, 1)
    .map((flag) => ({ table, flag }))

const periodOf = (table: ContextTable): ReadonlyArray<Period> => {
  const ends = table.columns.filter(
    ({ meaning, personal, source }) => source.typeClass === "time" && END.test(meaning.label.toLowerCase()) && !personal
  )
  return ends.slice(0, 1).flatMap((end): ReadonlyArray<Period> => {
    const { maximum } = end.source.profile
    const begins = table.columns.some(
      ({ meaning, source }) => source.typeClass === "time" && BEGIN.test(meaning.label.toLowerCase())
    )
    if (!begins || table.rows === 0) return []
    if (maximum !== null && FAR.test(maximum)) {
      return [{ table, end, open: maximum }]
    }
    return end.nulls > 0 && end.nulls < table.rows ? [{ table, end, open: undefined }] : []
  })
}
