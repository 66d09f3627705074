import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import { Schema } from "effect"
import { OfProject } from "./Access.ts"
import { InProject, OfWorkflow } from "./Paths.ts"
import { NotFound } from "./Problem.ts"
import { TaskView, WorkflowView } from "./WorkflowsApi.ts"

/**
 * An event of a workflow's stream. The first one, and one after a gap, is `snapshot` with all tasks; then `change` with the workflow as it
 * is and the tasks that changed. The stream ends when the workflow has ended.
 */
export const WorkflowEvent = Schema.Struct({ workflow: WorkflowView, tasks: Schema.Array(TaskView) }).annotations({
  identifier: "WorkflowEvent"
})
/** @see WorkflowEvent */
export type WorkflowEvent = typeof WorkflowEvent.Type

/**
 * An event of a project's stream. The first one, and one after a gap, is `snapshot`: the workflows that have not ended, up to 500
 * of them, and the 100 newest; then `change` with those that changed.
 */
export const ProjectEvent = Schema.Struct({ workflows: Schema.Array(WorkflowView) }).annotations({
  identifier: "ProjectEvent"
})
/** @see ProjectEvent */
export type ProjectEvent = typeof ProjectEvent.Type

const LastEventId = Schema.Struct({
  /** The id of the last event that was received: what came after it is sent where it is still known, and otherwise a `snapshot`. */
  "last-event-id": Schema.optionalWith(Schema.String.pipe(Schema.maxLength(200)), { exact: true })
})

const EventStream = HttpApiSchema.Text({ contentType: "text/event-stream" })

/** Server-sent events: what happens, as it happens. */
export class EventsApi extends HttpApiGroup.make("events")
  .add(
    HttpApiEndpoint.get("ofWorkflow", "/workflows/:workflow/events")
      .setPath(OfWorkflow)
      .setHeaders(LastEventId)
      .addSuccess(EventStream)
      .addError(NotFound)
  )
  .add(HttpApiEndpoint.get("ofProject", "/events").setPath(InProject).setHeaders(LastEventId).addSuccess(EventStream))
  .middleware(OfProject)
  .prefix("/api/v1/projects/:project") {}
