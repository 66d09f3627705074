import { byText } from "../../datasource/byText.ts"
import type { ContextColumn, ContextTable } from "./Facts.ts"
import type { FanOut } from "./FanOut.ts"
import { isNumber, joinText } from "./JoinText.ts"
import type { Named } from "./Lookups.ts"
import type { PageColumn } from "./Page.ts"
import { decimal, literal, quotation, share, typeName } from "./Spelling.ts"

/** All values are listed up to so many, and so many characters; of others only the most frequent. */
const LISTED = 40
const LISTED_LENGTH = 560
const MOST_FREQUENT = 6
/** Lists of at most so many words say how many rows have each; numbers do not. */
const COUNTED = 5
/** Values of text columns that repeat so often, on average, are filtered by, however many there are. */
const REPETITION = 3
/** Longest value of a text that is filtered by, in characters. */
const FILTERED_LENGTH = 60
/** Longest comment, in characters. */
const COMMENT = 120

/** What was measured besides the profiles. */
export interface Measured {
  readonly fanOuts: ReadonlyMap<string, FanOut>
  readonly named: ReadonlyMap<string, ReadonlyArray<Named>>
  /** By column id: remarks that a trap or figure has found. */
  readonly remarks: ReadonlyMap<string, ReadonlyArray<string>>
}

/** What the page says of a column. */
export const pageColumn = (measured: Measured, table: ContextTable, column: ContextColumn): PageColumn => {
  const { meaning, source } = column
  const join = joinText(column, table.joins, measured.fanOuts)
  const base = {
    id: column.id,
    name: column.name,
    type: shownType(column),
    keyPart: table.key.length > 1 && table.key.includes(column),
    join,
    dead: isDead(table, column),
    to: table.joins.find(({ columns }) => columns.at(-1) === column)?.to.id ?? null,
    values: [],
    more: 0,
    range: null,
    remarks: [...(measured.remarks.get(column.id) ?? [])],
    notes: []
  }
  if (source.profile.maximumLength === 0 && column.nulls < table.rows && join === null)
    return { ...base, place: "blank" }
  if (column.secret) return { ...base, place: "secret" }
  if (column.personal && join === null) return { ...base, place: "personal" }
  const isKnown = table.rows > 0 && source.isRead && !(table.subject.table.rowSecurity === true)
  if (!isKnown || column.personal) {
    const declared = column.personal ? [] : declaredValues(column)
    const isLine = join !== null || declared.length > 0
    return { ...base, values: declared, notes: comment(column), place: isLine ? "line" : "rest" }
  }
  if (column.nulls >= table.rows && join === null) return { ...base, place: "empty" }
  const only = source.profile.distinct === 1 && !table.subject.entity.sampled ? source.profile.common[0] : undefined
  if (only?.value === "" && join === null && column.nulls === 0) return { ...base, place: "blank" }
  const filter = filterOf(table, column, measured)
  const remarks = [
    ...units(column),
    ...(meaning.role === "measure" && meaning.aggregation === "sum" && filter.range !== null ? ["adds up"] : []),
    ...discount(column),
    ...base.remarks,
    ...nullRemark(table, column, join)
  ]
  const notes = [...(join === null ? formats(column, filter.values.length > 0) : []), ...comment(column)]
  const isNull = nullRemark(table, column, join).length > 0 && source.typeClass !== "time" ? 1 : 0
  const isLine =
    join !== null || filter.values.length > 0 || filter.range !== null || remarks.length > isNull || notes.length > 0
  const unique = meaning.unique && !table.key.includes(column) && filter.values.length === 0 ? ["unique"] : []
  return {
    ...base,
    ...filter,
    remarks,
    notes: [...notes, ...unique],
    place: isLine && !(column.audit && join === null) ? "line" : "rest"
  }
}

/** A domain over another type shows what it is made of, as far as its class says it. */
const shownType = ({ builtIn, source }: ContextColumn): string => {
  const plain = builtIn || source.enumLabels !== null ? undefined : CLASSES.get(source.typeClass)
  return plain === undefined || source.type.endsWith("[]") ? typeName(source.type.replace(/^public\./, "")) : plain
}

const CLASSES: ReadonlyMap<string, string> = new Map([
  ["integer", "int"],
  ["number", "numeric"],
  ["text", "text"],
  ["boolean", "bool"]
])

/** Whether the column's only join is of a column without values. */
const isDead = ({ joins, rows }: ContextTable, column: ContextColumn): boolean => {
  const [join, ...more] = joins.filter(({ columns }) => columns.includes(column))
  if (join === undefined || more.length > 0 || join.columns.length > 1) return false
  return rows === 0 || column.nulls >= rows
}

type Filter = Pick<PageColumn, "values" | "more" | "range">
const NO_FILTER: Filter = { values: [], more: 0, range: null }

const filterOf = (table: ContextTable, column: ContextColumn, measured: Measured): Filter => {
  const { meaning, source } = column
  const { profile } = source
  const named = measured.named.get(column.id)
  if (named !== undefined && named.length > 0) return { ...NO_FILTER, values: named.map(namedValue(table, column)) }
  if (meaning.foreignKey && !isFlagLike(column)) return NO_FILTER
  const distinct = profile.distinct ?? 0
  const { sampled } = table.subject.entity
  if (distinct === 1 && !sampled && column.nulls < table.rows && profile.common[0] !== undefined && table.rows > 1) {
    const only = `${literalOf(column, profile.common[0].value)}`
    return { ...NO_FILTER, range: `${column.nulls === 0 ? "always" : "only"} ${only}` }
  }
  const isKey = table.key.length === 1 && table.key[0] === column
  if (isListed(table, column) && !(isKey && table.columns.some(({ id }) => measured.named.has(id))))
    return valuesOf(table, column, measured.named.get(`${column.id} counted`))
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
  if ((!isRanged && !isTextDate) || column.audit || repeatsDay(table, column)) return NO_FILTER
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
  const day = /^(\d{4,}-\d\d-\d\d)[ T]\d\d:\d\d/.exec(value)?.[1]
  if (day !== undefined && column.source.typeClass === "time") return day
  if (column.source.typeClass === "text") return literal(value)
  return isNumber(column, value) ? decimal(value, 6) : value
}

const isFlagLike = ({ source }: ContextColumn) => source.typeClass === "boolean"

/** Numbers of more values than these are a range, unless something says what each means. */
const FEW_NUMBERS = 8

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
  if (distinct <= LISTED && common.length >= distinct && filled >= 1.5 * distinct) return true
  return (
    meaning.role === "dimension" &&
    meaning.semanticType !== "code" &&
    filled >= REPETITION * distinct &&
    filled >= 20 &&
    distinct <= rows / 10
  )
}

const valuesOf = (table: ContextTable, column: ContextColumn, counted: ReadonlyArray<Named> | undefined): Filter => {
  const { distinct, estimated } = column.source.profile
  const common = counted?.map(({ count, key }) => ({ value: key, count: count ?? 0 })) ?? column.source.profile.common
  const isCounted = counted !== undefined || (estimated !== true && !table.subject.entity.sampled)
  const labels = new Map(column.meaning.values?.map(({ label, value }) => [value, label]))
  const unused = (column.meaning.values ?? [])
    .filter(({ count }) => count === 0)
    .map(({ value }) => ({ value, count: 0 }))
  const all = [...common, ...unused]
  const isAll = common.length >= (distinct ?? 0)
  const written = all.map(({ count, value }) => ({
    literal: literalOf(column, value),
    meaning: meaningOf(column, value, labels.get(value) ?? null),
    count: all.length <= COUNTED && isCounted && column.source.typeClass !== "integer" ? count : null
  }))
  const length = written.reduce((sum, each) => sum + each.literal.length + each.meaning.length + 2, 0)
  const isWhole = isAll && (column.source.enumLabels !== null || (written.length <= LISTED && length <= LISTED_LENGTH))
  if (isWhole) return { values: written, more: 0, range: null }
  const values = written.slice(0, MOST_FREQUENT)
  return { values, more: Math.max(distinct ?? 0, all.length) - values.length, range: null }
}

const meaningOf = (column: ContextColumn, value: string, label: string | null): string => {
  if (label !== null) return ` = ${quotation(label, 60)}`
  const { source } = column
  const two = source.typeClass === "integer" && column.meaning.semanticType === "flag"
  return two && value === "1" ? " = yes" : ""
}

const namedValue =
  ({ subject }: ContextTable, column: ContextColumn) =>
  ({ count, key, name }: Named): PageColumn["values"][number] => {
    const spelled = /^-?\d+$/.test(key) ? key : literal(key)
    return {
      literal: `${spelled} = ${literal(name)}`,
      meaning: "",
      count: subject.entity.sampled || column.meaning.foreignKey === false ? null : count
    }
  }

/** A value as SQL needs it. */
export const literalOf = (column: ContextColumn, value: string): string => {
  if (isNumber(column, value)) return value
  if (column.source.typeClass === "boolean") return value === "t" || value === "true" ? "true" : "false"
  return literal(value)
}

const declaredValues = (column: ContextColumn): PageColumn["values"] =>
  (column.source.enumLabels ?? column.source.allowed?.values ?? []).slice(0, LISTED).map((value) => ({
    literal: literalOf(column, value),
    meaning: meaningOf(column, value, null),
    count: null
  }))

const discount = ({ source }: ContextColumn): ReadonlyArray<string> =>
  source.said.includes("discount") && Number(source.profile.minimum) >= 0 && Number(source.profile.maximum) <= 1
    ? ["share of the price by name"]
    : []

const units = ({ meaning }: ContextColumn): ReadonlyArray<string> =>
  meaning.unit === null || new RegExp(`\\b${meaning.unit}\\b`, "i").test(meaning.name.replaceAll("_", " "))
    ? []
    : [meaning.unit]

/** The participles of dates that are missing until something has happened. */
const HAPPENED = new Map([
  ["shipped", "not shipped"],
  ["shipping", "not shipped"],
  ["delivered", "not delivered"],
  ["delivery", "not delivered"],
  ["return", "not returned"],
  ["returned", "not returned"],
  ["paid", "not paid"],
  ["closed", "not closed"],
  ["completed", "not completed"],
  ["cancelled", "not cancelled"],
  ["approved", "not approved"],
  ["deleted", "not deleted"],
  ["end", "no end yet"],
  ["ended", "no end yet"]
])

const nullRemark = (
  { rows }: ContextTable,
  { nulls, source }: ContextColumn,
  join: string | null
): ReadonlyArray<string> => {
  if (nulls === 0 || join !== null) return []
  const word = source.typeClass === "time" ? source.said.flatMap((said) => HAPPENED.get(said) ?? []).at(-1) : undefined
  return [word === undefined ? `NULL ${share(nulls, rows)}` : `NULL (${nulls}) = ${word}`]
}

const formats = ({ meaning, source }: ContextColumn, hasValues: boolean): ReadonlyArray<string> => {
  const { sample } = source.profile
  if (source.typeClass !== "text" || hasValues || sample.length < 10 || !meaning.primaryKey) return []
  const lengths = new Set(sample.map(({ length }) => length))
  if (lengths.size !== 1) return []
  const [length] = lengths
  if (sample.every((value) => /^\d+$/.test(value)))
    return [`${length} digits${sample.some((value) => value.startsWith("0")) ? ", some begin with 0" : ""}`]
  if (sample.every((value) => /^[A-Z]+$/.test(value))) return [`${length} capital letters`]
  return sample.every((value) => /^[a-z]+$/.test(value)) ? [`${length} small letters`] : []
}

/** The comment's first sentence, where it says more than the name. */
const comment = ({ meaning, personal }: ContextColumn): ReadonlyArray<string> => {
  const said = personal ? undefined : meaning.comment
  if (said === undefined) return []
  const sentence = /^.*?[.!?](?=\s|$)/.exec(said)?.[0] ?? said
  const known = new Set(`${meaning.name.replaceAll("_", " ")} ${meaning.label}`.toLowerCase().split(/\s+/))
  const words = sentence.toLowerCase().match(/\p{L}+/gu) ?? []
  const isNew = words.some((word) => !known.has(word) && !["the", "of", "a", "an", "this", "is"].includes(word))
  return isNew ? [quotation(sentence, COMMENT)] : []
}
