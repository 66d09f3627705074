import { columnSetId } from "../datasource/ColumnSets.ts"
import { Hash } from "effect"
import { type TableName, tableId } from "../datasource/Catalog.ts"
import { copiedTables } from "../datasource/Copies.ts"
import { grouped } from "../datasource/grouped.ts"
import { flatMapInSteps, mapInSteps, sortInSteps, type Steps } from "../steps/Steps.ts"
import { isEntity } from "../entities/EntityDiscoveryService.ts"
import { type Relationship, WORTH_ASKING } from "../relationships/RelationshipWorkflowService.ts"

import { sayingCurrency } from "./Currency.ts"
import { type Discovery, relationshipId, type Subject } from "./Discovered.ts"
import { duplicates } from "./Duplicates.ts"
import { wordSet } from "../language/wordSet.ts"
import { hasTier } from "./EntityTier.ts"
import { isEventTime } from "./EventTime.ts"
import type { Affected, EntityDraft, OntologyColumn, Question } from "./Ontology.ts"
import { byText } from "../datasource/byText.ts"
import { isUnit } from "./Units.ts"
import { counted, figure, list, oneLine, percent, plurals } from "./Text.ts"

/** From this share of orphans on figures by that relationship are clearly off. */
const MANY_ORPHANS = 0.01
/** Codes are values this short, in characters: longer ones are words. */
const CODE_LENGTH = 3
/** Values that a question quotes. */
const QUOTED_VALUES = 8
/** Columns or tables that one question names. */
const NAMED_COLUMNS = 6
/** From here on questions of one kind are asked as one. */
const MANY_QUESTIONS = 4
/** From this confidence on a relationship in review is more than a chance, and asked about first. */
const LIKELY = 0.3

const PRIORITIES = ["high", "medium", "low"] as const

/** The longest id as it stands; database indexes have a limit, and names of many columns are long. */
const ID_LENGTH = 1000

/** The id of a question, from what it is about: the same on every build, and never too long. */
export const questionId = (id: string): string =>
  id.length <= ID_LENGTH ? id : `${id.slice(0, ID_LENGTH)}#${(Hash.string(id) >>> 0).toString(16)}`

/** What only the owner can say: by priority, then by how many rows it is about. What has been answered is not asked again. */
export function* ownerQuestions(
  discovery: Discovery,
  drafts: ReadonlyArray<EntityDraft>
): Steps<ReadonlyArray<Question>> {
  const answered = new Set(discovery.knowledge.map(({ questionId }) => questionId))
  const subjects = discovery.subjects.filter(hasTier)
  const reviewed = yield* inReview(discovery)
  const asked = [
    ...reviewed,
    ...orphans(discovery),
    ...withoutKey(subjects),
    ...(yield* flatMapInSteps(drafts, unknownValues)),
    ...(yield* flatMapInSteps(drafts, (draft) => farTimes(discovery, draft))),
    ...(yield* duplicates(subjects)),
    ...drafts.flatMap((draft) => severalTimes(draft)),
    ...currency(discovery, drafts),
    ...(subjects.length > 1 ? unconnected(subjects, reviewed) : [])
  ]
  const unique = new Map(asked.map((question) => [question.id, question]))
  const rows = new Map(drafts.map((draft) => [tableId(draft), draft.rows]))
  const touched = ({ affects }: Question) =>
    [...new Set(affects.map(tableId))].reduce((sum, table) => sum + (rows.get(table) ?? 0), 0)
  return yield* sortInSteps(
    [...unique.values()].filter(({ id }) => !answered.has(id)),
    (a, b) =>
      PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority) || touched(b) - touched(a) || byText(a.id, b.id)
  )
}

/** The line of evidence that says that a column's name is a measure's. */
const MEASURE = "kinds.measure"

const place = ({ schema, table }: TableName, column: string | null = null): Affected => ({ schema, table, column })
const columnName = (table: TableName, columns: ReadonlyArray<string>) =>
  columns.map((column) => `${table.table}.${column}`).join(", ")

/**
 * Questions about relationships that need a person's decision. A copied table is not asked about if its original or another copy is. Also
 * left out: pairs without values to compare, pairs below `WORTH_ASKING`, columns that are measures by their names, and sets of columns each
 * of which has an accepted target of its own.
 */
const inReview = (discovery: Discovery): Steps<ReadonlyArray<Question>> => {
  const copies = copiedTables(discovery.copies)
  // What columns refer to is known: a further table that happens to have their values, too, changes nothing.
  const settled = new Set(
    discovery.relationships.flatMap(({ from, status, when }) =>
      status === "accepted" && when === undefined ? [columnSetId(from)] : []
    )
  )
  const isSettled = (from: Relationship["from"]) =>
    settled.has(columnSetId(from)) ||
    from.columns.every((column) => settled.has(columnSetId({ ...from, columns: [column] })))
  return mapInSteps(
    discovery.relationships.filter(
      ({ confidence, evidence: { inclusion, lines }, from, status }) =>
        status === "needs_review" &&
        !isSettled(from) &&
        lines?.some(({ signal }) => signal === MEASURE) !== true &&
        confidence >= WORTH_ASKING &&
        inclusion !== null &&
        inclusion.rows > 0 &&
        !copies.has(tableId(from))
    ),
    (relationship): Question => {
      const { from, to, evidence } = relationship
      const target = discovery.get(to)
      const reasons = evidence.reasons.map((reason) => oneLine(reason)).filter((reason) => reason !== "")
      return {
        id: questionId(`relationship:${relationshipId(relationship)}`),
        category: "relationship",
        priority: relationship.confidence >= LIKELY ? "high" : "medium",
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
    }
  )
}

interface Orphans {
  readonly from: Relationship["from"]
  readonly to: Relationship["to"]
  readonly subject: Subject
  readonly inclusion: NonNullable<Relationship["evidence"]["inclusion"]>
}

/** One question per relationship; where many refer to one table it is one question about that table. */
const orphans = (discovery: Discovery): ReadonlyArray<Question> => {
  const found = discovery.subjects
    .filter(hasTier)
    .flatMap((subject) =>
      subject.outgoing.flatMap(({ from, to, evidence: { inclusion } }): ReadonlyArray<Orphans> =>
        inclusion === null || inclusion.orphanRows === 0 ? [] : [{ from, to, subject, inclusion }]
      )
    )
  const byTarget = grouped(found, ({ to }) => tableId(to))
  return [...new Set(found.map(({ to }) => tableId(to)))].flatMap((target) => {
    const all = byTarget(target)
    const name = all.flatMap(({ to }) => discovery.get(to)?.entity.name ?? [])[0] ?? target
    return all.length >= MANY_QUESTIONS ? [orphansOfMany(target, name, all)] : all.map((each) => orphansOf(name, each))
  })
}

const orphanShare = ({ inclusion }: Orphans) => inclusion.orphanRows / Math.max(1, inclusion.rows)

const orphansOf = (name: string, each: Orphans): Question => {
  const { from, to, subject, inclusion } = each
  const examples = inclusion.orphans.slice(0, 3).map((value) => oneLine(value, 40))
  const share = `${percent(orphanShare(each))}${inclusion.sampled ? ", in a sample" : ""}`
  return {
    id: questionId(`orphans:${columnSetId(from)}->${columnSetId(to)}`),
    category: "orphans",
    priority: orphanShare(each) >= MANY_ORPHANS ? "high" : "medium",
    question: `What are the ${plurals(subject.entity.name)} whose ${list(from.columns)} ${from.columns.length > 1 ? "are" : "is"} no ${name}: is the ${name} gone, was there never one, or is it a mistake?`,
    why: `${figure(inclusion.orphanRows)} of ${counted(inclusion.rows, "row")} (${share}) ${inclusion.orphanRows === 1 ? "has" : "have"} no counterpart in ${to.table}${examples.length > 0 ? `, for example ${list(examples)}` : ""}; a join drops them.`,
    affects: [...from.columns.map((column) => place(from, column)), place(to)]
  }
}

const orphansOfMany = (target: string, name: string, all: ReadonlyArray<Orphans>): Question => {
  const columns = all.map(
    ({ from, ...rest }) => `${columnName(from, from.columns)} (${percent(orphanShare({ from, ...rest }))})`
  )
  return {
    id: questionId(`orphans:${target}`),
    category: "orphans",
    priority: all.some((each) => orphanShare(each) >= MANY_ORPHANS) ? "high" : "medium",
    question: `Why are ${plurals(name)} missing that other tables refer to: are they gone, were they never there, or is it a mistake?`,
    why: `${all.length} references have rows without a counterpart in ${target}, which a join drops: ${list(columns, NAMED_COLUMNS)}.`,
    affects: all.flatMap(({ from }) => from.columns.map((column) => place(from, column)))
  }
}

const withoutKey = (subjects: ReadonlyArray<Subject>): ReadonlyArray<Question> => {
  const silent = subjects.filter(
    ({ entity, table }) =>
      entity.keyColumns.length === 0 && entity.rows > 0 && table.kind === "table" && table.hiddenKey === undefined
  )
  const why =
    "No key is declared, and no column or group of columns that looks like one is without repetitions; counting rows may count things twice."
  if (silent.length >= MANY_QUESTIONS) {
    const tables = list(
      silent.map(({ table }) => table.table),
      NAMED_COLUMNS
    )
    const affects = silent.map(({ table }) => place(table))
    return [
      {
        id: "key",
        category: "key",
        priority: "medium",
        question: `What tells one row from another in ${tables}?`,
        why,
        affects
      }
    ]
  }
  return silent.map(({ id, table, entity }) => ({
    id: questionId(`key:${id}`),
    category: "key" as const,
    priority: entity.verdict === "log" ? ("low" as const) : ("medium" as const),
    question: `What tells one row of ${table.table} from another?`,
    why,
    affects: [place(table)]
  }))
}

/** The end of time, written as a date: "until further notice", or a mistake. */
const farTimes = (discovery: Discovery, draft: EntityDraft): ReadonlyArray<Question> =>
  (discovery.get(draft)?.columns ?? []).flatMap(({ name, profile, typeClass }) => {
    const last = profile?.maximum ?? ""
    if (typeClass !== "time" || !/^(?:2999|[3-9]\d{3}|\d{5,})-|^infinity/.test(last)) return []
    if (draft.columns.some((column) => column.name === name && column.personalData)) return []
    const count = profile?.common.find(({ value }) => value === last)?.count
    return [
      {
        id: `values:${tableId(draft)}.${name}`,
        category: "values" as const,
        priority: "medium" as const,
        question: `Does ${oneLine(last, 30)} in ${draft.table}.${name} mean "no end yet"?`,
        why: `${count === undefined ? "It is the latest value" : `It stands in ${counted(count, "row")}`}; durations and figures by time that take it for a date are wrong.`,
        affects: [place(draft, name)]
      }
    ]
  })

/** Codes that nothing explains: neither their labels, nor a comment, nor the values themselves. */
const unknownValues = (draft: EntityDraft): ReadonlyArray<Question> =>
  draft.columns.flatMap((column) => {
    const { semanticType } = column
    const values = column.values?.filter(({ label }) => label === null) ?? null
    const others = (column.values?.length ?? 0) > (values?.length ?? 0)
    // The rows of a lookup list explain themselves: a code stands beside its name.
    if (draft.kind === "lookup" || values === null || !unexplained({ ...column, values })) return []
    if (values.length < (others ? 1 : 2)) return []
    const shown = values
      .slice(0, QUOTED_VALUES)
      .map(({ value }) => (value.trim() === "" ? "empty" : `"${oneLine(value, 20)}"`))
    const more = values.length > shown.length ? ` and ${values.length - shown.length} more` : ""
    return [
      {
        id: `values:${tableId(draft)}.${column.name}`,
        category: "values" as const,
        priority: semanticType === "status" ? ("high" as const) : ("medium" as const),
        question:
          values.length === 1
            ? `What does the value ${shown.join("")} of ${draft.table}.${column.name} mean?`
            : `What do the values of ${draft.table}.${column.name} mean: ${shown.join(", ")}${more}?`,
        why: `${counted(values.length, "code")} in ${counted(draft.rows, "row")}, and neither a comment nor another table says what ${values.length === 1 ? "it stands" : "they stand"} for.`,
        affects: [place(draft, column.name)]
      }
    ]
  })

const unexplained = ({ values, semanticType, type }: OntologyColumn): boolean => {
  if (
    values === null ||
    !values.some(({ value }) => (semanticType === "code" ? /\p{L}/u : /[\p{L}\p{N}]/u).test(value))
  )
    return false
  if (semanticType === "flag" || values.every(({ label }) => label !== null)) return false
  if (!["status", "category", "code"].includes(semanticType)) return false
  if (values.every(({ value }) => isUnit(value)) || areInitials(values.map(({ value }) => value.trim()))) return false
  const coded = values.filter(({ value, label }) => label === null && Array.from(value.trim()).length <= CODE_LENGTH)
  const words = values.some(({ value }) => Array.from(value.trim()).length > CODE_LENGTH)
  return coded.length > 0 && !words && !/^(?:boolean|date|timestamp)/.test(type)
}

/** If a column has more different single letters than this, they are taken for initials or shelf marks, and nobody is asked what they mean. Set by hand. */
const LETTERS = 8
const areInitials = (values: ReadonlyArray<string>): boolean =>
  values.length > LETTERS && values.every((value) => /^\p{L}?$/u.test(value))

/** Words that say only that a column is a date or time, and those of an end, which is of the same event as its start. */
const OF_TIME = wordSet("date datetime timestamp time day at on")
const OF_END = wordSet("end ended ending finish finished to until thru left leaving exit")
const OF_START = wordSet("start started begin began from since")

/** The times of different events: of a date and the same with a time of day the first, and no ends. */
const events = (times: ReadonlyArray<OntologyColumn>): ReadonlyArray<OntologyColumn> => {
  const byEvent = new Map<string, OntologyColumn>()
  for (const time of times) {
    const words = time.label.toLowerCase().split(" ")
    const event = words.filter((word) => !OF_TIME.has(word) && !OF_START.has(word)).join(" ")
    if (!byEvent.has(event) && !words.some((word) => OF_END.has(word))) byEvent.set(event, time)
  }
  return [...byEvent.values()]
}

/** Which of several dates counts is a decision: figures by month differ. */
const severalTimes = (draft: EntityDraft): ReadonlyArray<Question> => {
  const times = events(draft.columns.filter((column) => isEventTime(column) && column.nullShare < 1))
  const counts = draft.columns.some(({ role }) => role === "measure")
  if (times.length < 2 || draft.rows === 0 || draft.kind !== "entity" || !counts) return []
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

const currency = (discovery: Discovery, drafts: ReadonlyArray<EntityDraft>): ReadonlyArray<Question> => {
  const tables = drafts.flatMap((draft) => {
    const subject = discovery.get(draft)
    return subject === undefined ? [] : [{ subject, columns: draft.columns, draft }]
  })
  const isSaid = sayingCurrency(tables)
  const silent = tables
    .flatMap(({ draft, subject }) => (draft.rows > 0 && !isSaid(subject) ? [draft] : []))
    .flatMap((draft) =>
      draft.columns
        .filter(
          ({ nullShare, role, semanticType, unit }) =>
            semanticType === "money" && unit === null && role === "measure" && nullShare < 1
        )
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

/** Tables that nothing joins; what foreign keys join that this login may not read is joined. */
const unconnected = (subjects: ReadonlyArray<Subject>, reviewed: ReadonlyArray<Question>): ReadonlyArray<Question> => {
  const joined = new Set(
    subjects.flatMap(({ id, table: { hiddenForeignKeys = [] } }) =>
      hiddenForeignKeys.flatMap(({ target }) => [id, tableId(target)])
    )
  )
  return subjects.flatMap((subject) => (joined.has(subject.id) ? [] : alone(subject, reviewed)))
}

const alone = (subject: Subject, reviewed: ReadonlyArray<Question>): ReadonlyArray<Question> =>
  subject.outgoing.length + subject.incoming.length > 0 ||
  // That question says how it is related, if it is.
  reviewed.some(({ affects }) => affects.some((each) => tableId(each) === subject.id)) ||
  subject.entity.rows === 0 ||
  !isEntity(subject.entity.verdict)
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
