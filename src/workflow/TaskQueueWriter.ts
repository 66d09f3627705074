import {
  Duration,
  Effect,
  Equal,
  Exit,
  Fiber,
  MutableHashMap,
  Option,
  Queue,
  Schedule,
  type Scope,
  Metric
} from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import type { NotificationsService } from "./Notifications.ts"
import type { OwnershipLost } from "./WorkflowError.ts"
import type { TaskUpdate, WorkflowRepositoryService } from "./WorkflowRepository.ts"
import * as Metrics from "./WorkflowMetrics.ts"
import type { WorkflowSettings } from "./WorkflowSettings.ts"
import type { Ownership, WorkflowProgress } from "./WorkflowState.ts"
import type { WorkflowTask } from "./WorkflowTask.ts"

/** Between tries of a write that failed: from here, doubling … */
const FIRST_RETRY = Duration.millis(250)
/** … to here, so that a database that comes back is noticed soon. */
const LAST_RETRY = Duration.seconds(5)
/** SQLSTATE classes that say that a row is at fault, not the database: data exception, constraint violation. */
const POISON_CLASSES = ["22", "23"]

/**
 * One workflow's updates on their way to the database.
 *
 * ```
 *   send ──▶ dirty map (task id → newest row) ──▶ consumer: swap the map, write it, wait out the debounce
 *     └────▶ sliding queue of one wake-up ───────▶┘
 * ```
 *
 * What is written is what changed since the last write, latest wins; what is on its way when a write fails goes back under what is
 * newer. So memory is bounded by the number of tasks, and sending costs the same however slow the database is.
 */
export interface TaskQueueWriter {
  /** Notes the tasks that differ from what was sent before. Never blocks. */
  readonly send: (tasks: ReadonlyArray<WorkflowTask>) => Effect.Effect<void>
  /** Notes how far the workflow has come. Never blocks. */
  readonly progress: (progress: WorkflowProgress) => Effect.Effect<void>
  /** Ends the consumer and writes what is left; returns when that is stored, or can never be. Bring a deadline. */
  readonly stop: Effect.Effect<void>
  /** Ends the consumer and forgets what is left: the workflow is somebody else's. Returns at once, though the database hang. */
  readonly discard: Effect.Effect<void>
}

/** Starts a writer. Its consumer belongs to no scope, which would wait for a database that hangs. */
const make = Effect.fnUntraced(function* (options: {
  readonly ownership: Ownership
  readonly repository: WorkflowRepositoryService
  /** How long updates are gathered. */
  readonly debounce: Duration.Duration
  /** Called after each write. */
  readonly onWritten: Effect.Effect<void>
  /** Called once when a write finds that the workflow is no longer ours. */
  readonly onOwnershipLost: Effect.Effect<void>
}): Effect.fn.Return<TaskQueueWriter> {
  const { ownership, repository } = options
  const wakeUp = yield* Queue.sliding<void>(1)
  const sent = MutableHashMap.empty<string, WorkflowTask>()
  let dirty = MutableHashMap.empty<string, WorkflowTask>()
  let progress = Option.none<WorkflowProgress>()

  const isEmpty = () => MutableHashMap.isEmpty(dirty) && Option.isNone(progress)

  const swap = (): TaskUpdate => {
    const update = { tasks: [...MutableHashMap.values(dirty)], progress }
    dirty = MutableHashMap.empty()
    progress = Option.none()
    return update
  }

  const putBack = (update: TaskUpdate) => {
    for (const task of update.tasks) {
      if (!MutableHashMap.has(dirty, task.id)) MutableHashMap.set(dirty, task.id, task)
    }
    progress = Option.orElse(progress, () => update.progress)
  }

  const isPoisoned = (error: OwnershipLost | DatabaseError) =>
    error._tag === "DatabaseError" && error.code !== null && POISON_CLASSES.includes(error.code.slice(0, 2))

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
      Effect.onExit((exit) => (Exit.isFailure(exit) ? Effect.sync(() => putBack(update)) : Effect.void))
    )
  })

  /** What can be tried again is, until it is stored; what cannot (a right that was taken away) waits for the next update. */
  const write = flush.pipe(
    Effect.tapErrorTag("DatabaseError", (error) =>
      Effect.logWarning(`task updates wait for the database: ${error.message}`)
    ),
    Effect.retry({
      while: (error) => error._tag === "DatabaseError" && error.retryable,
      schedule: Schedule.union(Schedule.exponential(FIRST_RETRY), Schedule.spaced(LAST_RETRY))
    }),
    Effect.catchTag("DatabaseError", (error) => Effect.logError("task updates cannot be stored", error)),
    Effect.annotateLogs({ workflowId: ownership.workflowId })
  )

  const consumer = yield* Queue.take(wakeUp).pipe(
    Effect.zipRight(write),
    Effect.zipRight(Effect.sleep(options.debounce)),
    Effect.forever,
    Effect.catchAll(() => options.onOwnershipLost),
    Effect.interruptible,
    Effect.forkDaemon
  )

  return {
    send: (tasks) =>
      Effect.suspend(() => {
        for (const task of tasks) {
          if (Option.exists(MutableHashMap.get(sent, task.id), (before) => same(before, task))) continue
          MutableHashMap.set(sent, task.id, task)
          MutableHashMap.set(dirty, task.id, task)
        }
        return isEmpty() ? Effect.void : Effect.asVoid(Queue.offer(wakeUp, undefined))
      }),
    progress: (next) =>
      Effect.suspend(() => {
        progress = Option.some(next)
        return Effect.asVoid(Queue.offer(wakeUp, undefined))
      }),
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

/** Writers; what is left of them at the end of the scope is forgotten. */
export const makeRegistry = Effect.fnUntraced(function* (
  repository: WorkflowRepositoryService,
  settings: WorkflowSettings,
  { tell }: NotificationsService
): Effect.fn.Return<TaskQueueWriters, never, Scope.Scope> {
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

const same = (a: WorkflowTask, b: WorkflowTask) =>
  a === b ||
  (a.status === b.status &&
    a.retryCount === b.retryCount &&
    a.ordinal === b.ordinal &&
    a.name === b.name &&
    a.requiresLlm === b.requiresLlm &&
    Equal.equals(a.error, b.error) &&
    Equal.equals(Option.map(a.startedAt, Number), Option.map(b.startedAt, Number)) &&
    Equal.equals(Option.map(a.completedAt, Number), Option.map(b.completedAt, Number)))
