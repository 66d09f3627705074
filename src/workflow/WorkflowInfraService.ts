import type { Effect, Option } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import type { AdoptionService } from "./Adoption.ts"
import type { HealthCheckService } from "./HealthCheck.ts"
import type { RegistrationsService } from "./Registrations.ts"
import type { ListedServer } from "./ServerRepository.ts"
import type { ShutdownService } from "./Shutdown.ts"
import type { TaskListOptions, TaskPage } from "./TaskList.ts"
import type { WorkflowChangesService } from "./WorkflowChanges.ts"
import type { WorkflowControlService } from "./WorkflowControl.ts"
import type { OwnershipLost } from "./WorkflowError.ts"
import type { InvalidCursor, ListOptions, WorkflowPage } from "./WorkflowList.ts"
import type { LostOwner, Throughput, ThroughputOptions } from "./WorkflowPast.ts"
import type { Ownership, Workflow } from "./WorkflowState.ts"
import type { WorkflowTask, WorkflowTaskStatus } from "./WorkflowTask.ts"

/**
 * What `WorkflowInfra` can do. Most programs use `register`, `get`, `latest`, `loadQueue`, `cancel`, `pause` and `resume`.
 * Every operation that fails with `DatabaseError` does so if the engine's database is unavailable or refuses the statement;
 * `WorkflowNotFound` says that the project has no workflow of this id.
 */
export interface WorkflowInfraService
  extends
    Pick<WorkflowControlService, "get" | "cancel" | "pause" | "resume" | "retry">,
    Pick<WorkflowChangesService, "changes" | "hints">,
    Pick<AdoptionService, "adopt">,
    Pick<HealthCheckService, "health">,
    Pick<ShutdownService, "shutdown">,
    Pick<RegistrationsService, "register"> {
  /** This process's id as an owner (server), a UUID. It changes when the lease is lost; waits until there is a new lease. */
  readonly serverInstanceId: Effect.Effect<string>
  /**
   * Lists a project's workflows, newest first, a page at a time. Fails with `InvalidCursor` if the cursor is none of a list.
   *
   * @example
   * ```ts
   * const failed = yield* infra.list({ projectId, kind: "payment", state: "failed" })
   * for (const { errorMessage, idempotencyKey } of failed.workflows) yield* Effect.log(idempotencyKey, errorMessage)
   *
   * const all = Stream.paginateChunkEffect(undefined, (cursor?: string) =>
   *   Effect.map(infra.list({ projectId, cursor }), ({ next, workflows }) => [
   *     Chunk.fromIterable(workflows),
   *     next
   *   ])
   * )
   * ```
   */
  readonly list: (options: ListOptions) => Effect.Effect<WorkflowPage, InvalidCursor | DatabaseError>
  /** Returns those workflows of the project that have one of these ids, in no order. */
  readonly getAll: (
    projectId: string,
    workflowIds: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<Workflow>, DatabaseError>
  /**
   * Returns the newest workflow of a kind for a project and datasource (default: without a datasource); none if there is none.
   */
  readonly latest: (options: {
    readonly projectId: string
    readonly datasourceId?: string
    readonly kind: string
  }) => Effect.Effect<Option.Option<Workflow>, DatabaseError>
  /**
   * Lists a workflow's tasks, a page at a time. Fails with `InvalidCursor` if the cursor is none of such a list.
   */
  readonly tasks: (options: TaskListOptions) => Effect.Effect<TaskPage, InvalidCursor | DatabaseError>
  /** Returns the owners that a workflow has lost because they died, in order; none where the project has no such workflow. */
  readonly lostOwners: (projectId: string, workflowId: string) => Effect.Effect<ReadonlyArray<LostOwner>, DatabaseError>
  /** Counts the workflows of a project that have ended, by the minute. */
  readonly throughput: (options: ThroughputOptions) => Effect.Effect<Throughput, DatabaseError>
  /** Returns the processes that own workflows, with their leases and the number of the project's workflows that each runs. */
  readonly servers: (projectId: string) => Effect.Effect<ReadonlyArray<ListedServer>, DatabaseError>
  /**
   * Puts a workflow that the caller runs itself under this process's lease: when the lease is lost, the workflow's writer is
   * discarded. `register` does this for its workflows.
   */
  readonly startHeartbeat: (ownership: Ownership) => Effect.Effect<void>
  /**
   * Takes a workflow out of the lease and, unless it has ended, releases it (`pending`) for other processes. No effect if it is
   * not under the lease.
   */
  readonly stopHeartbeat: (workflowId: string) => Effect.Effect<void, DatabaseError>
  /** Starts the writer of a workflow's task states: it stores the latest state of each task, debounced by `writerDebounce`. */
  readonly startTaskQueueWriter: (ownership: Ownership) => Effect.Effect<void>
  /**
   * Passes tasks to the workflow's writer, which stores those that differ from what it was passed before. Never blocks. Returns
   * false if the workflow has no writer in this process.
   */
  readonly sendTaskQueueUpdate: (workflowId: string, tasks: ReadonlyArray<WorkflowTask>) => Effect.Effect<boolean>
  /**
   * Stops a workflow's writer; returns when the last update is stored or can never be stored. It waits as long as the database is
   * unavailable, so the caller sets a timeout.
   */
  readonly stopTaskQueueWriter: (workflowId: string) => Effect.Effect<void>
  /**
   * Stores task rows at once, under the fence. Fails with `OwnershipLost`, and stores nothing, if the ownership does not hold.
   */
  readonly storeQueue: (
    ownership: Ownership,
    tasks: ReadonlyArray<WorkflowTask>
  ) => Effect.Effect<void, OwnershipLost | DatabaseError>
  /** Returns a workflow's tasks (of a status: default all) in the order of `ordinal`; none if no such task is stored. */
  readonly loadQueue: (
    projectId: string,
    workflowId: string,
    status?: WorkflowTaskStatus
  ) => Effect.Effect<Option.Option<ReadonlyArray<WorkflowTask>>, DatabaseError>
  /** Deletes a workflow's task rows. */
  readonly deleteQueue: (projectId: string, workflowId: string) => Effect.Effect<void, DatabaseError>
  /** @see WorkflowTask.mapTaskStatus */
  readonly mapTaskStatus: (status: string) => WorkflowTaskStatus
}
