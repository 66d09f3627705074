import { Context, Duration, Effect, Layer, Option, Schedule, Schema } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import {
  type Decision,
  type DecisionConflict,
  type HeldDecision,
  type NothingToUndo,
  standings,
  UNDECIDED,
  type Standing
} from "../discovery/Decision.ts"
import { DecisionRepository } from "../discovery/DecisionRepository.ts"
import type { DiscoveryTarget } from "../discovery/DiscoveryWorkflow.ts"
import {
  pairId,
  type Relationship,
  type RelationshipChoice,
  type RelationshipNotFound,
  RelationshipWorkflowService
} from "../relationships/RelationshipWorkflowService.ts"
import { TenantContext } from "../tenant/TenantContext.ts"
import { WorkflowAlreadyRunning } from "../workflow/WorkflowError.ts"
import type { Workflow } from "../workflow/WorkflowState.ts"
import { relationshipId } from "./Discovered.ts"
import type { Question } from "./Ontology.ts"
import {
  type AnswerTo,
  type BlankAnswer,
  OntologyWorkflowService,
  type OntologyWorkflowServiceShape,
  type QuestionNotFound
} from "./OntologyWorkflowService.ts"
import { questionId as idOf } from "./Questions.ts"

/** How long a build that is under way is waited for. */
const PATIENCE = Duration.minutes(10)
/** How often it is looked at. */
const POLL = Duration.millis(200)

/** A relationship, with evidence and signals, and what people decided about it. */
export interface Candidate extends Standing {
  readonly relationship: Relationship
}

/** A question to the owner, open or answered. */
export interface AskedQuestion extends Standing {
  readonly question: Pick<Question, "id" | "question" | "affects"> & Partial<Question>
}

/** A question whether two ends belong together is answered with yes or no. */
export class NotYesOrNo extends Schema.TaggedError<NotYesOrNo>()("NotYesOrNo", { questionId: Schema.String }) {
  override get message() {
    return `${this.questionId} is answered with yes or no`
  }
}

/**
 * What people decide about a datasource. Every decision is kept with who made it and when, outlives re-runs, and can be taken back. What
 * depends on it in our tables changes in the same transaction; the ontology follows with `refresh`. Versions are for whoever looks first and
 * decides later: `expected` fails with `DecisionConflict` where somebody else decided in between.
 */
export interface DecisionsService {
  /** The relationships of a status, or all, by both ends. */
  readonly candidates: (
    target: DiscoveryTarget,
    status?: Relationship["status"]
  ) => Effect.Effect<ReadonlyArray<Candidate>, DatabaseError>
  /** Decisions and answers about what is gone: they are kept, and have no effect until it is back. */
  readonly withoutEffect: (target: DiscoveryTarget) => Effect.Effect<ReadonlyArray<HeldDecision>, DatabaseError>
  /** Accepts or rejects two ends, which the rules need not have considered, or takes that back. */
  readonly decide: (
    choice: RelationshipChoice
  ) => Effect.Effect<
    { readonly decision: Decision; readonly relationship: Option.Option<Relationship> },
    RelationshipNotFound | DecisionConflict | NothingToUndo | DatabaseError
  >
  /** Open questions, the weightiest first, and then those that were answered. */
  readonly questions: (target: DiscoveryTarget) => Effect.Effect<ReadonlyArray<AskedQuestion>, DatabaseError>
  /** Answers a question. Whether two ends belong together is answered with yes or no, which accepts or rejects them. */
  readonly answer: (
    options: AnswerTo & { readonly answer: string }
  ) => Effect.Effect<
    Decision,
    | QuestionNotFound
    | NotYesOrNo
    | BlankAnswer
    | RelationshipNotFound
    | DecisionConflict
    | NothingToUndo
    | DatabaseError
  >
  /** Takes back the newest answer that is not taken back; of a question whether two ends belong together, that decision. */
  readonly takeBack: (
    options: AnswerTo
  ) => Effect.Effect<
    Decision,
    QuestionNotFound | RelationshipNotFound | DecisionConflict | NothingToUndo | DatabaseError
  >
  /**
   * Builds the ontology anew, with every decision that was made before the call: a build that is under way may have begun before, and is
   * waited for (at most 10 minutes). Returns when the new one is stored; it goes on by itself.
   */
  readonly refresh: (
    target: DiscoveryTarget
  ) => Effect.Effect<Workflow, Effect.Effect.Error<ReturnType<OntologyWorkflowServiceShape["startExtraction"]>>>
}

/** @see DecisionsService */
export class Decisions extends Context.Tag("workflow-infra/ontology/Decisions")<Decisions, DecisionsService>() {
  /** On the services of relationships and ontologies. */
  static readonly layer = Layer.effect(
    Decisions,
    Effect.suspend(() => make)
  )
}

const YES = /^(?:yes|y|true)[.!]?$/i
const NO = /^(?:no|n|false)[.!]?$/i

const make = Effect.gen(function* () {
  const { withProject } = yield* TenantContext
  const relationships = yield* RelationshipWorkflowService
  const ontologies = yield* OntologyWorkflowService
  const { history } = yield* DecisionRepository

  const held = ({ datasourceId, projectId }: DiscoveryTarget, kind: Decision["kind"]) =>
    Effect.map(withProject(projectId)(history(datasourceId, kind)), standings)

  /** The relationship that a question is about, if it is about one. */
  const relationshipOf = ({ datasourceId, projectId, questionId }: AnswerTo) =>
    Effect.map(relationships.relationships(projectId, datasourceId), (all) =>
      Option.fromNullable(all.find((each) => idOf(`relationship:${relationshipId(each)}`) === questionId))
    )
  const decideAs = (
    { by, datasourceId, expected, projectId }: AnswerTo,
    { from, to, when }: Relationship,
    action: RelationshipChoice["action"]
  ) =>
    Effect.map(
      relationships.decide({ projectId, datasourceId, from, to, when, action, by, expected }),
      ({ decision }) => decision
    )

  const answer: DecisionsService["answer"] = Effect.fn("Decisions.answer")(function* (options) {
    const { answer: text, questionId } = options
    const asked = yield* relationshipOf(options)
    if (Option.isNone(asked)) return yield* ontologies.answer(options)
    const action = YES.test(text.trim()) ? "accept" : NO.test(text.trim()) ? "reject" : undefined
    if (action === undefined) return yield* new NotYesOrNo({ questionId })
    return yield* decideAs(options, asked.value, action)
  })

  return Decisions.of({
    candidates: Effect.fn("Decisions.candidates")(function* (target, status) {
      const all = yield* relationships.relationships(target.projectId, target.datasourceId)
      const decided = yield* held(target, "relationship")
      return all
        .filter((each) => status === undefined || each.status === status)
        .map((relationship) => ({ relationship, ...(decided.get(pairId(relationship)) ?? UNDECIDED) }))
    }),
    withoutEffect: ({ datasourceId, projectId }) =>
      Effect.map(
        Effect.all([relationships.decisions(projectId, datasourceId), ontologies.answers(projectId, datasourceId)]),
        (all) => all.flat().filter(({ missing }) => missing.length > 0)
      ),
    decide: relationships.decide,
    questions: Effect.fn("Decisions.questions")(function* (target) {
      const open = yield* ontologies.questions(target.projectId, target.datasourceId)
      const answered = yield* held(target, "question")
      const others = [...answered].flatMap(([id, standing]): ReadonlyArray<AskedQuestion> =>
        Option.isSome(standing.decision) && standing.decision.value.kind === "question"
          ? [{ question: { id, ...standing.decision.value.about }, ...standing }]
          : []
      )
      return [...open.map((question) => ({ question, ...(answered.get(question.id) ?? UNDECIDED) })), ...others]
    }),
    answer,
    takeBack: Effect.fn("Decisions.takeBack")(function* (options) {
      const asked = yield* relationshipOf(options)
      return yield* Option.isSome(asked) ? decideAs(options, asked.value, "undo") : ontologies.takeBack(options)
    }),
    refresh: (target) =>
      Effect.retry(ontologies.startExtraction(target), {
        while: (error) => error instanceof WorkflowAlreadyRunning,
        schedule: Schedule.upTo(Schedule.spaced(POLL), PATIENCE)
      })
  })
})
