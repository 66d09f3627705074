import { Context, type Effect, type Option, type Scope } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import type {
  InvalidTransition,
  KindAlreadyRegistered,
  OwnershipLost,
  ShuttingDown,
  WorkflowAlreadyRunning,
  WorkflowNotFound
} from "./WorkflowError.ts"
import type { WorkflowKind } from "./WorkflowKind.ts"
import type { Ownership, Workflow } from "./WorkflowState.ts"
import type { WorkflowTask, WorkflowTaskStatus } from "./WorkflowTask.ts"

/** What a workflow is started with. */
export interface StartOptions<Config> {
  readonly projectId: string
  /** What it works on, where it works on something: one workflow of a kind at a time per project and datasource. */
  readonly datasourceId?: string
  readonly ontologyId?: string
  readonly config: Config
}

/** A kind that this process can run. */
export interface Registered<Config> {
  /** Returns as soon as the workflow is stored, owned by this process and about to run. */
  readonly start: (
    options: StartOptions<Config>
  ) => Effect.Effect<Workflow, WorkflowAlreadyRunning | ShuttingDown | DatabaseError>
}

/** What `WorkflowInfra` can do. Most programs use `register`, `get`, `latest`, `tasks`, `cancel`, `pause` and `resume`. */
export interface WorkflowInfraService {
  /** This process's id as an owner; a new one after its lease was lost. */
  readonly serverInstanceId: Effect.Effect<string>
  /**
   * Makes a kind startable here, and known to takeover: from now on this process may also resume workflows of this kind whose owners
   * are gone. What the kind's `run` needs is captured now. Ends with the scope: its workflows are released for others.
   */
  readonly register: <Config, Encoded, E, R>(
    kind: WorkflowKind<Config, Encoded, E, R>
  ) => Effect.Effect<Registered<Config>, KindAlreadyRegistered, Scope.Scope | R>
  /** A workflow of the project. */
  readonly get: (projectId: string, workflowId: string) => Effect.Effect<Workflow, WorkflowNotFound | DatabaseError>
  /** The newest workflow of a kind, for a project and datasource. */
  readonly latest: (options: {
    readonly projectId: string
    readonly datasourceId?: string
    readonly kind: string
  }) => Effect.Effect<Option.Option<Workflow>, DatabaseError>
  /** Asks a workflow to end as failed, "cancelled"; its unfinished tasks with it. Heard by its owner, wherever it runs. */
  readonly cancel: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<void, WorkflowNotFound | InvalidTransition | DatabaseError>
  /** Asks a workflow to stop and keep what is left. */
  readonly pause: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<void, WorkflowNotFound | InvalidTransition | DatabaseError>
  /** Lets a paused workflow go on, here or elsewhere. */
  readonly resume: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<void, WorkflowNotFound | InvalidTransition | DatabaseError>
  /** Puts a workflow under this process's lease: from now on it is lost when the lease is. */
  readonly startHeartbeat: (ownership: Ownership) => Effect.Effect<void>
  /** Takes a workflow out of the lease and, where it has not ended, frees it for others. */
  readonly stopHeartbeat: (workflowId: string) => Effect.Effect<void, DatabaseError>
  /** Starts what stores a workflow's task updates, debounced, latest wins. */
  readonly startTaskQueueWriter: (ownership: Ownership) => Effect.Effect<void>
  /** Hands a list of tasks to the writer; what differs from before is stored. Never blocks; false where there is no writer. */
  readonly sendTaskQueueUpdate: (workflowId: string, tasks: ReadonlyArray<WorkflowTask>) => Effect.Effect<boolean>
  /** Ends a workflow's writer; returns when the last update is in the database, so bring a deadline. */
  readonly stopTaskQueueWriter: (workflowId: string) => Effect.Effect<void>
  /** Stores a task list as it is now, under the fence. */
  readonly storeQueue: (
    ownership: Ownership,
    tasks: ReadonlyArray<WorkflowTask>
  ) => Effect.Effect<void, OwnershipLost | DatabaseError>
  /** A workflow's tasks in their order; none where none were stored. */
  readonly loadQueue: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<Option.Option<ReadonlyArray<WorkflowTask>>, DatabaseError>
  /** Removes a workflow's tasks. */
  readonly deleteQueue: (projectId: string, workflowId: string) => Effect.Effect<void, DatabaseError>
  /** @see WorkflowTask.mapTaskStatus */
  readonly mapTaskStatus: (status: string) => WorkflowTaskStatus
  /**
   * Ends this process's part: no new workflows, running ones stopped, stored and released, by the deadline. `onEach` is called for each
   * workflow that was active. The layer's finalizer does the same; whoever comes second awaits the first.
   */
  readonly shutdown: (onEach?: (workflow: Workflow) => Effect.Effect<void>) => Effect.Effect<void>
}

/** Ownership, task queues, takeover and shutdown for long-running workflows: one per process. */
export class WorkflowInfra extends Context.Tag("workflow-infra/workflow/WorkflowInfra")<
  WorkflowInfra,
  WorkflowInfraService
>() {}
