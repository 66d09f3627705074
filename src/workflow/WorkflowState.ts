import { Schema } from "effect"
import { unstorable } from "../workqueue/Task.ts"

/**
 * The state of a workflow. `pending`: waits for an owner (it is new or released, or its owner died); `running`: has an owner;
 * `paused` and `awaiting_input`: has no owner until it is resumed; `completed` and `failed`: has ended. `completed` is final, and
 * so is `failed` unless somebody retries the workflow.
 *
 * @example
 * ```ts
 * const open = WorkflowState.literals.filter((state) => state !== "completed" && state !== "failed")
 * const { workflows } = yield* infra.list({ projectId, state: open })
 * ```
 */
export const WorkflowState = Schema.Literal("pending", "running", "paused", "awaiting_input", "completed", "failed")
/** @see WorkflowState */
export type WorkflowState = typeof WorkflowState.Type

/**
 * A request to a workflow's owner. It stays stored until this owner, or the next one, has carried it out.
 *
 * @example
 * ```ts
 * const { requested } = yield* infra.get(projectId, workflowId)
 * if (Option.contains(requested, "cancel")) yield* Effect.log("is about to end")
 * ```
 */
export const WorkflowRequest = Schema.Literal("cancel", "pause")
/** @see WorkflowRequest */
export type WorkflowRequest = typeof WorkflowRequest.Type

/** All transitions between states. A trigger of the database refuses any other one (migration 14). */
export const TRANSITIONS: Record<WorkflowState, ReadonlyArray<WorkflowState>> = {
  pending: ["running", "paused", "failed"],
  running: ["pending", "paused", "awaiting_input", "completed", "failed"],
  paused: ["pending", "failed"],
  awaiting_input: ["pending", "failed"],
  completed: [],
  failed: ["pending"]
}

/** Whether a workflow in this state has ended. */
export const hasEnded = (state: WorkflowState): boolean => state === "completed" || state === "failed"

/**
 * Progress of a workflow, for people: `done` of `total` steps, and a message about the current one.
 *
 * @example
 * ```ts
 * const { progress } = yield* infra.get(projectId, workflowId)
 * if (Option.isSome(progress)) yield* Effect.log(`${progress.value.done} of ${progress.value.total}: ${progress.value.message}`)
 * ```
 */
export const WorkflowProgress = Schema.Struct({ message: Schema.String, done: Schema.Int, total: Schema.Int })
/** @see WorkflowProgress */
export type WorkflowProgress = typeof WorkflowProgress.Type

/**
 * A workflow as stored. All times are of the database's clock.
 *
 * @example
 * ```ts
 * // What an API of one's own says of a workflow.
 * const View = Workflow.pick("id", "kind", "state", "createdAt")
 * const view = yield* Schema.encode(View)(yield* infra.get(projectId, workflowId))
 * ```
 */
export const Workflow = Schema.Struct({
  id: Schema.String,
  projectId: Schema.String,
  datasourceId: Schema.OptionFromNullOr(Schema.String),
  ontologyId: Schema.OptionFromNullOr(Schema.String),
  /** Names the workflow: its project has no other one of the kind with this key. */
  idempotencyKey: Schema.OptionFromNullOr(Schema.String),
  /** What the workflow has for itself: its project has no other one of the kind with this key that has not ended. */
  exclusiveKey: Schema.OptionFromNullOr(Schema.String),
  kind: Schema.String,
  /** The version of the kind that it was started with. */
  version: Schema.Int,
  state: WorkflowState,
  requested: Schema.OptionFromNullOr(WorkflowRequest),
  /** Encoded by the kind's schema. */
  config: Schema.Unknown,
  errorMessage: Schema.OptionFromNullOr(Schema.String),
  ownerId: Schema.OptionFromNullOr(Schema.String),
  /** Grows by one whenever the owner changes. Writes under an older epoch are refused. */
  epoch: Schema.Int,
  /**
   * Number of owners in a row that died, or failed on the database, without completing a task. A restart of the database does
   * not count.
   */
  attempt: Schema.Int,
  createdAt: Schema.DateFromSelf,
  /** The workflow is not claimed before this time: `createdAt`, or later if its last run was released with a delay. */
  startAt: Schema.DateFromSelf,
  /** Of the pending workflows that may be claimed, those with a higher priority are claimed first. */
  priority: Schema.Int,
  startedAt: Schema.OptionFromNullOr(Schema.DateFromSelf),
  completedAt: Schema.OptionFromNullOr(Schema.DateFromSelf),
  progress: Schema.OptionFromNullOr(WorkflowProgress)
})
/** @see Workflow */
export type Workflow = typeof Workflow.Type

/** The maximum number of workflows of a kind that run at the same time, in all processes together: whole numbers from 1. */
export interface RunningLimit {
  /** Of all projects. Default: any number. */
  readonly running?: number
  /** Of each project. Default: any number. */
  readonly perProject?: number
}

/** A kind and version that a process can run. */
export interface Runnable {
  readonly kind: string
  readonly version: number
  /** The limit of the kind, over all its versions. Default: none. */
  readonly limit?: RunningLimit | undefined
}

/** The largest version, and the largest limit: that of PostgreSQL's `integer`. */
const MAX_INTEGER = 2 ** 31 - 1

/** Maximum length of a kind's name, in bytes of UTF-8: it is part of an index key with a key of 500 bytes. */
const MAX_KIND_BYTES = 500

/**
 * The reason why a server cannot have this kind and version; undefined if it can. Claims ask for all kinds of a server in one statement,
 * so one that PostgreSQL cannot read would stop all others.
 */
export const invalidRunnable = ({ kind, limit = {}, version }: Runnable): string | undefined => {
  const unnamed = kind === "" ? "it is empty" : unstorable(kind, MAX_KIND_BYTES)
  if (unnamed !== undefined) return `the name of a kind cannot be stored: ${unnamed}`
  if (!Number.isInteger(version) || version < 0 || version > MAX_INTEGER) {
    return `the version of kind ${kind} must be a whole number from 0, but is ${version}`
  }
  for (const [what, value] of Object.entries(limit)) {
    if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= MAX_INTEGER)) continue
    return `limit.${what} of kind ${kind} must be a whole number from 1, but is ${value}`
  }
  return undefined
}

/** The right of an owner to write for a workflow in an epoch. The database checks with each write whether it still holds. */
export interface Ownership {
  readonly workflowId: string
  readonly projectId: string
  readonly ownerId: string
  readonly epoch: number
}

/** The ownership of a workflow, as read from the database, by this owner. */
export const ownershipOf = (
  { epoch, id, projectId }: Pick<Workflow, "id" | "projectId" | "epoch">,
  ownerId: string
): Ownership => ({ workflowId: id, projectId, ownerId, epoch })

/**
 * Value of `Workflow.attempt` at which a workflow fails instead of running again: 5 owners in a row died without completing a
 * task.
 */
export const MAX_ATTEMPTS = 5

/**
 * Whether a workflow has one attempt left. A server runs one such workflow at a time until it has completed a task, so that a
 * workflow that kills its process does not use up the attempts of others.
 */
export const isLastAttempt = ({ attempt }: Pick<Workflow, "attempt">): boolean => attempt === MAX_ATTEMPTS - 1
