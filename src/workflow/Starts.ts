import { Cause, Context, Duration, Effect, Layer, Option, Schedule, Schema } from "effect"
import { isInTransaction } from "../database/Database.ts"
import { uuidv7 } from "../database/Uuid.ts"
import { describeCause, unstorable } from "../workqueue/Task.ts"
import { ActiveWorkflows } from "./ActiveWorkflows.ts"
import { Adoption } from "./Adoption.ts"
import { EngineSettings } from "./EngineSettings.ts"
import { Kinds } from "./Kinds.ts"
import { Notifications } from "./Notifications.ts"
import type { StartError, StartOptions } from "./Registered.ts"
import type { Registration } from "./Registration.ts"
import { type Lease, ServerLease } from "./ServerLease.ts"
import { InvalidConfig, InvalidKey, InvalidPriority, ShuttingDown } from "./WorkflowError.ts"
import type { WorkflowKind } from "./WorkflowKind.ts"
import { type NewWorkflow, type ServerGone, WorkflowRepository } from "./WorkflowRepository.ts"
import type { Workflow } from "./WorkflowState.ts"

/** A workflow that is to be started. */
export type Start = Omit<NewWorkflow, "ownerId">

/** Delay before the first retry of a start: about the time in which a pool replaces a lost connection. */
const FIRST_START_RETRY = Duration.millis(100)

/** Retries of a start after retryable database errors: 6, with delays that double from 100 ms; 6.3 s altogether. */
const START_RETRY = Schedule.intersect(Schedule.exponential(FIRST_START_RETRY), Schedule.recurs(6))

/** The highest priority, and the lowest one negated: bounds what a claim reads, as each priority in use is an index probe. */
const MAX_PRIORITY = 100

/** Maximum length of a key, in bytes of UTF-8: it is part of an index key, which PostgreSQL limits to about 2,700 bytes. */
const MAX_KEY_BYTES = 500

/** A key of a start; fails with `InvalidKey` if it cannot be stored. */
export const keyOf = <Name extends InvalidKey["key"]>(
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

/** What `Starts` can do. */
export interface StartsService {
  /** Stores a workflow and runs it here if there is room; in no transaction. */
  readonly store: (workflow: Start, registration: Registration) => Effect.Effect<Workflow, StartError>
  /** Starts a workflow of a registered kind; inside a transaction as part of that. */
  readonly start: (workflow: Start, registration: Registration) => Effect.Effect<Workflow, StartError>
  /** Starts a workflow of a kind, which this process need not know; inside a transaction as part of that. */
  readonly begin: (workflow: Start) => Effect.Effect<Workflow, StartError>
}

const make = Effect.gen(function* () {
  const settings = yield* EngineSettings
  const repository = yield* WorkflowRepository
  const lease = yield* ServerLease
  const active = yield* ActiveWorkflows
  const adoption = yield* Adoption
  const kinds = yield* Kinds
  const notifications = yield* Notifications

  /** Stores a workflow and, if this process is its owner, runs it. */
  const begin = (
    workflow: Start,
    registration: Registration,
    current: Lease
  ): Effect.Effect<Workflow, StartError | ServerGone> =>
    Effect.gen(function* () {
      if (!kinds.isOpen(registration)) return yield* new ShuttingDown()
      yield* adoption.adopt({ workflowIds: [workflow.id] })
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
      if (!isNew) yield* adoption.adopt({ workflowIds: [stored.id] })
      const mine = isNew && stored.state === "running" && Option.contains(stored.ownerId, current.serverId)
      if (mine && Option.isNone(active.find(stored.id))) yield* active.launch(stored, registration, current)
      // `close` may have been called during the INSERT; then the drain has not seen this workflow.
      const launched = active.find(stored.id)
      if (kinds.isClosed() && Option.isSome(launched)) yield* launched.value.stop("shutdown")
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
  const store = (workflow: Start, registration: Registration) => {
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
  const storeInTransaction = (workflow: Start, registration: Registration): Effect.Effect<Workflow, StartError> =>
    Effect.gen(function* () {
      if (!kinds.isOpen(registration)) return yield* new ShuttingDown()
      const stored = yield* repository.insertInTransaction(workflow)
      yield* adoption.adopt({ workflowIds: [stored.id] })
      return stored
    })

  /** Stores a workflow of a kind that this process cannot run. */
  const storeForOthers = (workflow: Start) =>
    repository.insert({ ...workflow, ownerId: Option.none() }).pipe(
      Effect.catchTag("ServerGone", Effect.die),
      Effect.tap(({ id }) => notifications.tell("work", id))
    )

  const start: StartsService["start"] = (workflow, registration) =>
    Effect.flatMap(isInTransaction, (isInside) => (isInside ? storeInTransaction : store)(workflow, registration))

  return Starts.of({
    store,
    start,
    begin: (workflow) =>
      Effect.flatMap(isInTransaction, (isInside) => {
        const registration = kinds.find(workflow.kind)
        if (Option.isSome(registration)) return start(workflow, registration.value)
        if (kinds.isClosed()) return new ShuttingDown()
        return isInside ? repository.insertInTransaction(workflow) : storeForOthers(workflow)
      })
  })
})

/** Stores workflows and, where this process has room, runs them. */
export class Starts extends Context.Tag("workflow-infra/workflow/Starts")<Starts, StartsService>() {
  /** In this process. */
  static readonly layer = Layer.effect(
    Starts,
    Effect.suspend(() => make)
  )
}

/** Makes the workflow that a start of a kind wants, with a new id. Fails if it cannot be stored. */
export const asNew = <Config, Encoded, R, A, AI, E, EI, Class extends string>(
  kind: WorkflowKind<Config, Encoded, R, A, AI, E, EI, Class>,
  version: number
) => {
  const encode = Schema.encode(kind.config)
  return (options: StartOptions<Config>): Effect.Effect<Start, InvalidConfig | InvalidKey | InvalidPriority> =>
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
}
