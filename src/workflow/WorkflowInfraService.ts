import type { Effect, Option, Stream } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import type * as Registrations from "./Registrations.ts"
import type { WorkflowSnapshot } from "./WorkflowChanges.ts"
import type { InvalidTransition, OwnershipLost, WorkflowNotFound } from "./WorkflowError.ts"
import type * as WorkflowHealth from "./WorkflowHealth.ts"
import type { InvalidCursor, ListOptions, WorkflowPage } from "./WorkflowList.ts"
import type { Ownership, Workflow } from "./WorkflowState.ts"
import type { WorkflowTask, WorkflowTaskStatus } from "./WorkflowTask.ts"

/**
 * What `WorkflowInfra` can do. Most programs use `register`, `get`, `latest`, `loadQueue`, `cancel`, `pause` and `resume`.
 * Every operation that fails with `DatabaseError` does so if the engine's database is unavailable or refuses the statement;
 * `WorkflowNotFound` says that the project has no workflow of this id.
 */
export interface WorkflowInfraService {
  /** This process's id as an owner (server), a UUID. It changes when the lease is lost; waits until there is a new lease. */
  readonly serverInstanceId: Effect.Effect<string>
  /**
   * Makes a kind startable in this process, and lets this process take over workflows of this kind. Captures the services that
   * the kind's `run` needs. When the scope closes, its workflows that run here are stopped and released to other processes.
   * Fails with `KindAlreadyRegistered` if a kind of this name is registered in this process.
   */
  readonly register: Registrations.Registrations["register"]
  /** Returns a workflow of the project. */
  readonly get: (projectId: string, workflowId: string) => Effect.Effect<Workflow, WorkflowNotFound | DatabaseError>
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
  /**
   * Returns the newest workflow of a kind for a project and datasource (default: without a datasource); none if there is none.
   */
  readonly latest: (options: {
    readonly projectId: string
    readonly datasourceId?: string
    readonly kind: string
  }) => Effect.Effect<Option.Option<Workflow>, DatabaseError>
  /**
   * Requests that a workflow end as `failed` with the message "cancelled", and its unfinished tasks as `failed`. Returns when
   * the request is stored; the owner, in whichever process, then stops the workflow. A workflow without an owner ends at once.
   * Fails with `InvalidTransition` if the workflow has ended.
   */
  readonly cancel: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<void, WorkflowNotFound | InvalidTransition | DatabaseError>
  /**
   * Requests that a workflow stop and become `paused`; completed tasks stay completed, unfinished ones become `paused`. Returns
   * when the request is stored. Fails with `InvalidTransition` if the workflow is neither `pending` nor `running`.
   */
  readonly pause: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<void, WorkflowNotFound | InvalidTransition | DatabaseError>
  /**
   * Makes a `paused` or `awaiting_input` workflow `pending`, so that any process with room continues it. Fails with
   * `InvalidTransition` in every other state.
   */
  readonly resume: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<void, WorkflowNotFound | InvalidTransition | DatabaseError>
  /**
   * Emits a workflow and its tasks as they are now, and again after changes; ends when the workflow has ended. Changes between
   * two reads are emitted as one: every element is a true snapshot, and the last one is the final state. A change is read when
   * its notification arrives (LISTEN), or after `watchInterval` (2 s) without one; a workflow of many tasks is read less often.
   */
  readonly changes: (
    projectId: string,
    workflowId: string
  ) => Stream.Stream<WorkflowSnapshot, WorkflowNotFound | DatabaseError>
  /**
   * Adds projects and workflows to those that this process may take over. No effect if the settings do not limit takeover
   * (`WorkflowSettings.takeover`).
   */
  readonly adopt: (which: {
    readonly projectIds?: ReadonlyArray<string>
    readonly workflowIds?: ReadonlyArray<string>
  }) => Effect.Effect<void>
  /** Returns the health of this process, for probes and for people. */
  readonly health: Effect.Effect<WorkflowHealth.WorkflowHealth>
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
  /**
   * Shuts the engine down in this process: refuses starts and takeovers, stops all active workflows, stores their task states
   * and releases them. Returns when that is done, at the latest at `WorkflowSettings.shutdownDeadline`. `onEach` runs once for
   * each workflow that was active, concurrently; its failures are logged. The layer's finalizer calls `shutdown` too; a second
   * call waits for the first.
   */
  readonly shutdown: (onEach?: (workflow: Workflow) => Effect.Effect<void>) => Effect.Effect<void>
}
