import type { ContextColumn, ContextTable, Facts } from "./Facts.ts"
import { byText } from "../../datasource/byText.ts"
import type { ColumnProfile } from "../../datasource/TableProfile.ts"
import { saysMore } from "../CommentCodes.ts"
import { storedType } from "../Discovered.ts"
import { numberClass } from "../NumberType.ts"
import { placeholderOf } from "../Placeholder.ts"
import { isShareOfOne } from "../Units.ts"
import { dayOf, notFiniteText } from "../Range.ts"
import { formOf } from "./Forms.ts"
import type { FanOut } from "./FanOut.ts"
import { alsoAllowed, booleanCodes, commonWords, declaredValues, filterOf, literalOf } from "./Filter.ts"
import { joinText } from "./JoinText.ts"
import type { Named } from "./Lookups.ts"
import type { PageColumn } from "./Page.ts"
import { isStoredCount } from "./Sums.ts"
import { identifier, literal, quotation, share, typeName } from "./Spelling.ts"

/** Longest comment, in characters. */
const COMMENT = 120

/** What is said of a column without a value in the rows that were read, where there are others. */
const UNSEEN = "NULL in all rows that were read"

/** Longest sentence against a comment, in characters. */
const DISPUTED = 200

/** What was measured besides the profiles. */
export interface Measured {
  readonly fanOuts: ReadonlyMap<string, FanOut>
  readonly named: ReadonlyMap<string, ReadonlyArray<Named>>
  /** By column id: remarks that a trap or figure has found. */
  readonly remarks: ReadonlyMap<string, ReadonlyArray<string>>
}

/** What the page says of a column. */
export const pageColumn = (
  facts: Facts,
  measured: Measured,
  table: ContextTable,
  column: ContextColumn
): PageColumn => {
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
    remarks: [
      ...computed(column),
      ...(measured.remarks.get(column.id) ?? []),
      ...(join === null ? perhaps(facts, column) : severalKinds(facts, table, column))
    ],
    notes: []
  }
  if (source.profile.maximumLength === 0 && column.nulls < table.rows && join === null && table.isWhole)
    return { ...base, place: "blank" }
  if (column.secret)
    return join === null
      ? { ...base, place: "secret" }
      : { ...base, remarks: [...base.remarks, "secret"], place: "line" }
  if (column.personal && join === null) {
    const values = commonWords(column)
    return values.length === 0
      ? { ...base, place: "personal" }
      : { ...base, values, remarks: ["personal"], place: "line" }
  }
  const isKnown = table.rows > 0 && source.isRead && !(table.subject.table.rowSecurity === true)
  if (!isKnown || column.personal) {
    const declared = column.personal ? [] : declaredValues(column)
    const also = column.personal ? [] : allowedBeside(column, join, declared)
    const isLine = join !== null || declared.length + also.length > 0
    return {
      ...base,
      values: declared,
      remarks: [...base.remarks, ...also],
      notes: comment(column, join),
      place: isLine ? "line" : "rest"
    }
  }
  if (column.nulls >= table.rows && join === null)
    return table.isWhole ? { ...base, place: "empty" } : { ...base, remarks: [...base.remarks, UNSEEN], place: "rest" }
  const only = source.profile.distinct === 1 && table.isWhole ? source.profile.common[0] : undefined
  if (only?.value === "" && join === null && column.nulls === 0) return { ...base, place: "blank" }
  const filter = filterOf(table, column, measured.named)
  const none = filter.range === null ? undefined : placeholderOf(source.profile)
  const remarks = [
    ...(meaning.disputed === undefined ? [] : [quotation(meaning.disputed, DISPUTED)]),
    ...notFinite(column),
    ...allowedBeside(column, join, filter.values),
    ...units(column),
    ...(meaning.role === "measure" &&
    meaning.aggregation === "sum" &&
    filter.range?.includes("…") === true &&
    !isStoredCount(column, facts) &&
    none === undefined
      ? ["adds up"]
      : []),
    ...shareOf(column),
    ...zeros(table, column),
    ...(none === undefined ? [] : [noneRemark(table, column, none)]),
    ...base.remarks,
    ...nullRemark(table, column, join)
  ]
  const notes = [...(join === null ? formats(column, filter.values.length > 0) : []), ...comment(column, join)]
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

/** What it may refer to, where the values leave that open. */
const perhaps = ({ perhaps, table }: Facts, { id }: ContextColumn): ReadonlyArray<string> => {
  const relationship = perhaps.get(id)
  const to = relationship === undefined ? undefined : table(relationship.to)
  const inclusion = relationship?.evidence.inclusion
  if (relationship === undefined || to === undefined || inclusion === undefined || inclusion === null) return []
  const [key = ""] = relationship.to.columns
  const orphans = inclusion.orphanRows === 0 ? "" : `, ${share(inclusion.orphanRows, inclusion.rows)} have none there`
  return [`perhaps -> ${to.name}.${identifier(key)}${orphans}`]
}

/** Words of a column that says of what kind the thing is that another one refers to. */
const KINDS_OF = /^(?:type|kind|class|model|entity|table)$/
/** Kinds of things that one column refers to, at most. */
const MOST_KINDS = 20

/** That a role, "receiver", which a column beside it says the type of, may be rows of several tables: of codes, nothing shows which. */
const severalKinds = (facts: Facts, table: ContextTable, { source }: ContextColumn): ReadonlyArray<string> => {
  const role = source.said.slice(0, -1).join(" ")
  const own = table.joins.filter(({ columns }) => columns.length === 1 && columns[0]?.source === source)
  const [join, ...more] = own
  if (join === undefined || more.length > 0 || join.relationship.when !== undefined || role === "") return []
  // Named after its target, it is of that kind, and the other column is about the row there.
  if (join.to.subject.entity.name.toLowerCase().endsWith(role)) return []
  const kind = table.columns.find(
    ({ meaning, source: { profile, said } }) =>
      said.slice(0, -1).join(" ") === role &&
      KINDS_OF.test(said.at(-1) ?? "") &&
      meaning.role === "dimension" &&
      (profile.distinct ?? 0) > 1 &&
      (profile.distinct ?? 0) <= MOST_KINDS
  )
  if (kind === undefined) return []
  const others = facts.tables
    .filter(
      (other) => other !== join.to && other !== table && holds(other, source.profile) && facts.into(other).length > 0
    )
    .toSorted((a, b) => facts.into(b).length - facts.into(a).length || byText(a.id, b.id))
    .slice(0, OTHERS)
    .map(({ key, name }) => `${name}.${key[0]?.name ?? ""}`)
  return [`may be of another table, by ${kind.name}${others.length === 0 ? "" : ` (${others.join(", ")})`}`]
}

/** Maximum number of other tables that a remark names. */
const OTHERS = 3

/** Whether a table's key has every number of a range. */
const holds = ({ key: [key, ...more], rows }: ContextTable, { maximum, minimum }: ColumnProfile): boolean => {
  const own = key?.source.profile
  if (own === undefined || more.length > 0 || maximum === null || minimum === null) return false
  const [first, last] = [Number(own.minimum ?? Number.NaN), Number(own.maximum ?? Number.NaN)]
  return last - first + 1 === rows && first <= Number(minimum) && Number(maximum) <= last
}

/** That nobody writes the column, because the server computes it. */
const computed = ({ source: { computedFrom } }: ContextColumn): ReadonlyArray<string> =>
  computedFrom === undefined
    ? []
    : [`computed${computedFrom.length === 0 ? "" : ` from ${computedFrom.map(identifier).join(", ")}`}`]

/** What the schema allows besides the values that are listed. Of a join, the other table says it. */
const allowedBeside = (
  column: ContextColumn,
  join: string | null,
  listed: PageColumn["values"]
): ReadonlyArray<string> =>
  join === null
    ? alsoAllowed(
        column,
        listed.map((value) => value.literal)
      )
    : []

/** Infinities and NaN, which a range leaves out: `max` finds the one, `sum` and `avg` become the other. */
const notFinite = ({ source: { profile } }: ContextColumn): ReadonlyArray<string> => {
  const said = profile.distinct === 1 ? undefined : notFiniteText(profile)
  return said === undefined ? [] : [`with ${said}`]
}

/** A domain shows the type that it is made of. */
const shownType = ({ source }: ContextColumn): string => typeName(storedType(source).replace(/^public\./, ""))

/** Whether the column's only join is of a column without values. */
const isDead = ({ joins, rows }: ContextTable, column: ContextColumn): boolean => {
  const [join, ...more] = joins.filter(({ columns }) => columns.includes(column))
  if (join === undefined || more.length > 0 || join.columns.length > 1) return false
  return rows === 0 || column.nulls >= rows
}

/** Sizes and prices that are 0: as a rule, of those that nobody knows. An average without them is another one. */
const zeros = ({ rows, subject }: ContextTable, { meaning, source }: ContextColumn): ReadonlyArray<string> => {
  const { common, estimated, minimum } = source.profile
  if (meaning.role !== "measure" || meaning.aggregation !== "average" || minimum === null || Number(minimum) !== 0)
    return []
  if (estimated === true || subject.entity.sampled || meaning.semanticType === "percentage") return []
  const what = numberClass(source)
  if (what !== "size" && what !== "money" && what !== "extent" && meaning.unit === null) return []
  const zero = common.find(({ value }) => Number(value) === 0)?.count ?? 0
  return zero > 1 && zero >= rows / 100 ? [`0 in ${share(zero, rows)}`] : []
}

/** The placeholder at an end of the range: it is no real bound, and averages must leave it out. */
const noneRemark = (
  { isWhole, rows }: ContextTable,
  column: ContextColumn,
  { count, value }: { readonly count: number; readonly value: string }
): string =>
  `${literalOf(column, dayOf(value) ?? value)} ${isWhole && column.source.profile.estimated !== true ? `in ${share(count, rows)} ` : ""}may stand for none`

/** What 1 is of a share: of the whole that its name says. */
const shareOf = ({ meaning, source }: ContextColumn): ReadonlyArray<string> => {
  if (!isShareOfOne(source) && !source.said.includes("discount")) return []
  if (!(Number(source.profile.minimum) >= 0 && Number(source.profile.maximum) <= 1)) return []
  if (source.said.includes("discount")) return ["share of the price by name"]
  return meaning.semanticType === "percentage" ? ["a share by its range: 1 = 100 %"] : []
}

/** The unit of its numbers, where the name does not say it. */
export const units = ({ meaning }: ContextColumn): ReadonlyArray<string> =>
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
  ["end", "not ended"],
  ["ended", "not ended"]
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
  const { common, sample } = source.profile
  const form = formOf(source)
  if (form !== undefined) {
    const example = [...sample, ...common.map(({ value }) => value)].find((value) => value !== "")
    return [`as ${form.pattern}${hasValues || form.sorts || example === undefined ? "" : `, e.g. ${literal(example)}`}`]
  }
  if (source.typeClass !== "text" || hasValues || sample.length < 10 || !meaning.primaryKey) return []
  const lengths = new Set(sample.map(({ length }) => length))
  if (lengths.size !== 1) return []
  const [length] = lengths
  if (sample.every((value) => /^\d+$/.test(value)))
    return [`${length} digits${sample.some((value) => value.startsWith("0")) ? ", some begin with 0" : ""}`]
  if (sample.every((value) => /^[A-Z]+$/.test(value))) return [`${length} capital letters`]
  return sample.every((value) => /^[a-z]+$/.test(value)) ? [`${length} small letters`] : []
}

/** Match comments that repeat what the column's line says anyway: that it is the key, or refers to another table. */
const KEY = /^(?:(?:the|auto-?increment(?:ing|ed)?|surrogate|unique) )*primary key\b/i
const REFERENCE = /^(?:the )?(?:FK|foreign key|references?|refers)\b/i

/** The comment's first sentence, where it says more than the name. */
const comment = ({ meaning, personal, source }: ContextColumn, join: string | null): ReadonlyArray<string> => {
  const said = personal || meaning.disputed !== undefined ? undefined : meaning.comment
  if (said === undefined || booleanCodes(source).size > 0) return []
  const sentence = /^.*?[.!?](?=\s|$)/.exec(said)?.[0] ?? said
  if ((meaning.primaryKey && KEY.test(sentence)) || (join !== null && REFERENCE.test(sentence))) return []
  // Codes of which the comment says the meaning stand in the list of values.
  return saysMore(sentence, meaning) ? [quotation(sentence, COMMENT)] : []
}
