import { tableId, type TableName } from "../datasource/Catalog.ts"
import { grouped } from "../datasource/grouped.ts"
import type { Steps } from "../steps/Steps.ts"
import { singular } from "../language/Words.ts"
import type { Subject } from "./Discovered.ts"
import type { Affected, Question } from "./Ontology.ts"
import { counted, figure, list } from "./Text.ts"

/**
 * Two tables may be duplicates if the names that both have are at least this share of all their column names, from 0 to 1, and at least
 * so many. Column names of a convention do not count. Chosen, not fitted.
 */
const SHARED_COLUMNS = 0.9
const FEWEST_SHARED = 4
/** A column name is a convention if at least this share of the tables, from 0 to 1, and at least so many tables have it. Chosen. */
const CONVENTIONAL_SHARE = 0.3
const FEWEST_CONVENTIONAL = 3
/** If more schemas than this have a table of one name, there is one question for all instead of one for each pair. */
const MANY_COPIES = 10
/** Schemas that such a question names; the others are counted. */
const NAMED_COPIES = 6

/** A table and the names by which it is compared. */
interface Compared {
  readonly subject: Subject
  /** The table's name in lower case and singular, without signs: `Order_Lines` and `orderline` are equal. */
  readonly plain: string
  /** Names of its columns, apart from conventions. */
  readonly own: ReadonlyArray<string>
}

/** A question for each pair of tables that may hold the same things, in the order of the tables. */
export function* duplicates(subjects: ReadonlyArray<Subject>): Steps<ReadonlyArray<Question>> {
  const everywhere = columnsOfMany(subjects)
  const compared: Array<Compared> = []
  for (const subject of subjects) {
    const plain = singular(subject.table.table.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, ""))
    const own = subject.columns.map(({ name }) => name).filter((name) => !everywhere.has(name))
    compared.push({ subject, plain, own })
    yield
  }
  const places = [...compared.keys()]
  const byTitle = grouped(subjects, ({ table }) => table.table)
  const byPlain = grouped(places, (i) => compared[i]?.plain ?? "")
  const byColumn = grouped(
    places
      .filter((i) => isComparable(compared[i]))
      .flatMap((i) => (compared[i]?.own ?? []).map((name) => [name, i] as const)),
    ([name]) => name
  )
  const isCopied = ({ subject: { table } }: Compared) => byTitle(table.table).length > MANY_COPIES

  const questions: Array<Question> = []
  for (const [i, one] of compared.entries()) {
    if (isCopied(one) && byTitle(one.subject.table.table)[0] === one.subject) {
      questions.push(ofCopies(byTitle(one.subject.table.table)))
    }
    const shared = new Map<number, number>()
    for (const other of byPlain(one.plain)) if (other > i) shared.set(other, 0)
    if (isComparable(one)) {
      for (const name of one.own) {
        for (const [, other] of byColumn(name)) if (other > i) shared.set(other, (shared.get(other) ?? 0) + 1)
      }
    }
    for (const [other, columns] of [...shared].sort(([a], [b]) => a - b)) {
      const two = compared[other]
      if (two === undefined || (isCopied(one) && one.subject.table.table === two.subject.table.table)) continue
      const why = likeness(one, two, columns)
      if (why !== undefined) questions.push(ofPair(one.subject, two.subject, why))
    }
    yield
  }
  return questions
}

/** Whether a table is compared by its column names. Those of links and of empty tables are too often like others'. */
const isComparable = (one: Compared | undefined): boolean =>
  one !== undefined && one.subject.entity.verdict !== "link" && one.subject.entity.rows > 0

/** Column names that are a convention (`created_at`, `write_uid`). */
const columnsOfMany = (subjects: ReadonlyArray<Subject>): ReadonlySet<string> => {
  const tables = new Map<string, number>()
  for (const { columns } of subjects) for (const { name } of columns) tables.set(name, (tables.get(name) ?? 0) + 1)
  const many = Math.max(FEWEST_CONVENTIONAL, CONVENTIONAL_SHARE * subjects.length)
  return new Set([...tables].filter(([, count]) => count >= many).map(([name]) => name))
}

/** Why two tables may be duplicates, given how many column names they share; undefined if they are not. */
const likeness = (one: Compared, two: Compared, shared: number): string | undefined => {
  const [a, b] = [one.subject, two.subject]
  if (one.plain === two.plain && a.table.table !== b.table.table) return "Their names differ by spelling only."
  const all = one.own.length + two.own.length - shared
  if (shared < FEWEST_SHARED || shared / all < SHARED_COLUMNS) return undefined
  // A subtype or translation of the same shape refers to the other, or to what the other refers to.
  const related = [...a.outgoing, ...b.outgoing].some(
    ({ from, to }) => tableId(from) === b.id || tableId(to) === b.id || tableId(to) === a.id
  )
  return related ? undefined : `${shared} of their ${all} own columns have the same names.`
}

const place = ({ schema, table }: TableName): Affected => ({ schema, table, column: null })

const ofPair = (a: Subject, b: Subject, why: string): Question => ({
  id: `duplicate:${a.id}=${b.id}`,
  category: "duplicate",
  priority: "medium",
  question: `Are ${a.id} (${counted(a.entity.rows, "row")}) and ${b.id} (${counted(b.entity.rows, "row")}) the same thing, and which of them should be used?`,
  why,
  affects: [place(a.table), place(b.table)]
})

const ofCopies = (copies: ReadonlyArray<Subject>): Question => {
  const title = copies[0]?.table.table ?? ""
  const schemas = copies.map(({ table }) => table.schema)
  return {
    id: `duplicate:${title}`,
    category: "duplicate",
    priority: "medium",
    question: `Is ${title} the same thing in all ${figure(copies.length)} schemas that have it (${list(schemas, NAMED_COPIES)}), and what does a schema stand for?`,
    why: "As many schemas have a table of that name: a figure about all of them needs all of them.",
    affects: copies.map(({ table }) => place(table))
  }
}
