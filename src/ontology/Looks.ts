import { Array } from "effect"
import type { ColumnProfile, Look } from "../datasource/TableProfile.ts"
import { EMAIL, IP_LIKE, isShared, sensitiveByLook } from "../language/SensitiveLooks.ts"
import { flatMapInSteps, indexInSteps, type Steps } from "../steps/Steps.ts"
import { holdsSetting, namedByValue, SECRET } from "../language/SensitiveNames.ts"

/** Share of the sample, from 0 to 1, that must have a format: real data contain typing errors. */
const LOOKS_LIKE = 0.95

const FORMS = [
  ["email", EMAIL],
  ["url", /^(?:https?|ftp):\/\/\S+$/i],
  ["ip_address", IP_LIKE],
  ["date", /^\d{4}-\d\d-\d\d$/],
  ["timestamp", /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d/]
] as const

/** The format of a sample of values, as text. */
const lookOf = (values: ReadonlyArray<string>): Look => {
  const isLike = (pattern: RegExp) => values.length > 0 && isShared(values, (value) => pattern.test(value), LOOKS_LIKE)
  return {
    form: FORMS.find(([, pattern]) => isLike(pattern))?.[0] ?? null,
    sensitive: sensitiveByLook(values) ?? null
  }
}

const valuesOf = ({ common, sample }: ColumnProfile): ReadonlyArray<string> => [
  ...sample,
  ...common.map(({ value }) => value)
]

/** Numbers, times and truth values, which settings of their own columns have. */
const NO_TEXT = /^(?:[-+\d.:, TZ]*|t|f|true|false)$/

/**
 * The format of the values of a table's columns, by column: as stored, or of the values if they are still there. Texts of a column that holds
 * settings are what the rows of another column name, first of all secrets: "smtp_password" beside them.
 */
export function* looksOf(columns: ReadonlyArray<ColumnProfile>): Steps<ReadonlyMap<string, Look>> {
  const looks = yield* indexInSteps(columns, (column) => [column.column, column.look ?? lookOf(valuesOf(column))])
  const settings = columns.filter(
    (column) => holdsSetting(column.column) && !valuesOf(column).every((value) => NO_TEXT.test(value))
  )
  if (settings.length === 0) return looks
  const names = new Set(columns.filter((column) => !settings.includes(column)).flatMap(valuesOf))
  const named = yield* flatMapInSteps(names, (name) => Array.fromNullable(namedByValue(name)))
  const sensitive = named.includes(SECRET) ? SECRET : named[0]
  if (sensitive !== undefined) for (const { column } of settings) looks.set(column, { form: null, sensitive })
  return looks
}
