import type { SqlError } from "@effect/sql/SqlError"
import type { Duration, Effect, Schema } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import type { Tenant } from "../tenant/TenantContext.ts"
import { ConcurrencyStrategy } from "../workqueue/ConcurrencyStrategy.ts"
import type { TaskClass, TaskFailed } from "../workqueue/Task.ts"
import type { RetryPolicy } from "../workqueue/RetryPolicy.ts"
import type { WorkQueue } from "../workqueue/WorkQueue.ts"
import type { OwnershipLost } from "./WorkflowError.ts"
import { invalidRunnable, type RunningLimit, type Workflow, type WorkflowProgress } from "./WorkflowState.ts"

/** What a kind's `run` receives: one workflow that this process owns. */
export interface WorkflowRun<Config, Class extends string = TaskClass> {
  readonly workflow: Workflow
  readonly config: Config
  /**
   * The workflow's tasks. Every run enqueues all of them: those that an earlier owner completed do not run again. A task's
   * `commit` runs as the workflow's tenant, under the fence, in the transaction that marks the task completed.
   */
  readonly queue: WorkQueue<Tenant, Class>
  /** Reports progress. Never blocks and never fails; the latest report is stored, within `writerDebounce` (250 ms by default). */
  readonly progress: (progress: WorkflowProgress) => Effect.Effect<void>
  /**
   * Runs `effect` in one transaction as this workflow's tenant, under the fence. Fails with `OwnershipLost`, and writes
   * nothing, if this owner no longer owns the workflow; fails with `DatabaseError` if a statement fails, or the transaction
   * cannot be begun or committed.
   */
  readonly fenced: <A, E, R>(
    effect: Effect.Effect<A, E, R>
  ) => Effect.Effect<A, Exclude<E, SqlError> | OwnershipLost | DatabaseError, Exclude<R, Tenant>>
}

/** Errors of the engine with which any `run` may fail: a task of its queue failed, or a transaction of its own. */
export type RunError = TaskFailed | OwnershipLost | DatabaseError

/**
 * The description of a kind of workflow. `A` is what its workflows return (default: void), `E` the errors that it declares
 * (default: never), `Class` the classes of its tasks (default: `llm` and `data`).
 */
export interface WorkflowKindOptions<
  Config,
  Encoded,
  R,
  A = void,
  AI = void,
  E = never,
  EI = never,
  Class extends string = TaskClass
> {
  /** What a workflow of this kind is started with. Stored as JSON (at most 1,000,000 bytes) and decoded by every owner. */
  readonly config: Schema.Schema<Config, Encoded>
  /**
   * What `run` returns. Stored as JSON (at most 1,000,000 bytes) with the workflow's end, under the fence, as a row of
   * `workflow_results`; `execute`, `join` and `poll` decode it in any process. Default: nothing.
   */
  readonly success?: Schema.Schema<A, AI>
  /**
   * The errors that come back from `execute`, `join` and `poll` as themselves, whether `run` fails with them or one of its tasks
   * does. Stored as `success` is. Every other failure is a `WorkflowFailed` with its message. Default: none.
   */
  readonly error?: Schema.Schema<E, EI>
  /**
   * The version of `config` and `run`. Raise it if a server with the previous version could not continue a workflow of this
   * one: servers claim only versions that they have registered, and a workflow whose version no server has stays `pending`.
   * Default: 1. `make` throws `RangeError` if it, or an earlier one, is no whole number from 0 to 2,147,483,647.
   */
  readonly version?: number
  /** Earlier versions whose workflows this `run` can continue; `workflow.version` is the version of each. Default: none. */
  readonly earlierVersions?: ReadonlyArray<number>
  /**
   * How many tasks of each class of a workflow run at once, and which classes there are (`ConcurrencyStrategy.make`). Default: one
   * each of `llm` and `data` (`ConcurrencyStrategy.serialized`).
   */
  readonly strategy?: ConcurrencyStrategy<Class>
  /** When a task with a retryable error is retried that has no policy of its own (`Task.retry`). Default: `RetryPolicy.default`, 24 times in about ten minutes. */
  readonly retry?: RetryPolicy
  /** Time limit of a run in one process, after which the workflow fails. Default: none. */
  readonly timeout?: Duration.DurationInput
  /**
   * How many workflows of this kind run at the same time, in all processes together, and with which fairness between projects.
   * A start then stores a `pending` workflow, and claims take, as far as the limit leaves room, those first whose project has the
   * fewest running, chance deciding between equals; of a project those with a higher priority, and then the oldest. So a project
   * with 10,000 pending workflows keeps none from its turn that has one.
   *
   * Claims of the kind wait for each other, and count what runs by then: there are never more, however many servers claim. Each
   * server keeps to the limit that its own code has. So while a new version with another limit is deployed, the servers of the
   * old version keep to the old one, and what they started without any limit is not counted until it has changed hands. A workflow
   * whose owner has died counts until it is revoked. A kind without a limit costs nothing and has no fairness: priority, then age.
   * Default: none. `make` throws `RangeError` if it is not whole numbers from 1.
   *
   * @example
   * ```ts
   * const Import = WorkflowKind.make("import", {
   *   config: Schema.Struct({ url: Schema.String }),
   *   limit: { running: 20, perProject: 2 },
   *   run: () => Effect.void
   * })
   * ```
   */
  readonly limit?: RunningLimit
  /**
   * What a shutdown does: `release` the workflow for another process, or `fail` it with "server shutdown". Default: `release`.
   */
  readonly onShutdown?: "release" | "fail"
  /** The workflow completes when this effect and all tasks have succeeded, and fails with the first error. */
  readonly run: (run: WorkflowRun<Config, Class>) => Effect.Effect<NoInfer<A>, NoInfer<E> | RunError, R>
}

/**
 * A kind of workflow. Its name is unique in a process, and the same kind has the same name in all processes: 1 to 500 bytes of UTF-8.
 */
export interface WorkflowKind<
  Config,
  Encoded,
  R,
  A = void,
  AI = void,
  E = never,
  EI = never,
  Class extends string = TaskClass
> extends WorkflowKindOptions<Config, Encoded, R, A, AI, E, EI, Class> {
  readonly name: string
}

/**
 * Describes a kind of workflow; `WorkflowInfra.register` makes it startable. Throws `RangeError` if the name, a version or the limit
 * cannot be stored, or a class of the strategy has no place for a task.
 *
 * @example
 * ```ts
 * class Declined extends Schema.TaggedError<Declined>()("Declined", { reason: Schema.String }) {}
 *
 * const Payment = WorkflowKind.make("payment", {
 *   config: Schema.Struct({ cents: Schema.Int }),
 *   success: Schema.Struct({ receipt: Schema.String }),
 *   error: Declined,
 *   run: ({ config }) =>
 *     config.cents > 100_000 ? new Declined({ reason: "too much" }) : Effect.succeed({ receipt: `${config.cents} cents` })
 * })
 * ```
 */
export const make: {
  // An overload, because TypeScript infers no `Class` while it infers the type of a `run` made by `Effect.fn`.
  <Config, Encoded, R, A = void, AI = void, E = never, EI = never>(
    name: string,
    options: WorkflowKindOptions<Config, Encoded, R, A, AI, E, EI>
  ): WorkflowKind<Config, Encoded, R, A, AI, E, EI>
  <Class extends string, Config, Encoded, R, A = void, AI = void, E = never, EI = never>(
    name: string,
    options: WorkflowKindOptions<Config, Encoded, R, A, AI, E, EI, Class>
  ): WorkflowKind<Config, Encoded, R, A, AI, E, EI, Class>
} = <Config, Encoded, R, A, AI, E, EI, Class extends string>(
  name: string,
  options: WorkflowKindOptions<Config, Encoded, R, A, AI, E, EI, Class>
): WorkflowKind<Config, Encoded, R, A, AI, E, EI, Class> => {
  for (const version of [options.version ?? 1, ...(options.earlierVersions ?? [])]) {
    const reason = invalidRunnable({ kind: name, version, limit: options.limit })
    if (reason !== undefined) throw new RangeError(reason)
  }
  if (options.strategy !== undefined) ConcurrencyStrategy.make(options.strategy)
  return { name, ...options }
}
