import type { Effect, Scope } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import type * as Executions from "./Executions.ts"
import type * as Schedules from "./Schedules.ts"
import type {
  InvalidConfig,
  InvalidKey,
  InvalidPriority,
  ProjectNotFound,
  ShuttingDown,
  WorkflowAlreadyRunning,
  WorkflowFailed,
  WorkflowNotFound
} from "./WorkflowError.ts"
import type { Workflow } from "./WorkflowState.ts"
import type { WorkflowQueries } from "./WorkflowStatus.ts"

/**
 * Why a workflow was not started: another workflow of its kind, project and `exclusiveKey` has not ended, the project does not
 * exist, the config, a key or the priority cannot be stored, this process is shutting down, or the database is still unavailable after about
 * 6 s of retries.
 */
export type StartError =
  | WorkflowAlreadyRunning
  | ProjectNotFound
  | InvalidConfig
  | InvalidKey
  | InvalidPriority
  | ShuttingDown
  | DatabaseError

/** What a workflow is started with. */
export interface StartOptions<Config> {
  /** The id of the project (tenant) that the workflow belongs to, a UUID. */
  readonly projectId: string
  /**
   * Names the workflow, in up to 500 bytes of UTF-8: an order's number, a day. A start with the key of an earlier workflow of
   * this project and kind stores nothing and returns that workflow, whatever its state and its config, for as long as it is
   * stored (`WorkflowSettings.retention`). So a start may be repeated, also by a program that was killed and does not know
   * whether it had started. Default: none; then every start is a new workflow.
   */
  readonly idempotencyKey?: string
  /**
   * What the workflow has for itself, in up to 500 bytes of UTF-8: one workflow at a time of a project and kind has this key
   * and has not ended. A second start fails with `WorkflowAlreadyRunning` and its id, except with its `idempotencyKey`. Default:
   * none; then any number of them run at a time.
   */
  readonly exclusiveKey?: string
  /** The id of the datasource that the workflow reads, a UUID; `latest` finds the workflow by it. Default: none. */
  readonly datasourceId?: string
  /** The id of the ontology that the workflow works on, a UUID. Default: none. */
  readonly ontologyId?: string
  /**
   * The workflow is `pending` until this time, and then any process with room runs it, within `WorkflowSettings.pollInterval`. By
   * the database's clock. Default: now.
   */
  readonly startAt?: Date
  /**
   * A whole number from -100 to 100: pending workflows with a higher one are claimed first, whatever their kinds; of the same
   * priority, the oldest first. It orders waiting workflows, and nothing else: a start that finds room in this process runs at
   * once, a running workflow makes no room for one of a higher priority, and tasks have none. While there is always one of a
   * higher priority, the others wait. Each priority in use costs a claim an index probe for each kind. Default: 0.
   *
   * As with pg-boss, the higher number goes first. graphile-worker, River, Oban and DBOS count the other way around.
   *
   * @example
   * ```ts
   * yield* imports.start({ projectId, priority: 10, config: { rows: 3 } }) // somebody waits for it
   * yield* imports.start({ projectId, priority: -10, config: { rows: 3_000_000 } }) // whenever there is room
   * ```
   */
  readonly priority?: number
  readonly config: Config
}

/** Why `execute` gives no success, beside the errors that the kind declares. */
export type ExecuteError = StartError | WorkflowFailed | WorkflowNotFound

/**
 * A kind that this process can run. `Config` is what its workflows are started with, `A` what they return, `E` the errors that
 * the kind declares.
 */
export interface Registered<Config, A = void, E = never> extends Executions.Executions<A, E> {
  /**
   * Stores a workflow and returns. It is `running`, owned by this process, or `pending` if this process already runs
   * `WorkflowSettings.maxActiveWorkflows`, or the kind has a limit; then any process with room runs it.
   *
   * Inside a transaction on the engine's database it is part of that: nothing if it rolls back, `pending` and claimed at once if
   * it commits. The transaction is of `Database.work`, of `TenantContext.withProject`, of a workflow's `fenced` or a task's
   * `commit`, or of any client whose login has the engine's rights. Dies inside a transaction of another project.
   *
   * @example
   * ```ts
   * const order = Effect.gen(function* () {
   *   yield* sql`INSERT INTO orders (id, cents) VALUES (${id}, 4200)`
   *   return yield* payments.start({ projectId, idempotencyKey: `order ${id}`, config: { cents: 4_200 } })
   * }).pipe(sql.withTransaction)
   * ```
   */
  readonly start: (options: StartOptions<Config>) => Effect.Effect<Workflow, StartError>
  /**
   * Starts a workflow and waits until it has ended, in whichever process: returns what its `run` returned, fails with the error
   * that the kind declares (`error`), or with `WorkflowFailed`, and dies with a defect, as `join` does. With an
   * `idempotencyKey`, a program that was killed calls it again and gets the result of the workflow that it had started. An
   * outage of the database only delays it. Interrupting it leaves the workflow running. Dies inside a transaction.
   *
   * In the `run` of another workflow it waits in that one's place: where there is room for one only (`maxActiveWorkflows`, or the
   * `limit` of the same kind), both wait for ever. An execution of `@effect/workflow` has no place while its child runs.
   *
   * @example
   * ```ts
   * const payments = yield* infra.register(Payment)
   * const { receipt } = yield* payments.execute({ projectId, idempotencyKey: `order ${order}`, config: { cents: 4_200 } }).pipe(
   *   Effect.catchTag("Declined", ({ reason }) => Effect.succeed({ receipt: `none: ${reason}` }))
   * )
   * ```
   */
  readonly execute: (options: StartOptions<Config>) => Effect.Effect<A, E | ExecuteError>
  /**
   * Starts a workflow at every tick of a cron expression until the scope closes: one for a tick, whatever the number of servers that
   * have this schedule, by the database's clock. The tick is the workflow's `startAt`, and with the schedule's name its
   * `idempotencyKey`. Missed ticks are made up for by rule (`missed`), also those while no server was there; a schedule begins when it is
   * first registered, and begins again when its expression has changed.
   *
   * With an `exclusiveKey`, a tick at which another workflow has the key is left out, and logged. Fails with `ProjectNotFound`, or if
   * the config, the name or another option cannot be stored; an outage afterwards only delays it. Dies inside a transaction, and if the
   * expression has no time at all.
   *
   * @example
   * ```ts
   * const Nightly = Layer.scopedDiscard(
   *   Effect.gen(function* () {
   *     const infra = yield* WorkflowInfra
   *     const imports = yield* infra.register(Import)
   *     const cron = Cron.unsafeParse("0 3 * * *", "Europe/Berlin")
   *     yield* imports.schedule({ name: "nightly", projectId, cron, exclusiveKey: "nightly", config: { rows: 3 } })
   *   })
   * )
   * ```
   */
  readonly schedule: (
    options: Omit<StartOptions<Config>, "idempotencyKey" | "startAt"> & Schedules.ScheduleOptions
  ) => Effect.Effect<void, Schedules.ScheduleError, Scope.Scope>
  /** Makes the queries about workflows of this kind. `count` computes the counts of a workflow's results. */
  readonly queries: <Counts>(
    count: (workflow: Workflow) => Effect.Effect<Counts, DatabaseError>
  ) => WorkflowQueries<Counts>
}
