import { Effect } from "effect"
import { tableId } from "../datasource/Catalog.ts"
import { byDifference, copiedTables, scopeName } from "../datasource/Copies.ts"
import { notReadItems } from "../datasource/Notes.ts"
import { isUnread, rowsTogether } from "../entities/Entity.ts"
import { flatMapInSteps, indexInSteps, type Steps, stepwise } from "../steps/Steps.ts"
import { asked } from "../ontology/QuestionsMarkdown.ts"
import { counted, list } from "../ontology/Text.ts"
import { reportDomains } from "./Domains.ts"
import { reportRelationships } from "./Relationships.ts"
import type { Report, ReportOther } from "./Report.ts"
import type { Source } from "./Source.ts"
import { reportTables } from "./Tables.ts"

/** The verdicts of tables without a page of their own, as a person says them. */
const WHAT: Readonly<Record<string, string>> = { technical: "Technical", empty: "Empty" }

/** Makes a report of what was found. `Placing` lays its pictures out. */
export const build = Effect.fn("Report.build")(function* (source: Source) {
  const found = yield* stepwise(() => withoutDomains(source))
  const domains = yield* reportDomains(source.ontology, found.tables, found.relationships)
  const report: Report = { ...found, domains }
  return report
})

function* withoutDomains(source: Source): Steps<Omit<Report, "domains">> {
  const { catalog, database, entities, ontology } = source
  const { notRead = [] } = ontology
  const tables = yield* reportTables(source)
  const relationships = yield* reportRelationships(source.relationships, tables)
  const places = yield* indexInSteps(tables.entries(), ([at, table]) => [tableId(table), at])
  const unread = new Set(notRead.map(tableId))
  const copies = copiedTables(ontology.copies)
  const others = yield* flatMapInSteps(entities, (entity): ReadonlyArray<ReportOther> => {
    const id = tableId(entity)
    if (places.has(id) || unread.has(id) || copies.has(id)) return []
    const rows = isUnread(entity) ? null : entity.rows
    return [{ id, what: WHAT[entity.verdict] ?? entity.verdict, why: entity.reason, rows }]
  })
  return {
    database,
    rows: rowsTogether(
      entities.filter((entity) => !copies.has(tableId(entity))),
      catalog.tables
    ),
    tables,
    relationships,
    others,
    notRead: notReadItems(notRead),
    copies: ontology.copies.flatMap(({ copies, of }) => {
      const { differing, same } = byDifference(copies)
      const named = (scope: (typeof copies)[number]) => `${scopeName(scope)} (${counted(scope.rows, "row")})`
      return [
        ...(same.length === 0 ? [] : [`The same as ${scopeName(of)}: ${list(same.map(named))}.`]),
        ...differing.map((copy) => `${named(copy)}, as ${scopeName(of)}, but ${list(copy.differs)}.`)
      ]
    }),
    questions: ontology.questions,
    asked: asked(ontology.questions).length,
    answers: ontology.knowledge.map(({ answer, question }) => ({ question, answer })),
    examples: ontology.domain.sampleQuestions.map(({ question, sql, tables }) => ({
      question,
      sql,
      tables: tables.flatMap((table) => places.get(tableId(table)) ?? [])
    }))
  }
}
