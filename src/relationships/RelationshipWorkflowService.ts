import { Context, Effect, Layer, Option, Schema } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import type { DiscoveryTarget } from "../discovery/DiscoveryWorkflow.ts"
import { ENTITY_WORKFLOW, EntityDiscoveryService } from "../entities/EntityDiscoveryService.ts"
import { TenantContext } from "../tenant/TenantContext.ts"
import { type StartError, WorkflowInfra } from "../workflow/WorkflowInfra.ts"
import type { Workflow } from "../workflow/WorkflowState.ts"
import type { WorkflowQueries } from "../workflow/WorkflowStatus.ts"
import { type Pair, showPair } from "./Candidate.ts"
import type { Relationship } from "./Relationship.ts"
import { references, relationshipWorkflow } from "./RelationshipWorkflow.ts"
import { type RelationshipCounts, RelationshipRepository } from "./RelationshipRepository.ts"
import { type Decision, reviewed } from "./Review.ts"

export { Relationship } from "./Relationship.ts"
export { RELATIONSHIP_WORKFLOW } from "./RelationshipWorkflow.ts"
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

/** What `RelationshipWorkflowService` can do. */
export interface RelationshipWorkflowServiceShape extends WorkflowQueries<
  RelationshipCounts & { readonly candidates: number }
> {
  /** Starts finding out how a datasource's tables hang together. Returns when the workflow is stored; it goes on by itself. */
  readonly startDetection: (target: DiscoveryTarget) => Effect.Effect<Workflow, EntitiesMissing | StartError>
  /** Everything known about the datasource, whatever was decided, ordered by both ends; empty before the first detection. */
  readonly relationships: (
    projectId: string,
    datasourceId: string
  ) => Effect.Effect<ReadonlyArray<Relationship>, DatabaseError>
  /** A person's word on a relationship: it stands over every detection to come, until that person or another says otherwise. */
  readonly review: (
    review: DiscoveryTarget & Pair & { readonly decision: Decision }
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
  const registered = yield* infra.register(yield* relationshipWorkflow)

  const count = Effect.fnUntraced(function* ({ datasourceId, id, projectId }: Workflow) {
    const { candidates, known } = yield* Effect.all({
      known: Option.match(datasourceId, {
        onNone: () => Effect.succeed({ accepted: 0, needsReview: 0, rejected: 0 }),
        onSome: repository.counts
      }),
      candidates: repository.countCandidates(id)
    }).pipe(withProject(projectId))
    return { ...known, candidates }
  })

  return RelationshipWorkflowService.of({
    startDetection: Effect.fn("RelationshipWorkflowService.startDetection")(function* ({ datasourceId, projectId }) {
      const discovery = yield* infra.latest({ projectId, datasourceId, kind: ENTITY_WORKFLOW })
      if (!Option.exists(discovery, ({ state }) => state === "completed")) {
        return yield* new EntitiesMissing({ datasourceId })
      }
      return yield* registered.start({ projectId, datasourceId, exclusiveKey: datasourceId, config: { datasourceId } })
    }),
    ...registered.queries(count),
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
