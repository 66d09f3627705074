import { type TableName, tableId } from "../datasource/Catalog.ts"
import { singular } from "../language/Words.ts"
import { type Discovery, relationshipId, type Subject } from "./Discovered.ts"
import { hasTier } from "./EntityTier.ts"
import { isEventTime } from "./EventTime.ts"
import type { Affected, EntityDraft, OntologyColumn, Question } from "./Ontology.ts"
import { byText, counted, list, oneLine, percent, plurals } from "./Text.ts"

/** From this share of orphans on figures by that relationship are clearly off. */
const MANY_ORPHANS = 0.01
/** Codes are values this short, in characters: longer ones are words. */
const CODE_LENGTH = 3
/** Values that a question quotes. */
const QUOTED_VALUES = 8
/** Two tables are near-duplicates where they share this part of their columns, and have this many. */
const SHARED_COLUMNS = 0.9
const FEWEST_SHARED = 4
/** Columns that one question about units names. */
const NAMED_COLUMNS = 6
/** From this confidence on a relationship in review is more than a chance, and asked about first. */
const LIKELY = 0.3

const PRIORITIES = ["high", "medium", "low"] as const

/** What only the owner can say, the weightiest first. What has been answered is not asked again. */
export const ownerQuestions = (discovery: Discovery, drafts: ReadonlyArray<EntityDraft>): ReadonlyArray<Question> => {
  const answered = new Set(discovery.knowledge.map(({ questionId }) => questionId))
  const subjects = discovery.subjects.filter(hasTier)
  const asked = [
    ...inReview(discovery),
    ...subjects.flatMap((subject) => orphans(discovery, subject)),
    ...subjects.flatMap(withoutKey),
    ...drafts.flatMap(unknownValues),
    ...subjects.flatMap(farTimes),
    ...duplicates(subjects),
    ...drafts.flatMap((draft) => severalTimes(draft)),
    ...currency(drafts),
    ...subjects.flatMap(unconnected)
  ]
  const unique = new Map(asked.map((question) => [question.id, question]))
  return [...unique.values()]
    .filter(({ id }) => !answered.has(id))
    .sort(
      (a, b) =>
        PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority) ||
        byText(a.category, b.category) ||
        byText(a.id, b.id)
    )
}

const place = ({ schema, table }: TableName, column: string | null = null): Affected => ({ schema, table, column })
const columnName = (table: TableName, columns: ReadonlyArray<string>) =>
  columns.map((column) => `${table.table}.${column}`).join(", ")

const inReview = (discovery: Discovery): ReadonlyArray<Question> =>
  discovery.relationships
    .filter(({ status }) => status === "needs_review")
    .map((relationship) => {
      const { from, to, evidence } = relationship
      const target = discovery.get(to)
      const reasons = evidence.reasons.map((reason) => oneLine(reason)).filter((reason) => reason !== "")
      return {
        id: `relationship:${relationshipId(relationship)}`,
        category: "relationship",
        priority:
          discovery.get(from)?.entity.rows === 0 ? "low" : relationship.confidence >= LIKELY ? "high" : "medium",
        question: `Does ${columnName(from, from.columns)} refer to ${target?.entity.name ?? to.table} (${columnName(to, to.columns)})?`,
        why:
          reasons.length > 0
            ? `The evidence is not conclusive: ${list(reasons, 5)}.`
            : "The evidence is not conclusive.",
        affects: [
          ...from.columns.map((column) => place(from, column)),
          ...to.columns.map((column) => place(to, column))
        ]
      }
    })

const orphans = (discovery: Discovery, subject: Subject): ReadonlyArray<Question> =>
  subject.outgoing.flatMap((relationship) => {
    const { from, to, evidence } = relationship
    const { inclusion } = evidence
    if (inclusion === null || inclusion.orphanRows === 0 || inclusion.rows === 0) return []
    const share = inclusion.orphanRows / inclusion.rows
    const target = discovery.get(to)
    const name = target?.entity.name ?? to.table
    const personal = subject.columns.some(({ name, typeClass }) => from.columns.includes(name) && typeClass === "text")
    const examples = personal ? [] : inclusion.orphans.slice(0, 3).map((value) => oneLine(value, 40))
    return [
      {
        id: `orphans:${relationshipId(relationship)}`,
        category: "orphans" as const,
        priority: share >= MANY_ORPHANS ? ("high" as const) : ("medium" as const),
        question: `What are the ${plurals(subject.entity.name)} whose ${list(from.columns)} is no ${name}: is the ${name} gone, was there never one, or is it a mistake?`,
        why: `${counted(inclusion.orphanRows, "row")} of ${counted(inclusion.rows, "row")} (${percent(share)}${inclusion.sampled ? ", in a sample" : ""}) have no counterpart in ${to.table}${examples.length > 0 ? `, for example ${list(examples)}` : ""}; a join drops them.`,
        affects: [...from.columns.map((column) => place(from, column)), place(to)]
      }
    ]
  })

const withoutKey = (subject: Subject): ReadonlyArray<Question> =>
  subject.entity.keyColumns.length > 0 || subject.entity.rows === 0 || subject.table.kind !== "table"
    ? []
    : [
        {
          id: `key:${subject.id}`,
          category: "key",
          priority: subject.entity.verdict === "log" ? "low" : "medium",
          question: `What tells one row of ${subject.table.table} from another?`,
          why: "No key is declared, and no column or group of columns that looks like one is without repetitions; counting its rows may count things twice.",
          affects: [place(subject.table)]
        }
      ]

/** The end of time, written as a date: "until further notice", or a mistake. */
const farTimes = (subject: Subject): ReadonlyArray<Question> =>
  subject.columns.flatMap((column) => {
    const last = column.profile?.maximum ?? ""
    if (column.typeClass !== "time" || !/^(?:2999|[3-9]\d{3}|\d{5,})-|^infinity/.test(last)) return []
    const count = column.profile?.common.find(({ value }) => value === last)?.count
    return [
      {
        id: `values:${subject.id}.${column.name}`,
        category: "values" as const,
        priority: "medium" as const,
        question: `Does ${oneLine(last, 30)} in ${subject.table.table}.${column.name} mean "no end yet"?`,
        why: `${count === undefined ? "It is the latest value" : `It stands in ${counted(count, "row")}`}; durations and figures by time that take it for a date are wrong.`,
        affects: [place(subject.table, column.name)]
      }
    ]
  })

/** Codes that nothing explains: neither their labels, nor a comment, nor the values themselves. */
const unknownValues = (draft: EntityDraft): ReadonlyArray<Question> =>
  draft.columns.flatMap((column) => {
    const { values, semanticType } = column
    if (values === null || !unexplained(column) || values.length < 2) return []
    const shown = values.slice(0, QUOTED_VALUES).map(({ value }) => `"${oneLine(value, 20)}"`)
    const more = values.length > shown.length ? ` and ${values.length - shown.length} more` : ""
    return [
      {
        id: `values:${tableId(draft)}.${column.name}`,
        category: "values" as const,
        priority: semanticType === "status" ? ("high" as const) : ("medium" as const),
        question: `What do the values of ${draft.table}.${column.name} mean: ${shown.join(", ")}${more}?`,
        why: `${counted(values.length, "code")} in ${counted(draft.rows, "row")}, and neither a comment nor another table says what they stand for.`,
        affects: [place(draft, column.name)]
      }
    ]
  })

const unexplained = ({ values, semanticType, type }: OntologyColumn): boolean => {
  if (values === null || semanticType === "flag" || values.every(({ label }) => label !== null)) return false
  if (!["status", "category", "code"].includes(semanticType)) return false
  const coded = values.filter(({ value, label }) => label === null && Array.from(value.trim()).length <= CODE_LENGTH)
  const words = values.some(({ value }) => Array.from(value.trim()).length > CODE_LENGTH)
  return coded.length > 0 && !words && !/^(?:boolean|date|timestamp)/.test(type)
}

const duplicates = (subjects: ReadonlyArray<Subject>): ReadonlyArray<Question> =>
  subjects.flatMap((subject, i) =>
    subjects.slice(i + 1).flatMap((other) => {
      const alike = likeness(subject, other)
      if (alike === undefined) return []
      return [
        {
          id: `duplicate:${subject.id}=${other.id}`,
          category: "duplicate" as const,
          priority: "medium" as const,
          question: `Are ${subject.id} (${counted(subject.entity.rows, "row")}) and ${other.id} (${counted(other.entity.rows, "row")}) the same thing, and which of them should be used?`,
          why: alike,
          affects: [place(subject.table), place(other.table)]
        }
      ]
    })
  )

const likeness = (a: Subject, b: Subject): string | undefined => {
  const plain = ({ table }: Subject) => singular(table.table.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, ""))
  if (plain(a) === plain(b) && a.table.table !== b.table.table) return "Their names differ by spelling only."
  if (a.entity.verdict === "link" || b.entity.verdict === "link" || a.entity.rows === 0 || b.entity.rows === 0)
    return undefined
  const names = new Set(a.columns.map(({ name }) => name))
  const shared = b.columns.filter(({ name }) => names.has(name)).length
  const all = names.size + b.columns.length - shared
  // A subtype or translation of the same shape refers to the other, or to what the other refers to.
  const related = [...a.outgoing, ...b.outgoing].some(
    ({ from, to }) => tableId(from) === b.id || tableId(to) === b.id || tableId(to) === a.id
  )
  return shared >= FEWEST_SHARED && shared / all >= SHARED_COLUMNS && !related
    ? `${shared} of their ${all} columns have the same names.`
    : undefined
}

/** Which of several dates counts is a decision: figures by month differ. */
const severalTimes = (draft: EntityDraft): ReadonlyArray<Question> => {
  const times = draft.columns.filter((column) => isEventTime(column) && column.nullShare < 1)
  const counts = draft.columns.some(({ role }) => role === "measure") || draft.kind === "log"
  const span =
    times.length === 2 &&
    times.some(({ label }) => /\b(?:start|begin|from|since)\b/.test(label)) &&
    times.some(({ label }) => /\b(?:end|to|until|thru)\b/.test(label))
  if (times.length < 2 || draft.rows === 0 || draft.kind === "lookup" || draft.kind === "link" || span || !counts)
    return []
  return [
    {
      id: `time:${tableId(draft)}`,
      category: "time",
      priority: "medium",
      question: `Which date counts for figures about ${plurals(draft.name)}: ${times
        .map(({ name }) => name)
        .join(", ")
        .replace(/, ([^,]*)$/, " or $1")}?`,
      why: `${draft.table} has ${counted(times.length, "date")}, and figures by month differ by which is taken.`,
      affects: times.map(({ name }) => place(draft, name))
    }
  ]
}

const currency = (drafts: ReadonlyArray<EntityDraft>): ReadonlyArray<Question> => {
  const silent = drafts
    .filter((draft) => draft.rows > 0 && !draft.columns.some(({ semanticType }) => semanticType === "currency"))
    .flatMap((draft) =>
      draft.columns
        .filter(({ semanticType, unit, role }) => semanticType === "money" && unit === null && role === "measure")
        .map((column) => ({ draft, column }))
    )
  if (silent.length === 0) return []
  const names = silent.map(({ draft, column }) => `${draft.table}.${column.name}`)
  return [
    {
      id: "unit:currency",
      category: "unit",
      priority: "medium",
      question: `In which currency ${silent.length > 1 ? "are" : "is"} ${list(names, NAMED_COLUMNS)}${silent.length > 1 ? ", and is it the same for all" : ""}?`,
      why: "These look like amounts of money, and neither they nor a column beside them says in which currency.",
      affects: silent.map(({ draft, column }) => place(draft, column.name))
    }
  ]
}

const unconnected = (subject: Subject): ReadonlyArray<Question> =>
  subject.outgoing.length + subject.incoming.length > 0 || subject.entity.rows === 0
    ? []
    : [
        {
          id: `connection:${subject.id}`,
          category: "connection",
          priority: "low",
          question: `Does ${subject.entity.name} (${subject.id}) stand alone, or how is it related to the other tables?`,
          why: `No accepted relationship starts or ends there, and it has ${counted(subject.entity.rows, "row")}.`,
          affects: [place(subject.table)]
        }
      ]
