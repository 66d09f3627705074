import {
  Duration,
  Effect,
  Equal,
  ExecutionStrategy,
  Exit,
  Fiber,
  MutableHashMap,
  Option,
  Queue,
  Schedule,
  Scope
} from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import type { OwnershipLost } from "./WorkflowError.ts"
import type { TaskUpdate, WorkflowRepositoryService } from "./WorkflowRepository.ts"
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
  /** Ends the consumer and forgets what is left: the workflow is somebody else's. */
  readonly discard: Effect.Effect<void>
}

/** Starts a writer. Its consumer is a fiber of the scope, at whose end what is left is forgotten. */
export const make = Effect.fnUntraced(function* (options: {
  readonly ownership: Ownership
  readonly repository: WorkflowRepositoryService
  /** How long updates are gathered. */
  readonly debounce: Duration.Duration
  /** Called once when a write finds that the workflow is no longer ours. */
  readonly onOwnershipLost: Effect.Effect<void>
}): Effect.fn.Return<TaskQueueWriter, never, Scope.Scope> {
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

  /** One row at a time, so that the row at fault is the only one that is stored without its texts, or not at all. */
  const isolate = (update: TaskUpdate) =>
    Effect.forEach(
      update.tasks.map((task): TaskUpdate => ({ tasks: [task], progress: Option.none() })),
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
    return repository.save(ownership, sanitise(update)).pipe(
      Effect.catchIf(isPoisoned, () => isolate(sanitise(update))),
      Effect.onExit((exit) => (Exit.isFailure(exit) ? Effect.sync(() => putBack(update)) : Effect.void))
    )
  })

  const write = flush.pipe(
    Effect.tapErrorTag("DatabaseError", (error) =>
      Effect.logWarning(`task updates wait for the database: ${error.message}`)
    ),
    Effect.retry({
      while: (error) => error._tag === "DatabaseError",
      schedule: Schedule.union(Schedule.exponential(FIRST_RETRY), Schedule.spaced(LAST_RETRY))
    }),
    Effect.annotateLogs({ workflowId: ownership.workflowId })
  )

  const consumer = yield* Queue.take(wakeUp).pipe(
    Effect.zipRight(write),
    Effect.zipRight(Effect.sleep(options.debounce)),
    Effect.forever,
    Effect.catchAll(() => options.onOwnershipLost),
    Effect.forkScoped
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
    stop: Effect.zipRight(Fiber.interrupt(consumer), Effect.ignore(write)),
    discard: Effect.asVoid(Fiber.interrupt(consumer))
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

/** Writers that end, at the latest, with the scope. */
export const makeRegistry = Effect.fnUntraced(function* (
  repository: WorkflowRepositoryService,
  settings: WorkflowSettings
): Effect.fn.Return<TaskQueueWriters, never, Scope.Scope> {
  const scope = yield* Effect.scope
  const all = yield* Scope.fork(scope, ExecutionStrategy.sequential)
  const writers = new Map<string, { readonly writer: TaskQueueWriter; readonly scope: Scope.CloseableScope }>()

  const remove = (workflowId: string, last: (writer: TaskQueueWriter) => Effect.Effect<void>) =>
    Effect.suspend(() => {
      const entry = writers.get(workflowId)
      if (entry === undefined) return Effect.void
      return Effect.ensuring(
        last(entry.writer),
        Effect.suspend(() => {
          if (writers.get(workflowId) === entry) writers.delete(workflowId)
          return Scope.close(entry.scope, Exit.void)
        })
      )
    })

  const discard = (workflowId: string) => remove(workflowId, (writer) => writer.discard)

  return {
    find: (workflowId) => Option.map(Option.fromNullable(writers.get(workflowId)), ({ writer }) => writer),
    start: (ownership, onOwnershipLost) =>
      Effect.gen(function* () {
        yield* discard(ownership.workflowId)
        const own = yield* Scope.fork(all, ExecutionStrategy.sequential)
        const writer = yield* make({ ownership, repository, debounce: settings.writerDebounce, onOwnershipLost }).pipe(
          Scope.extend(own)
        )
        writers.set(ownership.workflowId, { writer, scope: own })
        return writer
      }),
    stop: (workflowId) => remove(workflowId, (writer) => writer.stop),
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

/** PostgreSQL's text holds neither NUL nor half a surrogate pair. */
const sanitiseText = (text: string) => text.replace(/\0|\p{Surrogate}/gu, "\uFFFD")

const sanitise = (update: TaskUpdate): TaskUpdate => ({
  tasks: update.tasks.map((task) => ({
    ...task,
    name: sanitiseText(task.name),
    error: Option.map(task.error, sanitiseText)
  })),
  progress: Option.map(update.progress, (p) => ({ ...p, message: sanitiseText(p.message) }))
})
