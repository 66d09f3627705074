import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Effect, Option } from "effect"
import { mapInSteps, stepwise } from "../../steps/Steps.ts"
import type { Workflow } from "../../workflow/WorkflowState.ts"
import type { WorkflowTask } from "../../workflow/WorkflowTask.ts"
import type { TaskView, WorkflowView } from "../api/WorkflowsApi.ts"

/**
 * Lists of up to 1,000 workflows or tasks as JSON. What their schemas say is written here once more, by hand: a schema's encoder takes 20 ms
 * for 1,000 workflows without letting the event loop go on, this takes 3 ms in steps.
 */

const orNull = Option.getOrNull
const time = (at: Option.Option<Date>) => orNull(Option.map(at, (date) => date.toISOString()))

/** As `WorkflowView` encodes a workflow. */
export const workflowJson = (workflow: Workflow): typeof WorkflowView.Encoded => ({
  id: workflow.id,
  datasourceId: orNull(workflow.datasourceId),
  ontologyId: orNull(workflow.ontologyId),
  idempotencyKey: orNull(workflow.idempotencyKey),
  exclusiveKey: orNull(workflow.exclusiveKey),
  kind: workflow.kind,
  version: workflow.version,
  state: workflow.state,
  requested: orNull(workflow.requested),
  errorMessage: orNull(workflow.errorMessage),
  ownerId: orNull(workflow.ownerId),
  epoch: workflow.epoch,
  attempt: workflow.attempt,
  createdAt: workflow.createdAt.toISOString(),
  startAt: workflow.startAt.toISOString(),
  priority: workflow.priority,
  startedAt: time(workflow.startedAt),
  completedAt: time(workflow.completedAt),
  progress: orNull(workflow.progress)
})

/** As `TaskView` encodes a task. */
export const taskJson = (task: WorkflowTask): typeof TaskView.Encoded => ({
  ...task,
  error: orNull(task.error),
  startedAt: time(task.startedAt),
  completedAt: time(task.completedAt)
})

/** The answer with a page of a list, and where the next one begins. */
export const pageOf = <A>(
  name: string,
  items: ReadonlyArray<A>,
  json: (item: A) => unknown,
  next: Option.Option<string>
): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
  Effect.map(
    stepwise(() => mapInSteps(items, (item) => JSON.stringify(json(item)))),
    (texts) =>
      HttpServerResponse.text(`{"${name}":[${texts.join()}],"next":${JSON.stringify(orNull(next))}}`, {
        contentType: "application/json"
      })
  )
