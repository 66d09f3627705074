import { Context, Effect, Schedule, ScheduleDecision } from "effect"
import type { RetryPolicy } from "./RetryPolicy.ts"
import type { Task, TaskState } from "./Task.ts"
import { CurrentTask, type TaskEntry } from "./TaskEntry.ts"

/**
 * Runs a task's commit and marks the task completed, durably, and both or neither: in one transaction. `task` is the
 * state to store. It runs uninterruptibly around an interruptible commit: where it succeeds the task is completed,
 * whatever else happens. A retryable error of either is retried with both.
 */
export type Complete<Committing> = <E>(
  task: TaskState,
  commit: Effect.Effect<void, E, Committing>
) => Effect.Effect<void, unknown>

/** What the work on a task needs of its queue. */
interface Workplace<Committing> {
  readonly retry: RetryPolicy
  readonly complete: Complete<Committing>
  /** The task as it will be once completed. */
  readonly completedState: (entry: TaskEntry) => TaskState
  readonly onRetry: (entry: TaskEntry, error: unknown) => void
  readonly onCompleted: (entry: TaskEntry, state: TaskState) => void
}

// `Effect.provide` would merge, and let in the context of whoever happens to run this.
const exactlyIn = <A, E, R>(effect: Effect.Effect<A, E, R>, context: Context.Context<R>) =>
  Effect.mapInputContext<A, E, R, never>(effect, () => context)

/**
 * All there is to do for a task, as `entry.work` wants it: `execute` with its retries and, unless children are open by
 * then, the commit with its own. `captured` is the context of the enqueuer. `execute` sees exactly that, the commit also
 * what `complete` provides, which goes before.
 */
export const taskWork =
  <Committing>({ complete, completedState, onCompleted, onRetry, retry }: Workplace<Committing>) =>
  <A, E, R, E2, R2>(
    entry: TaskEntry,
    task: Task<A, E, R, E2, R2 | Committing>,
    captured: Context.Context<R | R2>
  ): Effect.Effect<void, unknown> => {
    const noted = retry.pipe(
      Schedule.passthrough,
      Schedule.onDecision((error, decision) =>
        Effect.sync(() => {
          if (ScheduleDecision.isContinue(decision)) onRetry(entry, error)
        })
      )
    )

    // A schedule costs more to start than most attempts: only what has failed pays for one.
    const retrying = <A>(attempt: Effect.Effect<A, unknown>) =>
      Effect.catchAll(attempt, (error) => {
        let attempts = 1
        return Effect.retry(
          Effect.suspend(() => (attempts++ === 1 ? Effect.fail(error) : attempt)),
          noted
        )
      })

    const execute = exactlyIn(task.execute, Context.add(captured, CurrentTask, entry))

    const commit = (result: A) =>
      Effect.mapInputContext(
        Effect.suspend(() => task.commit?.(result) ?? Effect.void),
        (current: Context.Context<Committing>) => Context.merge(captured, current)
      )

    // That `complete` succeeds and that the task is completed are one: no interruption comes between them.
    const finish = (result: A) =>
      Effect.suspend(() => {
        const state = completedState(entry)
        const completing = exactlyIn(complete(state, Effect.interruptible(commit(result))), captured)
        return Effect.uninterruptible(Effect.map(completing, () => onCompleted(entry, state)))
      })

    return Effect.flatMap(retrying(execute), (result) => {
      entry.executed = true
      entry.work = retrying(finish(result))
      return entry.openChildren === 0 ? entry.work : Effect.void
    })
  }
