import { Context, Effect, Layer, Option, Schema } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import type { AnswerDecision, Decision, DecisionConflict, HeldDecision, NothingToUndo } from "../discovery/Decision.ts"
import { ProfileRepository } from "../datasource/ProfileRepository.ts"
import { DecisionRepository } from "../discovery/DecisionRepository.ts"
import { ENTITY_WORKFLOW } from "../entities/EntityDiscoveryService.ts"
import { EntitiesMissing, RELATIONSHIP_WORKFLOW } from "../relationships/RelationshipWorkflowService.ts"
import { TenantContext } from "../tenant/TenantContext.ts"
import type { StartError } from "../workflow/Registered.ts"
import { WorkflowInfra } from "../workflow/WorkflowInfra.ts"
import type { Workflow } from "../workflow/WorkflowState.ts"
import type { WorkflowQueries } from "../workflow/WorkflowStatus.ts"
import { heldAnswers, knowledgeOf, withMissing } from "./Answers.ts"
import type { Changes } from "./Change.ts"
import type { Knowledge, Ontology, Question } from "./Ontology.ts"
import { OntologyRepository } from "./OntologyRepository.ts"
import { ontologyWorkflow } from "./OntologyWorkflow.ts"

/** The datasource's relationships are not discovered yet, or the newest discovery has not completed. */
export class RelationshipsMissing extends Schema.TaggedError<RelationshipsMissing>()("RelationshipsMissing", {
  datasourceId: Schema.String
}) {
  override get message() {
    return `the relationships of datasource ${this.datasourceId} are not discovered yet: complete that workflow first`
  }
}

/** There is no such question about this datasource, neither open nor answered. */
export class QuestionNotFound extends Schema.TaggedError<QuestionNotFound>()("QuestionNotFound", {
  questionId: Schema.String
}) {
  override get message() {
    return `there is no question ${this.questionId}`
  }
}

/** An answer without a word in it. */
export class BlankAnswer extends Schema.TaggedError<BlankAnswer>()("BlankAnswer", { questionId: Schema.String }) {
  override get message() {
    return `the answer to ${this.questionId} is empty`
  }
}

/** What a datasource's active ontology holds: zeros where there is none. */
export interface OntologyCounts {
  readonly entities: number
  readonly columns: number
  readonly relationships: number
  readonly openQuestions: number
  readonly answers: number
}

/** What `OntologyWorkflowService` can do. Ids of another project's workflows and datasources look as if they did not exist. */
export interface OntologyWorkflowServiceShape extends WorkflowQueries<OntologyCounts> {
  /** Starts a build; returns as soon as it is stored. Entities and relationships must have been discovered. */
  readonly startExtraction: (options: {
    readonly projectId: string
    readonly datasourceId: string
  }) => Effect.Effect<Workflow, EntitiesMissing | RelationshipsMissing | StartError>
  /** The datasource's active ontology, as it was when it was built. */
  readonly ontology: (projectId: string, datasourceId: string) => Effect.Effect<Option.Option<Ontology>, DatabaseError>
  /** What the active ontology says that the one before did not; none where nothing changed, or it is the first. */
  readonly changes: (projectId: string, datasourceId: string) => Effect.Effect<Option.Option<Changes>, DatabaseError>
  /** The project's datasource whose ontology is the newest. */
  readonly newest: (projectId: string) => Effect.Effect<Option.Option<string>, DatabaseError>
  /** What the owner is asked and has not answered, the weightiest first. */
  readonly questions: (projectId: string, datasourceId: string) => Effect.Effect<ReadonlyArray<Question>, DatabaseError>
  /** What the owner answered and has not taken back, by question. */
  readonly answers: (
    projectId: string,
    datasourceId: string
  ) => Effect.Effect<ReadonlyArray<HeldDecision<AnswerDecision>>, DatabaseError>
  /** What the owner has answered about what is there. */
  readonly knowledge: (
    projectId: string,
    datasourceId: string
  ) => Effect.Effect<ReadonlyArray<Knowledge>, DatabaseError>
  /** Keeps the owner's answer. The question is not asked again, and the next build says what was answered. */
  readonly answer: (
    options: AnswerTo & { readonly answer: string }
  ) => Effect.Effect<Decision, QuestionNotFound | BlankAnswer | DecisionConflict | NothingToUndo | DatabaseError>
  /** Takes back the newest answer that is not taken back; the one before holds again, or the question is open. */
  readonly takeBack: (
    options: AnswerTo
  ) => Effect.Effect<Decision, QuestionNotFound | DecisionConflict | NothingToUndo | DatabaseError>
}

/** Which question somebody says something to. */
export interface AnswerTo {
  readonly projectId: string
  readonly datasourceId: string
  readonly questionId: string
  readonly by: string
  /** The version of the newest answer that whoever answers has seen, 0 for none. Default: whatever it is. */
  readonly expected?: number | undefined
}

const make = Effect.gen(function* () {
  const infra = yield* WorkflowInfra
  const tenants = yield* TenantContext
  const repository = yield* OntologyRepository
  const decisions = yield* DecisionRepository
  const read = yield* ProfileRepository
  const answers = heldAnswers(decisions)
  const held = (datasourceId: string) =>
    Effect.map(Effect.all([answers(datasourceId), read.catalog(datasourceId)]), ([all, catalog]) =>
      Option.match(catalog, { onNone: () => [], onSome: (known) => withMissing(all, known) })
    )

  const builds = yield* infra.register(yield* ontologyWorkflow)

  const completed = (projectId: string, datasourceId: string, kind: string) =>
    Effect.map(
      infra.latest({ projectId, datasourceId, kind }),
      Option.exists(({ state }) => state === "completed")
    )

  const open = (datasourceId: string) =>
    Effect.gen(function* () {
      const answered = new Set((yield* answers(datasourceId)).map(({ subject }) => subject))
      return (yield* repository.questions(datasourceId)).filter(({ id }) => !answered.has(id))
    })

  /** What a question is about, as it was asked last. */
  const about = Effect.fnUntraced(function* (datasourceId: string, questionId: string) {
    const asked = (yield* repository.questions(datasourceId)).find(({ id }) => id === questionId)
    if (asked !== undefined) return { question: asked.question, affects: asked.affects }
    const known = (yield* decisions.history(datasourceId, "question")).findLast(({ subject }) => subject === questionId)
    if (known?.kind !== "question") return yield* new QuestionNotFound({ questionId })
    return known.about
  })

  const count = Effect.fnUntraced(function* ({ datasourceId, projectId }: Workflow) {
    const { active, knowledge, questions } = yield* Option.match(datasourceId, {
      onNone: () => Effect.succeed({ active: Option.none(), questions: [], knowledge: [] }),
      onSome: (id) =>
        tenants.withProject(projectId)(
          Effect.all({
            active: repository.active(id),
            questions: open(id),
            knowledge: Effect.map(held(id), knowledgeOf)
          })
        )
    })
    const of = (size: (ontology: Ontology) => number) =>
      Option.match(active, { onNone: () => 0, onSome: ({ content }) => size(content) })
    return {
      entities: of(({ entities }) => entities.length),
      columns: of(({ entities }) => entities.reduce((sum, { columns }) => sum + columns.length, 0)),
      relationships: of(({ domain }) => domain.relationships.length),
      openQuestions: questions.length,
      answers: knowledge.length
    }
  })

  const ontology: OntologyWorkflowServiceShape["ontology"] = (projectId, datasourceId) =>
    tenants
      .withProject(projectId)(repository.active(datasourceId))
      .pipe(Effect.map(Option.map(({ content }) => content)))

  return OntologyWorkflowService.of({
    startExtraction: Effect.fn("OntologyWorkflowService.startExtraction")(function* ({ projectId, datasourceId }) {
      if (!(yield* completed(projectId, datasourceId, ENTITY_WORKFLOW)))
        return yield* new EntitiesMissing({ datasourceId })
      if (!(yield* completed(projectId, datasourceId, RELATIONSHIP_WORKFLOW))) {
        return yield* new RelationshipsMissing({ datasourceId })
      }
      return yield* builds.start({ projectId, datasourceId, exclusiveKey: datasourceId, config: { datasourceId } })
    }),
    ...builds.queries(count),
    ontology,
    changes: (projectId, datasourceId) => tenants.withProject(projectId)(repository.changes(datasourceId)),
    newest: (projectId) => tenants.withProject(projectId)(repository.newest),
    questions: (projectId, datasourceId) => tenants.withProject(projectId)(open(datasourceId)),
    answers: (projectId, datasourceId) => tenants.withProject(projectId)(held(datasourceId)),
    knowledge: (projectId, datasourceId) => tenants.withProject(projectId)(Effect.map(held(datasourceId), knowledgeOf)),
    answer: Effect.fn("OntologyWorkflowService.answer")(function* (options) {
      const { by, datasourceId, expected, projectId, questionId } = options
      const answer = options.answer.trim()
      if (answer === "") return yield* new BlankAnswer({ questionId })
      return yield* Effect.flatMap(about(datasourceId, questionId), (asked) =>
        decisions.add(
          datasourceId,
          { kind: "question", about: asked, subject: questionId, action: "answer", answer, by },
          expected
        )
      ).pipe(tenants.withProject(projectId))
    }),
    takeBack: ({ by, datasourceId, expected, projectId, questionId }) =>
      Effect.flatMap(about(datasourceId, questionId), (asked) =>
        decisions.add(
          datasourceId,
          { kind: "question", about: asked, subject: questionId, action: "undo", answer: null, by },
          expected
        )
      ).pipe(tenants.withProject(projectId))
  })
})

/** Writes what a database is about, in three tiers, for people and language models to read before they query it. */
export class OntologyWorkflowService extends Context.Tag("workflow-infra/ontology/OntologyWorkflowService")<
  OntologyWorkflowService,
  OntologyWorkflowServiceShape
>() {
  /** Registers the kind "ontology": builds run in this process from now on, and those whose owners are gone are resumed. */
  static readonly layer = Layer.scoped(
    OntologyWorkflowService,
    Effect.suspend(() => make)
  )
}
