import { Array, Effect } from "effect"
import type { DatasourceError } from "../../../datasource/DatasourceError.ts"
import { pg } from "../../../datasource/PgSql.ts"
import type { ContextColumn, ContextTable, Facts } from "../Facts.ts"
import { numberOf, type Readable, valuesOf } from "../Measure.ts"
import type { PageLine } from "../Page.ts"
import { line, type Said, saidList, saidTable } from "../Prose.ts"

/** Maximum number of pairs of tables that are compared, a statement each. Set by hand. */
const TRIED = 6
/** Minimum number of columns that both tables must have: with fewer, two tables are alike by chance. Set by hand. */
const COLUMNS = 4
/** Maximum number of rows of a table that may be a copy of another: each row is looked up there, in one statement. Set by hand. */
const ROWS = 500_000

/** The part of a copy's name besides the original's name: `archive`, `bak`, `2019`. */
const REST =
  /^_?(?:archived?|archiv|history|hist|historical|old|bak|backup|bkp|copy|kopie|tmp|temp|snapshot|prev|legacy|alt|\d{2,8})(?:_?\d{2,8})?_?$/

interface Copy {
  readonly copy: ContextTable
  readonly of: ContextTable
  readonly key: ReadonlyArray<readonly [ContextColumn, ContextColumn]>
}

/** Tables that hold rows of another once more, or the older ones of it: by their names and columns, and how many rows both have. */
export const copied = (facts: Facts, readable: Readable): Effect.Effect<ReadonlyArray<PageLine>, DatasourceError> =>
  Effect.gen(function* () {
    const said: Array<Said> = []
    for (const { copy, key, of } of copies(facts).slice(0, TRIED)) {
      const on = key.map(([own, other]) => pg`c.${own.sql} = o.${other.sql}`).join(" AND ")
      const [both] = yield* valuesOf(
        readable,
        pg`SELECT ARRAY[count(*)::text] AS values FROM ${copy.from} c WHERE EXISTS (SELECT 1 FROM ${of.from} o WHERE ${on})`
      )
      if (both === undefined) continue
      const rows = numberOf(both)
      const names = [saidTable(copy), saidTable(of)] as const
      const where =
        rows === 0
          ? `none of its ${copy.rows} rows is there: UNION ALL for all of them`
          : `${rows} of its ${copy.rows} rows are there too, by ${key.map(([own]) => own.name).join(", ")}: never add both`
      said.push({
        text: `${names[0].text} has the columns of ${names[1].text}, and ${where}`,
        tables: names.flatMap(({ tables }) => tables),
        columns: []
      })
    }
    return said.length === 0 ? [] : [line`${saidList(said)}.`]
  })

const copies = ({ tables }: Facts): ReadonlyArray<Copy> => {
  const byName = new Map(tables.map((table) => [`${table.subject.table.schema}.${nameOf(table)}`, table]))
  return tables.flatMap((copy) => {
    if (!copy.isMeasured || copy.rows > ROWS) return []
    const of = originalsOf(nameOf(copy))
      .map((name) => byName.get(`${copy.subject.table.schema}.${name}`))
      .find((table) => table?.isMeasured === true && hasColumnsOf(copy, table))
    const key = of?.key.flatMap((column) => {
      const own = copy.column(column.source.name)
      return own === undefined || !own.builtIn || !column.builtIn ? [] : [[own, column] as const]
    })
    return of === undefined || key === undefined || key.length === 0 || key.length < of.key.length
      ? []
      : [{ copy, of, key }]
  })
}

const nameOf = ({ subject }: ContextTable): string => subject.table.table.toLowerCase()

/** The names of which a table called so may be a copy: `orders` for `orders_2019` and `old_orders`. */
const originalsOf = (name: string): ReadonlyArray<string> =>
  Array.makeBy(name.length - 1, (at) => [name.slice(0, at + 1), name.slice(at + 1)] as const).flatMap(
    ([start, end]) => [...(REST.test(end) ? [start] : []), ...(REST.test(start) ? [end] : [])]
  )

const hasColumnsOf = (copy: ContextTable, other: ContextTable): boolean => {
  const both = copy.columns.filter(({ source }) => other.column(source.name)?.source.type === source.type)
  return both.length >= COLUMNS && both.length >= other.columns.length - 1
}
