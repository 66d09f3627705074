import { Context, Effect, Layer, Option, Schema } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import { ENTITY_WORKFLOW, EntityDiscoveryService } from "../entities/EntityDiscoveryService.ts"
import { TenantContext } from "../tenant/TenantContext.ts"
import {
  type InvalidTransition,
  type ShuttingDown,
  type WorkflowAlreadyRunning,
  WorkflowNotFound
} from "../workflow/WorkflowError.ts"
import { WorkflowInfra } from "../workflow/WorkflowInfra.ts"
import type { Workflow, WorkflowProgress, WorkflowState } from "../workflow/WorkflowState.ts"
import type { WorkflowTaskStatus } from "../workflow/WorkflowTask.ts"
import { showPair } from "./Candidate.ts"
import type { Pair } from "./Inference.ts"
import type { Relationship } from "./Relationship.ts"
import { references, RELATIONSHIP_WORKFLOW, relationshipDetection } from "./RelationshipDetection.ts"
import { type RelationshipCounts, RelationshipRepository } from "./RelationshipRepository.ts"
import { type Decision, reviewed } from "./Review.ts"

export { Cardinality, Relationship, RelationshipStatus } from "./Relationship.ts"
export { RELATIONSHIP_WORKFLOW } from "./RelationshipDetection.ts"
export type { RelationshipCounts } from "./RelationshipRepository.ts"
export type { Decision } from "./Review.ts"

/** The datasource's entities are not discovered yet, or the newest discovery has not completed. */
export class EntitiesMissing extends Schema.TaggedError<EntitiesMissing>()("EntitiesMissing", {
  datasourceId: Schema.String
}) {
  override get message() {
    return `the entities of datasource ${this.datasourceId} are not discovered yet: complete that workflow first`
  }
}

/** Nothing is known about these two ends: no detection has found them, or they are another project's. */
export class RelationshipNotFound extends Schema.TaggedError<RelationshipNotFound>()("RelationshipNotFound", {
  relationship: Schema.String
}) {
  override get message() {
    return `there is no relationship ${this.relationship}`
  }
}

/** What a detection is about. */
export interface DetectionTarget {
  readonly projectId: string
  readonly datasourceId: string
}

/** How a detection stands. */
export interface DetectionStatus {
  readonly workflowId: string
  readonly state: WorkflowState
  readonly progress: Option.Option<WorkflowProgress>
  /** Why it failed. */
  readonly errorMessage: Option.Option<string>
}

/** The same with what there is to count. */
export interface DetectionStatusWithCounts extends DetectionStatus {
  /** Candidates that this detection has found so far, and what is known about the datasource now. */
  readonly counts: RelationshipCounts & { readonly candidates: number }
  /** The workflow's tasks by status. */
  readonly tasks: Readonly<Record<WorkflowTaskStatus | "total", number>>
}

/** What `RelationshipWorkflowService` can do. */
export interface RelationshipWorkflowServiceShape {
  /** Starts finding out how a datasource's tables hang together. Returns when the workflow is stored; it goes on by itself. */
  readonly startDetection: (
    target: DetectionTarget
  ) => Effect.Effect<Workflow, EntitiesMissing | WorkflowAlreadyRunning | ShuttingDown | DatabaseError>
  /** A detection as stored. */
  readonly getById: (projectId: string, workflowId: string) => Effect.Effect<Workflow, WorkflowNotFound | DatabaseError>
  /** How a detection stands. */
  readonly getStatus: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<DetectionStatus, WorkflowNotFound | DatabaseError>
  /** How a detection stands, what it has to do, and what is known about its datasource. */
  readonly getStatusWithCounts: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<DetectionStatusWithCounts, WorkflowNotFound | DatabaseError>
  /** Ends a detection as failed, "cancelled"; what was known before stays. */
  readonly cancel: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<void, WorkflowNotFound | InvalidTransition | DatabaseError>
  /** Everything known about the datasource, whatever was decided, ordered by both ends; empty before the first detection. */
  readonly relationships: (
    projectId: string,
    datasourceId: string
  ) => Effect.Effect<ReadonlyArray<Relationship>, DatabaseError>
  /** A person's word on a relationship: it stands over every detection to come, until that person or another says otherwise. */
  readonly review: (
    review: DetectionTarget & Pair & { readonly decision: Decision }
  ) => Effect.Effect<Relationship, RelationshipNotFound | DatabaseError>
}

/** Finds how tables hang together: declared foreign keys, and what names and values say beyond them. */
export class RelationshipWorkflowService extends Context.Tag(
  "workflow-infra/relationships/RelationshipWorkflowService"
)<RelationshipWorkflowService, RelationshipWorkflowServiceShape>() {
  /** Registers its kind of workflow for as long as the layer lives. */
  static readonly layer = Layer.scoped(
    RelationshipWorkflowService,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const infra = yield* WorkflowInfra
  const { withProject } = yield* TenantContext
  const entities = yield* EntityDiscoveryService
  const repository = yield* RelationshipRepository
  const registered = yield* infra.register(yield* relationshipDetection)

  const getById: RelationshipWorkflowServiceShape["getById"] = (projectId, workflowId) =>
    Effect.filterOrFail(
      infra.get(projectId, workflowId),
      ({ kind }) => kind === RELATIONSHIP_WORKFLOW,
      () => new WorkflowNotFound({ workflowId })
    )

  return RelationshipWorkflowService.of({
    startDetection: Effect.fn("RelationshipWorkflowService.startDetection")(function* ({ datasourceId, projectId }) {
      const discovery = yield* infra.latest({ projectId, datasourceId, kind: ENTITY_WORKFLOW })
      if (!Option.exists(discovery, ({ state }) => state === "completed")) {
        return yield* new EntitiesMissing({ datasourceId })
      }
      return yield* registered.start({ projectId, datasourceId, config: { datasourceId } })
    }),
    getById,
    getStatus: (projectId, workflowId) => Effect.map(getById(projectId, workflowId), statusOf),
    getStatusWithCounts: Effect.fn("RelationshipWorkflowService.getStatusWithCounts")(
      function* (projectId, workflowId) {
        const workflow = yield* getById(projectId, workflowId)
        const tasks = Option.getOrElse(yield* infra.loadQueue(projectId, workflowId), () => [])
        const counts = yield* Effect.all({
          known: Option.match(workflow.datasourceId, {
            onNone: () => Effect.succeed({ accepted: 0, needsReview: 0, rejected: 0 }),
            onSome: repository.counts
          }),
          candidates: repository.countCandidates(workflowId)
        }).pipe(withProject(projectId))
        const byStatus = { pending: 0, running: 0, completed: 0, failed: 0, paused: 0, unknown: 0, total: tasks.length }
        for (const { status } of tasks) byStatus[status]++
        return { ...statusOf(workflow), counts: { ...counts.known, candidates: counts.candidates }, tasks: byStatus }
      }
    ),
    cancel: (projectId, workflowId) =>
      Effect.zipRight(getById(projectId, workflowId), infra.cancel(projectId, workflowId)),
    relationships: (projectId, datasourceId) => withProject(projectId)(repository.list(datasourceId)),
    review: Effect.fn("RelationshipWorkflowService.review")(({ datasourceId, decision, from, projectId, to }) =>
      Effect.gen(function* () {
        const known = yield* repository.find(datasourceId, { from, to })
        if (Option.isNone(known)) {
          return yield* new RelationshipNotFound({ relationship: showPair({ from, to }) })
        }
        const decided = reviewed(known.value, decision)
        yield* repository.save(datasourceId, decided)
        const all = yield* repository.list(datasourceId)
        yield* entities.reviseOccurrences({ projectId, datasourceId, references: references(all) })
        return decided
      }).pipe(withProject(projectId))
    )
  })
})

const statusOf = ({ errorMessage, id, progress, state }: Workflow): DetectionStatus => ({
  workflowId: id,
  state,
  progress,
  errorMessage
})
