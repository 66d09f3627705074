import { Cause, Effect, Exit, Fiber, Metric, Option, Queue, type Scope } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import type { NotificationsService } from "./Notifications.ts"
import { Outages, type OutagesService } from "./Outages.ts"
import type { OwnershipLost } from "./WorkflowError.ts"
import type { TaskUpdate, WorkflowRepositoryService } from "./WorkflowRepository.ts"
import * as Metrics from "./WorkflowMetrics.ts"
import type { WorkflowSettings } from "./WorkflowSettings.ts"
import type { Ownership, WorkflowProgress } from "./WorkflowState.ts"
import { isSameTask, type WorkflowTask } from "./WorkflowTask.ts"

/** What of the engine's work the writers do, for those who look at its health. */
const TASK_STATES = "task states"

/**
 * One workflow's updates on their way to the database.
 *
 * ```
 *   send ──▶ dirty map (task id → newest row) ──────────────────────────────────────▶ swap the map, write it
 *     └────▶ sliding queue of one wake-up ──▶ consumer: wait out the debounce, then each that is dirty ─┘
 * ```
 *
 * What is written is what changed since the last write, latest wins; what is on its way when a write fails goes back under what is
 * newer. So memory is bounded by the number of tasks, and sending costs the same however slow the database is. The writes of all
 * workflows that are ready at the same time are one statement (`WorkflowRepository.save`).
 */
export interface TaskQueueWriter {
  /** Notes the tasks that differ from what was sent before. Never blocks. */
  readonly send: (tasks: ReadonlyArray<WorkflowTask>) => Effect.Effect<void>
  /** The same for one task, at once. */
  readonly note: (task: WorkflowTask) => void
  /** Notes how far the workflow has come. Never blocks. */
  readonly progress: (progress: WorkflowProgress) => Effect.Effect<void>
  /**
   * Leaves tasks that are about to be committed to the transaction that commits them: what was not yet written of them is not written
   * here. Gives the completed tasks that are not yet stored, too: a parent's commit may not outlive its children's marks. What
   * becomes of both is to be told by `settle`.
   */
  readonly leave: (tasks: ReadonlyArray<WorkflowTask>) => TaskLeave
  /** Ends the consumer, lets a write in flight end, and writes what is left; returns when that is stored, or can never be. */
  readonly stop: Effect.Effect<void>
  /**
   * Ends the consumer and forgets what is left, also where `stop` is about to write it: the workflow is somebody else's. Returns at
   * once, though the database hang.
   */
  readonly discard: Effect.Effect<void>
}

/** Tasks that a writer has left to a transaction. */
export interface TaskLeave {
  /** Completed tasks that are to be written in the same transaction. */
  readonly completed: ReadonlyArray<WorkflowTask>
  /** To be called once with whether the transaction was committed: where not, the writer writes what it had left. */
  readonly settle: (isStored: boolean) => void
}

type Rows = Map<string, WorkflowTask>

/** What the consumer of all writers does with one of them. */
interface Dirty {
  /** Begins to write what is dirty, in a fiber of its own, unless it is at it. */
  readonly begin: Effect.Effect<void>
}

/** A writer. Its writes belong to no scope, which would wait for a database that hangs. */
const make = (options: {
  readonly ownership: Ownership
  readonly repository: WorkflowRepositoryService
  readonly outages: OutagesService
  /** Asks the consumer of all writers to come by when the debounce is over. */
  readonly wake: (writer: Dirty) => void
  /** Called after each write. */
  readonly onWritten: Effect.Effect<void>
  /** Called once when a write finds that the workflow is no longer ours. */
  readonly onOwnershipLost: Effect.Effect<void>
}): TaskQueueWriter => {
  const { ownership, outages, repository } = options
  const sent: Rows = new Map()
  let dirty: Rows = new Map()
  /** The completed ones among what is dirty, apart: a commit takes them along without looking at the others. */
  let completed: Rows = new Map()
  /** Those that are on their way to be stored, and may still come to nothing. */
  let onTheirWay: Rows = new Map()
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
    onTheirWay = completed
    completed = new Map()
    progress = Option.none()
    return update
  }

  const save = (update: TaskUpdate) => Effect.suspend(() => repository.save(ownership, update))

  /** Whether a row of them can never be stored: it is at fault itself, or meets a mistake in the program. */
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

  /** One row at a time, so that the row at fault is the only one that is not stored. */
  const isolate = (update: TaskUpdate) =>
    Effect.forEach(
      [
        ...update.tasks.map((task): TaskUpdate => ({ tasks: [task], progress: Option.none() })),
        { tasks: [], progress: update.progress }
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
          onTheirWay = new Map()
          if (Exit.isSuccess(exit)) return
          putBack(update.tasks)
          progress = Option.orElse(progress, () => update.progress)
        })
      )
    )
  })

  /** A write that has begun is not interrupted, only the wait for the next try. */
  const write = outages.during(TASK_STATES)(Effect.uninterruptible(flush))
  const writeAll: Effect.Effect<void, OwnershipLost | DatabaseError> = Effect.suspend(() =>
    isEmpty() ? Effect.void : Effect.zipRight(write, writeAll)
  )

  let writing: Fiber.RuntimeFiber<void> | undefined

  const wake = () => {
    if (!isEmpty()) options.wake(dirtyOne)
  }

  const begin = Effect.suspend(() => {
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
  const dirtyOne: Dirty = { begin }

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
        completed: [...onTheirWay.values(), ...along],
        settle: (isStored) => {
          if (isStored) for (const task of tasks) sent.set(task.id, task)
          else {
            putBack([...left, ...along])
            wake()
          }
        }
      }
    },
    stop: Effect.zipRight(
      Effect.suspend(() => (writing === undefined ? Effect.void : Fiber.interrupt(writing))),
      Effect.ignore(writeAll)
    ),
    discard: Effect.suspend(() => {
      isDiscarded = true
      return writing === undefined ? Effect.void : Fiber.interruptFork(writing)
    })
  }
}

/** The writers of this process, one per workflow. */
export interface TaskQueueWriters {
  readonly find: (workflowId: string) => Option.Option<TaskQueueWriter>
  /** Starts a workflow's writer; one that is there from an earlier epoch is discarded. */
  readonly start: (ownership: Ownership, onOwnershipLost: Effect.Effect<void>) => Effect.Effect<TaskQueueWriter>
  /** Stops a workflow's writer, if there is one, when what is left is stored. */
  readonly stop: (workflowId: string) => Effect.Effect<void>
  /** Discards a workflow's writer, if there is one, and what is left. */
  readonly discard: (workflowId: string) => Effect.Effect<void>
}

/** Writers; what is left of them at the end of the scope is forgotten. Needs `Outages`. */
export const makeRegistry = Effect.fnUntraced(function* (
  repository: WorkflowRepositoryService,
  settings: WorkflowSettings,
  { tell }: NotificationsService
): Effect.fn.Return<TaskQueueWriters, never, Scope.Scope | Outages> {
  const outages = yield* Outages
  const writers = new Map<string, TaskQueueWriter>()
  const wakeUp = yield* Queue.sliding<void>(1)
  let awake = new Set<Dirty>()
  const wake = (writer: Dirty) => {
    awake.add(writer)
    Queue.unsafeOffer(wakeUp, undefined)
  }

  // One consumer for all writers: a workflow that ends within the debounce never meets it.
  yield* Queue.take(wakeUp).pipe(
    Effect.zipRight(Effect.sleep(settings.writerDebounce)),
    Effect.zipRight(
      Effect.suspend(() => {
        const ready = awake
        awake = new Set()
        return Effect.forEach(ready, ({ begin }) => begin, { discard: true })
      })
    ),
    Effect.forever,
    Effect.interruptible,
    Effect.forkScoped
  )

  const find = (workflowId: string) => Option.fromNullable(writers.get(workflowId))

  const onFound = (workflowId: string, use: (writer: TaskQueueWriter) => Effect.Effect<void>) =>
    Effect.suspend(() => Option.match(find(workflowId), { onNone: () => Effect.void, onSome: use }))

  const discard = (workflowId: string) => onFound(workflowId, (writer) => writer.discard)

  yield* Effect.addFinalizer(() => Effect.forEach([...writers.keys()], discard, { discard: true }))

  return {
    find,
    start: (ownership, onOwnershipLost) =>
      Effect.gen(function* () {
        yield* discard(ownership.workflowId)
        const made = make({
          ownership,
          repository,
          outages,
          wake,
          onWritten: tell("change", ownership.workflowId),
          onOwnershipLost
        })
        // Only itself: by then there may be one of a later epoch.
        const remove = Effect.sync(() => {
          if (writers.get(ownership.workflowId) === writer) writers.delete(ownership.workflowId)
        })
        const writer: TaskQueueWriter = {
          ...made,
          stop: Effect.ensuring(made.stop, remove),
          discard: Effect.zipRight(remove, made.discard)
        }
        writers.set(ownership.workflowId, writer)
        return writer
      }),
    stop: (workflowId) => onFound(workflowId, (writer) => writer.stop),
    discard
  }
})
