import type { Duration, Effect, Schema } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import type { Tenant } from "../tenant/TenantContext.ts"
import type { ConcurrencyStrategy } from "../workqueue/ConcurrencyStrategy.ts"
import type { RetryPolicy } from "../workqueue/RetryPolicy.ts"
import type { WorkQueue } from "../workqueue/WorkQueue.ts"
import type { OwnershipLost } from "./WorkflowError.ts"
import type { Workflow, WorkflowProgress } from "./WorkflowState.ts"

/** What a kind's `run` is given: one workflow, in the hands of this process. */
export interface WorkflowRun<Config> {
  readonly workflow: Workflow
  readonly config: Config
  /**
   * The workflow's tasks. Those that an earlier owner completed are not run again: enqueue everything, every time. A task's `commit`
   * runs as the workflow's tenant, under its fence, in the transaction that marks the task completed.
   */
  readonly queue: WorkQueue<Tenant>
  /** Says how far the workflow has come. Never blocks and never fails; the last one said is the one that is stored. */
  readonly progress: (progress: WorkflowProgress) => Effect.Effect<void>
  /**
   * Runs `effect` in one transaction as this workflow's tenant, under its fence: fails with `OwnershipLost`, nothing written, where
   * another owner has it or it has ended.
   */
  readonly fenced: <A, E, R>(
    effect: Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | OwnershipLost | DatabaseError, Exclude<R, Tenant>>
}

/** How a kind of workflow is described. */
export interface WorkflowKindOptions<Config, Encoded, E, R> {
  /** What a workflow of this kind is started with; stored as JSON and decoded by every owner. */
  readonly config: Schema.Schema<Config, Encoded>
  /**
   * The version of `config` and `run`: 1. Raise it where a server of the version before could not go on with a workflow of this one:
   * servers leave each other's versions alone, and a workflow of a version that no server runs waits.
   */
  readonly version?: number
  /** Earlier versions whose workflows this one can go on with: none. `workflow.version` says which one it is. */
  readonly earlierVersions?: ReadonlyArray<number>
  /** How many tasks of each class run at once: one of each by default (`ConcurrencyStrategy.serialized`). */
  readonly strategy?: ConcurrencyStrategy
  /** When a task whose error says that it is retryable is tried again: 24 times over some ten minutes by default. */
  readonly retry?: RetryPolicy
  /** How long a run may take in the hands of one process before the workflow fails. Default: as long as it likes. */
  readonly timeout?: Duration.DurationInput
  /** At shutdown: hand the workflow to another process (`release`, the default), or fail it with "server shutdown". */
  readonly onShutdown?: "release" | "fail"
  /** The work. The workflow completes when this and every task have succeeded, and fails with the first error. */
  readonly run: (run: WorkflowRun<Config>) => Effect.Effect<void, E, R>
}

/** A kind of workflow: a name, unique in a process and the same in all, and how to run one. */
export interface WorkflowKind<Config, Encoded, E, R> extends WorkflowKindOptions<Config, Encoded, E, R> {
  readonly name: string
}

/** Describes a kind of workflow; `infra.register` makes it startable, and known to takeover. */
export const make = <Config, Encoded, E, R>(
  name: string,
  options: WorkflowKindOptions<Config, Encoded, E, R>
): WorkflowKind<Config, Encoded, E, R> => ({ name, ...options })
