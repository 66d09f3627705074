import { hostname } from "node:os"
import { Context, Deferred, Effect, Layer, Option, Ref } from "effect"
import { Database } from "../database/Database.ts"
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
import * as WorkflowControl from "./WorkflowControl.ts"
import { WorkflowNotFound } from "./WorkflowError.ts"
import * as WorkflowHealth from "./WorkflowHealth.ts"
import type { WorkflowInfraService } from "./WorkflowInfraService.ts"
import { pageOf, queryOf } from "./WorkflowList.ts"
import { WorkflowRepository } from "./WorkflowRepository.ts"
import * as WorkflowSettings from "./WorkflowSettings.ts"
import type { Runnable, Workflow, WorkflowRequest } from "./WorkflowState.ts"
import { mapTaskStatus } from "./WorkflowTask.ts"

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
    loadQueue: (projectId, workflowId, status) =>
      Effect.map(repository.tasks(projectId, workflowId, status), (tasks) =>
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
