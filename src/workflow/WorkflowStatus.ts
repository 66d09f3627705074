import { Effect, type Option } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import { type InvalidTransition, WorkflowNotFound } from "./WorkflowError.ts"
import type { Workflow, WorkflowProgress, WorkflowState } from "./WorkflowState.ts"
import type { WorkflowTask, WorkflowTaskStatus } from "./WorkflowTask.ts"

/** The number of tasks in each status, and of all tasks. */
export type WorkflowTaskCounts = Readonly<Record<WorkflowTaskStatus | "total", number>>

/** The status of a workflow, for a client that waits for it. */
export interface WorkflowStatus {
  readonly workflowId: string
  readonly state: WorkflowState
  /** The latest progress that the workflow reported; none before its first report. */
  readonly progress: Option.Option<WorkflowProgress>
  /** Why the workflow failed, or why its latest run gave it up; none otherwise. */
  readonly errorMessage: Option.Option<string>
}

/** The status of a workflow, the counts of its tasks, and the counts of its results (`Counts`, which its service defines). */
export interface WorkflowStatusWithCounts<Counts> extends WorkflowStatus {
  readonly tasks: WorkflowTaskCounts
  readonly counts: Counts
}

/**
 * Queries about the workflows of one kind. All of them fail with `WorkflowNotFound` if the project has no workflow of this kind
 * and id, and with `DatabaseError` if the database cannot be read.
 */
export interface WorkflowQueries<Counts> {
  /** Returns the workflow as stored. */
  readonly getById: (projectId: string, workflowId: string) => Effect.Effect<Workflow, WorkflowNotFound | DatabaseError>
  /** Returns the workflow's status. */
  readonly getStatus: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<WorkflowStatus, WorkflowNotFound | DatabaseError>
  /** Returns the workflow's status with the counts of its tasks and of its results. */
  readonly getStatusWithCounts: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<WorkflowStatusWithCounts<Counts>, WorkflowNotFound | DatabaseError>
  /**
   * Requests that the workflow end as `failed` with the message "cancelled". What its committed tasks have stored stays stored.
   * Fails with `InvalidTransition` if the workflow has ended.
   */
  readonly cancel: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<void, WorkflowNotFound | InvalidTransition | DatabaseError>
}

/** What the queries are built from; these are not limited to one kind. */
interface Sources {
  readonly get: WorkflowQueries<never>["getById"]
  readonly tasks: (projectId: string, workflowId: string) => Effect.Effect<ReadonlyArray<WorkflowTask>, DatabaseError>
  readonly cancel: WorkflowQueries<never>["cancel"]
}

/** Makes the queries of one kind. `count` computes the counts of a workflow's results. */
export const queriesOf = <Counts>(
  kind: string,
  sources: Sources,
  count: (workflow: Workflow) => Effect.Effect<Counts, DatabaseError>
): WorkflowQueries<Counts> => {
  const getById = (projectId: string, workflowId: string) =>
    Effect.filterOrFail(
      sources.get(projectId, workflowId),
      (workflow) => workflow.kind === kind,
      () => new WorkflowNotFound({ workflowId })
    )
  return {
    getById,
    getStatus: (projectId, workflowId) => Effect.map(getById(projectId, workflowId), statusOf),
    getStatusWithCounts: Effect.fn("WorkflowInfra.getStatusWithCounts")(function* (projectId, workflowId) {
      const workflow = yield* getById(projectId, workflowId)
      const tasks = countTasks(yield* sources.tasks(projectId, workflowId))
      return { ...statusOf(workflow), tasks, counts: yield* count(workflow) }
    }),
    cancel: (projectId, workflowId) =>
      Effect.zipRight(getById(projectId, workflowId), sources.cancel(projectId, workflowId))
  }
}

const statusOf = ({ errorMessage, id, progress, state }: Workflow): WorkflowStatus => ({
  workflowId: id,
  state,
  progress,
  errorMessage
})

const countTasks = (tasks: ReadonlyArray<WorkflowTask>): WorkflowTaskCounts => {
  const counts = { pending: 0, running: 0, completed: 0, failed: 0, paused: 0, unknown: 0, total: tasks.length }
  for (const { status } of tasks) counts[status]++
  return counts
}
