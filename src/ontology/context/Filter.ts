import { isOfElements } from "../../datasource/Catalog.ts"
import { byText } from "../../datasource/byText.ts"
import { allowedValues, moreOf } from "../AllowedText.ts"
import { codesInComment } from "../CommentCodes.ts"
import { dayOf } from "../Range.ts"
import type { ContextColumn, ContextTable } from "./Facts.ts"
import { formOf } from "./Forms.ts"
import { isNumber } from "./JoinText.ts"
import type { Named } from "./Lookups.ts"
import type { PageColumn } from "./Page.ts"
import { decimal, literal, numeral, quotation } from "./Spelling.ts"

/** All values are listed up to so many, and so many characters; of others only the most frequent. */
const LISTED = 40
const LISTED_LENGTH = 560
const MOST_FREQUENT = 6
/** Lists of at most so many words say how many rows have each; numbers do not. */
const COUNTED = 5
const UNCOUNTED: ReadonlyArray<string> = ["integer", "boolean"]
/** Values of text columns that repeat so often, on average, are filtered by, however many there are. */
const REPETITION = 3
/** Longest value of a text that is filtered by, in characters. */
const FILTERED_LENGTH = 60
/** What the page lists of a column's values. */
export type Filter = Pick<PageColumn, "values" | "more" | "range">
const NO_FILTER: Filter = { values: [], more: 0, range: null }

/** The values that a query may filter by, or their range. Never asked for personal data. */
export const filterOf = (
  table: ContextTable,
  column: ContextColumn,
  named: ReadonlyMap<string, ReadonlyArray<Named>>
): Filter => {
  const { meaning, source } = column
  const { profile } = source
  const names = named.get(column.id)
  if (names !== undefined && names.length > 0) {
    const values = names.map(namedValue(table, column))
    const length = values.reduce((sum, each) => sum + each.literal.length + 2, 0)
    if (meaning.foreignKey || length <= LISTED_LENGTH) return { ...NO_FILTER, values }
  }
  if (meaning.foreignKey && !isFlagLike(column)) return NO_FILTER
  const distinct = profile.distinct ?? 0
  if (
    distinct === 1 &&
    table.isWhole &&
    column.nulls < table.rows &&
    profile.common[0] !== undefined &&
    table.rows > 1
  ) {
    const only = `${literalOf(column, profile.common[0].value)}`
    return { ...NO_FILTER, range: `${column.nulls === 0 ? "always" : "only"} ${only}` }
  }
  const isKey = table.key.length === 1 && table.key[0] === column
  if (isListed(table, column) && !(isKey && table.columns.some(({ id }) => named.has(id))))
    return valuesOf(table, column, named.get(`${column.id} counted`))
  const { elements } = profile
  if (elements !== undefined && elements.length > 0 && elements.length <= LISTED) {
    const values = [...elements].sort(byText).map((value) => ({ literal: literal(value), meaning: "", count: null }))
    return { ...NO_FILTER, values }
  }
  const isRanged =
    source.typeClass === "time" ||
    ((source.typeClass === "integer" || source.typeClass === "number") &&
      (meaning.role === "measure" || meaning.semanticType === "year" || meaning.role === "dimension"))
  const isTextDate =
    source.typeClass === "text" && (meaning.semanticType === "date" || meaning.semanticType === "timestamp")
  const sorts = source.typeClass === "text" && formOf(source)?.sorts === true
  if ((!isRanged && !isTextDate && !sorts) || column.audit || repeatsDay(table, column)) return NO_FILTER
  if (profile.minimum === null || profile.maximum === null) return NO_FILTER
  const [low, high] = [bound(column, profile.minimum), bound(column, profile.maximum)]
  return { ...NO_FILTER, range: low === high ? low : `${low}…${high}` }
}

/** Whether a timestamp's days are those of a date beside it: the same moment twice. */
const repeatsDay = ({ columns }: ContextTable, { source }: ContextColumn): boolean =>
  source.type.startsWith("timestamp") &&
  columns.some(
    ({ source: other }) =>
      other.type === "date" &&
      other.profile.maximum !== null &&
      source.profile.maximum?.startsWith(other.profile.maximum) === true &&
      source.profile.minimum?.startsWith(other.profile.minimum ?? "-") === true
  )

const bound = (column: ContextColumn, value: string): string => {
  const day = /[ T]\d\d:\d\d/.test(value) ? dayOf(value) : undefined
  if (day !== undefined && column.source.typeClass === "time") return day
  if (column.source.typeClass === "text") return literal(value)
  return isNumber(column, value) ? decimal(value, 6) : value
}

const isFlagLike = ({ source }: ContextColumn) => source.typeClass === "boolean"

/** Numbers of more values than these are a range, unless something says what each means. */
const FEW_NUMBERS = 6

/** Of so many values at most, columns of these kinds are listed even if hardly a value repeats. */
const SMALL = 12
const GROUPED: ReadonlyArray<string> = ["status", "category", "country", "region", "city", "language", "currency"]

/** Whether a query may filter by the column's values, so that it must know how they are spelled. */
const isListed = ({ rows }: ContextTable, column: ContextColumn): boolean => {
  const { meaning, source } = column
  const { common, distinct, maximumLength } = source.profile
  if (common.length === 0) return false
  const isNumber = source.typeClass === "integer" || source.typeClass === "number"
  if (isNumber && (distinct ?? 0) > FEW_NUMBERS && meaning.values?.every(({ label }) => label === null) !== false)
    return false
  if (meaning.values !== null || source.typeClass === "boolean" || source.enumLabels !== null) return true
  if (source.typeClass !== "text" || distinct === null || (maximumLength ?? 0) > FILTERED_LENGTH) return false
  if (meaning.semanticType === "date" || meaning.semanticType === "timestamp" || meaning.unique) return false
  const filled = rows - column.nulls
  if (GROUPED.includes(meaning.semanticType) && distinct <= SMALL && common.length >= distinct) return true
  if (distinct <= LISTED && common.length >= distinct && filled >= 1.5 * distinct) return true
  return (
    meaning.role === "dimension" &&
    meaning.semanticType !== "code" &&
    filled >= REPETITION * distinct &&
    filled >= 20 &&
    distinct <= rows / 10
  )
}

/** The meanings that a comment gives to 1 and 0, for a boolean column. */
export const booleanCodes = ({ comment, typeClass }: ContextColumn["source"]): ReadonlyMap<string, string> => {
  if (typeClass !== "boolean" || comment === null) return new Map()
  const found = codesInComment(comment, ["1", "0"])
  const [yes, no] = [found.get("1"), found.get("0")]
  return yes === undefined || no === undefined
    ? new Map()
    : new Map(["t", "true", "f", "false"].map((value) => [value, value.startsWith("t") ? yes : no]))
}

const valuesOf = (table: ContextTable, column: ContextColumn, counted: ReadonlyArray<Named> | undefined): Filter => {
  const { distinct, estimated } = column.source.profile
  const common = counted?.map(({ count, key }) => ({ value: key, count: count ?? 0 })) ?? column.source.profile.common
  const isCounted = counted !== undefined || (estimated !== true && !table.subject.entity.sampled)
  const labels = new Map([
    ...(column.meaning.values ?? []).map(({ label, value }) => [value, label] as const),
    ...booleanCodes(column.source)
  ])
  const unused = (column.meaning.values ?? [])
    .filter(({ count }) => count === 0)
    .map(({ value }) => ({ value, count: 0 }))
  const all = [...common, ...unused]
  const isAll = common.length >= (distinct ?? 0)
  const written = all.map(({ count, value }) => ({
    literal: literalOf(column, value),
    meaning: meaningOf(column, value, labels.get(value) ?? null),
    count: all.length <= COUNTED && isCounted && !UNCOUNTED.includes(column.source.typeClass) ? count : null
  }))
  const length = written.reduce((sum, each) => sum + each.literal.length + each.meaning.length + 2, 0)
  const isWhole = isAll && (column.source.enumLabels !== null || (written.length <= LISTED && length <= LISTED_LENGTH))
  if (isWhole) return { values: inOrder(column, written), more: 0, range: null }
  const values = written.slice(0, MOST_FREQUENT)
  return { values, more: Math.max(distinct ?? 0, all.length) - values.length, range: null }
}

/** Numbers stand without counts, so that their frequency says nothing: by value they read best, and columns of the same ones share a line. */
const inOrder = ({ meaning, source }: ContextColumn, values: Filter["values"]): Filter["values"] => {
  if (source.typeClass === "integer") return values.toSorted((a, b) => Number(a.literal) - Number(b.literal))
  return meaning.semanticType === "flag" ? values.toSorted((a, b) => byText(a.literal, b.literal)) : values
}

const meaningOf = (column: ContextColumn, value: string, label: string | null): string => {
  if (label !== null) return ` = ${quotation(label, 60)}`
  const { source } = column
  const two = source.typeClass === "integer" && column.meaning.semanticType === "flag"
  return two && value === "1" ? " = yes" : ""
}

const namedValue =
  ({ key: [own], subject }: ContextTable, column: ContextColumn) =>
  ({ count, key, name }: Named): PageColumn["values"][number] => {
    // A name stands for its table's key; what refers to it holds that key itself.
    const spelled = literalOf(column.meaning.foreignKey ? column : (own ?? column), key)
    return {
      literal: `${spelled} = ${literal(name)}`,
      meaning: "",
      count: subject.entity.sampled || column.meaning.foreignKey === false ? null : count
    }
  }

/** A value as SQL needs it. */
export const literalOf = (column: ContextColumn, value: string): string => {
  if (isNumber(column, value)) return numeral(value)
  if (column.source.typeClass === "boolean") return value === "t" || value === "true" ? "true" : "false"
  return literal(value)
}

/** The values that the schema allows, where none was read. */
export const declaredValues = (column: ContextColumn): PageColumn["values"] =>
  (allowedValues(column.source) ?? []).slice(0, LISTED).map((value) => ({
    literal: literalOf(column, value),
    meaning: meaningOf(column, value, null),
    count: null
  }))

/** Values that the schema allows and that stand nowhere else, named up to so many; more are counted. */
const ALSO_ALLOWED = 8

/** What the schema allows besides the values that are `listed`, or that some row has. */
export const alsoAllowed = (column: ContextColumn, listed: ReadonlyArray<string>): ReadonlyArray<string> => {
  const { allowed, profile } = column.source
  const elements = isOfElements(allowed) ? allowed?.values : undefined
  const all = elements ?? allowedValues(column.source) ?? []
  const seen = new Set([
    ...listed,
    ...(elements === undefined ? profile.common.map(({ value }) => literalOf(column, value)) : [])
  ])
  const rest = all.map((value) => literalOf(column, value)).filter((value) => !seen.has(value))
  if (rest.length === 0) return []
  const few = rest.slice(0, rest.length <= ALSO_ALLOWED ? rest.length : seen.size === 0 ? ALSO_ALLOWED - 1 : 0)
  const more = rest.length === few.length ? [] : [moreOf(all, all.length - rest.length + few.length)]
  return [
    `${elements === undefined ? (seen.size === 0 ? "allowed" : "also allowed") : "elements"}: ${[...few, ...more].join(", ")}`
  ]
}

/** Words and letters for the sexes, in lower case. */
const SEXES = new Set(
  (
    "m f w d x u n o h v k male female man woman men women boy girl other others unknown unspecified undisclosed none nonbinary non-binary diverse divers " +
    "männlich weiblich homme femme masculin féminin hombre mujer masculino femenino feminino uomo donna maschio femmina vrouw mannelijk vrouwelijk " +
    "kvinna kvinde kvinne mężczyzna kobieta"
  ).split(" ")
)

/** Values of marital status and ethnic group as censuses list them, in lower case without punctuation: they identify nobody. */
const GROUPS = new Set(
  (
    "single married divorced widowed separated unmarried nevermarried partnered cohabiting domesticpartner domesticpartnership civilunion engaged " +
    "ledig verheiratet geschieden verwitwet célibataire marié mariée divorcé divorcée veuf veuve soltero soltera casado casada divorciado divorciada viudo viuda " +
    "other unknown unspecified undisclosed declined none n/a na " +
    "white black asian hispanic nonhispanic nothispanic latino hispanicorlatino nothispanicorlatino native nativeamerican americanindian pacificislander " +
    "blackorafricanamerican africanamerican americanindianoralaskanative nativehawaiianorotherpacificislander caucasian mixed twoormoreraces multiracial"
  ).split(" ")
)
const plainly = (value: string) => value.toLowerCase().replace(/[\s_()-]/g, "")

/** By kind of personal data, the values that identify nobody. */
const COMMON: Partial<Record<string, (value: string) => boolean>> = {
  gender: (value) => SEXES.has(value.toLowerCase()),
  "an origin, belief or health": (value) => GROUPS.has(plainly(value))
}

/** The values of a personal column, if all of them are common words that identify nobody: queries need their spelling. */
export const commonWords = ({ meaning, source }: ContextColumn): PageColumn["values"] => {
  const { common, distinct } = source.profile
  const values = [...new Set([...(source.enumLabels ?? []), ...common.map(({ value }) => value.trim())])].sort(byText)
  const isAll = source.enumLabels !== null || (distinct !== null && common.length >= distinct)
  const isCommon = COMMON[meaning.personalDataReason ?? ""]
  if (isCommon === undefined || source.typeClass !== "text" || !isAll) return []
  if (!values.every((value) => value === "" || isCommon(value))) return []
  return values.map((value) => ({ literal: literal(value), meaning: "", count: null }))
}
