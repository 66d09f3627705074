import { Context, Effect, Layer, Option, Schema } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import { ProfileRepository } from "../datasource/ProfileRepository.ts"
import type {
  Decision,
  DecisionConflict,
  HeldDecision,
  NothingToUndo,
  RelationshipDecision
} from "../discovery/Decision.ts"
import { DecisionRepository } from "../discovery/DecisionRepository.ts"
import type { DiscoveryTarget } from "../discovery/DiscoveryWorkflow.ts"
import { ENTITY_WORKFLOW, EntityDiscoveryService } from "../entities/EntityDiscoveryService.ts"
import { TenantContext } from "../tenant/TenantContext.ts"
import type { StartError } from "../workflow/Registered.ts"
import { WorkflowInfra } from "../workflow/WorkflowInfra.ts"
import type { Workflow } from "../workflow/WorkflowState.ts"
import type { WorkflowQueries } from "../workflow/WorkflowStatus.ts"
import { stepwise } from "../steps/Steps.ts"
import { type Pair, pairId, showPair } from "./Candidate.ts"
import type { Relationship } from "./Relationship.ts"
import { references, relationshipWorkflow } from "./RelationshipWorkflow.ts"
import { type RelationshipCounts, RelationshipRepository } from "./RelationshipRepository.ts"
import { heldDecisions, missingColumns, withDecisions } from "./Review.ts"

export { isFoundInData, isTested, Relationship, WORTH_ASKING } from "./Relationship.ts"
export { mentions } from "./signals/Comments.ts"
export { type Hidden, hiddenIn } from "./HiddenRows.ts"
export { RELATIONSHIP_WORKFLOW } from "./RelationshipWorkflow.ts"
export type { RelationshipCounts } from "./RelationshipRepository.ts"
export { type Pair, pairId, showPair } from "./Candidate.ts"

/** The datasource's entities are not discovered yet, or the newest discovery has not completed. */
export class EntitiesMissing extends Schema.TaggedError<EntitiesMissing>()("EntitiesMissing", {
  datasourceId: Schema.String
}) {
  override get message() {
    return `the entities of datasource ${this.datasourceId} are not discovered yet: complete that workflow first`
  }
}

/** There are no such two ends: a column was not read, or they have different numbers of columns; or they are another project's. */
export class RelationshipNotFound extends Schema.TaggedError<RelationshipNotFound>()("RelationshipNotFound", {
  relationship: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `there is no relationship ${this.relationship}: ${this.reason}`
  }
}

/** What a person does about two ends. */
export interface RelationshipChoice extends DiscoveryTarget, Pair {
  /** `undo` takes back the newest decision that is not taken back. */
  readonly action: "accept" | "reject" | "undo"
  readonly by: string
  /** The version of the newest decision about them that the person has seen, 0 for none. Default: whatever it is. */
  readonly expected?: number | undefined
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
  /** What people decided and still holds, by pair. */
  readonly decisions: (
    projectId: string,
    datasourceId: string
  ) => Effect.Effect<ReadonlyArray<HeldDecision<RelationshipDecision>>, DatabaseError>
  /**
   * A person's word on two ends, whether or not the rules considered them. It stands over every detection to come. In one transaction with
   * it the relationships, and the entities' occurrences, change. None for the relationship where only the decision taken back knew of it.
   */
  readonly decide: (
    choice: RelationshipChoice
  ) => Effect.Effect<
    { readonly decision: Decision; readonly relationship: Option.Option<Relationship> },
    RelationshipNotFound | DecisionConflict | NothingToUndo | DatabaseError
  >
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
  const read = yield* ProfileRepository
  const decided = yield* DecisionRepository
  const held = heldDecisions(decided)
  const registered = yield* infra.register(yield* relationshipWorkflow)

  const missingIn = (datasourceId: string) =>
    Effect.map(
      read.catalog(datasourceId),
      Option.match({ onNone: () => () => ["nothing was read yet"], onSome: missingColumns })
    )

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
    decisions: Effect.fn("RelationshipWorkflowService.decisions")((projectId, datasourceId) =>
      Effect.gen(function* () {
        const missing = yield* missingIn(datasourceId)
        return (yield* held(datasourceId)).map((decision) => ({ decision, missing: missing(decision.about) }))
      }).pipe(withProject(projectId))
    ),
    decide: Effect.fn("RelationshipWorkflowService.decide")(
      ({ action, by, datasourceId, expected, from, projectId, to, when }) =>
        Effect.gen(function* () {
          const about = { from, to, ...(when === undefined ? {} : { when }) }
          const missing = yield* missingIn(datasourceId)
          const [gone] = action === "undo" ? [] : missing(about)
          const reason =
            gone !== undefined
              ? `no column ${gone}`
              : from.columns.length !== to.columns.length || from.columns.length === 0
                ? "its ends have different numbers of columns"
                : undefined
          if (reason !== undefined) return yield* new RelationshipNotFound({ relationship: showPair(about), reason })
          const subject = pairId(about)
          const decision = yield* decided.add(
            datasourceId,
            { kind: "relationship", about, subject, action, answer: null, by },
            expected
          )
          const all = yield* repository.replace(
            datasourceId,
            Effect.flatMap(Effect.all([repository.list(datasourceId), held(datasourceId)]), ([found, now]) =>
              stepwise(() => withDecisions(found, now, missing))
            )
          )
          yield* entities.reviseOccurrences({ projectId, datasourceId, references: references(all) })
          return { decision, relationship: Option.fromNullable(all.find((each) => pairId(each) === subject)) }
        }).pipe(withProject(projectId))
    )
  })
})
