import { type Duration, Effect, Exit, Fiber, Metric, Option, Queue, type Scope } from "effect"
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
 *   send ──▶ dirty map (task id → newest row) ──▶ consumer: wait out the debounce, swap the map, write it
 *     └────▶ sliding queue of one wake-up ───────▶┘
 * ```
 *
 * What is written is what changed since the last write, latest wins; what is on its way when a write fails goes back under what is
 * newer. So memory is bounded by the number of tasks, and sending costs the same however slow the database is. The writes of all
 * workflows that are ready at the same time are one statement (`WorkflowRepository.save`).
 */
export interface TaskQueueWriter {
  /** Notes the tasks that differ from what was sent before. Never blocks. */
  readonly send: (tasks: ReadonlyArray<WorkflowTask>) => Effect.Effect<void>
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
  /** Ends the consumer and forgets what is left: the workflow is somebody else's. Returns at once, though the database hang. */
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

/** Starts a writer. Its consumer belongs to no scope, which would wait for a database that hangs. */
const make = Effect.fnUntraced(function* (options: {
  readonly ownership: Ownership
  readonly repository: WorkflowRepositoryService
  readonly outages: OutagesService
  /** How long updates are gathered. */
  readonly debounce: Duration.Duration
  /** Called after each write. */
  readonly onWritten: Effect.Effect<void>
  /** Called once when a write finds that the workflow is no longer ours. */
  readonly onOwnershipLost: Effect.Effect<void>
}): Effect.fn.Return<TaskQueueWriter> {
  const { ownership, outages, repository } = options
  const wakeUp = yield* Queue.sliding<void>(1)
  const oneAtATime = yield* Effect.makeSemaphore(1)
  const sent: Rows = new Map()
  let dirty: Rows = new Map()
  /** The completed ones among what is dirty, apart: a commit takes them along without looking at the others. */
  let completed: Rows = new Map()
  /** Those that are on their way to be stored, and may still come to nothing. */
  let onTheirWay: Rows = new Map()
  let progress = Option.none<WorkflowProgress>()

  const isEmpty = () => dirty.size === 0 && completed.size === 0 && Option.isNone(progress)

  const note = (task: WorkflowTask) => {
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
      if (!dirty.has(task.id) && !completed.has(task.id)) note(task)
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

  const isPoisoned = (error: OwnershipLost | DatabaseError) => error._tag === "DatabaseError" && error.isStatements

  /** One row at a time, so that the row at fault is the only one that is not stored. */
  const isolate = (update: TaskUpdate) =>
    Effect.forEach(
      [
        ...update.tasks.map((task): TaskUpdate => ({ tasks: [task], progress: Option.none() })),
        { tasks: [], progress: update.progress }
      ],
      (single) =>
        Effect.catchIf(repository.save(ownership, single), isPoisoned, (error) =>
          Effect.logError("a task could not be stored", error).pipe(
            Effect.annotateLogs({ workflowId: ownership.workflowId, taskId: single.tasks[0]?.id })
          )
        ),
      { discard: true }
    )

  const flush: Effect.Effect<void, OwnershipLost | DatabaseError> = Effect.suspend(() => {
    if (isEmpty()) return Effect.void
    const update = swap()
    return repository.save(ownership, update).pipe(
      Effect.zipRight(Metric.incrementBy(Metrics.taskRowsWritten, update.tasks.length)),
      Effect.zipRight(options.onWritten),
      Effect.catchIf(isPoisoned, () => isolate(update)),
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
  const write = oneAtATime
    .withPermits(1)(Effect.uninterruptible(flush))
    .pipe(outages.during(TASK_STATES), Effect.annotateLogs({ workflowId: ownership.workflowId }))

  const consumer = yield* Queue.take(wakeUp).pipe(
    Effect.zipRight(Effect.sleep(options.debounce)),
    Effect.zipRight(write),
    Effect.forever,
    Effect.catchTags({
      OwnershipLost: () => options.onOwnershipLost,
      DatabaseError: (error) => Effect.logError("task states cannot be stored", error)
    }),
    Effect.interruptible,
    Effect.forkDaemon
  )

  const wake = Effect.suspend(() => (isEmpty() ? Effect.void : Effect.asVoid(Queue.offer(wakeUp, undefined))))

  return {
    send: (tasks) =>
      Effect.suspend(() => {
        for (const task of tasks) {
          const before = sent.get(task.id)
          if (before !== undefined && isSameTask(before, task)) continue
          sent.set(task.id, task)
          note(task)
        }
        return wake
      }),
    progress: (next) =>
      Effect.suspend(() => {
        progress = Option.some(next)
        return wake
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
            Queue.unsafeOffer(wakeUp, undefined)
          }
        }
      }
    },
    stop: Effect.zipRight(Fiber.interrupt(consumer), Effect.ignore(Effect.repeat(write, { until: isEmpty }))),
    discard: Fiber.interruptFork(consumer)
  }
})

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
        const made = yield* make({
          ownership,
          repository,
          outages,
          debounce: settings.writerDebounce,
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
