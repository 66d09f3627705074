import { Array, Order } from "effect"
import { tableId, type TableName } from "../datasource/Catalog.ts"
import { byDifference, copiedTables, type Copy, scopeName } from "../datasource/Copies.ts"
import type { ColumnSet } from "../datasource/Inclusion.ts"
import { type Entity, isEntity, isUnread, NOT_READ, rowsInWords } from "../entities/Entity.ts"
import { asked } from "../ontology/QuestionsMarkdown.ts"
import { besideCount } from "../language/Describing.ts"
import { isFoundInData, isTested, type Relationship, WORTH_ASKING } from "../relationships/Relationship.ts"
import { minuteOf } from "../findings/ChangesText.ts"
import { changes, withoutEffect } from "./ChangesText.ts"
import { notes, skipped } from "./Caveats.ts"
import type { Findings } from "../findings/Findings.ts"
import { atMost, type Context, item, type Section, title } from "./Section.ts"
import { flatMapInSteps, mapInSteps, type Steps } from "../steps/Steps.ts"
import { table } from "./Table.ts"
import { clean, count, duration, fold, number, type Style, truncate, widthOf } from "./Text.ts"

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

/** How many lines a section has at most: together they fit one screen. What is more is counted, and is in the report. */
const LINES = {
  headline: 5,
  entities: 7,
  named: 1,
  others: 2,
  copies: 3,
  relationships: 5,
  decisions: 3,
  orphans: 3,
  questions: 3
}
const WIDTH = { narrowest: 60, widest: 140 }

/**
 * A summary for people, on one screen: what the database is about, how its tables hang together, what somebody has to decide, where all of
 * it is to be seen.
 */
export function* render(findings: Findings, options: SummaryOptions): Steps<string> {
  const width = Math.min(WIDTH.widest, Math.max(WIDTH.narrowest, options.width))
  const { style } = options
  const whole = yield* withoutCopies(findings)
  const described = yield* ofThings(whole)
  const context = { findings: described, style, width, name: naming(findings) }
  return [
    headline({ ...context, findings }, options.elapsedMillis),
    changes(context),
    withoutEffect(context),
    yield* entities(context),
    others(context),
    yield* copies(context),
    yield* relationships(context, accepted(whole).length - accepted(described).length),
    yield* decisions(context),
    yield* orphans(context),
    yield* questions(context),
    yield* skipped(context),
    yield* notes(context),
    files(context, options.files)
  ]
    .filter((section) => section.length > 0)
    .map((section) => section.map((line) => line.trimEnd()).join("\n"))
    .join("\n\n")
}

/** The findings without relationships of tables that stand for nothing, which the report has not either. */
function* ofThings(findings: Findings): Steps<Findings> {
  const { entities, relationships } = findings
  const apart = new Set(entities.flatMap((entity) => (isApart(entity) ? [tableId(entity)] : [])))
  if (relationships === null || apart.size === 0) return findings
  const shown = yield* flatMapInSteps(relationships, (one) =>
    apart.has(tableId(one.from)) || apart.has(tableId(one.to)) ? [] : [one]
  )
  return { ...findings, relationships: shown }
}

const isApart = ({ verdict }: Entity): boolean => verdict === "technical" || verdict === "empty"

/** The findings without copied tables, and without relationships between two of them or that the described table has as well. */
function* withoutCopies(findings: Findings): Steps<Findings> {
  if (findings.copies.length === 0) return findings
  const copied = copiedTables(findings.copies)
  const isShown = (table: TableName) => !copied.has(tableId(table))
  const { entities, relationships } = findings
  return {
    ...findings,
    entities: yield* flatMapInSteps(entities, (entity) => (isShown(entity) ? [entity] : [])),
    relationships:
      relationships === null
        ? null
        : yield* ofDescribed(relationships, isShown, (table) => copied.get(tableId(table)) ?? table)
  }
}

/** Of relationships that copies have alike (each tenant's tables with a shared one), that of the described tables, or else one. */
function* ofDescribed(
  relationships: ReadonlyArray<Relationship>,
  isShown: (table: TableName) => boolean,
  originalOf: (table: TableName) => TableName
): Steps<ReadonlyArray<Relationship>> {
  const sideOf = (set: ColumnSet) => JSON.stringify([tableId(originalOf(set)), set.columns])
  const id = ({ from, status, to, when }: Relationship) => JSON.stringify([sideOf(from), sideOf(to), when, status])
  const isOwn = ({ from, to }: Relationship) => isShown(from) && isShown(to)
  const told = new Set(yield* flatMapInSteps(relationships, (one) => (isOwn(one) ? [id(one)] : [])))
  return yield* flatMapInSteps(relationships, (one) => {
    if (isOwn(one)) return [one]
    if (!isShown(one.from) && !isShown(one.to)) return []
    if (told.has(id(one))) return []
    told.add(id(one))
    return [one]
  })
}

/** Shows a table without its schema if all entities are in that one schema. */
const naming = ({ entities }: Findings) => {
  const schemas = new Set(entities.map(({ schema }) => schema))
  // A name of blanks is quoted, to be seen.
  const seen = (name: string) => (clean(name).trim() === "" ? `"${name}"` : name)
  return ({ schema, table }: TableName) =>
    clean(schemas.size > 1 || !schemas.has(schema) ? tableId({ schema, table }) : seen(table))
}

const headline = (context: Context, elapsedMillis: number): Section => {
  const { catalog, database, entities, ontology, unchanged } = context.findings
  const saved =
    unchanged === null
      ? ""
      : `; ${number(unchanged.tables)} of ${count(unchanged.of, "table")} unchanged since ${minuteOf(unchanged.since)}: not read again`
  const read = `read in ${duration(elapsedMillis)}${saved}`
  if (ontology !== null) {
    const summary = fold(clean(ontology.domain.summary), context.width - 2, LINES.headline)
    return [title(context, clean(database), read), ...summary.map((line) => `  ${line}`)]
  }
  return [
    title(
      context,
      clean(database),
      `${count(entities.length, "table")}, ${rowsInWords(entities, catalog.tables)}, ${read}`
    )
  ]
}

const byRows = Order.combine(
  Order.mapInput(Order.reverse(Order.number), ({ rows }: Entity) => rows),
  Order.mapInput(Order.string, (entity: Entity) => tableId(entity))
)

function* entities(context: Context): Steps<Section> {
  const { findings, name, style, width } = context
  const all = findings.entities.filter(({ verdict }) => isEntity(verdict)).sort(byRows)
  if (all.length === 0) return [title(context, "No table stands for a thing")]
  const filled = all.filter((entity) => entity.rows > 0 || isUnread(entity))
  // Many entities without rows share one line.
  const without = all.filter((entity) => !filled.includes(entity))
  const named = filled.length === 0 || without.length < NAMED ? [] : without
  const things = named.length === 0 ? all : filled
  const lookups = all.filter(({ verdict }) => verdict === "lookup").length
  const described = new Map(findings.ontology?.entities.map((entity) => [tableId(entity), entity.description]))
  const rows = yield* mapInSteps(things, (entity) => [
    clean(entity.name),
    isUnread(entity) ? NOT_READ : (entity.sampled ? "~" : "") + number(entity.rows),
    name(entity),
    clean(besideCount(described.get(tableId(entity)) ?? entity.description))
  ])
  const groups = yield* table(
    rows,
    { width, widest: [Math.floor(width / 4), 13, width < 90 ? 0 : Math.floor(width / 4)], numeric: [1], lines: 1 },
    (cell, column) => (column === 0 ? style.bold(cell) : column === 3 ? cell : style.dim(cell))
  )
  const counted = lookups === 0 ? "" : ` and ${count(lookups, "lookup list")}`
  const names = `${number(named.length)} without rows: ${named.map((entity) => clean(entity.name)).join(", ")}`
  return [
    title(context, "Entities", `${number(all.length - lookups)}${counted}, with their rows`),
    ...atMost(context, groups, LINES.entities),
    ...(named.length === 0 ? [] : fold(names, width - 2, LINES.named).map((line) => `  ${style.dim(line)}`))
  ]
}
/** If there are this many entities without rows, they share one line. */
const NAMED = 3

/** Tables that stand for no thing: how many of each verdict, and their names. */
const others = (context: Context): Section => {
  const { findings, name, width } = context
  const rest = findings.entities.filter(({ verdict }) => !isEntity(verdict))
  if (rest.length === 0) return []
  const byVerdict = Array.groupBy(rest, ({ verdict }) => verdict)
  const parts = Object.entries(byVerdict).map(
    ([verdict, tables]) => `${verdict}: ${[...tables].sort(byRows).map(name).join(", ")}`
  )
  return [
    title(context, "Not entities", number(rest.length)),
    ...fold(parts.join("; "), width - 2, LINES.others).map((line) => `  ${line}`)
  ]
}

/** Copies of described tables: identical copies on one line, then one line for each copy that differs. */
function* copies(context: Context): Steps<Section> {
  const { findings, style, width } = context
  if (findings.copies.length === 0) return []
  const groups = yield* flatMapInSteps(findings.copies, ({ copies, of }): ReadonlyArray<Section> => {
    const named = (copy: Copy) => `${clean(scopeName(copy))} (${count(copy.rows, "row")})`
    const { differing, same } = byDifference(copies)
    const head = `${clean(scopeName(of))} is described, and ${count(copies.length, "copy is", "copies are")} not`
    const lines = [
      ...(same.length === 0 ? [] : fold(`the same: ${same.map(named).join(", ")}`, width - 4, 1)),
      ...differing.flatMap((copy) => fold(`${named(copy)}: ${copy.differs.map(clean).join(", ")}`, width - 4, 1))
    ]
    return [[`  ${head}`], ...lines.map((line) => [`    ${style.dim(line)}`])]
  })
  const all = findings.copies.reduce((sum, { copies }) => sum + copies.length, 0)
  return [
    title(context, "Copies", `${number(all)} of tables that are described elsewhere`),
    ...atMost(context, groups, LINES.copies)
  ]
}

/** `rentals.customer_id`, `line (order_id, no)`. */
const columns = (set: ColumnSet, name: Context["name"]): string =>
  set.columns.length === 1
    ? `${name(set)}.${clean(set.columns[0] ?? "")}`
    : `${name(set)} (${set.columns.map(clean).join(", ")})`

/** The confidence in percent, for rules at most 99 %: "100 %" is a person's decision. */
const sureness = ({ confidence, decidedBy, method }: Relationship): string => {
  if (method === "foreign_key") return "declared"
  if (confidence > 0 && confidence < 0.01) return "< 1 %"
  return `${decidedBy === "person" ? Math.round(confidence * 100) : Math.min(99, Math.round(confidence * 100))} %`
}

const byFrom = Order.combine(
  Order.mapInput(Order.string, ({ from }: Relationship) => tableId(from)),
  Order.mapInput(Order.string, ({ from }: Relationship) => from.columns.join())
)

/** A line for each relationship (two if the names do not fit). */
function* joined({ name, style, width }: Context, all: ReadonlyArray<Relationship>): Steps<ReadonlyArray<Section>> {
  const rows = yield* mapInSteps(all, (one) => [
    columns(one.from, name),
    `→ ${columns(one.to, name)}`,
    one.cardinality,
    sureness(one)
  ])
  const widest = (column: number) => Math.max(0, ...rows.map((row) => widthOf(row[column] ?? "")))
  const broken = widest(0) + widest(1) + SURE_WIDTH > width
  const doubtful = all.some(({ status }) => status === "needs_review")
  const mark = (cell: string, column: number) =>
    column === 1
      ? style.cyan(cell)
      : column === 3 && doubtful
        ? style.yellow(cell)
        : column > 1
          ? style.dim(cell)
          : cell
  if (!broken) return yield* table(rows, { width, widest: [width, width, 3], lines: 1 }, mark)
  const ends = yield* table(
    rows.map(([, ...rest]) => rest),
    { width: width - 2, widest: [width - SURE_WIDTH, 3], lines: 1 },
    (cell, column) => mark(cell, column + 1)
  )
  return ends.map((group, at) => [`  ${truncate(rows[at]?.[0] ?? "", width - 2)}`, ...group.map((line) => `  ${line}`)])
}

/** Terminal columns of a line besides the names: blanks, cardinality, confidence. */
const SURE_WIDTH = 21

const leastSure = Order.combine(
  Order.mapInput(Order.number, ({ confidence }: Relationship) => confidence),
  byFrom
)

const accepted = ({ relationships }: Findings): ReadonlyArray<Relationship> =>
  (relationships ?? []).filter(({ status }) => status === "accepted")

/** `apart` are how many more there are of tables that stand for nothing. */
function* relationships(context: Context, apart: number): Steps<Section> {
  const { findings, style } = context
  if (findings.relationships === null) return []
  const all = accepted(findings)
  if (all.length + apart === 0) return [title(context, "No relationships found")]
  const [inferred, declared] = Array.partition(all, ({ method }) => method === "foreign_key")
  const tested = inferred.filter(isFoundInData).length
  const first = inferred.length > 0 ? ", the least sure first" : ""
  const detail = [
    `${number(tested)} found in the data${first}`,
    ...(tested === inferred.length ? [] : [`${number(inferred.length - tested)} by name or comment`]),
    `${number(declared.length)} declared`
  ].join("; ")
  const shown = Array.sort(inferred, leastSure)
  const lines = yield* joined(context, shown.slice(0, LINES.relationships))
  const left = Array.makeBy(shown.length - lines.length, () => [""])
  return [
    title(context, "Relationships", detail),
    ...atMost(context, shown.length === lines.length ? lines : [...lines, ...left], LINES.relationships),
    ...(apart === 0 ? [] : [style.dim(`  ${number(apart)} more of technical tables`)])
  ]
}

function* decisions(context: Context): Steps<Section> {
  const { findings, style } = context
  const rows = new Map(findings.entities.map((entity) => [tableId(entity), entity.rows]))
  const hasRows = (table: TableName) => (rows.get(tableId(table)) ?? 0) > 0
  const [untested, review] = Array.partition(
    (findings.relationships ?? [])
      .filter(({ status }) => status === "needs_review")
      .sort((a, b) => b.confidence - a.confidence),
    // Of columns with values, a join that was not made leaves it as open as one that settles nothing.
    (each) => isTested(each) || (each.evidence.inclusion === null && hasRows(each.from) && hasRows(each.to))
  )
  if (review.length + untested.length === 0) return []
  const [unlikely, likely] = Array.partition(review, ({ confidence }) => confidence >= WORTH_ASKING)
  const names = `${number(untested.length)} without values to see it by, where only names speak`
  const hardly = `${number(unlikely.length)} that ${unlikely.length === 1 ? "is" : "are"} hardly so`
  if (likely.length === 0) {
    const rest = [...(unlikely.length === 0 ? [] : [hardly]), ...(untested.length === 0 ? [] : [names])]
    return [title(context, "Is that so?", `${rest.join("; ")}; see the report`)]
  }
  return [
    title(context, "Is that so?", `${count(likely.length, "relationship")} that the data alone do not settle`),
    ...atMost(context, yield* joined(context, likely), LINES.decisions),
    ...(unlikely.length === 0 ? [] : [style.dim(`  ${hardly}`)]),
    ...(untested.length === 0 ? [] : [style.dim(`  ${names}`)])
  ]
}

function* orphans(context: Context): Steps<Section> {
  const { findings, name } = context
  const found = (findings.relationships ?? [])
    .flatMap((one) => {
      const { inclusion } = one.evidence
      return one.status === "accepted" && inclusion !== null && inclusion.orphanRows > 0 ? [{ one, inclusion }] : []
    })
    .sort((a, b) => b.inclusion.orphanRows - a.inclusion.orphanRows)
  if (found.length === 0) return []
  const groups = yield* mapInSteps(found, ({ inclusion, one }) => {
    const { orphanRows, orphans, rows, sampled } = inclusion
    const examples = [...orphans.slice(0, 3).map(clean), ...(orphans.length > 3 ? ["…"] : [])]
    const part =
      orphanRows === rows && rows > 1 ? `all ${number(rows)} rows` : `${number(orphanRows)} of ${count(rows, "row")}`
    const shown = examples.length === 0 ? "" : ` (${examples.length === 1 ? "only " : ""}${examples.join(", ")})`
    const text = `${columns(one.from, name)}: ${sampled ? "about " : ""}${part} point to nothing in ${name(one.to)}${shown}`
    return item(context, text, 1)
  })
  const detail = `${count(found.length, "relationship")} with rows that refer to nothing`
  return [title(context, "Orphans", detail), ...atMost(context, groups, LINES.orphans)]
}

function* questions(context: Context): Steps<Section> {
  const { findings, style, width } = context
  const open = asked(findings.ontology?.questions ?? [])
  if (open.length === 0) return []
  const groups = yield* mapInSteps(open, ({ priority, question }) => {
    const mark = priority === "high" ? style.yellow("!") : style.dim("?")
    const lines = fold(clean(question), width - 4, 1)
    return lines.map((line, at) => (at === 0 ? `  ${mark} ${line}` : `    ${line}`))
  })
  return [title(context, "Questions for the owner", number(open.length)), ...atMost(context, groups, LINES.questions)]
}

/** The first file, which is the one to open; the others by name. */
const files = (context: Context, written: ReadonlyArray<WrittenFile>): Section => {
  const { style, width } = context
  const [first, ...rest] = written
  if (first === undefined) return []
  const beside = rest.map(({ path }) => clean(path)).join(", ")
  return [
    title(context, "Files"),
    ...fold(`${clean(first.path)}: ${first.content}`, width - 2, 2).map((line) => `  ${line}`),
    ...(rest.length === 0 ? [] : fold(beside, width - 2, 3).map((line) => `  ${style.dim(line)}`))
  ]
}
