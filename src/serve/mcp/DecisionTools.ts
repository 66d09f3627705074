import { Effect, Option, Schema } from "effect"
import { type TableName, tableId } from "../../datasource/Catalog.ts"
import type { ColumnSet } from "../../datasource/Inclusion.ts"
import { type Candidate, Decisions } from "../../ontology/Decisions.ts"
import { RelationshipStatus } from "../../relationships/Relationship.ts"
import { ontology, shortName, tableNamed } from "./Found.ts"
import { Rebuilds } from "../Rebuilds.ts"
import * as McpTool from "./McpTool.ts"
import { Subject } from "./Subject.ts"

/** The most relationships of one answer, and those of one that says no number. */
const MOST = 200
const SHOWN = 50
/** Lines of evidence that are shown of each. */
const REASONS = 3

const Columns = Schema.Struct({
  table: Schema.NonEmptyTrimmedString.annotations({ description: "As `orders` or `schema.orders`" }),
  columns: Schema.Array(Schema.NonEmptyString).pipe(Schema.minItems(1), Schema.maxItems(32))
})

const spelled = ({ columns, ...table }: ColumnSet): string => `${shortName(table)}.${columns.join(",")}`

/** References between tables, and what speaks for them. */
export const listRelationships = McpTool.make({
  name: "list_relationships",
  title: "List relationships",
  description:
    "References between tables, found or declared, with the reasons. Those that need review are for a person to decide: ask, do not guess.",
  input: Schema.Struct({
    status: Schema.optional(
      RelationshipStatus.annotations({ description: "accepted, needs_review or rejected. Default: all" })
    ),
    table: Schema.optional(
      Schema.NonEmptyTrimmedString.annotations({ description: "Only those that begin or end at this table" })
    ),
    limit: Schema.optional(
      Schema.Int.pipe(Schema.between(1, MOST)).annotations({ description: `The most of them. Default: ${SHOWN}` })
    )
  }),
  hints: { readOnly: true },
  handle: ({ limit = SHOWN, status, table }) =>
    Effect.gen(function* () {
      const { target } = yield* Subject
      const { candidates } = yield* Decisions
      const about = table === undefined ? undefined : yield* tableNamed(yield* ontology, table)
      const touches = (each: TableName) => about === undefined || tableId(each) === tableId(about)
      const all = (yield* candidates(yield* target, status)).filter(
        ({ relationship: { from, to } }) => touches(from) || touches(to)
      )
      const shown = all.slice(0, limit).map(told)
      const left = all.length - shown.length
      const lines = shown.map(
        ({ cardinality, confidence, from, reasons, status, to, when }) =>
          `- ${from} → ${to}${when === null ? "" : ` where ${when}`}: ${status}, ${cardinality}, ${Math.round(confidence * 100)} %${reasons.length === 0 ? "" : `; ${reasons.join("; ")}`}`
      )
      return {
        text: all.length === 0 ? "There are none." : [...lines, ...(left > 0 ? [`… and ${left} more`] : [])].join("\n"),
        data: { relationships: shown, found: all.length }
      }
    })
})

const told = ({ decision, relationship, version }: Candidate) => {
  const { cardinality, confidence, evidence, from, method, status, to, when } = relationship
  return {
    from: spelled(from),
    to: spelled(to),
    when: when === undefined ? null : `${when.column} = ${JSON.stringify(when.value)}`,
    ...{ status, confidence, cardinality, method, version },
    decidedBy: Option.match(decision, { onNone: () => null, onSome: ({ by }) => by }),
    reasons: evidence.reasons.slice(0, REASONS)
  }
}

/** A person's decision on a reference. */
export const decideRelationship = McpTool.make({
  name: "decide_relationship",
  title: "Decide on a relationship",
  description:
    "Stores a person's decision that columns refer to others, or do not, or takes the last decision back. It outlives new discoveries. Only call it for what a person has said.",
  input: Schema.Struct({
    from: Columns.annotations({ description: "The referring columns" }),
    to: Columns.annotations({ description: "What they refer to" }),
    decision: Schema.Literal("accept", "reject", "undo"),
    version: Schema.optional(
      Schema.NonNegativeInt.annotations({
        description: "The version that list_relationships told; the call fails where somebody has decided since"
      })
    )
  }),
  hints: { readOnly: false },
  handle: ({ decision, from, to, version }) =>
    Effect.gen(function* () {
      const { by, target } = yield* Subject
      const { after } = yield* Rebuilds
      const { decide } = yield* Decisions
      const about = yield* ontology
      const set = ({ columns, table }: typeof Columns.Type) =>
        Effect.map(tableNamed(about, table), (entity): ColumnSet => ({
          schema: entity.schema,
          table: entity.table,
          columns
        }))
      const pair = { from: yield* set(from), to: yield* set(to) }
      const { datasourceId, projectId } = yield* target
      const stored = yield* decide({ projectId, datasourceId, ...pair, action: decision, by, expected: version }).pipe(
        Effect.catchTags({ RelationshipNotFound: refused, DecisionConflict: refused, NothingToUndo: refused })
      )
      yield* after({ projectId, datasourceId })
      const said = { accept: "Accepted", reject: "Rejected", undo: "Taken back" }[decision]
      return {
        text: `${said}: ${spelled(pair.from)} → ${spelled(pair.to)}. The ontology is built anew.`,
        data: { from: spelled(pair.from), to: spelled(pair.to), decision, by, version: stored.decision.version }
      }
    })
})

/** What the owner of the database is asked. */
export const listQuestions = McpTool.make({
  name: "list_questions",
  title: "List questions to the owner",
  description: "What the data leaves open and a person knows, the weightiest first, with answers where there are some.",
  input: Schema.Struct({
    open: Schema.optional(Schema.Boolean.annotations({ description: "Only those without an answer. Default: true" }))
  }),
  hints: { readOnly: true },
  handle: ({ open = true }) =>
    Effect.gen(function* () {
      const { target } = yield* Subject
      const { questions } = yield* Decisions
      const all = (yield* questions(yield* target))
        .map(({ decision, question: { id, priority, question, why }, version }) => ({
          ...{ id, question, version },
          priority: priority ?? null,
          why: why ?? null,
          answer: Option.match(decision, { onNone: () => null, onSome: ({ answer }) => answer })
        }))
        .filter(({ answer }) => !open || answer === null)
      const lines = all.map(
        ({ answer, id, question, why }) =>
          `- ${id}: ${question}${why === null ? "" : ` (${why})`}${answer === null ? "" : ` Answer: ${answer}`}`
      )
      return { text: all.length === 0 ? "Nothing is asked." : lines.join("\n"), data: { questions: all } }
    })
})

/** The owner's answer. */
export const answerQuestion = McpTool.make({
  name: "answer_question",
  title: "Answer a question",
  description:
    "Stores what a person answered to a question. It is not asked again, and the ontology says the answer. Whether columns belong together is answered with yes or no. Only call it for what a person has said.",
  input: Schema.Struct({
    id: Schema.NonEmptyTrimmedString.annotations({ description: "As list_questions told" }),
    answer: Schema.NonEmptyTrimmedString.pipe(Schema.maxLength(4000))
  }),
  hints: { readOnly: false },
  handle: ({ answer, id }) =>
    Effect.gen(function* () {
      const { by, target } = yield* Subject
      const { after } = yield* Rebuilds
      const decisions = yield* Decisions
      const { datasourceId, projectId } = yield* target
      yield* decisions.answer({ projectId, datasourceId, questionId: id, answer, by }).pipe(
        Effect.catchTags({
          QuestionNotFound: refused,
          NotYesOrNo: refused,
          BlankAnswer: refused,
          RelationshipNotFound: refused,
          DecisionConflict: refused,
          NothingToUndo: refused
        })
      )
      yield* after({ projectId, datasourceId })
      return { text: `Answered: ${id}. The ontology is built anew.`, data: { id, answer, by } }
    })
})

const refused = ({ message }: { readonly message: string }) => new McpTool.ToolError({ message })
