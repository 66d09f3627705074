import type * as Activity from "@effect/workflow/Activity"
import type { DurableClock } from "@effect/workflow/DurableClock"
import * as Workflow from "@effect/workflow/Workflow"
import { WorkflowInstance } from "@effect/workflow/WorkflowEngine"
import { type Cause, Clock, Context, Deferred, Duration, Effect, Exit, Fiber, Option } from "effect"
import { describeCause } from "../../workqueue/Task.ts"
import type { RunTools } from "../Registration.ts"
import { Suspended } from "../Conclusion.ts"
import type { DurableExecutionsService } from "../DurableExecutions.ts"
import { type ExecutionKey, NO_HISTORY } from "../WorkflowHistory.ts"
import type { WorkflowTask } from "../WorkflowTask.ts"
import * as StoredExit from "./StoredExit.ts"

/** Signals that no workflow has: a run that ends with them is `pending` at once, and runs again. */
const UNSEEN = -1

/** The run of an execution in this process: what the execution has done before and does now, and what it waits for. */
export interface EngineRun {
  readonly key: ExecutionKey
  readonly workflowId: string
  /** Runs a storage operation. Its failure is never the workflow's: it stops the run, whose execution goes on later. */
  readonly must: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, never, R>
  /** Runs an activity in an attempt, unless it has completed: then returns how. */
  readonly activity: (
    activity: Activity.Any,
    attempt: number
  ) => Effect.Effect<Workflow.Result<unknown, unknown>, never, WorkflowInstance>
  /**
   * Returns how a child has ended, as JSON; none if it has not, as `look` says. It is stored as an activity's result is, so that the
   * child may be removed while this execution goes on.
   */
  readonly child: (name: string, look: Effect.Effect<Option.Option<unknown>>) => Effect.Effect<Option.Option<unknown>>
  /** Returns the result of a deferred as stored, if it has one; otherwise notes that the run waits for it. */
  readonly result: (name: string) => Effect.Effect<Option.Option<unknown>>
  /** Stores the result of a deferred of this execution. */
  readonly done: (name: string, exit: unknown) => Effect.Effect<void>
  /** Sets a clock of this execution, unless it is set. */
  readonly schedule: (clock: DurableClock) => Effect.Effect<void>
  /**
   * Runs the workflow's body. Returns its result, or fails with what stopped the run. An interruption from outside, or such a
   * failure, suspends the body: it compensates for nothing.
   */
  readonly supervise: <E>(
    instance: WorkflowInstance["Type"],
    body: Effect.Effect<Workflow.Result<unknown, unknown>, E>
  ) => Effect.Effect<Workflow.Result<unknown, unknown>, unknown>
  /** Whether `supervise` has stopped the body. */
  readonly isStopped: () => boolean
  /** The end of a run whose body has suspended itself. */
  readonly suspended: (cause: Cause.Cause<never> | undefined) => Suspended
}

/** The run that the surrounding effect is part of. */
export class CurrentRun extends Context.Tag("workflow-infra/workflow/engine/CurrentRun")<CurrentRun, EngineRun>() {}

/** Reads the history of an execution that this process has begun to run. */
export const make = (executions: DurableExecutionsService, tools: RunTools, key: ExecutionKey) =>
  Effect.gen(function* () {
    const { complete, fenced, note, ownership } = tools
    const history = ownership.epoch === 1 ? NO_HISTORY : yield* executions.during(executions.history(ownership))
    const activities = new Map(history.activities.map(({ attempt, exit, name }) => [idOf(name, attempt), exit]))
    const results = new Map(history.deferreds.flatMap(({ exit, isDue, name }) => (isDue ? [[name, exit]] : [])))
    const clocks = new Map(history.deferreds.flatMap(({ dueAt, isDue, name }) => (isDue ? [] : [[name, dueAt]])))
    /** The deferreds that the run waits for, with the time at which each has a result by itself. */
    const awaited = new Map<string, Option.Option<Date>>()
    /** One for each activity and attempt, so that two fibers do not run the same. */
    const turns = new Map<string, Effect.Semaphore>()
    const broken = yield* Deferred.make<never, unknown>()
    let ordinal = activities.size
    let signals = history.signals
    let isStopped = false

    const must: EngineRun["must"] = (effect) =>
      Effect.catchAll(effect, (error) =>
        Effect.zipRight(Deferred.fail(broken, error), Effect.interruptible(Effect.never))
      )

    const turnOf = (id: string) =>
      Effect.suspend(() => {
        const turn = turns.get(id) ?? Effect.unsafeMakeSemaphore(1)
        turns.set(id, turn)
        return Effect.succeed(turn)
      })

    /** Stores how an activity or a child ended, with its task. */
    const record = (name: string, attempt: number, exit: unknown, task: WorkflowTask) =>
      Effect.map(must(complete(task, executions.record(ownership, { name, attempt, exit }))), () => {
        activities.set(idOf(name, attempt), exit)
      })

    const completed = (exit: unknown) =>
      Effect.map(Effect.orDie(StoredExit.decode(exit)), (decoded) => new Workflow.Complete({ exit: decoded }))

    const perform = (activity: Activity.Any, attempt: number) =>
      Effect.gen(function* () {
        const instance = yield* WorkflowInstance
        const own = WorkflowInstance.initial(instance.workflow, instance.executionId)
        own.interrupted = instance.interrupted
        const task = yield* taskOf(activity.name, attempt, ordinal++)
        note(task)
        const execute: Effect.Effect<unknown, unknown, WorkflowInstance> = activity.executeEncoded
        const result = yield* Effect.provideService(Workflow.intoResult(execute), WorkflowInstance, own)
        if (result._tag === "Suspended") {
          note({ ...task, status: "pending" })
          return result
        }
        const exit = yield* StoredExit.ofActivity(activity, result.exit)
        yield* record(activity.name, attempt, exit, yield* completedTask(task, result.exit))
        return yield* completed(exit)
      })

    const keep = (name: string, exit: unknown, dueIn?: Duration.Duration) => {
      const deferred = { name, exit, ...(dueIn === undefined ? {} : { dueIn: Duration.toMillis(dueIn) }) }
      return must(executions.during(fenced(executions.keep(key, deferred))))
    }

    return CurrentRun.of({
      key,
      workflowId: ownership.workflowId,
      must,
      activity: (activity, attempt) =>
        Effect.flatMap(turnOf(idOf(activity.name, attempt)), (turn) =>
          Effect.suspend(() => {
            const exit = activities.get(idOf(activity.name, attempt))
            return exit === undefined ? perform(activity, attempt) : completed(exit)
          }).pipe(turn.withPermits(1))
        ),
      child: (name, look) =>
        Effect.gen(function* () {
          const stored = activities.get(idOf(name, 1))
          if (stored !== undefined) return Option.some(stored)
          const task = yield* taskOf(name, 1, ordinal++)
          note(task)
          const found = yield* look
          if (Option.isNone(found)) note({ ...task, status: "pending" })
          else
            yield* record(
              name,
              1,
              found.value,
              yield* completedTask(task, yield* Effect.orDie(StoredExit.decode(found.value)))
            )
          return found
        }).pipe((whole) => Effect.flatMap(turnOf(idOf(name, 1)), (turn) => turn.withPermits(1)(whole))),
      result: (name) =>
        Effect.gen(function* () {
          if (results.has(name)) return Option.some(results.get(name))
          const found = yield* must(executions.during(executions.deferred(key, name)))
          if (Option.exists(found, ({ isDue }) => isDue)) {
            const { exit } = Option.getOrThrow(found)
            results.set(name, exit)
            return Option.some(exit)
          }
          awaited.set(
            name,
            Option.map(found, ({ dueAt }) => dueAt)
          )
          return Option.none()
        }),
      done: (name, exit) =>
        Effect.map(keep(name, exit), () => {
          // A fiber of this run waits for it, and may have ended the run by now.
          if (awaited.has(name)) signals = UNSEEN
        }),
      schedule: ({ deferred: { name }, duration }) =>
        Effect.gen(function* () {
          if (results.has(name) || clocks.has(name)) return
          const exit = yield* StoredExit.ofDeferred(name, Exit.void)
          yield* keep(name, exit, duration)
        }),
      supervise: (instance, body) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.flatMap(Effect.fork(Effect.interruptible(body)), (fiber) =>
            Effect.onError(restore(Effect.raceFirst(Fiber.join(fiber), Deferred.await(broken))), () =>
              Effect.suspend(() => {
                isStopped = true
                instance.suspended = true
                return Fiber.interrupt(fiber)
              })
            )
          )
        ),
      isStopped: () => isStopped,
      suspended: (cause) => {
        const times = [...awaited.values()].flatMap(Option.toArray).map(Number)
        return new Suspended({
          until: times.length === 0 ? Option.none() : Option.some(new Date(Math.min(...times))),
          signals,
          reason: Option.map(Option.fromNullable(cause), describeCause)
        })
      }
    })
  })

/** The id of the task that shows an activity in an attempt. */
const idOf = (name: string, attempt: number) => `${name}/${attempt}`

const now = Effect.map(Clock.currentTimeMillis, (millis) => Option.some(new Date(millis)))

const taskOf = (name: string, attempt: number, ordinal: number) =>
  Effect.map(now, (startedAt): WorkflowTask => ({
    id: idOf(name, attempt),
    ordinal,
    name,
    status: "running",
    requiresLlm: false,
    error: Option.none(),
    retryCount: attempt - 1,
    startedAt,
    completedAt: Option.none()
  }))

const completedTask = (task: WorkflowTask, exit: Exit.Exit<unknown, unknown>) =>
  Effect.map(now, (completedAt): WorkflowTask => ({
    ...task,
    status: "completed",
    error: Exit.match(exit, {
      onSuccess: () => Option.none(),
      onFailure: (cause) => Option.some(describeCause(cause))
    }),
    completedAt
  }))
