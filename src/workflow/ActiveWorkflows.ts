import {
  Cause,
  Context,
  Deferred,
  Duration,
  Effect,
  Exit,
  Fiber,
  FiberId,
  FiberRef,
  FiberRefs,
  HashMap,
  Layer,
  Metric,
  Option,
  Runtime,
  RuntimeFlags
} from "effect"
import { dieInTransaction } from "../database/Database.ts"
import { type DatabaseError, orDatabaseError, orProgramsError } from "../database/DatabaseError.ts"
import type { Tenant } from "../tenant/TenantContext.ts"
import { describeCause } from "../workqueue/Task.ts"
import { withTimeLimit } from "../workqueue/TimeLimit.ts"
import { WorkQueue } from "../workqueue/WorkQueue.ts"
import * as Commits from "./Commits.ts"
import * as Conclusion from "./Conclusion.ts"
import { Notifications } from "./Notifications.ts"
import { Outages } from "./Outages.ts"
import type { Registration, RunTools } from "./Registration.ts"
import type { Lease } from "./ServerLease.ts"
import { ShutdownDeadline } from "./ShutdownDeadline.ts"
import * as Turns from "./Turns.ts"
import type { TaskQueueWriter } from "./TaskQueueWriter.ts"
import { TaskQueueWriters } from "./TaskQueueWriters.ts"
import { type Ending, RELEASED, WorkflowRepository } from "./WorkflowRepository.ts"
import * as Metrics from "./WorkflowMetrics.ts"
import { hasEnded, type Ownership, ownershipOf, type Workflow } from "./WorkflowState.ts"
import { fromTaskState } from "./WorkflowTask.ts"

/**
 * How long a cancelled or paused workflow waits for its interrupted tasks to stop. After that its end is stored all the same;
 * the fence refuses what a task writes later. At a shutdown, half of the time left is used instead.
 */
export const STOP_TIMEOUT = Duration.seconds(10)
/** Names of this work in logs and in `health`. */
const ENDS = "ends of workflows"
const RESUMPTIONS = "resumptions"
/**
 * How a run ended: by itself, with what is to be stored (undefined: nothing, its ownership was lost), or because it was
 * stopped.
 */
type Outcome = { readonly ending: Ending | undefined; readonly stop?: undefined } | { readonly stop: Conclusion.Stop }

/** Forks the two fibers of a workflow. */
interface Forks {
  readonly supervision: (effect: Effect.Effect<void>) => unknown
  readonly work: (effect: Effect.Effect<Ending | undefined>) => Fiber.RuntimeFiber<Ending | undefined>
}

/** A workflow that runs in this process. */
export interface ActiveWorkflow {
  readonly workflow: Workflow
  readonly ownership: Ownership
  readonly registration: Registration
  /** Stops the workflow. The first call decides how it ends, except that "lost" also prevents an end from being stored later. */
  readonly stop: (why: Conclusion.Stop) => Effect.Effect<void>
  /** Completes when the workflow's end is stored, or when this process has given it up. */
  readonly ended: Deferred.Deferred<void>
}

/** What `ActiveWorkflows` can do. */
export interface ActiveWorkflowsService {
  readonly all: Effect.Effect<ReadonlyArray<ActiveWorkflow>>
  readonly find: (workflowId: string) => Option.Option<ActiveWorkflow>
  readonly count: Effect.Effect<number>
  /** The number of workflows that have not begun because their stored tasks are still being read. Takeover limits it. */
  readonly starting: Effect.Effect<number>
  /** Starts a workflow that this lease owns. Does not wait for it. */
  readonly launch: (workflow: Workflow, registration: Registration, lease: Lease) => Effect.Effect<void>
  /** Ids of workflows whose config this process could not decode: it does not claim them again. */
  readonly unreadable: Effect.Effect<ReadonlyArray<string>>
  /** Removes the workflows that have ended from `unreadable`. */
  readonly reviewUnreadable: Effect.Effect<void, DatabaseError>
  /** Stops the selected workflows concurrently. Returns when all have ended, or at the shutdown deadline. */
  readonly drain: (which: (active: ActiveWorkflow) => boolean) => Effect.Effect<void>
}

/**
 * The workflows that run in this process.
 *
 * ```
 *   launch ──▶ run and its tasks ──▶ succeeded, failed ─────────┐
 *                     │ stop                                    ▼
 *                     ├─ cancel, pause, shutdown ─▶ interrupt ─▶ store the last task states with the end ─▶ ended
 *                     └─ lost ─▶ interrupt, discard the writer ─────────────────────────────────────────▶ ended
 * ```
 *
 * Each workflow has its own fibers outside of every scope: a scope would wait for all of them, but a shutdown must leave behind
 * fibers that have not ended by its deadline. The fence refuses their writes.
 */
export class ActiveWorkflows extends Context.Tag("workflow-infra/workflow/ActiveWorkflows")<
  ActiveWorkflows,
  ActiveWorkflowsService
>() {
  /** Without any at first. */
  static readonly layer = Layer.effect(
    ActiveWorkflows,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const repository = yield* WorkflowRepository
  const writers = yield* TaskQueueWriters
  const { tell } = yield* Notifications
  const commitsOf = yield* Commits.make
  const outages = yield* Outages
  const deadline = yield* ShutdownDeadline
  const active = new Map<string, ActiveWorkflow>()
  const starting = new Set<ActiveWorkflow>()
  const unreadable = new Set<string>()

  /** Leases that already have a fiber waiting for their loss: one fiber for each lease, not for each workflow. */
  const leases = new WeakSet<Lease>()
  const stopOnLoss = (lease: Lease) => {
    if (leases.has(lease)) return Effect.void
    leases.add(lease)
    return Deferred.await(lease.lost).pipe(
      Effect.zipRight(
        Effect.suspend(() =>
          Effect.forEach(
            [...active.values()].filter(({ ownership }) => ownership.ownerId === lease.serverId),
            (entry) => entry.stop("lost")
          )
        )
      ),
      Effect.interruptible,
      Effect.forkDaemon
    )
  }

  const launch: ActiveWorkflowsService["launch"] = (workflow, registration, lease) =>
    Effect.gen(function* () {
      const decided = Deferred.unsafeMake<Outcome>(FiberId.none)
      let isLost = false
      let abandon: (() => void) | undefined
      const ended = Deferred.unsafeMake<void>(FiberId.none)
      const ownership = ownershipOf(workflow, lease.serverId)
      const stop = (why: Conclusion.Stop) =>
        Effect.sync(() => {
          Deferred.unsafeDone(decided, Exit.succeed({ stop: why }))
          if (why !== "lost") return
          isLost = true
          abandon?.()
        })
      /** Stores an end until the lease is lost; the loss interrupts the storing fiber. */
      const untilLost = (storing: Effect.Effect<void>) =>
        Effect.withFiberRuntime<void>((fiber) => {
          if (isLost) return Effect.interrupt
          abandon = () => fiber.unsafeInterruptAsFork(FiberId.none)
          return storing
        })
      const entry: ActiveWorkflow = { workflow, ownership, registration, stop, ended }
      active.set(workflow.id, entry)
      starting.add(entry)
      yield* stopOnLoss(lease)
      yield* Metric.set(Metrics.active, active.size)
      yield* tell("change", workflow.id)
      const fork = yield* runtimesOf(workflow)
      const supervision = supervise(entry, decided, untilLost, fork.work).pipe(
        Effect.catchAllCause((cause) =>
          Cause.isInterruptedOnly(cause) ? Effect.void : Effect.logError("a workflow's supervision failed", cause)
        ),
        Effect.ensuring(
          Effect.suspend(() => {
            // This entry only: after a lost lease the same workflow may already run here again under a new epoch.
            if (active.get(workflow.id) === entry) active.delete(workflow.id)
            starting.delete(entry)
            return Effect.zipRight(Metric.set(Metrics.active, active.size), Deferred.succeed(ended, undefined))
          })
        )
      )
      yield* Effect.sync(() => fork.supervision(supervision))
    })

  const supervise = Effect.fnUntraced(function* (
    entry: ActiveWorkflow,
    decided: Deferred.Deferred<Outcome>,
    untilLost: (storing: Effect.Effect<void>) => Effect.Effect<void>,
    forkWork: Forks["work"]
  ) {
    const { ownership, registration, workflow } = entry
    const writer = yield* writers.start(ownership, entry.stop("lost"))
    const standing = Conclusion.given(workflow)
    const fiber = forkWork(standing === undefined ? work(entry, writer) : Effect.succeed(standing))
    // An observer, because it also sees an exit that is a defect or an interruption.
    fiber.addObserver((exit) => {
      const outcome: Outcome = { ending: Exit.getOrElse(exit, (cause) => Conclusion.failed(describeCause(cause))) }
      Deferred.unsafeDone(decided, Exit.succeed(outcome))
    })
    const outcome = yield* Deferred.await(decided)
    if (outcome.stop === "lost") {
      yield* Effect.logInfo("the workflow is no longer owned here; its work stops")
      yield* writer.discard
    }
    if (outcome.stop !== undefined) yield* stopWithin(fiber, outcome.stop)
    const decision =
      outcome.stop === undefined ? outcome.ending : Conclusion.endingOf(outcome.stop, registration.onShutdown)
    const wakes = registration.isExecution && decision !== undefined && hasEnded(decision.state)
    const ending = wakes ? { ...decision, wakes } : decision
    const storing = ending === undefined ? Effect.void : untilLost(store(entry, ending, writer))
    yield* Effect.ensuring(storing, writer.discard)
    yield* Metric.increment(endedAs(ending?.state ?? "lost"))
  })

  /** Interrupts a run and waits for it, up to `STOP_TIMEOUT` or half of the time left of a shutdown. */
  const stopWithin = (fiber: Fiber.RuntimeFiber<unknown>, stop: Conclusion.Stop) =>
    Effect.gen(function* () {
      const time = stop === "shutdown" ? Duration.unsafeDivide(yield* deadline.timeLeft, 2) : STOP_TIMEOUT
      const stopped = yield* Fiber.interrupt(fiber).pipe(Effect.disconnect, Effect.timeoutOption(time))
      if (Option.isNone(stopped)) yield* Effect.logWarning("tasks do not stop; they are left to the fence")
    })

  /** Stores the end with the task states that the writer has not stored yet; retries during an outage. */
  const store = ({ ownership, registration }: ActiveWorkflow, ending: Ending, writer: TaskQueueWriter) =>
    Effect.gen(function* () {
      let isWork = false
      yield* writer.end((last) =>
        Effect.map(outages.during(ENDS)(repository.end(ownership, ending, last)), (hasMadeWork) => {
          isWork = hasMadeWork
        })
      )
      yield* tell("change", ownership.workflowId)
      // Work for others, or its kind has room for another one.
      if (isWork || registration.limit !== undefined) yield* tell("work", ownership.workflowId)
    }).pipe(
      Effect.catchTags({
        OwnershipLost: () => Effect.logDebug("the workflow has been taken over"),
        DatabaseError: (error) => Effect.logError("a workflow's end could not be stored", error)
      })
    )

  /** Ids of the tasks that earlier owners completed. Epoch 1 has no earlier owner, so nothing is read. */
  const completedBefore = ({ epoch, projectId, workflowId }: Ownership) =>
    epoch === 1
      ? Effect.succeed(new Set<string>())
      : repository.tasks(projectId, workflowId).pipe(
          outages.during(RESUMPTIONS),
          Effect.map((tasks) => new Set(tasks.flatMap(({ id, status }) => (status === "completed" ? [id] : []))))
        )

  /** Reads what the run needs, then runs the workflow. Returns undefined if the ownership was lost. */
  const work = (entry: ActiveWorkflow, writer: TaskQueueWriter) =>
    Effect.gen(function* () {
      const { ownership, registration, workflow } = entry
      const completed = registration.isExecution ? new Set<string>() : yield* completedBefore(ownership)
      starting.delete(entry)
      const prepared = yield* Effect.either(registration.prepare(workflow.config))
      if (prepared._tag === "Left") {
        unreadable.add(workflow.id)
        const message = `a server could not read its config, and left it to others: ${prepared.left}`
        yield* Effect.logWarning(message)
        return { ...RELEASED, errorMessage: Option.some(message) }
      }
      return yield* run(entry, prepared.right, completed, writer)
    }).pipe(
      // The stored tasks could not be read and `outages` does not retry the error: released, counted as a failed attempt.
      Effect.catchAll(({ message }) =>
        Effect.succeed({ ...RELEASED, errorMessage: Option.some(message), isAttempt: true })
      )
    )

  const run = (
    { ownership, registration, workflow }: ActiveWorkflow,
    start: (tools: RunTools) => Effect.Effect<unknown, unknown>,
    completed: ReadonlySet<string>,
    writer: TaskQueueWriter
  ) =>
    Effect.gen(function* () {
      const onCommitted = tell("change", ownership.workflowId)
      const commits = yield* commitsOf({ ownership, kind: workflow.kind, writer, onCommitted })
      const queue = yield* WorkQueue.make<Tenant, string>({
        strategy: registration.strategy,
        retry: registration.retry,
        completed,
        notice: (task) => writer.note(fromTaskState(task)),
        complete: (task, commit) => commits.complete(fromTaskState(task), orProgramsError(commit)),
        admit: dieInTransaction("enqueue")
      })
      const value = yield* start({
        workflow,
        queue,
        progress: writer.progress,
        fenced: (effect) => orDatabaseError(repository.fenced(ownership)(orProgramsError(effect))),
        ownership,
        complete: commits.complete,
        note: writer.note
      })
      yield* queue.wait
      return value
    }).pipe(
      Effect.scoped,
      withTimeLimit(registration.timeout),
      Effect.exit,
      // Logged as text: an error whose `message` throws would make the logger fail.
      Effect.tap((exit) =>
        Exit.isFailure(exit) && !Cause.isInterruptedOnly(exit.cause) && !isSuspension(exit.cause)
          ? Effect.logDebug(`a workflow's run failed: ${describeCause(exit.cause)}`)
          : Effect.void
      ),
      Effect.flatMap((exit) => Conclusion.of(exit, ownership, workflow, registration.encoder))
    )

  return ActiveWorkflows.of({
    all: Effect.sync(() => [...active.values()]),
    find: (workflowId) => Option.fromNullable(active.get(workflowId)),
    count: Effect.sync(() => active.size),
    starting: Effect.sync(() => starting.size),
    unreadable: Effect.sync(() => [...unreadable]),
    reviewUnreadable: Effect.suspend(() => {
      const known = [...unreadable]
      if (known.length === 0) return Effect.void
      return Effect.map(repository.unended(known), (left) => {
        for (const id of known) if (!left.includes(id)) unreadable.delete(id)
      })
    }),
    launch,
    drain: (which) =>
      Effect.suspend(() =>
        Effect.forEach(
          [...active.values()].filter(which),
          (entry) => Effect.zipRight(entry.stop("shutdown"), Deferred.await(entry.ended)),
          { concurrency: "unbounded", discard: true }
        )
      ).pipe(deadline.within, Effect.asVoid)
  })
})

/**
 * Forks fibers whose log annotations and scheduler are set in the runtime: setting them inside the fiber takes as long as the
 * rest of a small workflow. The fibers are daemons: they continue if the caller is interrupted.
 */
const runtimesOf = ({ epoch, id, kind }: Workflow): Effect.Effect<Forks> =>
  Effect.map(Effect.runtime<never>(), (caller) => {
    const annotations = Object.entries({ workflowId: id, kind, epoch })
    const logged = annotations.reduce<HashMap.HashMap<string, unknown>>(
      (all, [name, value]) => HashMap.set(all, name, value),
      FiberRefs.getOrDefault(caller.fiberRefs, FiberRef.currentLogAnnotations)
    )
    const work = caller.pipe(
      Runtime.enableRuntimeFlag(RuntimeFlags.Interruption),
      Runtime.setFiberRef(FiberRef.currentLogAnnotations, logged),
      Runtime.setFiberRef(FiberRef.currentScheduler, Turns.scheduler)
    )
    const supervision = Runtime.setFiberRef(work, FiberRef.unhandledErrorLogLevel, Option.none())
    return { work: Runtime.runFork(work), supervision: Runtime.runFork(supervision) }
  })

const isSuspension = (cause: Cause.Cause<unknown>) => Cause.squash(cause) instanceof Conclusion.Suspended

/** Tagged counters by state, because `Metric.tagged` makes a new metric with every call. */
const endedCounters = new Map<string, Metric.Metric.Counter<number>>()

const endedAs = (state: string) => {
  const known = endedCounters.get(state)
  if (known !== undefined) return known
  const counter = Metric.tagged(Metrics.ended, "state", state)
  endedCounters.set(state, counter)
  return counter
}
