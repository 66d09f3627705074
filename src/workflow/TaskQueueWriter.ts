import { Cause, Effect, Exit, Fiber, Metric, Option } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import { Outages, type OutagesService } from "./Outages.ts"
import type { OwnershipLost } from "./WorkflowError.ts"
import { NO_UPDATE, type TaskUpdate, WorkflowRepository, type WorkflowRepositoryService } from "./WorkflowRepository.ts"
import * as Metrics from "./WorkflowMetrics.ts"
import type { Ownership, WorkflowProgress } from "./WorkflowState.ts"
import { isSameTask, type WorkflowTask } from "./WorkflowTask.ts"

/** Name of this work in logs and in `health`. */
const TASK_STATES = "task states"
/**
 * Maximum number of task states that are stored together with the end of their workflow: that statement keeps the workflow's
 * row locked, and takes about 2 ms for so many.
 */
const MAX_LAST = 100

/**
 * Stores the task states and the progress of one workflow.
 *
 * ```
 *   send ──▶ dirty map (task id → newest row) ─────────────────────────────────▶ swap the map, write it
 *     └────▶ Coalescing: debounce, then flush each dirty writer of the process ──┘
 * ```
 *
 * A write stores the tasks that changed since the last write, each in its latest state. If it fails, its tasks become dirty
 * again unless a newer state is. So memory is bounded by the number of tasks, and sending takes constant time however slow the
 * database is. Concurrent writes of different workflows share one statement (`WorkflowRepository.save`).
 */
export interface TaskQueueWriter {
  /** Marks the tasks dirty that differ from what was sent before. Never blocks. */
  readonly send: (tasks: ReadonlyArray<WorkflowTask>) => Effect.Effect<void>
  /** `send` for one task, as a plain function. */
  readonly note: (task: WorkflowTask) => void
  /** Reports progress; the latest report is stored. Never blocks. */
  readonly progress: (progress: WorkflowProgress) => Effect.Effect<void>
  /**
   * Hands tasks over to the transaction that is about to commit them: their dirty states are not written by this writer. Also
   * hands over all completed tasks that are not stored yet, because a parent's commit must not be stored without its children's
   * marks. The caller must call `settle` with the outcome.
   */
  readonly leave: (tasks: ReadonlyArray<WorkflowTask>) => TaskLeave
  /** Lets a write in flight end, then writes what is dirty. Returns when that is stored, or can never be stored. */
  readonly stop: Effect.Effect<void>
  /** As `stop`, but passes what is dirty to `end`, which stores it together with the end of the run. */
  readonly end: (
    end: (last: TaskUpdate) => Effect.Effect<unknown, OwnershipLost | DatabaseError>
  ) => Effect.Effect<void, OwnershipLost | DatabaseError>
  /**
   * Forgets what is dirty, also during `stop`, because another process owns the workflow now. Does not wait for a write in
   * flight.
   */
  readonly discard: Effect.Effect<void>
}

/** Tasks that a writer has handed over to a transaction. */
export interface TaskLeave {
  /** Completed tasks that the transaction must store too. */
  readonly completed: ReadonlyArray<WorkflowTask>
  /** To be called once, with whether the transaction was committed. If not, the tasks become dirty again. */
  readonly settle: (isStored: boolean) => void
}

type Rows = Map<string, WorkflowTask>

/** What a writer is made of. */
interface Options {
  readonly ownership: Ownership
  /** Makes the process run `begin` after the debounce. */
  readonly wake: (begin: Effect.Effect<void>) => void
  /** Runs after each write. */
  readonly onWritten: Effect.Effect<void>
  /** Runs once, when a write finds that the ownership is lost. */
  readonly onOwnershipLost: Effect.Effect<void>
}

/** Makes the function that makes writers. Their writes run in daemon fibers: a scope would wait for a statement that hangs. */
export const make = Effect.gen(function* () {
  const repository = yield* WorkflowRepository
  const outages = yield* Outages
  return (options: Options): TaskQueueWriter => writerOf(options, repository, outages)
})

const writerOf = (
  options: Options,
  repository: WorkflowRepositoryService,
  outages: OutagesService
): TaskQueueWriter => {
  const { ownership } = options
  /** The latest state of every task. */
  const sent: Rows = new Map()
  /** States to be stored, except completed ones. */
  let dirty: Rows = new Map()
  /** Completed states to be stored. A map of their own, so that `leave` need not search `dirty`. */
  let completed: Rows = new Map()
  /** Completed states of a write in flight, which may still fail. */
  let inFlight: Rows = new Map()
  let progress = Option.none<WorkflowProgress>()

  let isDiscarded = false

  const isEmpty = () => isDiscarded || (dirty.size === 0 && completed.size === 0 && Option.isNone(progress))

  const mark = (task: WorkflowTask) => {
    if (task.status === "completed") {
      dirty.delete(task.id)
      completed.set(task.id, task)
    } else {
      completed.delete(task.id)
      dirty.set(task.id, task)
    }
  }

  const putBack = (tasks: ReadonlyArray<WorkflowTask>) => {
    for (const task of tasks) {
      if (!dirty.has(task.id) && !completed.has(task.id)) mark(task)
    }
  }

  const swap = (): TaskUpdate => {
    const update = { tasks: [...dirty.values(), ...completed.values()], progress }
    dirty = new Map()
    inFlight = completed
    completed = new Map()
    progress = Option.none()
    return update
  }

  const save = (update: TaskUpdate) => Effect.suspend(() => repository.save(ownership, update))

  /** Whether the write fails however often it is repeated: a value in it is invalid, or encoding it fails with a defect. */
  const isPoisoned = (cause: Cause.Cause<OwnershipLost | DatabaseError>) =>
    Option.match(Cause.failureOption(cause), {
      onNone: () => !Cause.isInterrupted(cause),
      onSome: (error) => error._tag === "DatabaseError" && error.isStatements
    })

  const whenPoisoned =
    (
      otherwise: (
        cause: Cause.Cause<OwnershipLost | DatabaseError>
      ) => Effect.Effect<void, OwnershipLost | DatabaseError>
    ) =>
    (saving: Effect.Effect<void, OwnershipLost | DatabaseError>) =>
      Effect.catchAllCause(saving, (cause) => (isPoisoned(cause) ? otherwise(cause) : Effect.failCause(cause)))

  /** Writes one row at a time, so that only the invalid row is not stored; it is logged. */
  const isolate = (update: TaskUpdate) =>
    Effect.forEach(
      [
        ...update.tasks.map((task): TaskUpdate => ({ ...NO_UPDATE, tasks: [task] })),
        { ...NO_UPDATE, progress: update.progress }
      ],
      (single) =>
        save(single).pipe(
          whenPoisoned((cause) =>
            Effect.logError("a task could not be stored", cause).pipe(
              Effect.annotateLogs({ workflowId: ownership.workflowId, taskId: single.tasks[0]?.id })
            )
          )
        ),
      { discard: true }
    )

  const flush: Effect.Effect<void, OwnershipLost | DatabaseError> = Effect.suspend(() => {
    if (isEmpty()) return Effect.void
    const update = swap()
    return save(update).pipe(
      Effect.zipRight(Metric.incrementBy(Metrics.taskRowsWritten, update.tasks.length)),
      whenPoisoned(() => isolate(update)),
      Effect.zipRight(options.onWritten),
      Effect.onExit((exit) =>
        Effect.sync(() => {
          inFlight = new Map()
          if (Exit.isSuccess(exit)) return
          putBack(update.tasks)
          progress = Option.orElse(progress, () => update.progress)
        })
      )
    )
  })

  /** A write in flight is not interrupted; the delay before a retry is. */
  const write = outages.during(TASK_STATES)(Effect.uninterruptible(flush))
  const writeAll: Effect.Effect<void, OwnershipLost | DatabaseError> = Effect.suspend(() =>
    isEmpty() ? Effect.void : Effect.zipRight(write, writeAll)
  )

  let writing: Fiber.RuntimeFiber<void> | undefined

  const wake = () => {
    if (!isEmpty()) options.wake(begin)
  }

  /** Starts a write in a fiber of its own, unless one runs. */
  const begin: Effect.Effect<void> = Effect.suspend(() => {
    if (writing !== undefined || isEmpty()) return Effect.void
    return write.pipe(
      Effect.catchTags({
        OwnershipLost: () => {
          isDiscarded = true
          return options.onOwnershipLost
        },
        DatabaseError: (error) => Effect.logError("task states cannot be stored", error)
      }),
      Effect.interruptible,
      Effect.forkDaemon,
      Effect.map((fiber) => {
        writing = fiber
        fiber.addObserver(() => {
          writing = undefined
          wake()
        })
      })
    )
  })

  /** Returns when no write is in flight. */
  const written = Effect.suspend(() => (writing === undefined ? Effect.void : Fiber.interrupt(writing)))
  const stop = Effect.zipRight(written, Effect.ignore(writeAll))

  const note = (task: WorkflowTask) => {
    const before = sent.get(task.id)
    if (before !== undefined && isSameTask(before, task)) return
    sent.set(task.id, task)
    mark(task)
    wake()
  }

  return {
    note,
    send: (tasks) => Effect.sync(() => tasks.forEach(note)),
    progress: (next) =>
      Effect.sync(() => {
        progress = Option.some(next)
        wake()
      }),
    leave: (tasks) => {
      const left = tasks.flatMap(({ id }) => dirty.get(id) ?? [])
      for (const { id } of tasks) dirty.delete(id)
      const along = [...completed.values()]
      completed = new Map()
      return {
        completed: [...inFlight.values(), ...along],
        settle: (isStored) => {
          if (isStored) for (const task of tasks) sent.set(task.id, task)
          else {
            putBack([...left, ...along])
            wake()
          }
        }
      }
    },
    stop,
    end: (store) =>
      Effect.zipRight(
        written,
        Effect.suspend(() => {
          const end = (last: TaskUpdate) => Effect.asVoid(store(last))
          if (isEmpty()) return end(NO_UPDATE)
          if (dirty.size + completed.size > MAX_LAST) return Effect.zipRight(stop, end(NO_UPDATE))
          const last = swap()
          return end(last).pipe(
            Effect.zipRight(Metric.incrementBy(Metrics.taskRowsWritten, last.tasks.length)),
            whenPoisoned(() => {
              putBack(last.tasks)
              progress = last.progress
              return Effect.zipRight(stop, end(NO_UPDATE))
            })
          )
        })
      ),
    discard: Effect.suspend(() => {
      isDiscarded = true
      return writing === undefined ? Effect.void : Fiber.interruptFork(writing)
    })
  }
}
