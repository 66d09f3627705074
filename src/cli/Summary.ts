import { Array, Option, Order } from "effect"
import { tableId, type TableName } from "../datasource/Catalog.ts"
import type { ColumnSet } from "../datasource/Inclusion.ts"
import { type Entity, isEntity } from "../entities/Entity.ts"
import type { Question } from "../ontology/Ontology.ts"
import type { Relationship } from "../relationships/Relationship.ts"
import type { Findings } from "./Findings.ts"
import { clean, count, duration, number, pad, type Style, truncate, widthOf, wrap } from "./Text.ts"

/** A file that was written. */
export interface WrittenFile {
  readonly path: string
  readonly content: string
}

/** What a summary needs besides the findings. */
export interface SummaryOptions {
  /** Columns; narrower than 60 is taken as 60, wider than 140 as 140. */
  readonly width: number
  readonly style: Style
  readonly elapsedMillis: number
  readonly files: ReadonlyArray<WrittenFile>
}

/** How many lines a section has at most; what is more is counted, and is in the files. */
const LINES = { entities: 40, others: 12, relationships: 60, decisions: 12, questions: 8, skipped: 6 }
const WIDTH = { narrowest: 60, widest: 140 }

/** A summary for people: what the database is about, how its tables hang together, what somebody has to decide, where the files are. */
export const render = (findings: Findings, options: SummaryOptions): string => {
  const width = Math.min(WIDTH.widest, Math.max(WIDTH.narrowest, options.width))
  const context = { findings, style: options.style, width, name: naming(findings) }
  return [
    headline(context, options.elapsedMillis),
    entities(context),
    others(context),
    relationships(context),
    decisions(context),
    questions(context),
    skipped(context),
    files(context, options.files)
  ]
    .filter((section) => section.length > 0)
    .map((section) => section.map((line) => line.trimEnd()).join("\n"))
    .join("\n\n")
}

interface Context {
  readonly findings: Findings
  readonly style: Style
  readonly width: number
  readonly name: (table: TableName) => string
}

type Section = ReadonlyArray<string>

/** Tables by their name alone where all are in one schema. */
const naming = ({ entities }: Findings) => {
  const several = new Set(entities.map(({ schema }) => schema)).size > 1
  return (table: TableName) => clean(several ? tableId(table) : table.table)
}

const title = ({ style, width }: Context, text: string, detail = ""): string => {
  const shown = truncate(text, width)
  return `${style.bold(shown)}  ${style.dim(truncate(detail, width - widthOf(shown) - 2))}`
}

/** The first lines, and how many more there are. */
const atMost = (lines: Section, limit: number, style: Style): Section =>
  lines.length <= limit
    ? lines
    : [...lines.slice(0, limit), style.dim(`  … ${number(lines.length - limit)} more in the files`)]

/** Less of a sentence says nothing. */
const LEAST_SENTENCE = 28

/** Lines of aligned cells, two blanks apart; the last column is cut to what is left, and where that is too little the others keep to `widest`. */
const table = (
  rows: ReadonlyArray<ReadonlyArray<string>>,
  options: {
    readonly width: number
    readonly widest: ReadonlyArray<number>
    /** Columns that are aligned on the right. */
    readonly numeric?: ReadonlyArray<number>
  },
  mark: (cell: string, column: number) => string
): Section => {
  const natural = [...options.widest, options.width].map((_, column) =>
    Math.max(0, ...rows.map((row) => widthOf(row[column] ?? "")))
  )
  const taken = (widths: ReadonlyArray<number>) => widths.reduce((sum, cell) => sum + (cell === 0 ? 0 : cell + 2), 0)
  const last = Math.min(LEAST_SENTENCE, natural.at(-1) ?? 0)
  const fits = taken([...natural.slice(0, -1), last]) <= options.width
  const widths = options.widest.map((limit, column) => {
    const wanted = natural[column] ?? 0
    return fits && limit > 0 ? wanted : Math.min(limit, wanted)
  })
  const left = options.width - 2 - taken(widths)
  const align = (column: number) => (options.numeric?.includes(column) === true ? "left" : "right")
  return rows.map((row) => {
    const cells = widths.map((size, column) =>
      size === 0 ? "" : `${mark(pad(truncate(row[column] ?? "", size), size, align(column)), column)}  `
    )
    return `  ${cells.join("")}${mark(truncate(row[widths.length] ?? "", left), widths.length)}`
  })
}

const headline = (context: Context, elapsedMillis: number): Section => {
  const { entities, database, ontology } = context.findings
  const rows = entities.reduce((sum, entity) => sum + entity.rows, 0)
  const about = entities.some(({ sampled }) => sampled) ? "about " : ""
  const facts = `${count(entities.length, "table")}, ${about}${count(rows, "row")}, read in ${duration(elapsedMillis)}`
  const summary =
    ontology === null || entities.length === 0 ? [] : wrap(clean(ontology.domain.summary), context.width - 2)
  return [title(context, clean(database), facts), ...summary.map((line) => `  ${line}`)]
}

const byRows = Order.combine(
  Order.mapInput(Order.reverse(Order.number), ({ rows }: Entity) => rows),
  Order.mapInput(Order.string, (entity: Entity) => tableId(entity))
)

const entities = (context: Context): Section => {
  const { findings, name, style, width } = context
  const things = findings.entities.filter(({ verdict }) => isEntity(verdict)).sort(byRows)
  if (findings.entities.length === 0) return [title(context, "There are no tables")]
  if (things.length === 0) return [title(context, "No table stands for a thing")]
  const rows = things.map((entity) => [
    clean(entity.name),
    (entity.sampled ? "~" : "") + number(entity.rows),
    name(entity),
    clean(entity.description)
  ])
  const lines = table(
    rows,
    { width, widest: [Math.floor(width / 4), 13, width < 90 ? 0 : Math.floor(width / 4)], numeric: [1] },
    (cell, column) => (column === 0 ? style.bold(cell) : column === 3 ? cell : style.dim(cell))
  )
  return [
    title(context, "Entities", `${number(things.length)}, with their rows`),
    ...atMost(lines, LINES.entities, style)
  ]
}

const others = (context: Context): Section => {
  const { findings, name, style, width } = context
  const rest = findings.entities.filter(({ verdict }) => !isEntity(verdict))
  if (rest.length === 0) return []
  const sorted = Array.sort(
    rest,
    Order.combine(
      Order.mapInput(Order.string, ({ verdict }: Entity) => verdict),
      byRows
    )
  )
  const lines = table(
    sorted.map((entity) => [name(entity), entity.verdict, clean(entity.reason)]),
    { width, widest: [Math.floor(width / 3), 10] },
    (cell, column) => (column === 1 ? style.dim(cell) : cell)
  )
  return [title(context, "Not entities", `${number(rest.length)}, and why`), ...atMost(lines, LINES.others, style)]
}

/** `rentals.customer_id`, `line (order_id, no)`. */
const columns = (set: ColumnSet, name: Context["name"]): string =>
  set.columns.length === 1
    ? `${name(set)}.${clean(set.columns[0] ?? "")}`
    : `${name(set)} (${set.columns.map(clean).join(", ")})`

/** The weightiest reasons, which come first; more than two is for the files. */
const reason = ({ evidence: { reasons } }: Relationship, most: number): string =>
  reasons.slice(0, most).map(clean).join("; ")

/** "100 %" is kept for what is certain. */
const percent = (value: number): string =>
  value > 0 && value < 0.01 ? "< 1 %" : `${value < 1 ? Math.min(99, Math.round(value * 100)) : 100} %`

const byFrom = Order.combine(
  Order.mapInput(Order.string, ({ from }: Relationship) => tableId(from)),
  Order.mapInput(Order.string, ({ from }: Relationship) => from.columns.join())
)

const relationships = (context: Context): Section => {
  const { findings, name, style, width } = context
  if (findings.relationships === null) return []
  const accepted = findings.relationships.filter(({ status }) => status === "accepted")
  if (accepted.length === 0) return [title(context, "No relationships found")]
  const [inferred, declared] = Array.partition(accepted, ({ method }) => method === "foreign_key")
  // What nobody declared is the news; it comes first, so that it is not what gets cut off.
  const rows = [...Array.sort(inferred, byFrom), ...Array.sort(declared, byFrom)].map((one) => [
    columns(one.from, name),
    `→ ${columns(one.to, name)}`,
    one.cardinality,
    one.method === "foreign_key" ? "declared" : percent(one.confidence),
    one.method === "foreign_key" ? "" : reason(one, 1)
  ])
  const widest = Math.floor((width - 24) / (width < 90 ? 2 : 3))
  const lines = table(rows, { width, widest: [widest, widest + 2, 3, 8], numeric: [3] }, (cell, column) =>
    column === 0 || column === 4 ? cell : column === 1 ? style.cyan(cell) : style.dim(cell)
  )
  const detail = `${number(accepted.length)}: ${number(inferred.length)} found in the data, ${number(declared.length)} declared`
  return [title(context, "Relationships", detail), ...atMost(lines, LINES.relationships, style)]
}

const orphansOf = (relationship: Relationship) =>
  Option.filter(Option.fromNullable(relationship.evidence.inclusion), ({ orphanRows }) => orphanRows > 0)

const decisions = (context: Context): Section => {
  const { findings, name, style, width } = context
  const all = findings.relationships ?? []
  const [untested, review] = Array.partition(
    all.filter(({ status }) => status === "needs_review").sort((a, b) => b.confidence - a.confidence),
    ({ evidence: { inclusion } }) => inclusion !== null && inclusion.rows > 0
  )
  const names =
    untested.length === 0
      ? []
      : [style.dim(`  ${number(untested.length)} between tables without rows, where only names speak`)]
  const orphans = all
    .filter(({ status }) => status === "accepted")
    .flatMap((one) => Option.toArray(Option.map(orphansOf(one), (inclusion) => ({ one, inclusion }))))
    .sort((a, b) => b.inclusion.orphanRows - a.inclusion.orphanRows)
  const widest = Math.floor((width - 24) / (width < 90 ? 2 : 3))
  const doubtful = table(
    review.map((one) => [
      columns(one.from, name),
      `→ ${columns(one.to, name)}`,
      percent(one.confidence),
      reason(one, 2)
    ]),
    { width, widest: [widest, widest + 2, 5], numeric: [2] },
    (cell, column) => (column === 1 ? style.cyan(cell) : column === 2 ? style.yellow(cell) : cell)
  )
  const missing = orphans.map(({ inclusion, one }) => {
    const examples = inclusion.orphans.slice(0, 3).map(clean).join(", ")
    const rows = `${inclusion.sampled ? "about " : ""}${number(inclusion.orphanRows)} of ${count(inclusion.rows, "row")}`
    return `  ${truncate(`${columns(one.from, name)}: ${rows} point to nothing in ${name(one.to)}${examples === "" ? "" : ` (${examples}${inclusion.orphans.length > 3 ? ", …" : ""})`}`, width - 2)}`
  })
  return [
    ...(doubtful.length + names.length === 0
      ? []
      : [
          title(
            context,
            "Is that so?",
            count(review.length + untested.length, "relationship") + " that the data alone do not settle"
          ),
          ...atMost(doubtful, LINES.decisions, style),
          ...names
        ]),
    ...(doubtful.length + names.length > 0 && missing.length > 0 ? [""] : []),
    ...(missing.length === 0
      ? []
      : [
          title(context, "Orphans", `${count(orphans.length, "relationship")} with rows that refer to nothing`),
          ...atMost(missing, LINES.decisions, style)
        ])
  ]
}

const PRIORITIES: Record<Question["priority"], number> = { high: 0, medium: 1, low: 2 }

const questions = (context: Context): Section => {
  const { findings, style, width } = context
  // Doubtful relationships and orphans have their own sections.
  const open = (findings.ontology?.questions ?? [])
    .filter(({ category }) => category !== "relationship" && category !== "orphans")
    .sort((a, b) => PRIORITIES[a.priority] - PRIORITIES[b.priority])
  if (open.length === 0) return []
  const lines = open.map(({ priority, question }) => {
    const text = truncate(clean(question), width - 4)
    return `  ${priority === "high" ? style.yellow("!") : style.dim("?")} ${text}`
  })
  return [title(context, "Questions for the owner", number(open.length)), ...atMost(lines, LINES.questions, style)]
}

const skipped = (context: Context): Section => {
  const { findings, name, style, width } = context
  if (findings.skipped.length === 0) return []
  const lines = findings.skipped.map((one) => `  ${truncate(`${name(one)}: ${clean(one.reason)}`, width - 2)}`)
  return [title(context, "Not read", number(findings.skipped.length)), ...atMost(lines, LINES.skipped, style)]
}

const files = (context: Context, written: ReadonlyArray<WrittenFile>): Section =>
  written.length === 0
    ? []
    : [
        title(context, "Files"),
        ...table(
          written.map(({ content, path }) => [clean(path), content]),
          { width: context.width, widest: [Math.floor(context.width / 2)] },
          (cell, column) => (column === 0 ? cell : context.style.dim(cell))
        )
      ]
