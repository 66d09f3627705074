import { Effect } from "effect"
import type { DatasourceError } from "../../../datasource/DatasourceError.ts"
import { grouped } from "../../../datasource/grouped.ts"
import { pg } from "../../../datasource/PgSql.ts"
import { flatMapInSteps, stepwise } from "../../../steps/Steps.ts"
import type { ContextColumn, ContextTable, Facts } from "../Facts.ts"
import { type Form, formOf, isBeyondADay } from "../Forms.ts"
import { numberOf, type Readable, valuesOf } from "../Measure.ts"
import type { PageLine } from "../Page.ts"
import { line, type Said, said, saidColumn, saidList, saidSql, saidTable } from "../Prose.ts"

/** Columns that are tried for a value that `=` does not find. */
const TRIED = 6
/** Names that a line lists. */
const NAMED = 8
/** Longest text that is a number rather than a code, in characters. */
const NUMBER_LENGTH = 7

interface Place {
  readonly table: ContextTable
  readonly column: ContextColumn
}

const places = ({ tables }: Facts, is: (column: ContextColumn, table: ContextTable) => boolean): ReadonlyArray<Place> =>
  tables.flatMap((table) =>
    table.rows === 0 ? [] : table.columns.filter((column) => is(column, table)).map((column) => ({ table, column }))
  )

const listed = (all: ReadonlyArray<Place>) =>
  saidList(
    all.map(({ column, table }) => said(table, column)),
    NAMED
  )

/** What must be cast, or written in quotes: reals, texts that hold numbers or dates, padded and zoned types, odd names. */
export const casts = (facts: Facts, readable: Readable): Effect.Effect<ReadonlyArray<PageLine>, DatasourceError> =>
  Effect.gen(function* () {
    return [
      ...(yield* reals(facts, readable)),
      ...(yield* textNumbers(facts, readable)),
      ...(yield* textDates(facts, readable)),
      ...(yield* written(facts, readable)),
      ...zoned(facts),
      ...padded(facts),
      ...quoted(facts)
    ]
  })

const reals = (facts: Facts, readable: Readable): Effect.Effect<ReadonlyArray<PageLine>, DatasourceError> =>
  Effect.gen(function* () {
    const all = places(facts, ({ source, nulls }, { rows }) => source.type === "real" && nulls < rows)
    if (all.length === 0) return []
    const tried = all
      .flatMap(({ column, table }) => {
        const value = column.source.profile.common.find((common) => /^\d+\.\d+$/.test(common.value))?.value
        return value === undefined || !table.isMeasured || column.personal ? [] : [{ column, table, value }]
      })
      .slice(0, TRIED)
    const few = all.length <= 3
    const names = saidList(
      uniqueBy(all.map(({ column, table }) => (few ? said(table, column) : saidColumn(table, column)))),
      NAMED
    )
    for (const { column, table, value } of tried) {
      const [plain, cast] = yield* valuesOf(
        readable,
        pg`SELECT ARRAY[(count(*) FILTER (WHERE ${column.sql} = ${value}))::text, (count(*) FILTER (WHERE ${column.sql}::numeric = ${value}))::text] AS values FROM ${table.from}`
      )
      if (cast === undefined || numberOf(plain) >= numberOf(cast)) continue
      return [
        line`real columns (${names}): cast to numeric to compare and to add. ${saidSql(`${column.name} = ${value}`, [table], [column])} finds ${numberOf(plain)} rows, ${saidSql(`${column.name}::numeric = ${value}`, [table], [column])} ${numberOf(cast)}.`
      ]
    }
    return [line`real columns (${names}): cast to numeric to compare and to add.`]
  })

const uniqueBy = (all: ReadonlyArray<Said>): ReadonlyArray<Said> => {
  const columns = all.flatMap((each) => each.columns)
  const names = new Map(all.map((each) => [each.text, each]))
  return [...names.values()].map((each, place) => (place === 0 ? { ...each, columns } : each))
}

/** Texts of digits that are counted or measured, and no codes. */
const textNumbers = (facts: Facts, readable: Readable): Effect.Effect<ReadonlyArray<PageLine>, DatasourceError> => {
  const all = places(facts, ({ meaning, personal, source }) => {
    const filled = source.profile.sample.filter((value) => value.trim() !== "")
    return (
      source.typeClass === "text" &&
      !personal &&
      !meaning.foreignKey &&
      !meaning.primaryKey &&
      !["code", "postal_code", "phone", "identifier", "year"].includes(meaning.semanticType) &&
      filled.length >= 8 &&
      (source.profile.maximumLength ?? 0) <= NUMBER_LENGTH &&
      filled.every((value) => /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(value)) &&
      !/\b(?:code|id|no|number|key|zip|version|source|extension|ext|phone|fax|postcode|shirt)\b/.test(
        meaning.label.toLowerCase()
      )
    )
  })
  return Effect.map(withOthers(all, "^-?[0-9]+([.][0-9]+)?$", readable), (names) =>
    names.length === 0
      ? []
      : [line`text that holds numbers: ${saidList(names)}; cast to compare and to add: ${"`nullif(x, '')::numeric`"}.`]
  )
}

/** Columns with the number of rows whose text, if there is one, has not the form that most have. A cast of those fails. */
const withOthers = (
  all: ReadonlyArray<Place>,
  form: string,
  readable: Readable
): Effect.Effect<ReadonlyArray<Said>, DatasourceError> =>
  Effect.forEach(
    all.filter(({ column, table }) => column.builtIn && table.isMeasured).slice(0, NAMED),
    ({ column, table }) =>
      Effect.map(
        valuesOf(
          readable,
          pg`SELECT ARRAY[(count(*) FILTER (WHERE ${column.sql}::text <> '' AND ${column.sql}::text OPERATOR(pg_catalog.!~) '${form}'))::text] AS values FROM ${table.from}`
        ),
        ([others]): Said => {
          const name = said(table, column)
          return numberOf(others) === 0
            ? name
            : { ...name, text: `${name.text} (but for ${numberOf(others)} rows, which no cast takes)` }
        }
      )
  )

const textDates = (facts: Facts, readable: Readable): Effect.Effect<ReadonlyArray<PageLine>, DatasourceError> => {
  const all = places(
    facts,
    ({ meaning, source }) => source.typeClass === "text" && ["date", "timestamp"].includes(meaning.semanticType)
  )
  return Effect.map(withOthers(all, "^[0-9]{4}-[0-9]{2}-[0-9]{2}", readable), (names) =>
    names.length === 0 ? [] : [line`text that holds dates: ${saidList(names)}; cast with ::date to compute.`]
  )
}

/** Days, months and times that texts and numbers write in a form of their own. */
const written = (facts: Facts, readable: Readable): Effect.Effect<ReadonlyArray<PageLine>, DatasourceError> =>
  Effect.gen(function* () {
    const all = places(facts, ({ meaning, personal }) => !personal && !meaning.foreignKey && !meaning.unique)
    const formed = yield* stepwise(() =>
      flatMapInSteps(all, (place) => {
        const form = formOf(place.column.source)
        return form === undefined || form.of === "month" ? [] : [{ ...place, form }]
      })
    )
    return yield* ofForms(formed, readable)
  })

const ofForms = (
  formed: ReadonlyArray<Place & { readonly form: Form }>,
  readable: Readable
): Effect.Effect<ReadonlyArray<PageLine>, DatasourceError> => {
  const withForm = grouped(formed, ({ form }) => form.pattern)
  return Effect.forEach([...new Set(formed.map(({ form }) => form.pattern))], (pattern) => {
    const all = withForm(pattern)
    const [first] = all
    if (first === undefined) return Effect.succeed([])
    const { of, regex, sorts } = first.form
    const isNumber = all.every(({ column }) => column.source.typeClass === "integer")
    return Effect.map(withOthers(all, regex, readable), (names) => {
      if (names.length === 0) return []
      const list = saidList(names)
      if (of === "day") {
        const order = sorts ? "" : "; neither < nor ORDER BY follow time"
        return [
          line`${isNumber ? "numbers" : "text"} that hold${isNumber ? "" : "s"} days as ${pattern}: ${list}${order}; ${`\`to_date(x${isNumber ? "::text" : ""}, '${pattern}')\``} to compute.`
        ]
      }
      const beyond = all.some(({ column }) => isBeyondADay(column.source))
      return [
        line`text that holds times as ${pattern}: ${list}${beyond ? ", also of 24 hours and more: no time takes those" : ""}; ${beyond ? "`x::interval`" : "`x::time`"} to compute.`
      ]
    })
  }).pipe(Effect.map((lines) => lines.flat()))
}

const zoned = (facts: Facts): ReadonlyArray<PageLine> => {
  const all = places(
    facts,
    ({ audit, source }) => source.type.startsWith("timestamp") && source.type.endsWith("with time zone") && !audit
  )
  return all.length === 0
    ? []
    : [
        line`timestamptz: the day of a row depends on the session's time zone; ranges and days here are UTC (${listed(all)}).`
      ]
}

const padded = (facts: Facts): ReadonlyArray<PageLine> => {
  const all = places(facts, ({ source }) => {
    const length = Number(/^character\((\d+)\)$/.exec(source.type)?.[1] ?? 0)
    return length > 1 && (source.profile.minimumLength ?? length) < length
  })
  return all.length === 0
    ? []
    : [line`char(n) is padded with blanks: ${listed(all)}; = ignores them, LIKE and || do not.`]
}

const quoted = (facts: Facts): ReadonlyArray<PageLine> => {
  const names = new Map<string, ReturnType<typeof saidTable>>()
  for (const table of facts.tables) {
    if (table.name.includes('"')) names.set(table.id, saidTable(table))
    for (const column of table.columns) {
      if (column.name.includes('"') && !names.has(column.name))
        names.set(column.name, { ...saidColumn(table, column), columns: [] })
    }
  }
  return names.size === 0 ? [] : [line`Names that need double quotes: ${saidList([...names.values()], NAMED)}.`]
}
