import type { Effect, Option } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import type { InvalidTransition, WorkflowNotFound } from "./WorkflowError.ts"
import type { Workflow, WorkflowProgress, WorkflowState } from "./WorkflowState.ts"
import type { WorkflowTask, WorkflowTaskStatus } from "./WorkflowTask.ts"

/** How many tasks stand where, and altogether. */
export type WorkflowTaskCounts = Readonly<Record<WorkflowTaskStatus | "total", number>>

/** How a workflow stands, for those who wait for it. */
export interface WorkflowStatus {
  readonly workflowId: string
  readonly state: WorkflowState
  readonly progress: Option.Option<WorkflowProgress>
  /** Why it failed. */
  readonly errorMessage: Option.Option<string>
}

/** The same with its tasks and what it has found, counted. */
export interface WorkflowStatusWithCounts<Counts> extends WorkflowStatus {
  readonly tasks: WorkflowTaskCounts
  readonly counts: Counts
}

/** What a service answers about the workflows of its kind, and what it counts besides their tasks. Others are not found. */
export interface WorkflowQueries<Counts> {
  /** A workflow as stored. */
  readonly getById: (projectId: string, workflowId: string) => Effect.Effect<Workflow, WorkflowNotFound | DatabaseError>
  /** How a workflow stands. */
  readonly getStatus: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<WorkflowStatus, WorkflowNotFound | DatabaseError>
  /** How a workflow and its tasks stand, and what there is to count. */
  readonly getStatusWithCounts: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<WorkflowStatusWithCounts<Counts>, WorkflowNotFound | DatabaseError>
  /** Asks a workflow to end as failed, "cancelled"; what was known before stays. */
  readonly cancel: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<void, WorkflowNotFound | InvalidTransition | DatabaseError>
}

/** What a workflow says about itself. */
export const statusOf = ({ errorMessage, id, progress, state }: Workflow): WorkflowStatus => ({
  workflowId: id,
  state,
  progress,
  errorMessage
})

/** Tasks by status. */
export const countTasks = (tasks: ReadonlyArray<WorkflowTask>): WorkflowTaskCounts => {
  const counts = { pending: 0, running: 0, completed: 0, failed: 0, paused: 0, unknown: 0, total: tasks.length }
  for (const { status } of tasks) counts[status]++
  return counts
}
