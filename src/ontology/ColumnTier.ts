import { isOfElements, mayHideRows } from "../datasource/Catalog.ts"
import { allowedText, allowedValues } from "./AllowedText.ts"
import { codesInComment } from "./CommentCodes.ts"
import { type ColumnMeaning, columnKeys, columnMeaning } from "./ColumnMeaning.ts"
import type { Discovery, Subject, SubjectColumn } from "./Discovered.ts"
import type { OntologyColumn, OntologyValue } from "./Ontology.ts"
import { disputed } from "./Disputed.ts"
import { untilExample } from "../language/SensitiveLooks.ts"
import { personalData } from "./PersonalData.ts"
import { placeholderOf } from "./Placeholder.ts"
import { dayOf, rangeText } from "./Range.ts"
import { unitOf } from "./Units.ts"
import { counted, figure, list, oneLine } from "./Text.ts"

/** The third tier for one column. */
export const ontologyColumn = (discovery: Discovery, subject: Subject, scanned: SubjectColumn): OntologyColumn => {
  const keys = columnKeys(subject, scanned.name)
  const meaning = columnMeaning(subject, scanned)
  const { rows } = subject.entity
  const personal = personalData(subject, scanned, meaning.semanticType, keys)
  const column =
    personal === undefined || scanned.comment === null
      ? scanned
      : { ...scanned, comment: untilExample(scanned.comment) }
  const listed = meaning.enumerated && personal === undefined ? listValues(subject, column) : []
  const dispute = personal === undefined ? disputed(discovery, subject, column) : undefined
  const references = referenceOf(subject, column.name)
  const allowed = personal === undefined ? declared(subject, column, listed) : undefined
  return {
    name: column.name,
    label: column.label,
    description: describe(discovery, subject, column, meaning, { allowed, dispute, personal: personal !== undefined }),
    ...(dispute === undefined ? {} : { disputed: dispute }),
    ...(oneLine(column.comment ?? "") === "" ? {} : { comment: oneLine(column.comment ?? "") }),
    synonyms: synonyms(column),
    type: column.type,
    ...(column.baseType === undefined ? {} : { baseType: column.baseType }),
    semanticType: meaning.semanticType,
    // Personal data are not grouped or filtered by; a salary may still be summed up.
    role: personal !== undefined && meaning.role === "dimension" ? "attribute" : meaning.role,
    aggregation: meaning.aggregation,
    values: listed.length === 0 ? null : listed,
    ...(listed.length > 0 && (subject.entity.sampled || column.profile.estimated === true) ? { estimated: true } : {}),
    unit: unitOf(column),
    personalData: personal !== undefined,
    personalDataReason: personal ?? null,
    ...keys,
    references,
    ...(allowed === undefined ? {} : { allowed }),
    nullShare: rows > 0 ? round(Math.min(1, column.profile.nulls / rows)) : 0
  }
}

const round = (share: number) => Math.round(share * 10_000) / 10_000

const referenceOf = (subject: Subject, column: string): OntologyColumn["references"] => {
  for (const { from, to } of subject.outgoing) {
    const target = to.columns[from.columns.indexOf(column)]
    if (target !== undefined) return { schema: to.schema, table: to.table, column: target }
  }
  return null
}

/** The spelled name, if it differs from the label: "qty" for "quantity". */
const synonyms = ({ name, label }: SubjectColumn): ReadonlyArray<string> => {
  const written = oneLine(name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " "))
  const folded = (text: string) => text.toLowerCase().replaceAll(" ", "")
  return written === "" || folded(written) === folded(label) ? [] : [written]
}

/** Values that the schema allows and no row has, listed with their count at most; of more, only that there are more is said. */
const MOST_UNUSED = 20

/** Whether a value that was not seen is in no row: all rows were read, and all values counted. */
const isCounted = ({ entity, table }: Subject, { profile }: SubjectColumn): boolean =>
  !entity.sampled &&
  !mayHideRows(table) &&
  profile.estimated !== true &&
  profile.garbled === undefined &&
  profile.distinct !== null &&
  profile.common.length >= profile.distinct

const listValues = (subject: Subject, column: SubjectColumn): ReadonlyArray<OntologyValue> => {
  const counts = new Map(column.profile.common.map(({ value, count }) => [value, count]))
  const unseen = (allowedValues(column) ?? []).filter((label) => !counts.has(label))
  const unused = isCounted(subject, column) && unseen.length <= MOST_UNUSED ? unseen : []
  const all = [...counts, ...unused.map((label) => [label, 0] as const)]
  const said = codesInComment(
    column.comment ?? "",
    all.map(([value]) => value)
  )
  return all.map(([value, count]) => ({
    value,
    label: said.get(value.trim()) ?? commonLabel(column, value),
    count
  }))
}

const YES_NO: ReadonlyMap<string, string> = new Map([
  ["y", "yes"],
  ["n", "no"],
  ["t", "true"],
  ["f", "false"]
])
const GENDER: ReadonlyMap<string, string> = new Map([
  ["m", "male"],
  ["f", "female"]
])

/** The meaning of a value where its column's comment says none: of common codes; null if unknown. */
const commonLabel = (column: SubjectColumn, value: string): string | null => {
  if (column.typeClass !== "text") return null
  const letter = value.trim().toLowerCase()
  if (/\b(?:gender|sex)\b/.test(column.said.join(" "))) return GENDER.get(letter) ?? null
  const all = column.profile.common.map((common) => common.value.trim().toLowerCase())
  return all.length === 2 && all.every((each) => YES_NO.has(each)) ? (YES_NO.get(letter) ?? null) : null
}

/** The comment, then references, keys and figures. Never empty; never quotes a value of a `personal` column. */
const describe = (
  discovery: Discovery,
  subject: Subject,
  column: SubjectColumn,
  meaning: ColumnMeaning,
  {
    allowed,
    dispute,
    personal
  }: {
    readonly allowed: string | undefined
    readonly dispute: string | undefined
    readonly personal: boolean
  }
): string => {
  const comment = oneLine(column.comment ?? "")
  const facts = [
    reference(discovery, subject, column),
    key(subject, column),
    computed(column),
    allowed === undefined ? undefined : allowedFact(column, allowed),
    figures(subject, column, meaning, personal)
  ]
    .filter((fact) => fact !== undefined)
    .join("; ")
  const sentence = facts.charAt(0).toUpperCase() + facts.slice(1)
  if (comment === "") return sentence === "" ? plain(column, meaning) : `${sentence}.`
  const said = /[.!?…]$/.test(comment) ? comment : `${comment}.`
  const ended = dispute === undefined ? said : `${said} ${dispute}`
  return sentence === "" ? ended : `${ended} ${sentence}.`
}

const plain = (column: SubjectColumn, meaning: ColumnMeaning): string =>
  meaning.semanticType === "other" ? `A value of type ${column.type}.` : `${KIND[meaning.semanticType]}.`

/** A kind of value, for a column of which nothing else is known. */
export const KIND: Record<OntologyColumn["semanticType"], string> = {
  identifier: "An identifier",
  name: "A name",
  email: "An e-mail address",
  phone: "A phone number",
  url: "A web address",
  ip_address: "An IP address",
  address: "A postal address or a line of one",
  postal_code: "A postal code",
  city: "A city",
  region: "A region, state or province",
  country: "A country",
  latitude: "A latitude",
  longitude: "A longitude",
  language: "A language",
  currency: "A currency",
  money: "An amount of money",
  quantity: "A number of things",
  percentage: "A share or percentage",
  duration: "A duration",
  number: "A number",
  ordinal: "A place in an order",
  date: "A date",
  timestamp: "A date and time",
  time: "A time of day",
  year: "A year",
  status: "A status",
  category: "A category",
  code: "A code",
  flag: "Yes or no",
  text: "A text",
  json: "A JSON document",
  binary: "Binary data",
  other: "A value"
}

const reference = (discovery: Discovery, subject: Subject, column: SubjectColumn): string | undefined => {
  const targets = subject.outgoing
    .filter(({ from }) => from.columns.includes(column.name))
    .map(({ from, to, when }) => {
      const name = discovery.get(to)?.entity.name ?? to.table
      if (when !== undefined) return `${name} (where ${when.column} is ${quoted(when.value)})`
      const rest = from.columns.filter((other) => other !== column.name)
      return rest.length === 0 ? name : `${name} (together with ${list(rest)})`
    })
  return targets.length === 0 ? undefined : `refers to ${list([...new Set(targets)])}`
}

/**
 * The declared allowed values or range, or the fields of a composite type; undefined if nothing is declared, or if it is an enum all of whose
 * labels are `listed`.
 */
const declared = (
  { entity }: Subject,
  { allowed, enumLabels, fields }: SubjectColumn,
  listed: ReadonlyArray<OntologyValue>
): string | undefined => {
  const known = allowed ?? (enumLabels === null ? undefined : { by: "elements" as const, values: enumLabels })
  const said = new Set(listed.map(({ value }) => value))
  if (allowed === undefined && entity.rows > 0 && enumLabels?.every((label) => said.has(label)) === true)
    return undefined
  if (known !== undefined) return oneLine(allowedText(known), DECLARED_LENGTH)
  return fields === undefined ? undefined : oneLine(`made of ${list(fields)}`, DECLARED_LENGTH)
}

/** The same within a sentence. Values never come first, since a first letter is capitalised. */
const allowedFact = ({ allowed, enumLabels, fields }: SubjectColumn, said: string): string => {
  if (allowed === undefined && (fields !== undefined || enumLabels === null)) return said
  const values = allowed === undefined ? enumLabels : allowed.values
  if (values === undefined || values === null) return said
  return `${isOfElements(allowed) ? "elements are " : values.length === 1 ? "only " : "one of "}${said}`
}

/** Longest text of allowed values, in characters. */
const DECLARED_LENGTH = 400

const key = (subject: Subject, column: SubjectColumn): string | undefined => {
  const { keyColumns, name } = subject.entity
  if (!keyColumns.includes(column.name)) return undefined
  return keyColumns.length === 1 ? `identifies one ${name}` : `part of the key of ${name}`
}

/** That the server computes the values from others of the row. */
const computed = ({ computedFrom }: SubjectColumn): string | undefined =>
  computedFrom === undefined
    ? undefined
    : `computed by the database${computedFrom.length === 0 ? "" : ` from ${oneLine(list(computedFrom), DECLARED_LENGTH)}`}`

/** Range, length or number of values, unless the type or the list of values says as much. */
const figures = (
  subject: Subject,
  column: SubjectColumn,
  meaning: ColumnMeaning,
  personal: boolean
): string | undefined => {
  const { profile } = column
  const { rows, sampled } = subject.entity
  if (rows === 0 || !column.isRead) return undefined
  // Rows that row-level security hides may have other values.
  if (subject.table.rowSecurity === true && (profile.nulls >= rows || profile.distinct === 1)) return undefined
  const isPart = sampled || subject.table.partsNotRead !== undefined
  if (profile.nulls >= rows) return isPart ? "never filled in the rows that were read" : "never filled"
  if (personal || profile.distinct === 0) return undefined
  if (profile.distinct === 1 && profile.minimum !== null)
    return meaning.enumerated || isPart || profile.estimated === true ? undefined : `always ${quoted(profile.minimum)}`
  if (meaning.enumerated || meaning.role === "identifier") return undefined
  const ofPart = (figure_: string) => (isPart ? `${figure_} in the rows that were read` : figure_)
  if (column.typeClass === "integer" || column.typeClass === "number" || column.typeClass === "time") {
    const unit = unitOf(column)
    const { semanticType } = meaning
    const range = rangeText({ profile, semanticType: column.said.includes("year") ? "year" : semanticType, unit })
    const isWritten = unit === null || semanticType === "percentage"
    if (range === undefined) return undefined
    return `${ofPart(isWritten ? range : `${range} ${unit}`)}${noneFact(subject, column)}`
  }
  if (column.typeClass === "text" && profile.distinct !== null) {
    if (meaning.semanticType === "date" || meaning.semanticType === "timestamp") {
      const range = rangeText({ profile, semanticType: meaning.semanticType, unit: null })
      return range === undefined ? undefined : ofPart(`stored as text, ${range}`)
    }
    return meaning.semanticType === "text"
      ? ofPart(`up to ${counted(profile.maximumLength ?? 0, "character")}`)
      : `${sampled || profile.estimated === true ? "about " : ""}${figure(profile.distinct)} different ones`
  }
  return undefined
}

/** Which value of the range may stand for none. */
const noneFact = ({ entity }: Subject, column: SubjectColumn): string => {
  const none = placeholderOf(column.profile)
  if (none === undefined) return ""
  const about = entity.sampled || column.profile.estimated === true ? "about " : ""
  return `, where ${quoted(dayOf(none.value) ?? none.value)} (${about}${counted(none.count, "row")}) may stand for none`
}

const quoted = (value: string) => `"${oneLine(value, 40)}"`
