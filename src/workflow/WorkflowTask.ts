import { Option, Schema } from "effect"
import type { TaskState } from "../workqueue/Task.ts"

/**
 * The status of a task as stored and shown.
 *
 * @example
 * ```ts
 * const isKnown = Schema.is(WorkflowTaskStatus)
 * const failed = yield* infra.loadQueue(projectId, workflowId, "failed")
 * ```
 */
export const WorkflowTaskStatus = Schema.Literal("pending", "running", "completed", "failed", "paused", "unknown")
/** @see WorkflowTaskStatus */
export type WorkflowTaskStatus = typeof WorkflowTaskStatus.Type

/**
 * A task as stored (one row) and shown. Times are of the owner's clock, for people only.
 *
 * @example
 * ```ts
 * const tasks = yield* infra.loadQueue(projectId, workflowId)
 * for (const { error, name, status } of Option.getOrElse(tasks, () => [])) {
 *   yield* Effect.log(name, status, Option.getOrElse(error, () => ""))
 * }
 * ```
 */
export const WorkflowTask = Schema.Struct({
  /** The same in every run of the workflow: `profile:public.orders`. */
  id: Schema.String,
  /** Position in the order of enqueueing, from 0. */
  ordinal: Schema.Int,
  name: Schema.String,
  status: WorkflowTaskStatus,
  requiresLlm: Schema.Boolean,
  error: Schema.OptionFromNullOr(Schema.String),
  retryCount: Schema.Int,
  startedAt: Schema.OptionFromNullOr(Schema.DateFromSelf),
  completedAt: Schema.OptionFromNullOr(Schema.DateFromSelf)
})
/** @see WorkflowTask */
export type WorkflowTask = typeof WorkflowTask.Type

/**
 * Maps a work queue's status to the stored one: `cancelled` to `failed`, an unknown text to `unknown`, any other to itself.
 *
 * @example
 * ```ts
 * yield* Effect.log(mapTaskStatus("cancelled")) // failed
 * ```
 */
export const mapTaskStatus = (status: string): WorkflowTaskStatus => {
  switch (status) {
    case "pending":
    case "running":
    case "completed":
    case "failed":
    case "paused":
      return status
    case "cancelled":
      return "failed"
    default:
      return "unknown"
  }
}

/** Converts a work queue's task to a stored one. */
export const fromTaskState = (task: TaskState): WorkflowTask => ({
  id: task.id,
  ordinal: task.ordinal,
  name: task.name,
  status: mapTaskStatus(task.status),
  requiresLlm: task.class === "llm",
  error: task.error,
  retryCount: task.retryCount,
  startedAt: Option.map(task.startedAt, (millis) => new Date(millis)),
  completedAt: Option.map(task.completedAt, (millis) => new Date(millis))
})

const isEqual = Schema.equivalence(WorkflowTask)

/** Whether two rows of the same task are equal in every column. The status first: it is what changes most, with every task. */
export const isSameTask = (a: WorkflowTask, b: WorkflowTask): boolean =>
  a === b || (a.status === b.status && isEqual(a, b))
