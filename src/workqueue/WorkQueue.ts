import { Effect, type Scope } from "effect"
import type { ConcurrencyStrategy } from "./ConcurrencyStrategy.ts"
import type { RetryPolicy } from "./RetryPolicy.ts"
import type { Task, TaskCounts, TaskFailed, TaskState } from "./Task.ts"

/**
 * One workflow's tasks in memory. Nothing is generic in the tasks: `enqueue` captures what they need, and their errors
 * become `TaskFailed`. `Committing` is what {@link WorkQueueOptions.complete} provides to commits (a tenant, say), so
 * that whoever enqueues need not have it.
 */
export interface WorkQueue<Committing = never> {
  /**
   * Takes a task in and returns at once. Inside another task's `execute` it makes the task that one's child. A task
   * whose id is known is not taken in again, but a parent waits for it all the same, unless it waits for that parent
   * itself. Where the queue is paused, failed or cancelled the task shows as paused, pending or cancelled.
   */
  readonly enqueue: {
    <A, E, R, E2>(task: Task<A, E, R, E2, Committing>): Effect.Effect<void, never, R>
    <A, E, R, E2, R2>(task: Task<A, E, R, E2, R2 | Committing>): Effect.Effect<void, never, R | R2>
  }
  /**
   * Returns when no task is unfinished. Fails with the first task error, when everything else has been stopped: then
   * what was running or waiting is `pending` again and never runs in this queue, and the caller decides what becomes of
   * it. Interrupts where the queue was cancelled or its scope closed. Goes on waiting while the queue is paused.
   */
  readonly wait: Effect.Effect<void, TaskFailed>
  /** Stops running tasks and marks what is unfinished `paused`. Returns when all have stopped. */
  readonly pause: Effect.Effect<void>
  /** Continues after `pause`: what was stopped runs again from its start. Otherwise does nothing. */
  readonly resume: Effect.Effect<void>
  /** Stops running tasks and marks what is unfinished `cancelled`, for good. Returns when all have stopped. */
  readonly cancel: Effect.Effect<void>
  /** Every task as it stands now, in the order of enqueueing. O(n), here only. */
  readonly snapshot: Effect.Effect<ReadonlyArray<TaskState>>
  /** How many tasks are in each status. O(1). */
  readonly counts: Effect.Effect<TaskCounts>
}

/** How a queue works. */
export interface WorkQueueOptions<Committing = never> {
  /** Default: `ConcurrencyStrategy.serialized()`, the one that surprises nobody's database or bill. */
  readonly strategy?: ConcurrencyStrategy | undefined
  /** Default: `RetryPolicy.default`. */
  readonly retry?: RetryPolicy | undefined
  /** Ids completed by an earlier owner: such a task shows as completed, is not announced, and never runs. */
  readonly completed?: ReadonlySet<string> | undefined
  /** Hears every change of every task, in order. Must not block, and must not call this queue's operations. */
  readonly onChange?: ((task: TaskState) => Effect.Effect<void>) | undefined
  /**
   * Runs a task's commit and marks the task completed, durably and both or neither: in one transaction. `task` is the
   * state to store. Runs uninterruptibly around an interruptible commit; where it succeeds the task is completed, whatever
   * else happens. Retried as a whole. Default: just the commit.
   */
  readonly complete?:
    | (<E>(task: TaskState, commit: Effect.Effect<void, E, Committing>) => Effect.Effect<void, unknown>)
    | undefined
  /** Runs in the enqueuer's context at each enqueue, to refuse by dying. Default: nothing. */
  readonly admit?: Effect.Effect<void> | undefined
}

const make = <Committing = never>(
  _options: WorkQueueOptions<Committing> = {}
): Effect.Effect<WorkQueue<Committing>, never, Scope.Scope> => Effect.dieMessage("WorkQueue.make: not written yet")

/** Makes queues. A queue's fibers end with the scope it was made in. */
export const WorkQueue = { make } as const
