import { Context, Effect, Runtime, Schedule, ScheduleDecision } from "effect"
import type { RetryPolicy } from "./RetryPolicy.ts"
import type { Task, TaskState } from "./Task.ts"
import { CurrentTask, type TaskEntry } from "./TaskEntry.ts"
import { withTimeLimit } from "./TimeLimit.ts"

/**
 * Runs a task's commit and marks the task completed, durably, and both or neither: in one transaction. `task` is the
 * state to store. It runs uninterruptibly around an interruptible commit: where it succeeds the task is completed,
 * whatever else happens. A retryable error of either is retried with both. Not called for a task without a commit, which
 * is completed as soon as it has executed.
 */
export type Complete<Committing> = <E>(
  task: TaskState,
  commit: Effect.Effect<void, E, Committing>
) => Effect.Effect<void, unknown>

/** What the work on a task needs of its queue. */
interface Workplace<Committing> {
  /** What fibers start with, but for the context. */
  readonly runtime: Runtime.Runtime<never>
  readonly retry: RetryPolicy
  readonly complete: Complete<Committing>
  /** The task as it will be once completed. */
  readonly completedState: (entry: TaskEntry) => TaskState
  /** `execute` has ended and a commit follows: the task's place in its class is free. */
  readonly onCommitting: (entry: TaskEntry) => void
  readonly onRetry: (entry: TaskEntry, error: unknown) => void
  /** Every change so far has been told: whoever stores a commit knows of the children that it follows. */
  readonly told: Effect.Effect<void>
  readonly onCompleted: (entry: TaskEntry, state: TaskState) => void
}

/**
 * Gives an entry its work: `execute` with its retries and, unless children are open by then, the commit with its own.
 * `captured` is the context of the enqueuer. `execute` sees exactly that; the commit also what `complete` provides, which
 * goes before.
 */
export const assignWork = <Committing>(place: Workplace<Committing>) => {
  const noted = (entry: TaskEntry) =>
    place.retry.pipe(
      Schedule.passthrough,
      Schedule.onDecision((error, decision) =>
        Effect.sync(() => {
          if (ScheduleDecision.isContinue(decision)) place.onRetry(entry, error)
        })
      )
    )

  // A schedule costs more to start than most attempts: only what has failed pays for one.
  const retrying = <A, R>(entry: TaskEntry, attempt: Effect.Effect<A, unknown, R>) =>
    Effect.catchAll(attempt, (error) => {
      let attempts = 1
      return Effect.retry(
        Effect.suspend(() => (attempts++ === 1 ? Effect.fail(error) : attempt)),
        noted(entry)
      )
    })

  // That `complete` succeeds and that the task is completed are one: no interruption comes between them.
  const finish = <E>(entry: TaskEntry, commit: Effect.Effect<void, E, Committing> | undefined) =>
    Effect.suspend(() => {
      const state = place.completedState(entry)
      if (commit === undefined) {
        place.onCompleted(entry, state)
        return Effect.void
      }
      place.onCommitting(entry)
      const completing = place.complete(state, Effect.interruptible(commit))
      const finishing = Effect.uninterruptible(Effect.map(completing, () => place.onCompleted(entry, state)))
      return entry.hasChildren ? Effect.zipRight(place.told, finishing) : finishing
    })

  const work = <A, E, R, E2, R2>(
    entry: TaskEntry,
    task: Task<A, E, R, E2, R2 | Committing>,
    captured: Context.Context<R | R2>
  ) => {
    const committing = (result: A) => {
      const { commit } = task
      if (commit === undefined) return finish(entry, undefined)
      const within = Effect.suspend(() =>
        Effect.mapInputContext(commit(result), (current: Context.Context<Committing>) =>
          Context.merge(captured, current)
        )
      )
      return retrying(entry, finish(entry, within))
    }
    return Effect.flatMap(retrying(entry, withTimeLimit(task.timeout)(task.execute)), (result) => {
      const rest = committing(result)
      entry.executed = true
      entry.fork = () => fork(entry, captured, rest)
      return entry.openChildren === 0 ? rest : Effect.void
    })
  }

  // A fiber that starts in this context: switching to it on the way costs as much as the fiber.
  const fork = <R>(entry: TaskEntry, captured: Context.Context<R>, effect: Effect.Effect<void, unknown, R>) => {
    const { fiberRefs, runtimeFlags } = place.runtime
    const context = Context.add(captured, CurrentTask, entry)
    // It runs at once, and may be stopped before it has been returned.
    const registered = Effect.withFiberRuntime<void, unknown, R>((fiber) => {
      if (entry.run !== undefined) entry.run.fiber = fiber
      return effect
    })
    return Runtime.runFork(Runtime.make({ context, fiberRefs, runtimeFlags }), registered)
  }

  return <A, E, R, E2, R2>(
    entry: TaskEntry,
    task: Task<A, E, R, E2, R2 | Committing>,
    captured: Context.Context<R | R2>
  ): void => {
    entry.fork = () => fork(entry, captured, work(entry, task, captured))
  }
}
