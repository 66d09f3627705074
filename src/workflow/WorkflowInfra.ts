import { hostname } from "node:os"
import {
  Cause,
  Context,
  Deferred,
  Duration,
  Effect,
  Layer,
  Option,
  Ref,
  Schedule,
  Schema,
  type Scope,
  type Stream
} from "effect"
import { Database, dieInTransaction } from "../database/Database.ts"
import type { DatabaseError } from "../database/DatabaseError.ts"
import { uuidv7 } from "../database/Uuid.ts"
import { describeCause } from "../workqueue/Task.ts"
import * as ActiveWorkflows from "./ActiveWorkflows.ts"
import * as MemoryWorkflowRepository from "./MemoryWorkflowRepository.ts"
import * as ManualLeases from "./ManualLeases.ts"
import { Notifications, waitForWork } from "./Notifications.ts"
import * as Retention from "./Retention.ts"
import { Outages } from "./Outages.ts"
import { type Lease, ServerLease } from "./ServerLease.ts"
import { ServerRepository } from "./ServerRepository.ts"
import { SessionLock } from "./SessionLock.ts"
import { ShutdownDeadline } from "./ShutdownDeadline.ts"
import * as SqlServerRepository from "./SqlServerRepository.ts"
import * as SqlWorkflowRepository from "./SqlWorkflowRepository.ts"
import * as Takeover from "./Takeover.ts"
import * as TaskQueueWriter from "./TaskQueueWriter.ts"
import * as WorkflowChanges from "./WorkflowChanges.ts"
import type { WorkflowSnapshot } from "./WorkflowChanges.ts"
import * as WorkflowControl from "./WorkflowControl.ts"
import * as WorkflowHealth from "./WorkflowHealth.ts"
import {
  InvalidConfig,
  type InvalidTransition,
  KindAlreadyRegistered,
  type OwnershipLost,
  type ProjectNotFound,
  ShuttingDown,
  type WorkflowAlreadyRunning,
  WorkflowNotFound
} from "./WorkflowError.ts"
import type { WorkflowKind } from "./WorkflowKind.ts"
import { type NewWorkflow, type ServerGone, WorkflowRepository } from "./WorkflowRepository.ts"
import * as WorkflowSettings from "./WorkflowSettings.ts"
import type { Ownership, Runnable, Workflow, WorkflowRequest } from "./WorkflowState.ts"
import { countTasks, statusOf, type WorkflowQueries } from "./WorkflowStatus.ts"
import { mapTaskStatus, type WorkflowTask, type WorkflowTaskStatus } from "./WorkflowTask.ts"

/** How soon a start is repeated for the first time. */
const FIRST_START_RETRY = Duration.millis(100)

/** How often a start is repeated whose answer was lost: for some six seconds. */
const START_RETRY = Schedule.intersect(Schedule.exponential(FIRST_START_RETRY), Schedule.recurs(6))

/**
 * Why a workflow was not started: one of its kind has not ended for this project and datasource, the project is not there, the config
 * cannot be stored, this process is closing, or the database is away.
 */
export type StartError = WorkflowAlreadyRunning | ProjectNotFound | InvalidConfig | ShuttingDown | DatabaseError

/** What a workflow is started with. */
export interface StartOptions<Config> {
  readonly projectId: string
  /** What it works on, where it works on something: one workflow of a kind at a time per project and datasource. */
  readonly datasourceId?: string
  readonly ontologyId?: string
  readonly config: Config
}

/** A kind that this process can run. */
export interface Registered<Config> {
  /** Returns as soon as the workflow is stored, owned by this process and about to run. */
  readonly start: (options: StartOptions<Config>) => Effect.Effect<Workflow, StartError>
  /** What a service on this kind answers about its workflows; `count` says what there is to count besides tasks. */
  readonly queries: <Counts>(
    count: (workflow: Workflow) => Effect.Effect<Counts, DatabaseError>
  ) => WorkflowQueries<Counts>
}

/** What `WorkflowInfra` can do. Most programs use `register`, `get`, `latest`, `loadQueue`, `cancel`, `pause` and `resume`. */
export interface WorkflowInfraService {
  /** This process's id as an owner; a new one after its lease was lost. */
  readonly serverInstanceId: Effect.Effect<string>
  /**
   * Makes a kind startable here, and known to takeover: from now on this process may also resume workflows of this kind whose owners
   * are gone. What the kind's `run` needs is captured now. Ends with the scope: its workflows are released for others.
   */
  readonly register: <Config, Encoded, E, R>(
    kind: WorkflowKind<Config, Encoded, E, R>
  ) => Effect.Effect<Registered<Config>, KindAlreadyRegistered, Scope.Scope | R>
  /** A workflow of the project. */
  readonly get: (projectId: string, workflowId: string) => Effect.Effect<Workflow, WorkflowNotFound | DatabaseError>
  /** The newest workflow of a kind, for a project and datasource. */
  readonly latest: (options: {
    readonly projectId: string
    readonly datasourceId?: string
    readonly kind: string
  }) => Effect.Effect<Option.Option<Workflow>, DatabaseError>
  /** Asks a workflow to end as failed, "cancelled"; its unfinished tasks with it. Heard by its owner, wherever it runs. */
  readonly cancel: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<void, WorkflowNotFound | InvalidTransition | DatabaseError>
  /** Asks a workflow to stop and keep what is left. */
  readonly pause: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<void, WorkflowNotFound | InvalidTransition | DatabaseError>
  /** Lets a paused workflow go on, here or elsewhere. */
  readonly resume: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<void, WorkflowNotFound | InvalidTransition | DatabaseError>
  /**
   * A workflow and its tasks as they are now, and again whenever they look different; ends with the workflow. What comes between two
   * looks is not told one by one: every element is true when it is told, and the last one is how it ended. Heard at once over LISTEN,
   * and within two seconds without.
   */
  readonly changes: (
    projectId: string,
    workflowId: string
  ) => Stream.Stream<WorkflowSnapshot, WorkflowNotFound | DatabaseError>
  /**
   * Lets this process take over workflows of these projects, and these workflows, where settings say that it takes over only what it
   * is asked to (`WorkflowSettings.takeover`).
   */
  readonly adopt: (which: {
    readonly projectIds?: ReadonlyArray<string>
    readonly workflowIds?: ReadonlyArray<string>
  }) => Effect.Effect<void>
  /** How this process stands: for probes, and for people. */
  readonly health: Effect.Effect<WorkflowHealth.WorkflowHealth>
  /** Puts a workflow under this process's lease: from now on it is lost when the lease is. */
  readonly startHeartbeat: (ownership: Ownership) => Effect.Effect<void>
  /** Takes a workflow out of the lease and, where it has not ended, frees it for others. */
  readonly stopHeartbeat: (workflowId: string) => Effect.Effect<void, DatabaseError>
  /** Starts what stores a workflow's task updates, debounced, latest wins. */
  readonly startTaskQueueWriter: (ownership: Ownership) => Effect.Effect<void>
  /** Hands a list of tasks to the writer; what differs from before is stored. Never blocks; false where there is no writer. */
  readonly sendTaskQueueUpdate: (workflowId: string, tasks: ReadonlyArray<WorkflowTask>) => Effect.Effect<boolean>
  /** Ends a workflow's writer; returns when the last update is in the database, so bring a deadline. */
  readonly stopTaskQueueWriter: (workflowId: string) => Effect.Effect<void>
  /** Stores a task list as it is now, under the fence. */
  readonly storeQueue: (
    ownership: Ownership,
    tasks: ReadonlyArray<WorkflowTask>
  ) => Effect.Effect<void, OwnershipLost | DatabaseError>
  /** A workflow's tasks in their order; none where none were stored. */
  readonly loadQueue: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<Option.Option<ReadonlyArray<WorkflowTask>>, DatabaseError>
  /** Removes a workflow's tasks. */
  readonly deleteQueue: (projectId: string, workflowId: string) => Effect.Effect<void, DatabaseError>
  /** @see WorkflowTask.mapTaskStatus */
  readonly mapTaskStatus: (status: string) => WorkflowTaskStatus
  /**
   * Ends this process's part: no new workflows, running ones stopped, stored and released, by the deadline. `onEach` is called for each
   * workflow that was active. The layer's finalizer does the same; whoever comes second awaits the first.
   */
  readonly shutdown: (onEach?: (workflow: Workflow) => Effect.Effect<void>) => Effect.Effect<void>
}

/** Ownership, task queues, takeover and shutdown for long-running workflows: one per process. */
export class WorkflowInfra extends Context.Tag("workflow-infra/workflow/WorkflowInfra")<
  WorkflowInfra,
  WorkflowInfraService
>() {
  /** Over any storage, with these settings. */
  static readonly layerWith = (settings: WorkflowSettings.WorkflowSettings) =>
    Layer.scoped(
      WorkflowInfra,
      Effect.suspend(() => make(settings))
    ).pipe(
      Layer.provide(ServerLease.layer(settings, { host: hostname(), pid: process.pid, version: process.version })),
      Layer.provide([Outages.layer, ShutdownDeadline.layer(settings.shutdownDeadline)])
    )

  /** On our own database, with settings from the environment (`WorkflowSettings.config`), some of them given here. */
  static readonly layerOn = (given: Partial<WorkflowSettings.WorkflowSettings>) =>
    Layer.unwrapEffect(
      Effect.gen(function* () {
        const settings = { ...(yield* WorkflowSettings.config), ...given }
        const { sessions } = yield* Database
        return WorkflowInfra.layerWith(settings).pipe(
          Layer.provide([
            SqlWorkflowRepository.layer,
            SqlServerRepository.layer,
            sessions ? SessionLock.layer : SessionLock.layerOff,
            sessions ? Notifications.layer : Notifications.layerLocal
          ])
        )
      })
    )

  /** On our own database, with settings from the environment (`WorkflowSettings.config`). */
  static readonly layer = WorkflowInfra.layerOn({})

  /** In memory, with the default settings: for tests under `TestClock`. */
  static readonly layerMemory = WorkflowInfra.layerWith(WorkflowSettings.defaults).pipe(
    Layer.provide([MemoryWorkflowRepository.layer, SessionLock.layerOff, Notifications.layerLocal]),
    Layer.provide(ServerRepository.layerMemory)
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

  const kinds = new Map<string, ActiveWorkflows.Registration>()
  const closed = yield* Deferred.make<void>()
  let closing = false

  const writers = yield* TaskQueueWriter.makeRegistry(repository, settings, notifications)
  const manual = ManualLeases.make(repository, lease, writers)
  const active = yield* ActiveWorkflows.make(repository, writers, notifications)
  const unrunnable = yield* Ref.make<ReadonlyArray<Runnable>>([])
  const known = Effect.gen(function* () {
    const unreadable = yield* active.unreadable
    return [
      ...(yield* outages.current),
      ...(yield* Ref.get(unrunnable)).map(describeUnrunnable),
      ...(unreadable.length > 0 ? [`this server could not read the config of ${unreadable.length} workflows`] : [])
    ]
  })
  /** Told when it begins, when it changes and when it is over. */
  const onUnrunnable = (now: ReadonlyArray<Runnable>) =>
    Effect.flatMap(Ref.getAndSet(unrunnable, now), (before) => {
      const [was, is] = [before.map(describeUnrunnable).join("; "), now.map(describeUnrunnable).join("; ")]
      if (was === is) return Effect.void
      return is === "" ? Effect.logInfo("every workflow that waits can be run by some server") : Effect.logWarning(is)
    })
  const { health, progressed } = yield* WorkflowHealth.make(lease, settings, known)

  /** Whose workflows may be taken over; undefined: everybody's. */
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

  const close = (onEach: (workflow: Workflow) => Effect.Effect<void>) =>
    Effect.gen(function* () {
      const calls = Effect.forEach(yield* active.all, ({ workflow }) => Effect.ignoreLogged(onEach(workflow)), {
        concurrency: "unbounded"
      })
      yield* Effect.all([calls, active.drain(() => true), manual.stopAll], { concurrency: "unbounded", discard: true })
    })

  const shutdown: WorkflowInfraService["shutdown"] = (onEach = () => Effect.void) =>
    Effect.suspend(() => {
      if (closing) return Deferred.await(closed)
      closing = true
      // A fiber of its own, so that it goes on where whoever called first gives up. Over when its deadline is, whatever hangs.
      return close(onEach).pipe(
        deadline.within,
        Effect.ensuring(Deferred.succeed(closed, undefined)),
        Effect.forkDaemon,
        Effect.zipRight(Deferred.await(closed))
      )
    })

  /** Stores a workflow and, where this process is its owner, runs it. */
  const begin = (
    workflow: Omit<NewWorkflow, "ownerId">,
    registration: ActiveWorkflows.Registration,
    current: Lease
  ): Effect.Effect<Workflow, StartError | ServerGone> =>
    Effect.gen(function* () {
      if (closing || kinds.get(registration.name) !== registration) return yield* new ShuttingDown()
      yield* adopt({ workflowIds: [workflow.id] })
      const hasRoom = (yield* active.count) < settings.maxActiveWorkflows
      const ownerId = hasRoom ? Option.some(current.serverId) : Option.none()
      const stored = yield* Effect.tapErrorTag(
        repository.insert({ ...workflow, ownerId }),
        "ServerGone",
        () => current.giveUp
      )
      const mine = stored.state === "running" && Option.contains(stored.ownerId, current.serverId)
      if (mine && Option.isNone(active.find(stored.id))) yield* active.launch(stored, registration, current)
      // The doors may have closed while the row was on its way.
      const launched = active.find(stored.id)
      if (closing && Option.isSome(launched)) yield* launched.value.stop("shutdown")
      if (stored.state === "pending") yield* tell("work", stored.id)
      return stored
    }).pipe(Effect.uninterruptible)

  const get: WorkflowInfraService["get"] = (projectId, workflowId) =>
    Effect.flatMap(
      repository.get(projectId, workflowId),
      Option.match({
        onNone: () => Effect.fail(new WorkflowNotFound({ workflowId })),
        onSome: (workflow) => Effect.succeed(workflow)
      })
    )

  const told = (workflowId: string) => Effect.zipRight(tell("work", workflowId), tell("change", workflowId))
  const request = (projectId: string, workflowId: string, what: WorkflowRequest) =>
    Effect.zipLeft(repository.request(projectId, workflowId, what), told(workflowId))

  const register: WorkflowInfraService["register"] = <A, I, E, R>(kind: WorkflowKind<A, I, E, R>) =>
    Effect.gen(function* () {
      if (kinds.has(kind.name)) return yield* new KindAlreadyRegistered({ kind: kind.name })
      const context = yield* Effect.context<R>()
      const { version = 1 } = kind
      const decode = Schema.decodeUnknown(kind.config)
      const encode = Schema.encode(kind.config)
      const registration: ActiveWorkflows.Registration = {
        name: kind.name,
        versions: [...new Set([version, ...(kind.earlierVersions ?? [])])],
        strategy: kind.strategy,
        retry: kind.retry,
        timeout: kind.timeout === undefined ? undefined : Duration.decode(kind.timeout),
        onShutdown: kind.onShutdown ?? "release",
        // Exactly the registered context: `Effect.provide` would merge, and let in the starter's transaction.
        prepare: (stored) =>
          Effect.matchEffect(decode(stored), {
            onSuccess: (config) =>
              Effect.succeed((tools) => Effect.mapInputContext(kind.run({ ...tools, config }), () => context)),
            onFailure: ({ message }) => Effect.fail(message)
          })
      }
      kinds.set(kind.name, registration)
      yield* Effect.addFinalizer(() =>
        Effect.suspend(() => {
          kinds.delete(kind.name)
          return active.drain((entry) => entry.registration === registration)
        })
      )
      const getById = (projectId: string, workflowId: string) =>
        Effect.filterOrFail(
          get(projectId, workflowId),
          (workflow) => workflow.kind === kind.name,
          () => new WorkflowNotFound({ workflowId })
        )
      const registered: Registered<A> = {
        queries: (count) => ({
          getById,
          getStatus: (projectId, workflowId) => Effect.map(getById(projectId, workflowId), statusOf),
          getStatusWithCounts: Effect.fn("WorkflowInfra.getStatusWithCounts")(function* (projectId, workflowId) {
            const workflow = yield* getById(projectId, workflowId)
            const tasks = countTasks(yield* repository.tasks(projectId, workflowId))
            return { ...statusOf(workflow), tasks, counts: yield* count(workflow) }
          }),
          cancel: (projectId, workflowId) =>
            Effect.zipRight(getById(projectId, workflowId), request(projectId, workflowId, "cancel"))
        }),
        start: Effect.fnUntraced(function* (options: StartOptions<A>) {
          yield* dieInTransaction("start")
          const workflow = {
            id: yield* uuidv7,
            projectId: options.projectId,
            datasourceId: Option.fromNullable(options.datasourceId),
            ontologyId: Option.fromNullable(options.ontologyId),
            kind: kind.name,
            version,
            config: yield* Effect.mapError(
              encode(options.config),
              (error) => new InvalidConfig({ kind: kind.name, reason: describeCause(Cause.fail(error)) })
            )
          }
          const once = Effect.flatMap(lease.current, (current) => begin(workflow, registration, current))
          // Safe to repeat, since the id is ours: a lost answer, or a lease that is just being replaced. Only what failed pays for it.
          return yield* Effect.catchAll(once, (error): Effect.Effect<Workflow, StartError> =>
            error._tag === "ServerGone" || (error._tag === "DatabaseError" && error.retryable)
              ? repeated(Effect.delay(once, FIRST_START_RETRY))
              : Effect.fail(error)
          )
        })
      }
      return registered
    })

  const open = Effect.sync((): ReadonlyMap<string, ActiveWorkflows.Registration> => (closing ? new Map() : kinds))
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
  const changes = yield* WorkflowChanges.make(repository, notifications, outages)
  // Last, so that it runs first: what it flushes and releases needs all of the above.
  yield* Effect.addFinalizer(() => shutdown())

  return WorkflowInfra.of({
    serverInstanceId: Effect.map(lease.current, ({ serverId }) => serverId),
    register,
    get,
    latest: ({ datasourceId, kind, projectId }) =>
      repository.latest({ projectId, kind, datasourceId: Option.fromNullable(datasourceId) }),
    cancel: (projectId, workflowId) => request(projectId, workflowId, "cancel"),
    pause: (projectId, workflowId) => request(projectId, workflowId, "pause"),
    resume: (projectId, workflowId) => Effect.zipLeft(repository.resume(projectId, workflowId), told(workflowId)),
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
})

/** A start that failed once, until it succeeds, or the database has been away for too long. */
const repeated = (start: Effect.Effect<Workflow, StartError | ServerGone>): Effect.Effect<Workflow, StartError> =>
  start.pipe(
    Effect.retry({ while: (error) => error._tag === "DatabaseError" && error.retryable, schedule: START_RETRY }),
    Effect.retry({ while: (error) => error._tag === "ServerGone", schedule: Schedule.spaced(FIRST_START_RETRY) }),
    Effect.catchTag("ServerGone", Effect.die)
  )

const describeUnrunnable = ({ kind, version }: Runnable) =>
  `workflows of kind ${kind}, version ${version}, wait: no server that is there can run them`
