import type { Duration, Effect } from "effect"
import type { ConcurrencyStrategy } from "../workqueue/ConcurrencyStrategy.ts"
import type { RetryPolicy } from "../workqueue/RetryPolicy.ts"
import type { Commits } from "./Commits.ts"
import type { TaskQueueWriter } from "./TaskQueueWriter.ts"
import type { WorkflowRun } from "./WorkflowKind.ts"
import type { ResultEncoder } from "./WorkflowResult.ts"
import type { Ownership, Runnable, RunningLimit } from "./WorkflowState.ts"

/** A registered kind: its `run` with the services that it needs. */
export interface Registration {
  readonly name: string
  /** The versions of the kind that this process can run. */
  readonly versions: ReadonlyArray<number>
  readonly strategy: ConcurrencyStrategy<string> | undefined
  readonly retry: RetryPolicy | undefined
  readonly timeout: Duration.Duration | undefined
  readonly onShutdown: "release" | "fail"
  readonly limit: RunningLimit | undefined
  /** Decodes a stored config and returns the function that runs it. Fails with the reason if the config does not decode. */
  readonly prepare: (config: unknown) => Effect.Effect<(tools: RunTools) => Effect.Effect<unknown, unknown>, string>
  /** Encodes what its runs end with. */
  readonly encoder: ResultEncoder
  /**
   * Whether its workflows are executions of `@effect/workflow`: what they have completed is their history and not their tasks, and
   * others may wait for their ends.
   */
  readonly isExecution: boolean
}

/** What a run works with: what a kind's `run` gets, and below it what an execution of `@effect/workflow` needs. */
export interface RunTools extends Omit<WorkflowRun<unknown, string>, "config"> {
  readonly ownership: Ownership
  /** @see Commits.Commits.complete */
  readonly complete: Commits["complete"]
  /** Shows the state of a task. @see TaskQueueWriter.note */
  readonly note: TaskQueueWriter["note"]
}

/** The kinds and versions that a server with these registrations can run. */
export const runnable = (kinds: ReadonlyMap<string, Registration>): ReadonlyArray<Runnable> =>
  [...kinds.values()].flatMap(({ limit, name, versions }) =>
    versions.map((version) => ({ kind: name, version, limit }))
  )
