import { Context, Data, Duration, Effect, Layer, Option, Schema, Stream } from "effect"
import { type DatasourceNotFound, Datasources } from "../datasource/Datasources.ts"
import { DiscoveryConfig, type DiscoveryTarget } from "../discovery/DiscoveryWorkflow.ts"
import { ENTITY_WORKFLOW, EntityDiscoveryService } from "../entities/EntityDiscoveryService.ts"
import {
  type EntitiesMissing,
  RELATIONSHIP_WORKFLOW,
  RelationshipWorkflowService
} from "../relationships/RelationshipWorkflowService.ts"
import type { StartError } from "../workflow/Registered.ts"
import { WorkflowInfra } from "../workflow/WorkflowInfra.ts"
import * as WorkflowKind from "../workflow/WorkflowKind.ts"
import { hasEnded, type Workflow } from "../workflow/WorkflowState.ts"
import { ONTOLOGY } from "./OntologyWorkflow.ts"
import { OntologyWorkflowService, type RelationshipsMissing } from "./OntologyWorkflowService.ts"

/** The kind's name. */
export const DISCOVERY = "discovery"

/** How long cancel or pause may take to be passed on to the step that runs: a shutdown waits for it. */
const PASS_ON = Duration.seconds(2)

/** A step's workflow ended as failed. Its task names the step. */
class StepFailed extends Data.TaggedError("StepFailed")<{ readonly reason: string }> {
  override get message() {
    return this.reason
  }
}

/** One of the workflows that it is made of. */
interface Step {
  readonly title: string
  readonly kind: string
  readonly start: Effect.Effect<Workflow, StartError | DatasourceNotFound | EntitiesMissing | RelationshipsMissing>
}

/** What `WholeDiscovery` can do. */
export interface WholeDiscoveryShape {
  /**
   * Starts a workflow that runs the three of a datasource one after the other, each in a workflow of its own. One of them that has not
   * ended is waited for instead of started. Cancel and pause are passed on to the step that runs.
   */
  readonly start: (
    target: DiscoveryTarget & { readonly fresh?: boolean }
  ) => Effect.Effect<Workflow, StartError | DatasourceNotFound>
}

/** Entities, relationships and ontology of a datasource, one after the other, over restarts. */
export class WholeDiscovery extends Context.Tag("workflow-infra/ontology/WholeDiscovery")<
  WholeDiscovery,
  WholeDiscoveryShape
>() {
  /** Registers its kind of workflow for as long as the layer lives. */
  static readonly layer = Layer.scoped(
    WholeDiscovery,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const infra = yield* WorkflowInfra
  const datasources = yield* Datasources
  const discovery = yield* EntityDiscoveryService
  const detection = yield* RelationshipWorkflowService
  const extraction = yield* OntologyWorkflowService

  const kind = WorkflowKind.make(DISCOVERY, {
    config: Schema.Struct({
      ...DiscoveryConfig.fields,
      fresh: Schema.optionalWith(Schema.Boolean, { exact: true })
    }),
    run: Effect.fn("WholeDiscovery.run")(function* ({ config, progress, queue, workflow }) {
      const target = { projectId: workflow.projectId, datasourceId: config.datasourceId }
      const steps: ReadonlyArray<Step> = [
        {
          title: "Entities",
          kind: ENTITY_WORKFLOW,
          start: discovery.startDiscovery({ ...target, fresh: config.fresh === true })
        },
        { title: "Relationships", kind: RELATIONSHIP_WORKFLOW, start: detection.startDetection(target) },
        { title: "Ontology", kind: ONTOLOGY, start: extraction.startExtraction(target) }
      ]

      /** The step's workflow: one that has not ended, or has completed since this one was started; otherwise a new one. */
      const begun = (step: Step) =>
        Effect.flatMap(infra.latest({ ...target, kind: step.kind }), (latest) => {
          const found = Option.filter(
            latest,
            ({ createdAt, state }) => !hasEnded(state) || (state === "completed" && createdAt >= workflow.createdAt)
          )
          return Option.match(found, {
            onSome: ({ id }) => Effect.succeed(id),
            onNone: () =>
              step.start.pipe(
                Effect.map(({ id }) => id),
                Effect.catchTag("WorkflowAlreadyRunning", ({ workflowId }) => Effect.succeed(workflowId))
              )
          })
        })

      /** Whoever stopped this workflow means its step as well; a shutdown releases both. */
      const passOn = (id: string) =>
        Effect.gen(function* () {
          const { requested } = yield* infra.get(target.projectId, workflow.id)
          if (Option.isSome(requested)) yield* infra[requested.value](target.projectId, id)
        }).pipe(Effect.disconnect, Effect.interruptible, Effect.timeoutOption(PASS_ON), Effect.ignore)

      const follow = (id: string) =>
        Effect.gen(function* () {
          yield* infra.adopt({ workflowIds: [id] })
          const { state } = yield* infra.get(target.projectId, id)
          if (state === "paused") yield* Effect.ignore(infra.resume(target.projectId, id))
          const last = yield* Stream.runLast(infra.changes(target.projectId, id))
          const ended = Option.map(last, (snapshot) => snapshot.workflow)
          if (Option.exists(ended, (one) => one.state === "completed")) return
          const reason = Option.getOrElse(
            Option.flatMap(ended, ({ errorMessage }) => errorMessage),
            () => "it does not say why it failed"
          )
          return yield* new StepFailed({ reason })
        }).pipe(Effect.onInterrupt(() => passOn(id)))

      for (const [done, step] of steps.entries()) {
        yield* progress({ message: step.title, done, total: steps.length })
        yield* queue.enqueue({
          id: step.kind,
          name: step.title,
          class: "data",
          execute: Effect.flatMap(begun(step), follow)
        })
        yield* queue.wait
      }
    })
  })
  const registered = yield* infra.register(kind)

  return WholeDiscovery.of({
    start: Effect.fn("WholeDiscovery.start")(function* ({ datasourceId, fresh, projectId }) {
      yield* datasources.get(projectId, datasourceId)
      return yield* registered.start({
        projectId,
        datasourceId,
        exclusiveKey: datasourceId,
        config: { datasourceId, ...(fresh === undefined ? {} : { fresh }) }
      })
    })
  })
})
