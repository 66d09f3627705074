import { hostname } from "node:os"
import { Context, Deferred, Effect, Layer, Option, Ref, type Stream } from "effect"
import { Database } from "../database/Database.ts"
import type { DatabaseError } from "../database/DatabaseError.ts"
import { Projects } from "../tenant/Projects.ts"
import { TenantContext } from "../tenant/TenantContext.ts"
import * as ActiveWorkflows from "./ActiveWorkflows.ts"
import * as DurableExecutions from "./DurableExecutions.ts"
import * as ManualLeases from "./ManualLeases.ts"
import * as MemoryWorkflowRepository from "./MemoryWorkflowRepository.ts"
import { Notifications, waitForWork } from "./Notifications.ts"
import { Outages } from "./Outages.ts"
import * as Registrations from "./Registrations.ts"
import * as Retention from "./Retention.ts"
import { ScheduleRepository } from "./ScheduleRepository.ts"
import { ServerLease } from "./ServerLease.ts"
import { ServerRepository } from "./ServerRepository.ts"
import { SessionLock } from "./SessionLock.ts"
import { ShutdownDeadline } from "./ShutdownDeadline.ts"
import * as SqlScheduleRepository from "./SqlScheduleRepository.ts"
import * as SqlServerRepository from "./SqlServerRepository.ts"
import * as SqlWorkflowRepository from "./SqlWorkflowRepository.ts"
import * as Takeover from "./Takeover.ts"
import * as TaskQueueWriter from "./TaskQueueWriter.ts"
import * as WorkflowChanges from "./WorkflowChanges.ts"
import type { WorkflowSnapshot } from "./WorkflowChanges.ts"
import * as WorkflowControl from "./WorkflowControl.ts"
import { type InvalidTransition, type OwnershipLost, WorkflowNotFound } from "./WorkflowError.ts"
import * as WorkflowHealth from "./WorkflowHealth.ts"
import { type InvalidCursor, type ListOptions, pageOf, queryOf, type WorkflowPage } from "./WorkflowList.ts"
import { WorkflowRepository } from "./WorkflowRepository.ts"
import * as WorkflowSettings from "./WorkflowSettings.ts"
import type { Ownership, Runnable, Workflow, WorkflowRequest } from "./WorkflowState.ts"
import { mapTaskStatus, type WorkflowTask, type WorkflowTaskStatus } from "./WorkflowTask.ts"

export type { ExecuteError, Registered, StartError, StartOptions } from "./Registrations.ts"

/**
 * What `WorkflowInfra` can do. Most programs use `register`, `get`, `latest`, `loadQueue`, `cancel`, `pause` and `resume`.
 * Every operation that fails with `DatabaseError` does so if the engine's database is unavailable or refuses the statement;
 * `WorkflowNotFound` says that the project has no workflow of this id.
 */
export interface WorkflowInfraService {
  /** This process's id as an owner (server), a UUID. It changes when the lease is lost; waits until there is a new lease. */
  readonly serverInstanceId: Effect.Effect<string>
  /**
   * Makes a kind startable in this process, and lets this process take over workflows of this kind. Captures the services that
   * the kind's `run` needs. When the scope closes, its workflows that run here are stopped and released to other processes.
   * Fails with `KindAlreadyRegistered` if a kind of this name is registered in this process.
   */
  readonly register: Registrations.Registrations["register"]
  /** Returns a workflow of the project. */
  readonly get: (projectId: string, workflowId: string) => Effect.Effect<Workflow, WorkflowNotFound | DatabaseError>
  /**
   * Lists a project's workflows, newest first, a page at a time. Fails with `InvalidCursor` if the cursor is none of a list.
   *
   * @example
   * ```ts
   * const failed = yield* infra.list({ projectId, kind: "payment", state: "failed" })
   * for (const { errorMessage, idempotencyKey } of failed.workflows) yield* Effect.log(idempotencyKey, errorMessage)
   *
   * const all = Stream.paginateChunkEffect(undefined, (cursor?: string) =>
   *   Effect.map(infra.list({ projectId, cursor }), ({ next, workflows }) => [
   *     Chunk.fromIterable(workflows),
   *     next
   *   ])
   * )
   * ```
   */
  readonly list: (options: ListOptions) => Effect.Effect<WorkflowPage, InvalidCursor | DatabaseError>
  /**
   * Returns the newest workflow of a kind for a project and datasource (default: without a datasource); none if there is none.
   */
  readonly latest: (options: {
    readonly projectId: string
    readonly datasourceId?: string
    readonly kind: string
  }) => Effect.Effect<Option.Option<Workflow>, DatabaseError>
  /**
   * Requests that a workflow end as `failed` with the message "cancelled", and its unfinished tasks as `failed`. Returns when
   * the request is stored; the owner, in whichever process, then stops the workflow. A workflow without an owner ends at once.
   * Fails with `InvalidTransition` if the workflow has ended.
   */
  readonly cancel: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<void, WorkflowNotFound | InvalidTransition | DatabaseError>
  /**
   * Requests that a workflow stop and become `paused`; completed tasks stay completed, unfinished ones become `paused`. Returns
   * when the request is stored. Fails with `InvalidTransition` if the workflow is neither `pending` nor `running`.
   */
  readonly pause: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<void, WorkflowNotFound | InvalidTransition | DatabaseError>
  /**
   * Makes a `paused` or `awaiting_input` workflow `pending`, so that any process with room continues it. Fails with
   * `InvalidTransition` in every other state.
   */
  readonly resume: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<void, WorkflowNotFound | InvalidTransition | DatabaseError>
  /**
   * Emits a workflow and its tasks as they are now, and again after changes; ends when the workflow has ended. Changes between
   * two reads are emitted as one: every element is a true snapshot, and the last one is the final state. A change is read when
   * its notification arrives (LISTEN), or after `watchInterval` (2 s) without one; a workflow of many tasks is read less often.
   */
  readonly changes: (
    projectId: string,
    workflowId: string
  ) => Stream.Stream<WorkflowSnapshot, WorkflowNotFound | DatabaseError>
  /**
   * Adds projects and workflows to those that this process may take over. No effect if the settings do not limit takeover
   * (`WorkflowSettings.takeover`).
   */
  readonly adopt: (which: {
    readonly projectIds?: ReadonlyArray<string>
    readonly workflowIds?: ReadonlyArray<string>
  }) => Effect.Effect<void>
  /** Returns the health of this process, for probes and for people. */
  readonly health: Effect.Effect<WorkflowHealth.WorkflowHealth>
  /**
   * Puts a workflow that the caller runs itself under this process's lease: when the lease is lost, the workflow's writer is
   * discarded. `register` does this for its workflows.
   */
  readonly startHeartbeat: (ownership: Ownership) => Effect.Effect<void>
  /**
   * Takes a workflow out of the lease and, unless it has ended, releases it (`pending`) for other processes. No effect if it is
   * not under the lease.
   */
  readonly stopHeartbeat: (workflowId: string) => Effect.Effect<void, DatabaseError>
  /** Starts the writer of a workflow's task states: it stores the latest state of each task, debounced by `writerDebounce`. */
  readonly startTaskQueueWriter: (ownership: Ownership) => Effect.Effect<void>
  /**
   * Passes tasks to the workflow's writer, which stores those that differ from what it was passed before. Never blocks. Returns
   * false if the workflow has no writer in this process.
   */
  readonly sendTaskQueueUpdate: (workflowId: string, tasks: ReadonlyArray<WorkflowTask>) => Effect.Effect<boolean>
  /**
   * Stops a workflow's writer; returns when the last update is stored or can never be stored. It waits as long as the database is
   * unavailable, so the caller sets a timeout.
   */
  readonly stopTaskQueueWriter: (workflowId: string) => Effect.Effect<void>
  /**
   * Stores task rows at once, under the fence. Fails with `OwnershipLost`, and stores nothing, if the ownership does not hold.
   */
  readonly storeQueue: (
    ownership: Ownership,
    tasks: ReadonlyArray<WorkflowTask>
  ) => Effect.Effect<void, OwnershipLost | DatabaseError>
  /** Returns a workflow's tasks in the order of `ordinal`; none if no task is stored. */
  readonly loadQueue: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<Option.Option<ReadonlyArray<WorkflowTask>>, DatabaseError>
  /** Deletes a workflow's task rows. */
  readonly deleteQueue: (projectId: string, workflowId: string) => Effect.Effect<void, DatabaseError>
  /** @see WorkflowTask.mapTaskStatus */
  readonly mapTaskStatus: (status: string) => WorkflowTaskStatus
  /**
   * Shuts the engine down in this process: refuses starts and takeovers, stops all active workflows, stores their task states
   * and releases them. Returns when that is done, at the latest at `WorkflowSettings.shutdownDeadline`. `onEach` runs once for
   * each workflow that was active, concurrently; its failures are logged. The layer's finalizer calls `shutdown` too; a second
   * call waits for the first.
   */
  readonly shutdown: (onEach?: (workflow: Workflow) => Effect.Effect<void>) => Effect.Effect<void>
}

/**
 * Long-running workflows on PostgreSQL: ownership that survives crashes, stored task states, takeover and graceful shutdown.
 * One instance per process. Every layer fails with `DatabaseError` if no lease can be taken at the start.
 *
 * @example
 * ```ts
 * const ours = WorkflowInfra.layer({ pollInterval: "1 second", shutdownDeadline: "25 seconds" }).pipe(
 *   Layer.provideMerge(Projects.layer),
 *   Layer.provide(TenantContext.layer),
 *   Layer.provideMerge(Database.layerConfig)
 * )
 *
 * const work = Effect.gen(function* () {
 *   const infra = yield* WorkflowInfra
 *   const payments = yield* infra.register(Payment)
 *   const projectId = yield* Effect.flatMap(Projects, ({ ensure }) => ensure("acme"))
 *   yield* Effect.log(yield* payments.execute({ projectId, config: { cents: 4_200 } }))
 * }).pipe(Effect.scoped, Effect.provide(ours))
 * ```
 */
export class WorkflowInfra extends Context.Tag("workflow-infra/workflow/WorkflowInfra")<
  WorkflowInfra,
  WorkflowInfraService
>() {
  /** On the repositories, session lock and notifications of the environment, with these settings. */
  static readonly layerWith = (settings: WorkflowSettings.WorkflowSettings) =>
    Layer.scopedContext(Effect.suspend(() => make(settings))).pipe(
      Layer.provide(ServerLease.layer(settings, { host: hostname(), pid: process.pid, version: process.version })),
      Layer.provide([Outages.layer, ShutdownDeadline.layer(settings.shutdownDeadline)])
    )

  /** On `Database`, with these settings; each has a default. */
  static readonly layer = (options?: WorkflowSettings.WorkflowOptions) =>
    Layer.unwrapEffect(
      Effect.map(Database, ({ sessions }) =>
        WorkflowInfra.layerWith(WorkflowSettings.make(options)).pipe(
          Layer.provide([
            SqlWorkflowRepository.layer,
            SqlServerRepository.layer,
            SqlScheduleRepository.layer,
            sessions ? SessionLock.layer : SessionLock.layerOff,
            sessions ? Notifications.layer : Notifications.layerLocal
          ])
        )
      )
    )

  /** `layer` with the settings of the environment (`WorkflowSettings.config`). Fails also with `ConfigError` when one is invalid. */
  static readonly layerConfig = Layer.unwrapEffect(Effect.map(WorkflowSettings.config, WorkflowInfra.layer))

  /**
   * In memory, for tests under `TestClock`, where an hour takes less than a second: the engine, its projects, and tenants without
   * isolation. A fenced effect that fails is not rolled back.
   *
   * @example
   * ```ts
   * import { expect, it } from "@effect/vitest"
   * import { Effect, Schema, TestClock } from "effect"
   * import { Projects, WorkflowInfra, WorkflowKind } from "workflow-infra"
   *
   * const Tea = WorkflowKind.make("tea", { config: Schema.Struct({}), run: () => Effect.sleep("4 minutes") })
   *
   * it.scoped("tea takes four minutes", () =>
   *   Effect.gen(function* () {
   *     const infra = yield* WorkflowInfra
   *     const teas = yield* infra.register(Tea)
   *     const projectId = yield* Effect.flatMap(Projects, ({ ensure }) => ensure("test"))
   *     const { id } = yield* teas.start({ projectId, config: {} })
   *     yield* TestClock.adjust("4 minutes")
   *     expect((yield* infra.get(projectId, id)).state).toBe("completed")
   *   }).pipe(Effect.provide(WorkflowInfra.layerMemory))
   * )
   * ```
   */
  static readonly layerMemory = WorkflowInfra.layerWith(WorkflowSettings.inMemory).pipe(
    Layer.provide([MemoryWorkflowRepository.layer, SessionLock.layerOff, Notifications.layerLocal]),
    Layer.provide([ServerRepository.layerMemory, ScheduleRepository.layerMemory]),
    Layer.merge(Layer.merge(Projects.layerMemory, TenantContext.layerMemory))
  )
}

const make = Effect.fnUntraced(function* (settings: WorkflowSettings.WorkflowSettings) {
  const repository = yield* WorkflowRepository
  const servers = yield* ServerRepository
  const lease = yield* ServerLease
  const sessionLock = yield* SessionLock
  const notifications = yield* Notifications
  const outages = yield* Outages
  const deadline = yield* ShutdownDeadline
  const { tell } = notifications

  const writers = yield* TaskQueueWriter.makeRegistry(repository, settings, notifications)
  const manual = ManualLeases.make(repository, lease, writers)
  const active = yield* ActiveWorkflows.make(repository, writers, notifications)
  const unrunnable = yield* Ref.make<ReadonlyArray<Runnable>>([])
  const problems = Effect.gen(function* () {
    const unreadable = yield* active.unreadable
    return [
      ...(yield* outages.current),
      ...(yield* Ref.get(unrunnable)).map(describeUnrunnable),
      ...(unreadable.length > 0 ? [`this server could not read the config of ${unreadable.length} workflows`] : [])
    ]
  })
  /** Logs changes only, because it is called after every reconciliation. */
  const onUnrunnable = (now: ReadonlyArray<Runnable>) =>
    Effect.flatMap(Ref.getAndSet(unrunnable, now), (before) => {
      const [was, is] = [before.map(describeUnrunnable).join("; "), now.map(describeUnrunnable).join("; ")]
      if (was === is) return Effect.void
      return is === "" ? Effect.logInfo("every workflow that waits can be run by some server") : Effect.logWarning(is)
    })
  const { health, progressed } = yield* WorkflowHealth.make(lease, settings, problems)

  /** The projects and workflows that may be taken over; undefined: all. */
  const adopted = yield* Ref.make(settings.takeover)
  const adopt: WorkflowInfraService["adopt"] = ({ projectIds = [], workflowIds = [] }) =>
    Ref.update(adopted, (before) =>
      before === undefined
        ? undefined
        : {
            projectIds: [...new Set([...before.projectIds, ...projectIds])],
            workflowIds: [...new Set([...before.workflowIds, ...workflowIds])]
          }
    )

  const get: WorkflowInfraService["get"] = (projectId, workflowId) =>
    Effect.flatMap(
      repository.get(projectId, workflowId),
      Option.match({
        onNone: () => Effect.fail(new WorkflowNotFound({ workflowId })),
        onSome: (workflow) => Effect.succeed(workflow)
      })
    )

  const tellBoth = (workflowId: string) => Effect.zipRight(tell("work", workflowId), tell("change", workflowId))
  const request = (what: WorkflowRequest) => (projectId: string, workflowId: string) =>
    Effect.zipLeft(repository.request(projectId, workflowId, what), tellBoth(workflowId))
  const cancel = request("cancel")
  const resume: WorkflowInfraService["resume"] = (projectId, workflowId) =>
    Effect.zipLeft(repository.resume(projectId, workflowId), tellBoth(workflowId))

  const registrations = Registrations.make({
    repository,
    schedules: yield* ScheduleRepository,
    lease,
    active,
    notifications,
    settings,
    adopt: (workflowId) => adopt({ workflowIds: [workflowId] }),
    get,
    cancel,
    resume,
    retry: (projectId, workflowId) => Effect.zipLeft(repository.retry(projectId, workflowId), tellBoth(workflowId)),
    outages
  })
  const { close, open, register } = registrations

  const stopAll = (onEach: (workflow: Workflow) => Effect.Effect<void>) =>
    Effect.gen(function* () {
      const calls = Effect.forEach(yield* active.all, ({ workflow }) => Effect.ignoreLogged(onEach(workflow)), {
        concurrency: "unbounded"
      })
      yield* Effect.all([calls, active.drain(() => true), manual.stopAll], { concurrency: "unbounded", discard: true })
    })

  const stopped = yield* Deferred.make<void>()
  const shutdown: WorkflowInfraService["shutdown"] = (onEach = () => Effect.void) =>
    Effect.suspend(() => {
      if (!close()) return Deferred.await(stopped)
      // A daemon, so that the shutdown continues if its first caller is interrupted; `within` ends it at the deadline.
      return stopAll(onEach).pipe(
        deadline.within,
        Effect.ensuring(Deferred.succeed(stopped, undefined)),
        Effect.forkDaemon,
        Effect.zipRight(Deferred.await(stopped))
      )
    })

  yield* Effect.forkScoped(
    Takeover.make({
      servers,
      repository,
      sessionLock,
      lease,
      active,
      settings,
      notifications,
      pause: yield* waitForWork,
      progressed,
      outages,
      kinds: open,
      only: Ref.get(adopted)
    })
  )
  yield* Effect.forkScoped(
    WorkflowControl.make({
      repository,
      servers,
      outages,
      runs: Effect.map(open, Takeover.runnable),
      onUnrunnable,
      lease,
      active,
      isKept: manual.has,
      pause: (yield* waitForWork)(settings.pollInterval)
    })
  )
  yield* Effect.forkScoped(Retention.make(repository, settings, outages))
  const changes = yield* WorkflowChanges.make(repository, notifications, outages, settings.watchInterval)
  // Added last, so it runs first: it flushes and releases through everything above.
  yield* Effect.addFinalizer(() => shutdown())

  const infra = WorkflowInfra.of({
    serverInstanceId: Effect.map(lease.current, ({ serverId }) => serverId),
    register,
    get,
    list: (options) =>
      Effect.flatMap(queryOf(options), (query) =>
        Effect.map(repository.list(query), (listed) => pageOf(listed, query.limit))
      ),
    latest: ({ datasourceId, kind, projectId }) =>
      repository.latest({ projectId, kind, datasourceId: Option.fromNullable(datasourceId) }),
    cancel,
    pause: request("pause"),
    resume,
    changes,
    adopt,
    health,
    startHeartbeat: manual.start,
    stopHeartbeat: manual.stop,
    startTaskQueueWriter: (ownership) =>
      Effect.asVoid(writers.start(ownership, Effect.logWarning("the workflow has been taken over"))),
    sendTaskQueueUpdate: (workflowId, tasks) =>
      Option.match(writers.find(workflowId), {
        onNone: () => Effect.succeed(false),
        onSome: (writer) => Effect.as(writer.send(tasks), true)
      }),
    stopTaskQueueWriter: writers.stop,
    storeQueue: (ownership, tasks) => repository.save(ownership, { tasks, progress: Option.none() }),
    loadQueue: (projectId, workflowId) =>
      Effect.map(repository.tasks(projectId, workflowId), (tasks) =>
        tasks.length === 0 ? Option.none() : Option.some(tasks)
      ),
    deleteQueue: repository.deleteTasks,
    mapTaskStatus,
    shutdown
  })
  return Context.make(WorkflowInfra, infra).pipe(
    Context.add(
      DurableExecutions.DurableExecutions,
      DurableExecutions.make({ registrations, repository, active, outages, notifications })
    )
  )
})

const describeUnrunnable = ({ kind, version }: Runnable) =>
  `workflows of kind ${kind}, version ${version}, wait: no server that is there can run them`
