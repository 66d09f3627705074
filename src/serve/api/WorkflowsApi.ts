import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import { Schema } from "effect"
import { Workflow, WorkflowState } from "../../workflow/WorkflowState.ts"
import { EndedInMinute, LostOwner } from "../../workflow/WorkflowPast.ts"
import { WorkflowTask, WorkflowTaskStatus } from "../../workflow/WorkflowTask.ts"
import { OfProject } from "./Access.ts"
import { InProject, OfWorkflow } from "./Paths.ts"
import { AlreadyRunning, BadRequest, NotFound, WrongState } from "./Problem.ts"
import { Limit, list, Name, text } from "./Texts.ts"

const { config: _config, projectId: _projectId, ...shown } = Workflow.fields
const Moment = Schema.OptionFromNullOr(Schema.Date)

/** A workflow as it is stored, but for its config, which may hold secrets. Times are of the database's clock. */
export const WorkflowView = Schema.Struct({
  ...shown,
  createdAt: Schema.Date,
  startAt: Schema.Date,
  startedAt: Moment,
  completedAt: Moment
}).annotations({ identifier: "Workflow" })
/** @see WorkflowView */
export type WorkflowView = typeof WorkflowView.Type

/** A task as it is stored. Times are of its owner's clock, for people only. */
export const TaskView = Schema.Struct({ ...WorkflowTask.fields, startedAt: Moment, completedAt: Moment }).annotations({
  identifier: "Task"
})
/** @see TaskView */
export type TaskView = typeof TaskView.Type

/** An owner of a workflow that died before it ended the run: in `epoch`, found out at `lostAt`. */
export const LostOwnerView = Schema.Struct({ ...LostOwner.fields, lostAt: Schema.Date }).annotations({
  identifier: "LostOwner"
})
/** @see LostOwnerView */
export type LostOwnerView = typeof LostOwnerView.Type

/**
 * How many workflows have ended, by the minute, from the beginning of `from` to the minute that begins at `to`; minutes without any are left
 * out. `from` is later than asked for where there are too many to count.
 */
export const ThroughputView = Schema.Struct({
  from: Schema.Date,
  to: Schema.Date,
  minutes: Schema.Array(Schema.Struct({ ...EndedInMinute.fields, at: Schema.Date }))
}).annotations({ identifier: "Throughput" })
/** @see ThroughputView */
export type ThroughputView = typeof ThroughputView.Type

/** Where the next page begins; null on the last one. */
const next = Schema.OptionFromNullOr(Schema.String)

const Key = text(500)

const filters = {
  kind: Schema.optionalWith(Name, { exact: true }),
  idempotencyKey: Schema.optionalWith(Key, { exact: true }),
  exclusiveKey: Schema.optionalWith(Key, { exact: true }),
  /** Started at this time or later (ISO 8601). */
  from: Schema.optionalWith(Schema.Date.pipe(Schema.validDate()), { exact: true }),
  /** Started before this time. */
  to: Schema.optionalWith(Schema.Date.pipe(Schema.validDate()), { exact: true })
}

/** Which workflows of the project, newest first. A filter that is left out leaves nothing out. */
export const WorkflowFilter = Schema.Struct({
  ...filters,
  state: Schema.optionalWith(Schema.Array(WorkflowState).pipe(Schema.maxItems(10)), { exact: true })
}).annotations({ identifier: "WorkflowFilter" })
/** @see WorkflowFilter */
export type WorkflowFilter = typeof WorkflowFilter.Type

/** What somebody wants of workflows: `retry` makes failed ones pending again. */
export const WorkflowAction = Schema.Literal("cancel", "pause", "resume", "retry")
/** @see WorkflowAction */
export type WorkflowAction = typeof WorkflowAction.Type

/** The most workflows of one request in bulk. */
export const MAX_BULK = 1_000

/** The same for many: those with these ids, or those that a filter finds, the newest first, 1,000 at a time. */
export const BulkRequest = Schema.Struct({
  action: WorkflowAction,
  ids: Schema.optionalWith(Schema.Array(Schema.UUID).pipe(Schema.maxItems(MAX_BULK)), { exact: true }),
  filter: Schema.optionalWith(WorkflowFilter, { exact: true }),
  /** `next` of the answer before, for the same filter. */
  cursor: Schema.optionalWith(text(200), { exact: true })
})
  .pipe(
    Schema.filter(({ filter, ids }) => (ids === undefined) !== (filter === undefined), {
      message: () => "either ids or a filter"
    })
  )
  .annotations({ identifier: "BulkRequest" })

/** How many workflows took it, and why others did not. */
export const BulkResult = Schema.Struct({
  done: Schema.Int,
  refused: Schema.Array(Schema.Struct({ workflowId: Schema.String, reason: Schema.String })),
  next
}).annotations({ identifier: "BulkResult" })

const action = <const Name extends WorkflowAction>(name: Name) =>
  HttpApiEndpoint.post(name, `/workflows/:workflow/${name}`)
    .setPath(OfWorkflow)
    .addSuccess(WorkflowView.annotations(HttpApiSchema.annotations({ status: 202 })))
    .addError(NotFound)
    .addError(WrongState)

/** The workflows of a project and their tasks. */
export class WorkflowsApi extends HttpApiGroup.make("workflows")
  .add(
    HttpApiEndpoint.get("list", "/workflows")
      .setPath(InProject)
      .setUrlParams(
        Schema.Struct({
          ...filters,
          state: Schema.optionalWith(list(WorkflowState), { exact: true }),
          limit: Schema.optionalWith(Limit, { exact: true }),
          cursor: Schema.optionalWith(text(200), { exact: true })
        })
      )
      .addSuccess(Schema.Struct({ workflows: Schema.Array(WorkflowView), next }))
      .addError(BadRequest)
  )
  .add(
    HttpApiEndpoint.post("bulk", "/workflows/bulk")
      .setPath(InProject)
      .setPayload(BulkRequest)
      .addSuccess(BulkResult)
      .addError(BadRequest)
  )
  .add(
    HttpApiEndpoint.get("throughput", "/throughput")
      .setPath(InProject)
      .setUrlParams(
        Schema.Struct({
          /** How many minutes, the current one is the last. Default: 60. */
          minutes: Schema.optionalWith(Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 1_440)), {
            exact: true
          })
        })
      )
      .addSuccess(ThroughputView)
  )
  .add(
    HttpApiEndpoint.get("lostOwners", "/workflows/:workflow/lost-owners")
      .setPath(OfWorkflow)
      .addSuccess(Schema.Struct({ lostOwners: Schema.Array(LostOwnerView) }))
      .addError(NotFound)
  )
  .add(
    HttpApiEndpoint.get("get", "/workflows/:workflow").setPath(OfWorkflow).addSuccess(WorkflowView).addError(NotFound)
  )
  .add(
    HttpApiEndpoint.get("tasks", "/workflows/:workflow/tasks")
      .setPath(OfWorkflow)
      .setUrlParams(
        Schema.Struct({
          status: Schema.optionalWith(list(WorkflowTaskStatus), { exact: true }),
          limit: Schema.optionalWith(Limit, { exact: true }),
          cursor: Schema.optionalWith(text(2_000), { exact: true })
        })
      )
      .addSuccess(Schema.Struct({ tasks: Schema.Array(TaskView), next }))
      .addError(NotFound)
      .addError(BadRequest)
  )
  .add(action("cancel"))
  .add(action("pause"))
  .add(action("resume"))
  .add(action("retry").addError(AlreadyRunning))
  .middleware(OfProject)
  .prefix("/api/v1/projects/:project") {}
