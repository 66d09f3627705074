import { Schema } from "effect"

/**
 * Where a workflow stands. `pending`: wants an owner (new, released, or its owner died); `running`: has one; `paused` and
 * `awaiting_input`: has none and wants none; `completed` and `failed`: has ended, for ever.
 */
export const WorkflowState = Schema.Literal("pending", "running", "paused", "awaiting_input", "completed", "failed")
/** @see WorkflowState */
export type WorkflowState = typeof WorkflowState.Type

/** What somebody asked a workflow's owner to do; it stands until the owner, or whoever claims the workflow, has done it. */
export const WorkflowRequest = Schema.Literal("cancel", "pause")
/** @see WorkflowRequest */
export type WorkflowRequest = typeof WorkflowRequest.Type

/** Every transition there is. What is not here does not happen, whoever asks: the database checks the same table (migration 6). */
export const TRANSITIONS: Record<WorkflowState, ReadonlyArray<WorkflowState>> = {
  pending: ["running", "paused", "failed"],
  running: ["pending", "paused", "awaiting_input", "completed", "failed"],
  paused: ["pending", "failed"],
  awaiting_input: ["pending", "failed"],
  completed: [],
  failed: []
}

/** Whether a workflow in this state has ended. */
export const hasEnded = (state: WorkflowState): boolean => TRANSITIONS[state].length === 0

/** How far a workflow has come, for people: `done` of `total` steps, and what it is doing. */
export const WorkflowProgress = Schema.Struct({ message: Schema.String, done: Schema.Int, total: Schema.Int })
/** @see WorkflowProgress */
export type WorkflowProgress = typeof WorkflowProgress.Type

/** A workflow as stored. Times are the database's. */
export const Workflow = Schema.Struct({
  id: Schema.String,
  projectId: Schema.String,
  datasourceId: Schema.OptionFromNullOr(Schema.String),
  ontologyId: Schema.OptionFromNullOr(Schema.String),
  kind: Schema.String,
  /** The version of the kind that it was started with. */
  version: Schema.Int,
  state: WorkflowState,
  requested: Schema.OptionFromNullOr(WorkflowRequest),
  /** As the kind's schema encodes it. */
  config: Schema.Unknown,
  errorMessage: Schema.OptionFromNullOr(Schema.String),
  ownerId: Schema.OptionFromNullOr(Schema.String),
  /** Grows by one whenever the workflow changes hands: a write under an older epoch is refused. */
  epoch: Schema.Int,
  /** How many owners in a row died without completing a task, and without the database having been restarted in their time. */
  attempt: Schema.Int,
  createdAt: Schema.DateFromSelf,
  /** Before this time nobody takes it: later than `createdAt` where a run was given up for a while. */
  startAt: Schema.DateFromSelf,
  startedAt: Schema.OptionFromNullOr(Schema.DateFromSelf),
  completedAt: Schema.OptionFromNullOr(Schema.DateFromSelf),
  progress: Schema.OptionFromNullOr(WorkflowProgress)
})
/** @see Workflow */
export type Workflow = typeof Workflow.Type

/** A kind and one of the versions of it that a process can run. */
export interface Runnable {
  readonly kind: string
  readonly version: number
}

/** The right to write on behalf of a workflow: this owner, in this epoch. Worth what the database says when it is used. */
export interface Ownership {
  readonly workflowId: string
  readonly projectId: string
  readonly ownerId: string
  readonly epoch: number
}

/** The ownership of a workflow as it was read, for this owner. */
export const ownershipOf = (
  { epoch, id, projectId }: Pick<Workflow, "id" | "projectId" | "epoch">,
  ownerId: string
): Ownership => ({ workflowId: id, projectId, ownerId, epoch })

/** Owners in a row that may die without completing a task before a workflow is given up. */
export const MAX_ATTEMPTS = 5

/**
 * Whether a workflow has one attempt left. A server makes such attempts one at a time, each until a task of it is completed: what ends
 * its process every time takes no neighbour along.
 */
export const isLastAttempt = ({ attempt }: Pick<Workflow, "attempt">): boolean => attempt === MAX_ATTEMPTS - 1
