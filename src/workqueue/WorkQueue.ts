import { Cause, Context, Deferred, Effect, Exit, Fiber, FiberId, Option, Runtime, type Scope } from "effect"
import { announcementsTo } from "./Announcements.ts"
import { ConcurrencyStrategy } from "./ConcurrencyStrategy.ts"
import { RetryPolicy } from "./RetryPolicy.ts"
import {
  describeCause,
  invalidId,
  type Task,
  type TaskClass,
  type TaskCounts,
  TaskFailed,
  type TaskState,
  type TaskStatus
} from "./Task.ts"
import { makeTaskBook } from "./TaskBook.ts"
import { addChild, CurrentTask, isUnfinished, type TaskEntry } from "./TaskEntry.ts"
import { makeTaskLanes } from "./TaskLanes.ts"
import { assignWork, type Complete } from "./TaskWork.ts"

/*
 * How it works
 *
 * All decisions are made by synchronous code over a map of entries, so no lock is needed. Effects are at the edges only: a
 * fiber for each running task, one that starts tasks, one that delivers announcements.
 *
 * A task's status:
 *
 *   pending ── start ──> running ── complete succeeded ──> completed
 *      ^                  │  │  └── error, not retried ──> failed
 *      └── queue failed, ─┘  │
 *          closed            └── pause ──> paused ── resume ──> pending
 *
 *   pending, running, paused ── cancel ──> cancelled
 *
 * While a task is `running`, it goes through three stages. The first and the last have a fiber, and only the first counts
 * towards the limit of the task's class:
 *
 *   execute ──> wait for the tasks it enqueued, and for theirs ──> commit
 *
 * So a parent never keeps its children from running, and commits that wait for each other do not keep tasks from executing.
 * At most MAX_COMMITTING tasks commit at a time; then no task starts until one of them is completed.
 *
 * A pause interrupts the stage that it finds. On resume, a task that was executing executes again, a task that was waiting
 * keeps waiting, and a task that was committing commits again, unless the commit succeeded: `complete` is uninterruptible
 * around an interruptible commit, and the task is marked completed with it. Tasks that have started before go first.
 *
 * The queue's phase:
 *
 *   open <── pause, resume ──> paused          both ── first task error ──> failed
 *   open, paused, failed ── cancel ──> cancelled          any ── its scope closes ──> closed
 *
 * Tasks start only in the phase `open`. Leaving it interrupts every fiber; the status of an interrupted task is decided when
 * its fiber has ended, by the phase at that moment. A change of phase visits every task; everything else takes constant time.
 */

/**
 * The tasks of one workflow, in memory. The queue is not generic in its tasks: `enqueue` captures the services that they
 * need, and their errors become `TaskFailed`. `Committing` is what `complete` provides to commits (a tenant, for example), so
 * that callers of `enqueue` need not have it.
 */
export interface WorkQueue<Committing = never, Class extends string = TaskClass> {
  /**
   * Adds a task; does not wait for it. Inside the `execute` of another task it makes the new task its child. A task whose id is
   * known is not added again, but a parent waits for it all the same, unless that would be a deadlock. If the queue is paused,
   * failed or cancelled, the task becomes `paused`, `pending` or `cancelled`. Dies if the id is not 1 to 1,000 bytes of text, or the
   * class is none of the strategy's.
   */
  readonly enqueue: {
    <A, E, R, E2>(task: Task<A, E, R, E2, Committing, Class>): Effect.Effect<void, never, R>
    <A, E, R, E2, R2>(task: Task<A, E, R, E2, R2 | Committing, Class>): Effect.Effect<void, never, R | R2>
  }
  /**
   * Returns when all tasks have ended. Fails with the first task error after all other tasks are stopped; those that were
   * unfinished are `pending` then and never run in this queue. Interrupts if the queue was cancelled or its scope closed. Keeps
   * waiting while the queue is paused. Dies inside of a task of this queue.
   */
  readonly wait: Effect.Effect<void, TaskFailed>
  /**
   * Interrupts running tasks and makes all unfinished tasks `paused`. Returns when all have stopped; inside of a task, at once.
   */
  readonly pause: Effect.Effect<void>
  /** Continues after `pause`; an interrupted step starts again. No effect in any other phase. */
  readonly resume: Effect.Effect<void>
  /** Interrupts running tasks and makes all unfinished tasks `cancelled`, which is final. Returns like `pause`. */
  readonly cancel: Effect.Effect<void>
  /** A snapshot of all tasks, in the order of enqueueing. O(n). */
  readonly snapshot: Effect.Effect<ReadonlyArray<TaskState>>
  /** The number of tasks in each status. O(1). */
  readonly counts: Effect.Effect<TaskCounts>
}

/** Options of a queue. */
export interface WorkQueueOptions<Class extends string = TaskClass> {
  /** Default: `ConcurrencyStrategy.serialized()`, which costs least and loads a database least. */
  readonly strategy?: ConcurrencyStrategy<Class> | undefined
  /** When tasks with retryable errors are retried that have no policy of their own. Default: `RetryPolicy.default`. */
  readonly retry?: RetryPolicy | undefined
  /**
   * Ids of tasks that an earlier owner completed: they are `completed` at once, are not announced, and do not run. Default:
   * none.
   */
  readonly completed?: ReadonlySet<string> | undefined
  /** Receives every change of every task, in order. Must not block or wait for this queue. Default: changes go nowhere. */
  readonly onChange?: ((task: TaskState) => Effect.Effect<void>) | undefined
  /**
   * Receives the same changes as a plain function, called synchronously by each change: cheaper than `onChange`, which is then
   * ignored. Must not call this queue. Default: none.
   */
  readonly notice?: ((task: TaskState) => void) | undefined
  /** Runs with each `enqueue`, in its context; may die to refuse the task. Default: accepts every task. */
  readonly admit?: Effect.Effect<void> | undefined
}

interface Completing<Committing> {
  /** Stores a commit with the task's `completed` mark. Default: runs the commit only. */
  readonly complete: Complete<Committing>
}

type Phase = "open" | "paused" | "failed" | "cancelled" | "closed"

const build = <Committing, Class extends string>(
  {
    admit = Effect.void,
    completed = new Set(),
    notice,
    onChange,
    retry = RetryPolicy.default,
    strategy
  }: WorkQueueOptions<Class>,
  complete: Complete<Committing>
): Effect.Effect<WorkQueue<Committing, Class>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const clock = yield* Effect.clock
    // A queue may be made in an uninterruptible region, as in a layer, but its tasks must be interruptible.
    const runtime = yield* Effect.interruptible(Effect.runtime<never>())
    const runFork = Runtime.runFork(runtime)
    const announcements = announcementsTo(notice, onChange, runtime)

    const { add, change, counts, end, entries, unfinished } = makeTaskBook(announcements.announce)
    const lanes = makeTaskLanes(strategy ?? ConcurrencyStrategy.serialized())
    const running = new Set<TaskEntry>()
    const waiters = new Set<Deferred.Deferred<void, TaskFailed>>()
    let starting = false
    let phase: Phase = "open"
    let resting: TaskStatus = "pending"
    let firstFailure: TaskFailed | undefined

    const time = () => clock.unsafeCurrentTimeMillis()
    const now = () => Option.some(time())

    const rest = (entry: TaskEntry) => {
      const status = phase === "open" && entry.executed ? "running" : resting
      if (status === "cancelled") end(entry, { status, completedAt: now() })
      else if (status !== entry.state.status) change(entry, { status })
    }

    const enter = (next: Phase, status: TaskStatus = resting) => {
      phase = next
      resting = status
      for (const entry of entries.values()) {
        if (entry.run === undefined) {
          if (isUnfinished(entry)) rest(entry)
        } else if (phase !== "open") {
          entry.run.stopped = true
          entry.run.fiber?.unsafeInterruptAsFork(FiberId.none)
        }
      }
      proceed()
    }

    // One fiber starts tasks and ends when there are none to start. Starting a task from the end of another one would nest
    // their calls and overflow the stack.
    const startAll: Effect.Effect<void> = Effect.suspend(() => {
      const entry = phase === "open" ? lanes.next() : undefined
      starting = entry !== undefined
      if (entry === undefined) return Effect.void
      start(entry)
      return startAll
    })

    const proceed = () => {
      if (!starting && phase === "open" && lanes.canStart()) {
        starting = true
        runFork(startAll, { immediate: false })
      }
      if (waiters.size === 0) return
      const exit = outcome()
      if (exit === undefined) return
      for (const waiter of waiters) Deferred.unsafeDone(waiter, exit)
      waiters.clear()
    }

    const start = (entry: TaskEntry) => {
      entry.run = { fiber: undefined, hasPlace: lanes.enter(entry), stopped: false }
      running.add(entry)
      const { startedAt, status } = entry.state
      if (status !== "running") change(entry, { status: "running", startedAt: Option.orElse(startedAt, now) })
      entry.fork?.().addObserver((exit) => stop(entry, exit))
    }

    const stop = (entry: TaskEntry, exit: Exit.Exit<void, unknown>) => {
      const stopped = entry.run?.stopped
      lanes.leave(entry)
      entry.run = undefined
      running.delete(entry)
      if (isUnfinished(entry)) {
        if (Exit.isFailure(exit) && !(stopped && Cause.isInterrupted(exit.cause))) fail(entry, exit.cause)
        else {
          rest(entry)
          lanes.add(entry)
        }
      }
      proceed()
    }

    const fail = (entry: TaskEntry, cause: Cause.Cause<unknown>) => {
      const message = describeCause(cause)
      end(entry, { status: "failed", error: Option.some(message), completedAt: now() })
      if (phase !== "open" && phase !== "paused") return
      firstFailure = new TaskFailed({ taskId: entry.state.id, taskName: entry.state.name, message, cause })
      enter("failed", "pending")
    }

    const succeed = (entry: TaskEntry, state: TaskState) => {
      end(entry, state)
      for (const parent of entry.parents) {
        parent.openChildren--
        if (parent.executed) lanes.add(parent)
      }
      entry.parents.clear()
    }

    const assign = assignWork({
      runtime,
      retry,
      complete,
      delivered: announcements.delivered,
      completedState: (entry) => ({ ...entry.state, status: "completed", error: Option.none(), completedAt: now() }),
      onCompleted: succeed,
      onCommitting: (entry) => {
        lanes.toCommit(entry)
        proceed()
      },
      onRetry: (entry, error) => {
        const retryCount = entry.state.retryCount + 1
        change(entry, { retryCount, error: Option.some(describeCause(Cause.fail(error))) })
      }
    })

    const currentIn = (context: Context.Context<never>) => {
      const entry = Option.getOrUndefined(Context.getOption(context, CurrentTask))
      return entry !== undefined && entries.get(entry.state.id) === entry ? entry : undefined
    }
    const current = Effect.contextWith(currentIn)

    type Wanted<A, E, R, E2, R2> = Task<A, E, R, E2, R2, Class>
    function enqueue<A, E, R, E2>(task: Wanted<A, E, R, E2, Committing>): Effect.Effect<void, never, R>
    function enqueue<A, E, R, E2, R2>(task: Wanted<A, E, R, E2, R2 | Committing>): Effect.Effect<void, never, R | R2>
    function enqueue<A, E, R, E2, R2>(task: Wanted<A, E, R, E2, R2 | Committing>): Effect.Effect<void, never, R | R2> {
      const invalid = invalidId(task.id)
      if (invalid !== undefined)
        return Effect.dieMessage(`a task cannot have the id "${task.id.slice(0, 40)}": ${invalid}`)
      const lane = lanes.find(task.class)
      if (lane === undefined)
        return Effect.dieMessage(
          `task ${task.id} has the class "${task.class}", and the strategy names ${lanes.names.join(", ")}`
        )
      return Effect.zipRight(
        admit,
        Effect.contextWith((captured: Context.Context<R | R2>) => {
          const known = entries.get(task.id)
          const entry = known ?? add(task, lane, completed.has(task.id) ? "completed" : resting, time())
          const parent = currentIn(captured)
          if (parent !== undefined) addChild(parent, entry)
          if (known !== undefined || !isUnfinished(entry)) return
          assign(entry, task, captured)
          lanes.add(entry)
          proceed()
        })
      )
    }

    const outcome = (): Exit.Exit<void, TaskFailed> | undefined => {
      if (running.size > 0) return undefined
      if (firstFailure !== undefined) return Exit.fail(firstFailure)
      if (phase === "cancelled" || phase === "closed") return Exit.interrupt(FiberId.none)
      return unfinished() === 0 ? Exit.void : undefined
    }

    const settled = Effect.suspend(() => {
      const exit = outcome()
      if (exit !== undefined) return exit
      const waiter = Deferred.unsafeMake<void, TaskFailed>(FiberId.none)
      waiters.add(waiter)
      return Effect.ensuring(
        Deferred.await(waiter),
        Effect.sync(() => waiters.delete(waiter))
      )
    })

    // A task that waited for all tasks to stop would wait for itself, so inside of a task this returns at once.
    const allStopped = Effect.flatMap(current, (own) => {
      if (own !== undefined) return Effect.void
      const fibers = Array.from(running).flatMap(({ run }) => (run?.fiber === undefined ? [] : [run.fiber]))
      return Effect.zipRight(Fiber.awaitAll(fibers), announcements.delivered)
    })
    const stopped = Effect.suspend(() => (running.size === 0 ? announcements.delivered : allStopped))

    const queue: WorkQueue<Committing, Class> = {
      enqueue,
      wait: Effect.flatMap(current, (own) =>
        own === undefined ? settled : Effect.dieMessage(`Task ${own.state.id} waits for the queue it is in`)
      ).pipe(Effect.ensuring(announcements.delivered)),
      pause: Effect.suspend(() => {
        if (phase === "open") enter("paused", "paused")
        return stopped
      }),
      resume: Effect.sync(() => {
        if (phase === "paused") enter("open", "pending")
      }),
      cancel: Effect.suspend(() => {
        if (phase !== "closed") enter("cancelled", "cancelled")
        return stopped
      }),
      snapshot: Effect.sync(() => Array.from(entries.values(), (entry) => entry.state)),
      counts: Effect.sync(counts)
    }

    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        enter("closed")
        return stopped
      })
    )
    return queue
  })

function make<Committing = never, Class extends string = TaskClass>(
  options: WorkQueueOptions<Class> & Completing<Committing>
): Effect.Effect<WorkQueue<Committing, Class>, never, Scope.Scope>
function make<Class extends string = TaskClass>(
  options?: WorkQueueOptions<Class>
): Effect.Effect<WorkQueue<never, Class>, never, Scope.Scope>
function make<Committing, Class extends string>(
  options: WorkQueueOptions<Class> & Partial<Completing<Committing>> = {}
) {
  return options.complete === undefined
    ? build<never, Class>(options, (_, commit) => commit)
    : build(options, options.complete)
}

/**
 * Makes queues. A queue's fibers end with the scope that it was made in. A workflow has one already (`WorkflowRun.queue`), whose
 * states are stored; this one is in memory only.
 *
 * @example
 * ```ts
 * const queue = yield* WorkQueue.make({ strategy: ConcurrencyStrategy.serialized({ dataConcurrency: 8 }) })
 * const visit = (page: string): Effect.Effect<void> =>
 *   queue.enqueue({
 *     id: page,
 *     name: `Visit ${page}`,
 *     class: "data",
 *     // What a task enqueues are its children: it is completed after them.
 *     execute: Effect.flatMap(crawl(page), (links) => Effect.forEach(links, visit, { discard: true }))
 *   })
 * yield* visit("https://example.com/")
 * yield* queue.wait
 * ```
 */
export const WorkQueue = { make } as const
