import { Effect, type Exit } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import { Outcomes, type Reading } from "./Outcomes.ts"
import { WorkflowControl, type WorkflowControlService } from "./WorkflowControl.ts"
import { type WorkflowFailed, WorkflowNotFound } from "./WorkflowError.ts"
import { Complete, type Result, Suspended, type WorkflowOutcome } from "./WorkflowResult.ts"
import { hasEnded } from "./WorkflowState.ts"

/**
 * What can be asked of the workflows of one kind by their ids, from any process that has registered the kind, with the names of
 * `@effect/workflow`. All of them fail with `WorkflowNotFound` if the project has no workflow of this kind and id.
 */
export interface Executions<A, E> {
  /**
   * Waits until a workflow has ended, wherever it runs, and returns what its `run` returned. Fails with the error that its `run`
   * failed with if the kind declares it (`error`), dies with the name and message of a defect, and fails with `WorkflowFailed`
   * in every other case (cancelled, a task's error). An outage of the database only delays it; fails with `DatabaseError` if the
   * database refuses the statement.
   */
  readonly join: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<A, E | WorkflowFailed | WorkflowNotFound | DatabaseError>
  /**
   * Returns how a workflow ended, as `Complete` with its exit; `Suspended` if it is paused or awaits input; undefined if it
   * waits or runs.
   *
   * @example
   * ```ts
   * const result = yield* payments.poll(projectId, workflowId)
   * if (result?._tag === "Complete" && Exit.isSuccess(result.exit)) yield* Effect.log(result.exit.value)
   * ```
   */
  readonly poll: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<Result<A, E | WorkflowFailed> | undefined, WorkflowNotFound | DatabaseError>
  /**
   * Requests that a workflow end as `failed` with the message "cancelled". Returns when the request is stored. Fails with
   * `InvalidTransition` if it has ended.
   *
   * @example
   * ```ts
   * yield* payments.interrupt(projectId, workflowId).pipe(
   *   Effect.catchTag("InvalidTransition", ({ state }) => Effect.log(`too late: it is ${state}`))
   * )
   * ```
   */
  readonly interrupt: WorkflowControlService["cancel"]
  /**
   * Makes a workflow that is `paused` or awaits input `pending`, so that any process with room continues it. Fails with
   * `InvalidTransition` in every other state.
   *
   * @example
   * ```ts
   * yield* infra.pause(projectId, workflowId)
   * // … and when it may go on:
   * const result = yield* payments.poll(projectId, workflowId)
   * if (result?._tag === "Suspended") yield* payments.resume(projectId, workflowId)
   * ```
   */
  readonly resume: WorkflowControlService["resume"]
  /**
   * Makes a failed workflow `pending` again, so that any process with room continues it from the tasks that are not completed.
   * Fails with `InvalidTransition` in every other state, and with `WorkflowAlreadyRunning` if another workflow has its
   * `exclusiveKey` by now.
   *
   * @example
   * ```ts
   * const { workflows } = yield* infra.list({ projectId, kind: "payment", state: "failed" })
   * yield* Effect.forEach(workflows, ({ id }) => payments.retry(projectId, id), { discard: true })
   * ```
   */
  readonly retry: WorkflowControlService["retry"]
}

/** Makes the function that makes the operations on the workflows of one kind. */
export const make = Effect.gen(function* () {
  const { awaiting, read } = yield* Outcomes
  const control = yield* WorkflowControl
  return <A, E>(
    kind: string,
    decode: (outcome: WorkflowOutcome) => Effect.Effect<Exit.Exit<A, E | WorkflowFailed>>
  ): Executions<A, E> => {
    const look: Reading = (projectId, workflowId) =>
      Effect.filterOrFail(
        read(projectId, workflowId),
        ({ workflow }) => workflow.kind === kind,
        () => new WorkflowNotFound({ workflowId })
      )
    const wait = awaiting(look)
    const ofKind =
      <F>(ask: (projectId: string, workflowId: string) => Effect.Effect<void, F>) =>
      (projectId: string, workflowId: string) =>
        Effect.zipRight(look(projectId, workflowId), ask(projectId, workflowId))
    return {
      join: (projectId, workflowId) => wait(projectId, workflowId).pipe(Effect.flatMap(decode), Effect.flatten),
      poll: (projectId, workflowId) =>
        Effect.gen(function* () {
          const outcome = yield* look(projectId, workflowId)
          const { state } = outcome.workflow
          if (hasEnded(state)) return new Complete({ exit: yield* decode(outcome) })
          return state === "paused" || state === "awaiting_input" ? new Suspended() : undefined
        }),
      interrupt: ofKind(control.cancel),
      resume: ofKind(control.resume),
      retry: ofKind(control.retry)
    }
  }
})
