import { Context, type Duration, type Effect, Option, Schema } from "effect"
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
import type { WorkflowTask, WorkflowTaskStatus } from "./WorkflowTask.ts"

/** A workflow about to be stored. Its id is the client's, so that storing it again after a lost answer is safe. */
export interface NewWorkflow {
  readonly id: string
  readonly projectId: string
  readonly datasourceId: Option.Option<string>
  readonly ontologyId: Option.Option<string>
  readonly kind: string
  /** The version of the kind that `config` is of. */
  readonly version: number
  /** Encoded by the kind's schema; JSON. */
  readonly config: unknown
  /** Who runs it from the start; none: whoever has room. */
  readonly ownerId: Option.Option<string>
}

/** How a run ends: the state that follows, why, and what becomes of tasks that have not ended. */
export interface Ending {
  readonly state: "pending" | "paused" | "awaiting_input" | "completed" | "failed"
  readonly errorMessage: Option.Option<string>
  readonly unfinishedTasks: WorkflowTaskStatus
  /** Whether the run counts as an owner that died: it gave up, and unless it had completed a task it is one more in a row. */
  readonly isAttempt?: boolean
  /** How long nobody is to take it, where it is to be gone on with. Default: not at all. */
  readonly after?: Duration.Duration
}

/** How a cancelled run ends. */
export const CANCELLED: Ending = {
  state: "failed",
  errorMessage: Option.some("cancelled"),
  unfinishedTasks: "failed"
}
/** How a paused run ends. */
export const PAUSED: Ending = { state: "paused", errorMessage: Option.none(), unfinishedTasks: "paused" }
/** How a run ends that others are to go on with. */
export const RELEASED: Ending = { state: "pending", errorMessage: Option.none(), unfinishedTasks: "pending" }

/** What a request comes to, now or once its owner has heard of it; undefined where the state does not allow it. Cancel outweighs pause. */
export const endingOn = ({ requested, state }: Workflow, request: WorkflowRequest): Ending | undefined => {
  const ending = request === "cancel" || Option.contains(requested, "cancel" as const) ? CANCELLED : PAUSED
  return TRANSITIONS[state].includes(ending.state) ? ending : undefined
}

/** What the writer stores at once. */
export interface TaskUpdate {
  readonly tasks: ReadonlyArray<WorkflowTask>
  readonly progress: Option.Option<WorkflowProgress>
}

/** A workflow that a server owns, as its poll sees it. */
export interface OwnedWorkflow {
  readonly id: string
  readonly projectId: string
  readonly epoch: number
  readonly requested: Option.Option<WorkflowRequest>
}

/** Which pending workflows a server takes, beside what it can run. */
export interface Claimable {
  /** Only those of these projects and these workflows; none given: whatever is there. */
  readonly only?: { readonly projectIds: ReadonlyArray<string>; readonly workflowIds: ReadonlyArray<string> }
  /** Not these: it found out that it cannot run them. */
  readonly except?: ReadonlyArray<string>
}

/** What has changed of a workflow since somebody looked. */
export interface WorkflowNews {
  readonly workflow: Workflow
  /** Tasks that were stored since, and perhaps some from a little before. */
  readonly tasks: ReadonlyArray<WorkflowTask>
  /** To be given at the next look. */
  readonly cursor: string
}

/** The server that was to own a workflow has no lease (any more): nothing was written. */
export class ServerGone extends Schema.TaggedError<ServerGone>()("ServerGone", { serverId: Schema.String }) {}

/** What storage must do for workflows. Everything that changes an owner, an epoch or a state is here; the epoch decides. */
export interface WorkflowRepositoryService {
  /** Stores a workflow, owned and `running` or, without an owner, `pending`. Storing the same id again changes nothing. */
  readonly insert: (
    workflow: NewWorkflow
  ) => Effect.Effect<Workflow, WorkflowAlreadyRunning | ProjectNotFound | InvalidConfig | ServerGone | DatabaseError>
  readonly get: (projectId: string, workflowId: string) => Effect.Effect<Option.Option<Workflow>, DatabaseError>
  readonly latest: (options: {
    readonly projectId: string
    readonly datasourceId: Option.Option<string>
    readonly kind: string
  }) => Effect.Effect<Option.Option<Workflow>, DatabaseError>
  /** Notes what is asked of a running workflow; one without an owner is ended or paused on the spot. Cancel outweighs pause. */
  readonly request: (
    projectId: string,
    workflowId: string,
    request: WorkflowRequest
  ) => Effect.Effect<void, WorkflowNotFound | InvalidTransition | DatabaseError>
  /** Lets a paused workflow, or one that awaited input, want an owner again. */
  readonly resume: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<void, WorkflowNotFound | InvalidTransition | DatabaseError>
  /** The running workflows that a server owns. */
  readonly owned: (serverId: string) => Effect.Effect<ReadonlyArray<OwnedWorkflow>, DatabaseError>
  /** Which of these workflows there are and have not ended. */
  readonly unended: (workflowIds: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<string>, DatabaseError>
  /** Of those that a server owns, the ones of which something is asked. */
  readonly requests: (serverId: string) => Effect.Effect<ReadonlyArray<OwnedWorkflow>, DatabaseError>
  /** Takes a bounded number of running workflows from owners that have no server row; returns how many. */
  readonly revokeOrphans: Effect.Effect<number, DatabaseError>
  /**
   * A living server's share of the pending workflows that it can run, rounded up, at most `most`: what a server takes at a time where
   * others may want some, too.
   */
  readonly share: (
    runs: ReadonlyArray<Runnable>,
    most: number,
    which?: Claimable
  ) => Effect.Effect<number, DatabaseError>
  /**
   * Makes a server the owner of up to `limit` pending workflows that it can run, oldest first; of those that have one attempt left, of
   * one at a time (`isLastAttempt`).
   */
  readonly claim: (
    serverId: string,
    runs: ReadonlyArray<Runnable>,
    limit: number,
    which?: Claimable
  ) => Effect.Effect<ReadonlyArray<Workflow>, DatabaseError>
  /** Kinds and versions of pending workflows that no living server says it can run. */
  readonly unrunnable: Effect.Effect<ReadonlyArray<Runnable>, DatabaseError>
  /** Ends a run. */
  readonly end: (ownership: Ownership, ending: Ending) => Effect.Effect<void, OwnershipLost | DatabaseError>
  /** Runs an effect in a transaction as the workflow's tenant that commits only while the ownership holds. */
  readonly fenced: (
    ownership: Ownership
  ) => <A, E, R>(
    effect: Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | OwnershipLost | DatabaseError, Exclude<R, Tenant>>
  /** Stores task rows and progress, under the fence. A task that is completed stays completed. */
  readonly save: (ownership: Ownership, update: TaskUpdate) => Effect.Effect<void, OwnershipLost | DatabaseError>
  /**
   * Marks tasks completed and runs `commit`, `fenced`, in one transaction, in which `others` are stored, too. `commit` is told which of
   * the tasks it marks: one that is completed already is not to be committed again. So this may be repeated where the answer to a COMMIT
   * was lost.
   */
  readonly complete: <E, R>(
    ownership: Ownership,
    tasks: ReadonlyArray<WorkflowTask>,
    others: ReadonlyArray<WorkflowTask>,
    commit: (fresh: ReadonlySet<string>) => Effect.Effect<void, E, R>
  ) => Effect.Effect<void, E | OwnershipLost | DatabaseError, Exclude<R, Tenant>>
  /** A workflow's tasks in their order. */
  readonly tasks: (projectId: string, workflowId: string) => Effect.Effect<ReadonlyArray<WorkflowTask>, DatabaseError>
  /** A workflow, and its tasks that have changed since a look that gave `since`; all of them where none is given. */
  readonly news: (
    projectId: string,
    workflowId: string,
    since: Option.Option<string>
  ) => Effect.Effect<Option.Option<WorkflowNews>, DatabaseError>
  readonly deleteTasks: (projectId: string, workflowId: string) => Effect.Effect<void, DatabaseError>
  /**
   * Looks at up to `limit` workflows that ended longer ago than that, oldest first, from where the look before ended, and removes them
   * but for the newest of each kind per project and datasource.
   */
  readonly removeEnded: (
    ago: Duration.Duration,
    limit: number,
    from: Option.Option<EndedCursor>
  ) => Effect.Effect<Removal, DatabaseError>
}

/** Where a look at the ended workflows ended. */
export interface EndedCursor {
  readonly completedAt: string
  readonly id: string
}

/** What a look at the ended workflows came to. */
export interface Removal {
  readonly removed: number
  /** Where to go on; none: there are no more. */
  readonly next: Option.Option<EndedCursor>
}

/** Workflows and their tasks, as stored: `SqlWorkflowRepository.layer`, or `MemoryWorkflowRepository.layer`. */
export class WorkflowRepository extends Context.Tag("workflow-infra/workflow/WorkflowRepository")<
  WorkflowRepository,
  WorkflowRepositoryService
>() {}
