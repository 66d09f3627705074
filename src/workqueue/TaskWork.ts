import { Context, Effect, Runtime, Schedule, ScheduleDecision } from "effect"
import type { RetryPolicy } from "./RetryPolicy.ts"
import type { Task, TaskState } from "./Task.ts"
import { CurrentTask, type TaskEntry } from "./TaskEntry.ts"
import { withTimeLimit } from "./TimeLimit.ts"

/**
 * Runs a task's commit and stores the task as completed, in one transaction. `task` is the state to store. It runs
 * uninterruptibly around an interruptible commit: if it succeeds, the task is completed. A retryable error retries the whole.
 * Not called for a task without a commit, which is completed when `execute` has succeeded.
 */
export type Complete<Committing> = <E>(
  task: TaskState,
  commit: Effect.Effect<void, E, Committing>
) => Effect.Effect<void, unknown>

/** The operations of the queue that the work on a task needs. */
interface Workplace<Committing> {
  /** The runtime of the tasks' fibers, except for their context. */
  readonly runtime: Runtime.Runtime<never>
  /** The policy of tasks that have none of their own. */
  readonly retry: RetryPolicy
  readonly complete: Complete<Committing>
  /** The state of the task after its completion. */
  readonly completedState: (entry: TaskEntry) => TaskState
  /** Called before the commit: the task no longer counts towards the limit of its class. */
  readonly onCommitting: (entry: TaskEntry) => void
  /** Called before each retry. */
  readonly onRetry: (entry: TaskEntry, error: unknown) => void
  /**
   * Waits until every change so far is delivered, so that `complete` can store the completed children of a task with its
   * commit.
   */
  readonly delivered: Effect.Effect<void>
  /** Called when the task is completed. */
  readonly onCompleted: (entry: TaskEntry, state: TaskState) => void
}

/**
 * Sets the first step of an entry: `execute` with its retries, then, unless children are open, the commit with its own retries.
 * `captured` is the context of `enqueue`: the context of `execute`. The commit runs in it merged with what `complete` provides,
 * which takes precedence.
 */
export const assignWork = <Committing>(place: Workplace<Committing>) => {
  const noted = (entry: TaskEntry, policy: RetryPolicy) =>
    policy.pipe(
      Schedule.passthrough,
      Schedule.onDecision((error, decision) =>
        Effect.sync(() => {
          if (ScheduleDecision.isContinue(decision)) place.onRetry(entry, error)
        })
      )
    )

  // A schedule takes longer to start than most attempts take, so it starts after the first failure only.
  const retrying = <A, R>(entry: TaskEntry, policy: RetryPolicy, attempt: Effect.Effect<A, unknown, R>) =>
    Effect.catchAll(attempt, (error) => {
      let attempts = 1
      return Effect.retry(
        Effect.suspend(() => (attempts++ === 1 ? Effect.fail(error) : attempt)),
        noted(entry, policy)
      )
    })

  // Uninterruptible, so that the task is marked completed in memory whenever `complete` has succeeded.
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
      return entry.hasChildren ? Effect.zipRight(place.delivered, finishing) : finishing
    })

  const work = <A, E, R, E2, R2>(
    entry: TaskEntry,
    task: Task<A, E, R, E2, R2 | Committing, string>,
    captured: Context.Context<R | R2>
  ) => {
    const { retry = place.retry } = task
    const committing = (result: A) => {
      const { commit } = task
      if (commit === undefined) return finish(entry, undefined)
      const within = Effect.suspend(() =>
        Effect.mapInputContext(commit(result), (current: Context.Context<Committing>) =>
          Context.merge(captured, current)
        )
      )
      return retrying(entry, retry, finish(entry, within))
    }
    return Effect.flatMap(retrying(entry, retry, withTimeLimit(task.timeout)(task.execute)), (result) => {
      const rest = committing(result)
      entry.executed = true
      entry.fork = () => fork(entry, captured, rest)
      return entry.openChildren === 0 ? rest : Effect.void
    })
  }

  // The context is set in the runtime: providing it inside of the fiber takes as long as starting the fiber.
  const fork = <R>(entry: TaskEntry, captured: Context.Context<R>, effect: Effect.Effect<void, unknown, R>) => {
    const { fiberRefs, runtimeFlags } = place.runtime
    const context = Context.add(captured, CurrentTask, entry)
    // The fiber starts before `runFork` returns, and may be interrupted by then, so it registers itself.
    const registered = Effect.withFiberRuntime<void, unknown, R>((fiber) => {
      if (entry.run !== undefined) entry.run.fiber = fiber
      return effect
    })
    return Runtime.runFork(Runtime.make({ context, fiberRefs, runtimeFlags }), registered)
  }

  return <A, E, R, E2, R2>(
    entry: TaskEntry,
    task: Task<A, E, R, E2, R2 | Committing, string>,
    captured: Context.Context<R | R2>
  ): void => {
    entry.fork = () => fork(entry, captured, work(entry, task, captured))
  }
}
