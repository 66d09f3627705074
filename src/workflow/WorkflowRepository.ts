import { Context, type Duration, type Effect, Equal, Option, Schema, Struct } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import type { Tenant } from "../tenant/TenantContext.ts"
import type { InvalidTransition, OwnershipLost, WorkflowAlreadyRunning, WorkflowNotFound } from "./WorkflowError.ts"
import { type InvalidConfig, type ProjectNotFound } from "./WorkflowError.ts"
import {
  type Ownership,
  type Runnable,
  TRANSITIONS,
  type Workflow,
  type WorkflowProgress,
  type WorkflowRequest
} from "./WorkflowState.ts"
import type { Listed, ListQuery } from "./WorkflowList.ts"
import type { StoredResult, WorkflowOutcome } from "./WorkflowResult.ts"
import type { ExecutionKey, NewDeferred, StoredActivity, StoredDeferred, WorkflowHistory } from "./WorkflowHistory.ts"
import type { LostOwner, Throughput } from "./WorkflowPast.ts"
import type { TaskQuery } from "./TaskList.ts"
import type { WorkflowTask, WorkflowTaskStatus } from "./WorkflowTask.ts"

/** A workflow to be stored. The client chooses its id, so that storing it again after a lost answer is safe. */
export interface NewWorkflow {
  readonly id: string
  readonly projectId: string
  readonly datasourceId: Option.Option<string>
  readonly ontologyId: Option.Option<string>
  readonly idempotencyKey: Option.Option<string>
  readonly exclusiveKey: Option.Option<string>
  readonly kind: string
  /** The version of the kind that `config` belongs to. */
  readonly version: number
  /** As encoded by the kind's schema; must be JSON. */
  readonly config: unknown
  /** The server that runs it from the start; none: any server with room claims it. */
  readonly ownerId: Option.Option<string>
  /** No server claims it before this time; none: it may be claimed at once. Without an owner only. */
  readonly startAt: Option.Option<Date>
  /** The workflow of the same project that waits for its end, by its id. Default: none. */
  readonly awaitedBy?: string
  /** A whole number from -100 to 100: pending workflows with a higher one are claimed first. */
  readonly priority: number
}

/** Whether a stored workflow is the one that a start wants: it has the same id or the same idempotency key. */
export const isSameWorkflow = (
  { id, idempotencyKey, kind, projectId }: Workflow,
  wanted: Pick<NewWorkflow, "id" | "projectId" | "kind" | "idempotencyKey">
): boolean =>
  id === wanted.id ||
  (projectId === wanted.projectId &&
    kind === wanted.kind &&
    Option.isSome(wanted.idempotencyKey) &&
    Equal.equals(idempotencyKey, wanted.idempotencyKey))

/** A workflow as it is stored at the time `at`. */
export const newlyStored = (workflow: NewWorkflow, at: Date): Workflow => ({
  ...Struct.omit(workflow, "awaitedBy"),
  state: Option.isSome(workflow.ownerId) ? "running" : "pending",
  requested: Option.none(),
  errorMessage: Option.none(),
  epoch: 1,
  attempt: 0,
  createdAt: at,
  startAt: Option.getOrElse(workflow.startAt, () => at),
  startedAt: Option.as(workflow.ownerId, at),
  completedAt: Option.none(),
  progress: Option.none()
})

/** How a run ends: the workflow's next state, the reason, and the status of its unfinished tasks. */
export interface Ending {
  readonly state: "pending" | "paused" | "awaiting_input" | "completed" | "failed"
  readonly errorMessage: Option.Option<string>
  readonly unfinishedTasks: WorkflowTaskStatus
  /**
   * Whether the run counts in `Workflow.attempt` like an owner that died: one more if it completed no task, otherwise back to
   * 0. Default: no.
   */
  readonly isAttempt?: boolean
  /** Delay before a `pending` workflow may be claimed. Default: none. */
  readonly after?: Duration.Duration
  /** What is stored of the run's result, or of its error. Default: nothing. */
  readonly result?: StoredResult
  /** When a suspended workflow goes on by itself, by the database's clock: it is `pending` until then. Default: `after`. */
  readonly until?: Date
  /**
   * For the end of a run that suspends: the signals that it had seen. If the workflow has others by now, it is `pending` at once.
   * Such an end sets `Workflow.attempt` back to 0. Default: the run does not suspend.
   */
  readonly signals?: number
  /** Whether other workflows may wait for this one, so that its end is to wake them. Default: no. */
  readonly wakes?: boolean
}

/** The ending of a cancelled run. */
export const CANCELLED: Ending = {
  state: "failed",
  errorMessage: Option.some("cancelled"),
  unfinishedTasks: "failed"
}
/** The ending of a paused run. */
export const PAUSED: Ending = { state: "paused", errorMessage: Option.none(), unfinishedTasks: "paused" }
/** The ending of a run that another server is to continue. */
export const RELEASED: Ending = { state: "pending", errorMessage: Option.none(), unfinishedTasks: "pending" }

/**
 * The ending that a request leads to; undefined if the workflow's state does not allow it. Cancel takes precedence over pause.
 */
export const endingOn = (
  { requested, state }: Pick<Workflow, "requested" | "state">,
  request: WorkflowRequest
): Ending | undefined => {
  const ending = request === "cancel" || Option.contains(requested, "cancel" as const) ? CANCELLED : PAUSED
  return TRANSITIONS[state].includes(ending.state) ? ending : undefined
}

/** Task states and progress that are stored together. If a task is in it twice, the last one counts. */
export interface TaskUpdate {
  readonly tasks: ReadonlyArray<WorkflowTask>
  readonly progress: Option.Option<WorkflowProgress>
}

/** An update of nothing. */
export const NO_UPDATE: TaskUpdate = { tasks: [], progress: Option.none() }

/** The states of tasks that a run's end changes to `Ending.unfinishedTasks`. */
const UNFINISHED: ReadonlySet<WorkflowTaskStatus> = new Set(["pending", "running", "paused"])

/** A task as it is stored when its workflow's run ends. */
export const taskAtEnd = (task: WorkflowTask, { unfinishedTasks }: Ending): WorkflowTask =>
  UNFINISHED.has(task.status) ? { ...task, status: unfinishedTasks } : task

/** A workflow that a server owns. */
export interface OwnedWorkflow {
  readonly id: string
  readonly projectId: string
  readonly epoch: number
  readonly requested: Option.Option<WorkflowRequest>
}

/** Limits the pending workflows that a server claims, among those that it can run. */
export interface Claimable {
  /** Only workflows of these projects, and these workflows. Default: all. */
  readonly only?: { readonly projectIds: ReadonlyArray<string>; readonly workflowIds: ReadonlyArray<string> }
  /** Not these workflows: the server could not decode their config. Default: none. */
  readonly except?: ReadonlyArray<string>
  /**
   * Of these kinds and versions, the workflows of other servers' buckets (`Placement.bucketOf`) only when they have been free for
   * `Placement.RESERVED_FOR`. Not of kinds with a limit, of which fairness decides. Default: none.
   */
  readonly placed?: ReadonlyArray<Placed>
}

/** The buckets of a server, for workflows of a kind and version. */
export interface Placed extends Pick<Runnable, "kind" | "version"> {
  readonly isMine: (bucket: number) => boolean
}

/** What there is to claim for a server. */
export interface Share {
  /** Number of pending workflows that the server can run, divided by the number of living servers, rounded up. */
  readonly share: number
  /** The kinds and versions of these workflows, each with the ids of the living servers that can run it. */
  readonly due: ReadonlyArray<Pick<Runnable, "kind" | "version"> & { readonly servers: ReadonlyArray<string> }>
}

/** A workflow, with the tasks that changed since an earlier read. */
export interface WorkflowNews {
  readonly workflow: Workflow
  /** The tasks stored since then; may contain tasks that the earlier read has returned. */
  readonly tasks: ReadonlyArray<WorkflowTask>
  /** To be passed to the next read. */
  readonly cursor: string
}

/**
 * The server that was to own a workflow has no lease: nothing was written.
 *
 * @example
 * ```ts
 * const gone = new ServerGone({ serverId: yield* infra.serverInstanceId })
 * ```
 */
export class ServerGone extends Schema.TaggedError<ServerGone>()("ServerGone", { serverId: Schema.String }) {}

/**
 * What storage must do for workflows. Only these operations change an owner, an epoch or a state. Each operation of an owner is
 * refused with `OwnershipLost`, and writes nothing, if the workflow's owner or epoch has changed.
 */
export interface WorkflowRepositoryService {
  /**
   * Stores a workflow: `running` if it has an owner, otherwise `pending`. If the project already has a workflow with this id, or
   * with this kind and idempotency key, stores nothing and returns that workflow. Fails with `WorkflowAlreadyRunning` if another workflow of
   * the kind, project and exclusive key has not ended, and with `ServerGone` if the owner has no lease.
   */
  readonly insert: (
    workflow: NewWorkflow
  ) => Effect.Effect<Workflow, WorkflowAlreadyRunning | ProjectNotFound | InvalidConfig | ServerGone | DatabaseError>
  /**
   * Stores a workflow without an owner as part of the caller's transaction, by the same rules: it is there, and servers hear of
   * it, when that commits. A statement that fails leaves the transaction as it was before.
   */
  readonly insertInTransaction: (
    workflow: Omit<NewWorkflow, "ownerId">
  ) => Effect.Effect<Workflow, WorkflowAlreadyRunning | ProjectNotFound | InvalidConfig | DatabaseError>
  /** Returns a workflow of the project; none if there is none of this id. */
  readonly get: (projectId: string, workflowId: string) => Effect.Effect<Option.Option<Workflow>, DatabaseError>
  /** Returns those workflows of the project that have one of these ids, in one statement. */
  readonly getAll: (
    projectId: string,
    workflowIds: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<Workflow>, DatabaseError>
  /** Returns a workflow of the project with its result; none if there is none of this id. */
  readonly outcome: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<Option.Option<WorkflowOutcome>, DatabaseError>
  /**
   * Returns the workflows that a query asks for, newest first: up to its limit, and one more if there are more. Workflows that
   * are started meanwhile are on no later page.
   */
  readonly list: (query: ListQuery) => Effect.Effect<ReadonlyArray<Listed>, DatabaseError>
  /** Returns the owners that a workflow has lost, in order; empty if the project has no such workflow. */
  readonly lostOwners: (projectId: string, workflowId: string) => Effect.Effect<ReadonlyArray<LostOwner>, DatabaseError>
  /** Counts the workflows of the project that have ended in the last minutes: the newest, up to `MOST_COUNTED`. */
  readonly throughput: (projectId: string, minutes: number) => Effect.Effect<Throughput, DatabaseError>
  /** Returns the newest workflow of a kind for a project and datasource (none: without a datasource). */
  readonly latest: (options: {
    readonly projectId: string
    readonly datasourceId: Option.Option<string>
    readonly kind: string
  }) => Effect.Effect<Option.Option<Workflow>, DatabaseError>
  /**
   * Stores a request to a running workflow for its owner; a workflow without an owner ends or pauses at once. Cancel takes
   * precedence.
   */
  readonly request: (
    projectId: string,
    workflowId: string,
    request: WorkflowRequest
  ) => Effect.Effect<void, WorkflowNotFound | InvalidTransition | DatabaseError>
  /** Makes a `paused` or `awaiting_input` workflow `pending`. Fails with `InvalidTransition` in any other state. */
  readonly resume: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<void, WorkflowNotFound | InvalidTransition | DatabaseError>
  /**
   * Makes a `failed` workflow `pending`, with its tasks that are not completed, and removes its error. Fails with
   * `InvalidTransition` in any other state, and with `WorkflowAlreadyRunning` if another workflow has its exclusive key by now.
   */
  readonly retry: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<void, WorkflowNotFound | InvalidTransition | WorkflowAlreadyRunning | DatabaseError>
  /** Returns the running workflows that a server owns. */
  readonly owned: (serverId: string) => Effect.Effect<ReadonlyArray<OwnedWorkflow>, DatabaseError>
  /** Returns those of these workflows that exist and have not ended. */
  readonly unended: (workflowIds: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<string>, DatabaseError>
  /** Returns the workflows that a server owns and that have a cancel or pause request. */
  readonly requests: (serverId: string) => Effect.Effect<ReadonlyArray<OwnedWorkflow>, DatabaseError>
  /** Makes running workflows whose owner has no server row `pending`, up to 1,000 at a time. Returns their number. */
  readonly revokeOrphans: Effect.Effect<number, DatabaseError>
  /** Returns what there is to claim for a server; a share of at most `most`. */
  readonly share: (
    runs: ReadonlyArray<Runnable>,
    most: number,
    which?: Claimable
  ) => Effect.Effect<Share, DatabaseError>
  /**
   * Makes a server the owner of up to `limit` pending workflows that it can run, those with a higher priority first, and of the
   * same priority the oldest (`startAt`), and returns them. Of workflows with one attempt left (`isLastAttempt`), a server owns
   * one at a time, before any other. Of a kind with a limit, claims no more than it leaves room for, and those first whose project
   * has the fewest running. Claims nothing if the server's lease has expired.
   */
  readonly claim: (
    serverId: string,
    runs: ReadonlyArray<Runnable>,
    limit: number,
    which?: Claimable
  ) => Effect.Effect<ReadonlyArray<Workflow>, DatabaseError>
  /** Returns the kinds and versions of pending workflows that no living server can run. */
  readonly unrunnable: Effect.Effect<ReadonlyArray<Runnable>, DatabaseError>
  /**
   * Ends a run and adds one to the epoch. Stores the run's last task states in the same statement (default: none). Returns whether
   * there is a `pending` workflow now: this one, or one that has waited for its end.
   */
  readonly end: (
    ownership: Ownership,
    ending: Ending,
    last?: TaskUpdate
  ) => Effect.Effect<boolean, OwnershipLost | DatabaseError>
  /** Runs an effect in a transaction as the workflow's tenant, which keeps the ownership from changing until it is committed. */
  readonly fenced: (
    ownership: Ownership
  ) => <A, E, R>(
    effect: Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | OwnershipLost | DatabaseError, Exclude<R, Tenant>>
  /** Returns what a workflow of `@effect/workflow` has done so far. Fails with `OwnershipLost` if the ownership does not hold. */
  readonly history: (ownership: Ownership) => Effect.Effect<WorkflowHistory, OwnershipLost | DatabaseError>
  /** Stores how an activity ended: the commit of its task (`complete`). */
  readonly record: (ownership: Ownership, activity: StoredActivity) => Effect.Effect<void, DatabaseError, Tenant>
  /** Returns a deferred that has a result, or a clock. */
  readonly deferred: (key: ExecutionKey, name: string) => Effect.Effect<Option.Option<StoredDeferred>, DatabaseError>
  /**
   * Stores a result of a deferred, unless it has one that counts already; of a clock, unless it is set. Returns when the stored
   * one counts; none if there was one. For a run's own deferreds, inside of its fenced transaction.
   */
  readonly keep: (key: ExecutionKey, deferred: NewDeferred) => Effect.Effect<Option.Option<Date>, DatabaseError, Tenant>
  /**
   * As `keep`, and wakes the execution, if there is one that has not ended: one signal more, and one that waits is `pending` and
   * claimed at once. Returns its id. Inside a transaction on the engine's database it is part of that.
   */
  readonly settle: (key: ExecutionKey, deferred: NewDeferred) => Effect.Effect<Option.Option<string>, DatabaseError>
  /** Wakes an execution. Returns its id; none if there is none that has not ended. */
  readonly wake: (key: ExecutionKey) => Effect.Effect<Option.Option<string>, DatabaseError>
  /** Returns the id of an execution. */
  readonly find: (key: ExecutionKey) => Effect.Effect<Option.Option<string>, DatabaseError>
  /** Notes that the workflow `by` waits for the end of another one of its project. Returns false if that has ended. */
  readonly awaits: (projectId: string, workflowId: string, by: string) => Effect.Effect<boolean, DatabaseError>
  /**
   * When the next workflow may be claimed that waits for a time, so that a process which is alone need not poll for it; none if there
   * is none, or storage is not asked for it.
   */
  readonly nextStart: Effect.Effect<Option.Option<Date>>
  /** Stores task rows and progress under the fence. A completed task stays completed. */
  readonly save: (ownership: Ownership, update: TaskUpdate) => Effect.Effect<void, OwnershipLost | DatabaseError>
  /**
   * Stores `tasks` (completed) and `others`, and runs `commit`, in one fenced transaction. `commit` receives the ids of the
   * tasks that were not completed before: only these are to be committed. So the whole may be repeated after a COMMIT whose
   * answer was lost.
   */
  readonly complete: <E, R>(
    ownership: Ownership,
    tasks: ReadonlyArray<WorkflowTask>,
    others: ReadonlyArray<WorkflowTask>,
    commit: (fresh: ReadonlySet<string>) => Effect.Effect<void, E, R>
  ) => Effect.Effect<void, E | OwnershipLost | DatabaseError, Exclude<R, Tenant>>
  /** Returns a workflow's tasks (of a status: default all) in the order of `ordinal`; empty if the project has no such workflow. */
  readonly tasks: (
    projectId: string,
    workflowId: string,
    status?: WorkflowTaskStatus
  ) => Effect.Effect<ReadonlyArray<WorkflowTask>, DatabaseError>
  /** Returns those of a workflow's tasks that a query asks for, in the order of `ordinal`: one more than `limit` if there are more. */
  readonly taskPage: (query: TaskQuery) => Effect.Effect<ReadonlyArray<WorkflowTask>, DatabaseError>
  /** Returns a workflow with the tasks that changed since the read that returned the cursor `since` (none: all tasks). */
  readonly news: (
    projectId: string,
    workflowId: string,
    since: Option.Option<string>
  ) => Effect.Effect<Option.Option<WorkflowNews>, DatabaseError>
  /** Deletes a workflow's task rows. */
  readonly deleteTasks: (projectId: string, workflowId: string) => Effect.Effect<void, DatabaseError>
  /**
   * Visits up to `limit` workflows that ended longer than `ago` ago, oldest first, after the cursor `from`. Removes them with
   * their tasks, except the newest workflow of each kind per project and datasource.
   */
  readonly removeEnded: (
    ago: Duration.Duration,
    limit: number,
    from: Option.Option<EndedCursor>
  ) => Effect.Effect<Removal, DatabaseError>
}

/** The last ended workflow that `removeEnded` has visited. */
export interface EndedCursor {
  readonly completedAt: string
  readonly id: string
}

/** The result of `removeEnded`. */
export interface Removal {
  /** The number of removed workflows. */
  readonly removed: number
  /** The cursor to continue from; none: all were visited. */
  readonly next: Option.Option<EndedCursor>
}

/**
 * The stored workflows and their tasks. Implemented by `SqlWorkflowRepository.layer` and `MemoryWorkflowRepository.layer`.
 *
 * @example
 * ```ts
 * const repository = yield* WorkflowRepository
 * const found = yield* repository.latest({ projectId, kind: "import", datasourceId: Option.none() })
 * ```
 */
export class WorkflowRepository extends Context.Tag("workflow-infra/workflow/WorkflowRepository")<
  WorkflowRepository,
  WorkflowRepositoryService
>() {}
