import { Cause, Duration, Effect, Option, Schedule, Schema, type Scope } from "effect"
import { dieInTransaction, isInTransaction } from "../database/Database.ts"
import { uuidv7 } from "../database/Uuid.ts"
import { describeCause, unstorable } from "../workqueue/Task.ts"
import type { ActiveWorkflows, Registration } from "./ActiveWorkflows.ts"
import * as Executions from "./Executions.ts"
import type { NotificationsService } from "./Notifications.ts"
import type { OutagesService } from "./Outages.ts"
import type { Registered, StartError, StartOptions } from "./Registered.ts"
import type { ScheduleRepositoryService } from "./ScheduleRepository.ts"
import * as Schedules from "./Schedules.ts"
import type { Lease, ServerLeaseService } from "./ServerLease.ts"
import { InvalidConfig, InvalidKey, InvalidPriority, KindAlreadyRegistered, ShuttingDown } from "./WorkflowError.ts"
import type { WorkflowKind } from "./WorkflowKind.ts"
import type { NewWorkflow, ServerGone, WorkflowRepositoryService } from "./WorkflowRepository.ts"
import * as WorkflowResult from "./WorkflowResult.ts"
import type { WorkflowSettings } from "./WorkflowSettings.ts"
import type { Workflow } from "./WorkflowState.ts"
import { queriesOf, type WorkflowQueries } from "./WorkflowStatus.ts"

/** Delay before the first retry of a start: about the time in which a pool replaces a lost connection. */
const FIRST_START_RETRY = Duration.millis(100)

/** Retries of a start after retryable database errors: 6, with delays that double from 100 ms; 6.3 s altogether. */
const START_RETRY = Schedule.intersect(Schedule.exponential(FIRST_START_RETRY), Schedule.recurs(6))

/** Name of the starts of `execute` in logs and in `health`. */
const EXECUTIONS = "executions"

/** The highest priority, and the lowest one negated: bounds what a claim reads, as each priority in use is an index probe. */
const MAX_PRIORITY = 100

/** Maximum length of a key, in bytes of UTF-8: it is part of an index key, which PostgreSQL limits to about 2,700 bytes. */
const MAX_KEY_BYTES = 500

/** The kinds that this process can run. */
export interface Registrations {
  /** Registers a kind until the scope closes. Fails with `KindAlreadyRegistered` if a kind of this name is registered. */
  readonly register: <Config, Encoded, R, A, AI, E, EI, Class extends string>(
    kind: WorkflowKind<Config, Encoded, R, A, AI, E, EI, Class>
  ) => Effect.Effect<Registered<Config, A, E>, KindAlreadyRegistered, Scope.Scope | R>
  /** Adds a registration until the scope closes. Fails with `KindAlreadyRegistered` if a kind of its name is registered. */
  readonly enlist: (registration: Registration) => Effect.Effect<void, KindAlreadyRegistered, Scope.Scope>
  /** Starts a workflow of a kind, which this process need not know; inside a transaction as part of that. */
  readonly begin: (workflow: Omit<NewWorkflow, "ownerId">) => Effect.Effect<Workflow, StartError>
  /** @see Executions.reading */
  readonly read: Executions.Reading
  /** Waits for the end of a workflow, in whichever process. @see Executions.awaiting */
  readonly join: Executions.Reading
  /** The registered kinds by name; none after `close`. */
  readonly open: Effect.Effect<ReadonlyMap<string, Registration>>
  /** From now on starts fail with `ShuttingDown` and `open` is empty. Returns whether this was the first call. */
  readonly close: () => boolean
}

interface Options {
  readonly repository: WorkflowRepositoryService
  readonly schedules: ScheduleRepositoryService
  readonly lease: ServerLeaseService
  readonly active: ActiveWorkflows
  readonly notifications: NotificationsService
  readonly settings: WorkflowSettings
  /** Allows this process to take over a workflow that it stores. */
  readonly adopt: (workflowId: string) => Effect.Effect<void>
  readonly get: WorkflowQueries<never>["getById"]
  readonly cancel: WorkflowQueries<never>["cancel"]
  readonly resume: WorkflowQueries<never>["cancel"]
  readonly retry: Executions.Executions<never, never>["retry"]
  readonly outages: OutagesService
}

/** A key of a start; fails with `InvalidKey` if it cannot be stored. */
const keyOf = <Name extends InvalidKey["key"]>(
  kind: string,
  key: Name,
  options: { readonly [name in Name]?: string },
  maxBytes = MAX_KEY_BYTES
): Effect.Effect<Option.Option<string>, InvalidKey> => {
  const value: string | undefined = options[key]
  if (value === undefined) return Effect.succeedNone
  const reason = unstorable(value, maxBytes)
  return reason === undefined ? Effect.succeedSome(value) : new InvalidKey({ kind, key, reason })
}

const priorityOf = (kind: string, { priority = 0 }: { readonly priority?: number }) =>
  Number.isInteger(priority) && Math.abs(priority) <= MAX_PRIORITY
    ? Effect.succeed(priority)
    : new InvalidPriority({ kind, priority })

/** Makes the registrations of this process: none at first, open. */
export const make = ({
  active,
  adopt,
  cancel,
  get,
  lease,
  notifications,
  outages,
  repository,
  resume,
  retry,
  schedules,
  settings
}: Options): Registrations => {
  const kinds = new Map<string, Registration>()
  let isClosed = false
  const read = Executions.reading(repository)
  const awaiting = Executions.awaiting(active, notifications, outages, settings.watchInterval)

  /** Stores a workflow and, if this process is its owner, runs it. */
  const begin = (
    workflow: Omit<NewWorkflow, "ownerId">,
    registration: Registration,
    current: Lease
  ): Effect.Effect<Workflow, StartError | ServerGone> =>
    Effect.gen(function* () {
      if (isClosed || kinds.get(registration.name) !== registration) return yield* new ShuttingDown()
      yield* adopt(workflow.id)
      // Of a kind with a limit only claims know whether there is room.
      const hasRoom = registration.limit === undefined && (yield* active.count) < settings.maxActiveWorkflows
      const ownerId = hasRoom && Option.isNone(workflow.startAt) ? Option.some(current.serverId) : Option.none()
      const stored = yield* Effect.tapErrorTag(
        repository.insert({ ...workflow, ownerId }),
        "ServerGone",
        () => current.giveUp
      )
      // A workflow that another start has stored is launched by that start, or runs already.
      const isNew = stored.id === workflow.id
      if (!isNew) yield* adopt(stored.id)
      const mine = isNew && stored.state === "running" && Option.contains(stored.ownerId, current.serverId)
      if (mine && Option.isNone(active.find(stored.id))) yield* active.launch(stored, registration, current)
      // `close` may have been called during the INSERT; then the drain has not seen this workflow.
      const launched = active.find(stored.id)
      if (isClosed && Option.isSome(launched)) yield* launched.value.stop("shutdown")
      if (stored.state === "pending") yield* notifications.tell("work", stored.id)
      return stored
    }).pipe(Effect.uninterruptible)

  /** Retries a start that has failed once, until it succeeds, or for about 6 s while the database is unavailable. */
  const repeated = (start: Effect.Effect<Workflow, StartError | ServerGone>): Effect.Effect<Workflow, StartError> =>
    start.pipe(
      Effect.retry({ while: (error) => error._tag === "DatabaseError" && error.retryable, schedule: START_RETRY }),
      Effect.retry({ while: (error) => error._tag === "ServerGone", schedule: Schedule.spaced(FIRST_START_RETRY) }),
      Effect.catchTag("ServerGone", Effect.die)
    )

  /** Stores a workflow and runs it here if there is room, also over an outage of a few seconds. */
  const store = (workflow: Omit<NewWorkflow, "ownerId">, registration: Registration) => {
    const once = Effect.flatMap(lease.current, (current) => begin(workflow, registration, current))
    // The id is the client's, so a repeated INSERT stores nothing twice. A start that succeeds at once needs no schedule.
    return Effect.catchAll(once, (error): Effect.Effect<Workflow, StartError> =>
      error._tag === "ServerGone" || (error._tag === "DatabaseError" && error.retryable)
        ? repeated(Effect.delay(once, FIRST_START_RETRY))
        : Effect.fail(error)
    )
  }
  /**
   * Stores a workflow as `pending` in the transaction of the caller. It is not launched here, because that transaction may still roll back;
   * servers are notified when it commits.
   */
  const storeInTransaction = (
    workflow: Omit<NewWorkflow, "ownerId">,
    registration: Registration
  ): Effect.Effect<Workflow, StartError> =>
    Effect.gen(function* () {
      if (isClosed || kinds.get(registration.name) !== registration) return yield* new ShuttingDown()
      const stored = yield* repository.insertInTransaction(workflow)
      yield* adopt(stored.id)
      return stored
    })

  /** Stores a workflow of a kind that this process cannot run. */
  const storeForOthers = (workflow: Omit<NewWorkflow, "ownerId">) =>
    repository.insert({ ...workflow, ownerId: Option.none() }).pipe(
      Effect.catchTag("ServerGone", Effect.die),
      Effect.tap(({ id }) => notifications.tell("work", id))
    )

  /** Makes the two operations that start workflows of a kind. */
  const starting = <Config, Encoded, R, A, AI, E, EI, Class extends string>(
    kind: WorkflowKind<Config, Encoded, R, A, AI, E, EI, Class>,
    registration: Registration,
    version: number
  ) => {
    const encode = Schema.encode(kind.config)
    const asNew = (options: StartOptions<Config>) =>
      Effect.gen(function* () {
        return {
          id: yield* uuidv7,
          projectId: options.projectId,
          datasourceId: Option.fromNullable(options.datasourceId),
          ontologyId: Option.fromNullable(options.ontologyId),
          idempotencyKey: yield* keyOf(kind.name, "idempotencyKey", options),
          exclusiveKey: yield* keyOf(kind.name, "exclusiveKey", options),
          startAt: Option.fromNullable(options.startAt),
          priority: yield* priorityOf(kind.name, options),
          kind: kind.name,
          version,
          config: yield* Effect.mapError(
            encode(options.config),
            (error) => new InvalidConfig({ kind: kind.name, reason: describeCause(Cause.fail(error)) })
          )
        }
      })
    /** Whether the schedule goes on: not without its project, or this kind. */
    const startTick = (options: StartOptions<Config>) =>
      Effect.flatMap(asNew(options), (workflow) => store(workflow, registration)).pipe(
        Effect.as(true),
        Effect.catchTags({
          WorkflowAlreadyRunning: ({ workflowId }) =>
            Effect.as(Effect.logInfo(`left out: workflow ${workflowId} has its exclusive key`), true),
          ProjectNotFound: ({ message }) => Effect.as(Effect.logWarning(message), false),
          ShuttingDown: () => Effect.succeed(false),
          InvalidConfig: Effect.die,
          InvalidKey: Effect.die,
          InvalidPriority: Effect.die
        })
      )
    return {
      schedule: ({ cron, missed, name, ...options }: Parameters<Registered<Config>["schedule"]>[0]) =>
        Effect.gen(function* () {
          yield* keyOf(kind.name, "name", { name }, Schedules.MAX_NAME_BYTES)
          // So that a config that cannot be stored is told now.
          yield* asNew(options)
          yield* Schedules.make({
            key: { projectId: options.projectId, kind: kind.name, name },
            cron,
            missed,
            repository: schedules,
            outages,
            start: (tick) => startTick({ ...options, startAt: tick, idempotencyKey: Schedules.keyOf(name, tick) })
          })
        }),
      start: (options: StartOptions<Config>) =>
        Effect.flatMap(asNew(options), (workflow) =>
          Effect.if(isInTransaction, {
            onTrue: () => storeInTransaction(workflow, registration),
            onFalse: () => store(workflow, registration)
          })
        ),
      startOverOutages: (options: StartOptions<Config>) =>
        Effect.zipRight(
          dieInTransaction("execute"),
          Effect.flatMap(asNew(options), (workflow) => outages.during(EXECUTIONS)(store(workflow, registration)))
        )
    }
  }

  const enlist: Registrations["enlist"] = (registration) =>
    Effect.suspend(() => {
      const { name } = registration
      if (kinds.has(name)) return new KindAlreadyRegistered({ kind: name })
      kinds.set(name, registration)
      return Effect.zipRight(
        // There may be workflows that wait for it.
        notifications.tell("work"),
        Effect.addFinalizer(() =>
          Effect.suspend(() => {
            kinds.delete(name)
            return active.drain((entry) => entry.registration === registration)
          })
        )
      )
    })

  const register = <Config, Encoded, R, A, AI, E, EI, Class extends string>(
    kind: WorkflowKind<Config, Encoded, R, A, AI, E, EI, Class>
  ): Effect.Effect<Registered<Config, A, E>, KindAlreadyRegistered, Scope.Scope | R> =>
    Effect.gen(function* () {
      const context = yield* Effect.context<R>()
      const { version = 1 } = kind
      const decode = Schema.decodeUnknown(kind.config)
      const registration: Registration = {
        name: kind.name,
        versions: [...new Set([version, ...(kind.earlierVersions ?? [])])],
        strategy: kind.strategy,
        retry: kind.retry,
        timeout: kind.timeout === undefined ? undefined : Duration.decode(kind.timeout),
        onShutdown: kind.onShutdown ?? "release",
        limit: kind.limit,
        encoder: WorkflowResult.encoderOf(kind),
        // Replaces the context: `Effect.provide` would merge, and keep the transaction of the caller of `start`.
        prepare: (stored) =>
          Effect.mapBoth(decode(stored), {
            onSuccess:
              (config) =>
              ({ fenced, progress, queue, workflow }) =>
                Effect.mapInputContext(kind.run({ config, fenced, progress, queue, workflow }), () => context),
            onFailure: ({ message }) => message
          }),
        isExecution: false
      }
      yield* enlist(registration)
      const { schedule, start, startOverOutages } = starting(kind, registration, version)
      const executions = Executions.make({
        kind: kind.name,
        read,
        awaiting,
        decode: WorkflowResult.decoderOf(kind),
        cancel,
        resume,
        retry
      })
      return {
        ...executions,
        start,
        schedule,
        execute: (options) =>
          Effect.flatMap(startOverOutages(options), ({ id, projectId }) => executions.join(projectId, id)),
        queries: (count) => queriesOf(kind.name, { get, tasks: repository.tasks, cancel }, count)
      }
    })

  return {
    register,
    enlist,
    begin: (workflow) =>
      Effect.flatMap(isInTransaction, (isInside) => {
        const registration = kinds.get(workflow.kind)
        if (registration !== undefined) return (isInside ? storeInTransaction : store)(workflow, registration)
        if (isClosed) return new ShuttingDown()
        return isInside ? repository.insertInTransaction(workflow) : storeForOthers(workflow)
      }),
    read,
    join: awaiting(read),
    open: Effect.sync(() => (isClosed ? new Map() : kinds)),
    close: () => {
      const isFirst = !isClosed
      isClosed = true
      return isFirst
    }
  }
}
