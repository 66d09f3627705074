import { Context, Effect, Layer, Option } from "effect"
import { Database } from "../database/Database.ts"
import { Projects } from "../tenant/Projects.ts"
import { TenantContext } from "../tenant/TenantContext.ts"
import { ActiveWorkflows } from "./ActiveWorkflows.ts"
import { Adoption } from "./Adoption.ts"
import * as DurableExecutions from "./DurableExecutions.ts"
import { EngineSettings } from "./EngineSettings.ts"
import { HealthCheck } from "./HealthCheck.ts"
import { Kinds } from "./Kinds.ts"
import { ManualLeases } from "./ManualLeases.ts"
import * as MemoryWorkflowRepository from "./MemoryWorkflowRepository.ts"
import { Notifications } from "./Notifications.ts"
import { Outages } from "./Outages.ts"
import { Outcomes } from "./Outcomes.ts"
import * as Reconciliation from "./Reconciliation.ts"
import { Registrations } from "./Registrations.ts"
import * as Retention from "./Retention.ts"
import { ScheduleRepository } from "./ScheduleRepository.ts"
import { ServerLease } from "./ServerLease.ts"
import { ServerRepository } from "./ServerRepository.ts"
import { SessionLock } from "./SessionLock.ts"
import { Shutdown } from "./Shutdown.ts"
import { ShutdownDeadline } from "./ShutdownDeadline.ts"
import * as SqlScheduleRepository from "./SqlScheduleRepository.ts"
import * as SqlServerRepository from "./SqlServerRepository.ts"
import * as SqlWorkflowRepository from "./SqlWorkflowRepository.ts"
import { Starts } from "./Starts.ts"
import * as Takeover from "./Takeover.ts"
import { taskPageOf, taskQueryOf } from "./TaskList.ts"
import { TaskQueueWriters } from "./TaskQueueWriters.ts"
import { WorkflowChanges } from "./WorkflowChanges.ts"
import { WorkflowControl } from "./WorkflowControl.ts"
import type { WorkflowInfraService } from "./WorkflowInfraService.ts"
import { pageOf, queryOf } from "./WorkflowList.ts"
import { minutesOf } from "./WorkflowPast.ts"
import { WorkflowRepository } from "./WorkflowRepository.ts"
import * as WorkflowSettings from "./WorkflowSettings.ts"
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
    // Fresh, so that two engines of one program have no part in common.
    Layer.fresh(Layer.suspend(() => engine)).pipe(Layer.provide(EngineSettings.layer(settings)))

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
    Layer.provideMerge(Layer.merge(Projects.layerMemory, TenantContext.layerMemory))
  )
}

const make = Effect.gen(function* () {
  const repository = yield* WorkflowRepository
  const lease = yield* ServerLease
  const servers = yield* ServerRepository
  const writers = yield* TaskQueueWriters
  const manual = yield* ManualLeases
  const { cancel, get, pause, resume, retry } = yield* WorkflowControl
  const { adopt } = yield* Adoption
  const { changes, hints } = yield* WorkflowChanges
  const { health } = yield* HealthCheck
  const { register } = yield* Registrations
  const { shutdown } = yield* Shutdown
  return WorkflowInfra.of({
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
    pause,
    resume,
    retry,
    tasks: (options) =>
      Effect.flatMap(taskQueryOf(options), (query) =>
        Effect.map(repository.taskPage(query), (listed) => taskPageOf(listed, query.limit))
      ),
    getAll: repository.getAll,
    lostOwners: repository.lostOwners,
    throughput: (options) => repository.throughput(options.projectId, minutesOf(options)),
    servers: servers.list,
    changes,
    hints,
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
})

/** What the parts above stand on, each on those of the lines below it. */
const foundation = Layer.mergeAll(
  Kinds.layer,
  HealthCheck.layer,
  Outcomes.layer,
  WorkflowControl.layer,
  Adoption.layer
).pipe(
  Layer.provideMerge(Layer.mergeAll(ActiveWorkflows.layer, ManualLeases.layer)),
  Layer.provideMerge(TaskQueueWriters.layer),
  Layer.provideMerge(ServerLease.layer),
  Layer.provideMerge(Layer.mergeAll(Outages.layer, ShutdownDeadline.layer))
)

/**
 * An engine, of whose parts nobody outside can name one. Scopes close from the top to the bottom: the shutdown first, which flushes and
 * releases through everything else, then what runs in the background, and the lease when nothing is written any more.
 */
const engine = Layer.merge(Layer.effect(WorkflowInfra, make), DurableExecutions.layer).pipe(
  Layer.provide([Registrations.layer, Shutdown.layer]),
  Layer.provide([Takeover.layer, Reconciliation.layer, Retention.layer, WorkflowChanges.layer]),
  Layer.provide(Starts.layer),
  Layer.provide(foundation)
)
