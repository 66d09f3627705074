import { Cause, Clock, Deferred, Duration, Effect, Exit, Fiber, Option, Schedule, Metric } from "effect"
import { dieInTransaction } from "../database/Database.ts"
import { DatabaseError } from "../database/DatabaseError.ts"
import type { Tenant } from "../tenant/TenantContext.ts"
import type { ConcurrencyStrategy } from "../workqueue/ConcurrencyStrategy.ts"
import type { RetryPolicy } from "../workqueue/RetryPolicy.ts"
import { describeCause, TaskFailed } from "../workqueue/Task.ts"
import { withTimeLimit } from "../workqueue/TimeLimit.ts"
import { WorkQueue } from "../workqueue/WorkQueue.ts"
import type { NotificationsService } from "./Notifications.ts"
import type { Lease } from "./ServerLease.ts"
import type { TaskQueueWriter, TaskQueueWriters } from "./TaskQueueWriter.ts"
import { OwnershipLost } from "./WorkflowError.ts"
import type { WorkflowRun } from "./WorkflowKind.ts"
import { CANCELLED, type Ending, PAUSED, RELEASED, type WorkflowRepositoryService } from "./WorkflowRepository.ts"
import * as Metrics from "./WorkflowMetrics.ts"
import type { WorkflowSettings } from "./WorkflowSettings.ts"
import { MAX_ATTEMPTS, type Ownership, ownershipOf, type Workflow } from "./WorkflowState.ts"
import { fromTaskState } from "./WorkflowTask.ts"

/** How long a cancelled or paused workflow's tasks may take to stop; what goes on after that is left to the fence. */
export const STOP_TIMEOUT = Duration.seconds(10)
/** Between tries to read what a run starts with, and to store how it ended, while the database is away. */
const OUTAGE_RETRY = Schedule.union(Schedule.exponential("250 millis"), Schedule.spaced("5 seconds"))

/** Closings that follow each other within a second (in nanoseconds) are one: a process that ends closes its kinds one by one. */
const SAME_CLOSING = 1_000_000_000n

/** A kind as it was registered: its `run` with everything it needs. */
export interface Registration {
  readonly name: string
  readonly strategy: ConcurrencyStrategy | undefined
  readonly retry: RetryPolicy | undefined
  readonly timeout: Duration.Duration | undefined
  readonly onShutdown: "release" | "fail"
  readonly run: (tools: Omit<WorkflowRun<unknown>, "config">) => Effect.Effect<void, unknown>
}

/** Why a run stops before it has ended by itself. */
export type Stop = "cancel" | "pause" | "shutdown" | "lost"

/** A workflow in the hands of this process. */
export interface ActiveWorkflow {
  readonly workflow: Workflow
  readonly ownership: Ownership
  readonly registration: Registration
  /** Asks it to stop; the first one counts, but that a lost lease outweighs all. */
  readonly stop: (why: Stop) => Effect.Effect<void>
  /** Completes when its end is stored, or is nobody's business here any more. */
  readonly ended: Deferred.Deferred<void>
}

/**
 * The running workflows of this process.
 *
 * ```
 *   launch ──▶ run and its tasks ──▶ succeeded, failed ─────────┐
 *                     │ stop                                    ▼
 *                     ├─ cancel, pause, shutdown ─▶ interrupt ─▶ flush the writer ─▶ store the end ─▶ ended
 *                     └─ lost ─▶ interrupt, discard the writer ────────────────────────────────────▶ ended
 * ```
 *
 * Each runs in a fiber of its own that belongs to no scope: a scope would wait for every one of them, and what does not end by the
 * deadline of a shutdown has to be left behind. The fence keeps what is left behind from writing.
 */
export interface ActiveWorkflows {
  readonly all: Effect.Effect<ReadonlyArray<ActiveWorkflow>>
  readonly find: (workflowId: string) => Option.Option<ActiveWorkflow>
  readonly count: Effect.Effect<number>
  /** How many of them still wait for what is stored of them, and have not begun: a busy database is given no more to do. */
  readonly starting: Effect.Effect<number>
  /** Runs a workflow that this lease owns. Returns at once. */
  readonly launch: (workflow: Workflow, registration: Registration, lease: Lease) => Effect.Effect<void>
  /** Stops these workflows, all at once, and returns when each has ended or the process's deadline has passed. */
  readonly drain: (which: (active: ActiveWorkflow) => boolean) => Effect.Effect<void>
  /** Until the process's deadline: the first of several closings fixes it for all, one that comes long after is a new beginning. */
  readonly timeLeft: Effect.Effect<Duration.Duration>
}

/** @see ActiveWorkflows */
export const make = (
  repository: WorkflowRepositoryService,
  settings: WorkflowSettings,
  writers: TaskQueueWriters,
  { tell }: NotificationsService
) =>
  Effect.sync((): ActiveWorkflows => {
    const active = new Map<string, ActiveWorkflow>()
    const starting = new Set<ActiveWorkflow>()
    let deadline: bigint | undefined
    let closings = 0
    let lastClosing = 0n

    const launch: ActiveWorkflows["launch"] = (workflow, registration, lease) =>
      Effect.gen(function* () {
        const asked = yield* Deferred.make<Stop>()
        const ended = yield* Deferred.make<void>()
        const ownership = ownershipOf(workflow, lease.serverId)
        const stop = (why: Stop) => Effect.asVoid(Deferred.succeed(asked, why))
        const entry: ActiveWorkflow = { workflow, ownership, registration, stop, ended }
        active.set(workflow.id, entry)
        starting.add(entry)
        yield* Metric.set(Metrics.active, active.size)
        yield* tell("change", workflow.id)
        yield* supervise(entry, Deferred.await(asked), Deferred.await(lease.lost)).pipe(
          Effect.catchAllCause((cause) => Effect.logError("a workflow's supervision failed", cause)),
          Effect.ensuring(
            Effect.suspend(() => {
              // Only itself: a run that outlived its lease may have a successor here by now.
              if (active.get(workflow.id) === entry) active.delete(workflow.id)
              starting.delete(entry)
              return Effect.zipRight(Metric.set(Metrics.active, active.size), Deferred.succeed(ended, undefined))
            })
          ),
          Effect.annotateLogs({ workflowId: workflow.id, kind: workflow.kind, epoch: workflow.epoch }),
          Effect.interruptible,
          Effect.forkDaemon
        )
      })

    const supervise = Effect.fn("ActiveWorkflows.supervise")(function* (
      entry: ActiveWorkflow,
      asked: Effect.Effect<Stop>,
      leaseLost: Effect.Effect<void>
    ) {
      const { ownership, registration, workflow } = entry
      const writer = yield* writers.start(ownership, entry.stop("lost"))
      const standing = given(workflow)
      const fiber = yield* Effect.forkDaemon(
        Effect.interruptible(standing === undefined ? work(entry, writer) : Effect.succeed(standing))
      )
      const outcome = yield* Effect.raceFirst(
        Effect.map(Fiber.join(fiber), (ending) => ({ ending, stop: undefined })),
        Effect.map(Effect.raceFirst(Effect.as(leaseLost, "lost" as const), asked), (stop) => ({
          ending: undefined,
          stop
        }))
      )
      if (outcome.stop === "lost") {
        yield* Effect.logInfo("the workflow is no longer owned here; its work stops")
        yield* writer.discard
      }
      if (outcome.stop !== undefined) yield* stopWithin(fiber, outcome.stop)
      const ending = outcome.stop === undefined ? outcome.ending : endingOf(outcome.stop, registration)
      if (ending !== undefined) yield* Effect.raceFirst(store(ownership, ending, writer), leaseLost)
      yield* writer.discard
      yield* Metric.increment(Metric.tagged(Metrics.ended, "state", ending?.state ?? "lost"))
    })

    /** Interrupts a run, and waits for it no longer than there is time. */
    const stopWithin = (fiber: Fiber.RuntimeFiber<unknown>, stop: Stop) =>
      Effect.gen(function* () {
        const time = stop === "shutdown" ? Duration.unsafeDivide(yield* timeLeft, 2) : STOP_TIMEOUT
        const stopped = yield* Fiber.interrupt(fiber).pipe(Effect.disconnect, Effect.timeoutOption(time))
        if (Option.isNone(stopped)) yield* Effect.logWarning("tasks do not stop; they are left to the fence")
      })

    /** Flushes the writer and stores the end, over outages of the database. */
    const store = (ownership: Ownership, ending: Ending, writer: TaskQueueWriter) =>
      Effect.gen(function* () {
        yield* writer.stop
        yield* repository.end(ownership, ending).pipe(
          Effect.retry({
            while: (error) => error._tag === "DatabaseError" && error.retryable,
            schedule: OUTAGE_RETRY
          })
        )
        yield* tell("change", ownership.workflowId)
        if (ending.state === "pending") yield* tell("work", ownership.workflowId)
      }).pipe(
        Effect.catchTags({
          OwnershipLost: () => Effect.logDebug("the workflow has been taken over"),
          DatabaseError: (error) => Effect.logError("a workflow's end could not be stored", error)
        })
      )

    /** The run itself; undefined where it found that the workflow is no longer ours. */
    const work = (entry: ActiveWorkflow, writer: TaskQueueWriter) =>
      Effect.gen(function* () {
        const { ownership, registration, workflow } = entry
        const stored = yield* repository
          .tasks(ownership.projectId, ownership.workflowId)
          .pipe(Effect.retry({ while: ({ retryable }) => retryable, schedule: OUTAGE_RETRY }))
        starting.delete(entry)
        const queue = yield* WorkQueue.make<Tenant>({
          strategy: registration.strategy,
          retry: registration.retry,
          completed: new Set(stored.filter(({ status }) => status === "completed").map(({ id }) => id)),
          onChange: (task) => writer.send([fromTaskState(task)]),
          complete: (task, commit) => repository.complete(ownership, fromTaskState(task), commit),
          admit: dieInTransaction("enqueue")
        })
        yield* registration.run({
          workflow,
          queue,
          progress: writer.progress,
          fenced: repository.fenced(ownership)
        })
        yield* queue.wait
      }).pipe(
        Effect.scoped,
        withTimeLimit(entry.registration.timeout),
        Effect.exit,
        Effect.tap((exit) =>
          Exit.isFailure(exit) && !Cause.isInterruptedOnly(exit.cause)
            ? Effect.logDebug("a workflow's run failed", exit.cause)
            : Effect.void
        ),
        Effect.map((exit) => conclude(exit, entry.ownership))
      )

    const timeLeft = Effect.map(Clock.currentTimeNanos, (now) => {
      if (deadline === undefined || (closings === 0 && now > lastClosing + SAME_CLOSING)) {
        deadline = now + Option.getOrElse(Duration.toNanos(settings.shutdownDeadline), () => 0n)
      }
      return Duration.nanos(deadline > now ? deadline - now : 0n)
    })

    return {
      all: Effect.sync(() => [...active.values()]),
      find: (workflowId) => Option.fromNullable(active.get(workflowId)),
      count: Effect.sync(() => active.size),
      starting: Effect.sync(() => starting.size),
      launch,
      timeLeft,
      drain: (which) =>
        Effect.gen(function* () {
          const time = yield* timeLeft
          const stopping = [...active.values()].filter(which)
          closings++
          yield* Effect.forEach(
            stopping,
            (entry) => Effect.zipRight(entry.stop("shutdown"), Deferred.await(entry.ended)),
            { concurrency: "unbounded", discard: true }
          ).pipe(Effect.disconnect, Effect.interruptible, Effect.timeoutOption(time))
          closings--
          lastClosing = yield* Clock.currentTimeNanos
        })
    }
  })

const COMPLETED: Ending = { state: "completed", errorMessage: Option.none(), unfinishedTasks: "unknown" }

const failed = (message: string): Ending => ({
  state: "failed",
  errorMessage: Option.some(message),
  unfinishedTasks: "pending"
})

/** How a workflow ends that is not to run at all: what was asked of it while it had no owner, or too many owners died of it. */
const given = ({ attempt, errorMessage, requested }: Workflow): Ending | undefined => {
  if (Option.contains(requested, "cancel" as const)) return CANCELLED
  if (Option.contains(requested, "pause" as const)) return PAUSED
  if (attempt < MAX_ATTEMPTS) return undefined
  const last = Option.match(errorMessage, { onNone: () => "", onSome: (message) => `; the last one: ${message}` })
  return failed(`given up: ${attempt} owners in a row died without completing a task${last}`)
}

const endingOf = (stop: Stop, registration: Registration): Ending | undefined => {
  switch (stop) {
    case "cancel":
      return CANCELLED
    case "pause":
      return PAUSED
    case "shutdown":
      return registration.onShutdown === "fail" ? failed("server shutdown") : RELEASED
    case "lost":
      return undefined
  }
}

/**
 * What a run's exit means. Our own database's failure is none of the workflow's: it is released and goes on later. That is an attempt
 * where the database was there, or was tried as often as a task may: for ever nothing goes on of which nothing comes.
 */
const conclude = (exit: Exit.Exit<void, unknown>, ownership: Ownership): Ending | undefined => {
  if (Exit.isSuccess(exit)) return COMPLETED
  const errors = [...Cause.failures(exit.cause)].flatMap((error) =>
    error instanceof TaskFailed ? [error, ...Cause.failures(error.cause)] : [error]
  )
  if (errors.some((error) => error instanceof OwnershipLost && error.workflowId === ownership.workflowId))
    return undefined
  const [first] = errors
  const message = describeCause(exit.cause)
  const ours = errors.find((error) => error instanceof DatabaseError && error.retryable)
  if (ours instanceof DatabaseError) {
    const isAttempt = first instanceof TaskFailed || !ours.isOutage
    return { ...RELEASED, errorMessage: Option.some(message), isAttempt }
  }
  return failed(first instanceof TaskFailed ? `${first.taskName}: ${message}` : message)
}
