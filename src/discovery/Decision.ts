import { Option, Schema } from "effect"
import { TableName } from "../datasource/Catalog.ts"
import { pairText } from "../datasource/ColumnSets.ts"
import { ColumnSet, Condition } from "../datasource/Inclusion.ts"

/** What a question or an answer concerns; `column` is null where it is the whole table. */
export const Affected = Schema.Struct({ ...TableName.fields, column: Schema.NullOr(Schema.String) })
/** @see Affected */
export type Affected = typeof Affected.Type

/** What a person decides about: whether two ends belong together, or what a question's answer is. */
export const DecisionSubject = Schema.Union(
  Schema.Struct({
    kind: Schema.Literal("relationship"),
    about: Schema.Struct({ from: ColumnSet, to: ColumnSet, when: Schema.optionalWith(Condition, { exact: true }) })
  }),
  Schema.Struct({
    kind: Schema.Literal("question"),
    about: Schema.Struct({ question: Schema.String, affects: Schema.Array(Affected) })
  })
)
/** @see DecisionSubject */
export type DecisionSubject = typeof DecisionSubject.Type

/** What a person does: only an `answer` has a text. */
export const DecisionAction = Schema.Struct({
  action: Schema.Literal("accept", "reject", "answer", "undo"),
  answer: Schema.NullOr(Schema.NonEmptyString)
})
/** @see DecisionAction */
export type DecisionAction = typeof DecisionAction.Type

/**
 * A decision, as stored: a fact that is never changed. What holds about a subject follows from its decisions in order:
 *
 * | subject      | before                    | decision         | after                                                     |
 * | ------------ | ------------------------- | ---------------- | --------------------------------------------------------- |
 * | relationship | undecided: the rules' word | `accept`, `reject` | accepted, rejected                                        |
 * | relationship | accepted, rejected        | `accept`, `reject` | accepted, rejected: the newest holds                      |
 * | question     | open                      | `answer`         | answered                                                  |
 * | question     | answered                  | `answer`         | answered: the newest holds                                |
 * | both         | decided                   | `undo`           | what held before the newest decision that is not taken back |
 * | both         | undecided, open           | `undo`           | refused: `NothingToUndo`                                  |
 */
export const Decision = Schema.extend(
  DecisionSubject,
  Schema.Struct({
    ...DecisionAction.fields,
    /** Names the subject among those of its kind, over all runs: the pair of ends, or the question's id. */
    subject: Schema.String,
    /** From 1, per subject. */
    version: Schema.Int,
    by: Schema.String,
    /** By the clock of our database. */
    at: Schema.DateFromSelf
  })
)
/** @see Decision */
export type Decision = typeof Decision.Type

/** A decision about a relationship. */
export type RelationshipDecision = Extract<Decision, { readonly kind: "relationship" }>

/** An answer to a question. */
export type AnswerDecision = Extract<Decision, { readonly kind: "question" }>

/** A decision that holds. */
export interface HeldDecision<D extends Decision = Decision> {
  readonly decision: D
  /** Columns and tables of it that are gone, as `schema.table.column`: until they are back it has no effect. */
  readonly missing: ReadonlyArray<string>
}

/** What holds about a subject: the decision, if one does, and the version of its newest decision; 0 before any. */
export interface Standing {
  readonly version: number
  readonly decision: Option.Option<Decision>
}

/** What holds about a subject before anybody decided. */
export const UNDECIDED: Standing = { version: 0, decision: Option.none() }

/** What holds about one subject after its decisions, in the order of their versions. */
export const standing = (history: ReadonlyArray<Decision>): Standing => {
  const held: Array<Decision> = []
  for (const decision of history) {
    if (decision.action === "undo") held.pop()
    else held.push(decision)
  }
  return { version: history.at(-1)?.version ?? 0, decision: Option.fromNullable(held.at(-1)) }
}

/** What holds about every subject that anybody ever decided, by its name; `history` is that of one kind, by subject and version. */
export const standings = (history: ReadonlyArray<Decision>): ReadonlyMap<string, Standing> => {
  const bySubject = new Map<string, Array<Decision>>()
  for (const decision of history) {
    const own = bySubject.get(decision.subject)
    if (own === undefined) bySubject.set(decision.subject, [decision])
    else own.push(decision)
  }
  return new Map([...bySubject].map(([subject, own]) => [subject, standing(own)]))
}

/** A subject as people read it: the pair of ends, or the question. */
export const subjectText = (subject: DecisionSubject): string =>
  subject.kind === "question" ? `"${subject.about.question}"` : pairText(subject.about)

/** Somebody else has decided about the subject meanwhile: look at it again. `what` is the subject as people read it, `expected` and `actual` are versions. */
export class DecisionConflict extends Schema.TaggedError<DecisionConflict>()("DecisionConflict", {
  subject: Schema.String,
  what: Schema.String,
  expected: Schema.Int,
  actual: Schema.Int,
  by: Schema.String
}) {
  override get message() {
    return `${this.by} has decided about ${this.what} meanwhile (version ${this.actual}, not ${this.expected}): look at it again`
  }
}

/** Nobody has decided about the subject, or all of it has been taken back already. */
export class NothingToUndo extends Schema.TaggedError<NothingToUndo>()("NothingToUndo", {
  subject: Schema.String,
  what: Schema.String
}) {
  override get message() {
    return `nothing is decided about ${this.what}`
  }
}

/** A decision before it is stored. */
export type NewDecision = DecisionSubject & DecisionAction & { readonly subject: string; readonly by: string }
