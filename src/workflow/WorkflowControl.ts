import { Context, Effect, Layer, Option } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import { Notifications } from "./Notifications.ts"
import { type InvalidTransition, type WorkflowAlreadyRunning, WorkflowNotFound } from "./WorkflowError.ts"
import { WorkflowRepository } from "./WorkflowRepository.ts"
import type { Workflow, WorkflowRequest } from "./WorkflowState.ts"

/** Why a failed workflow is not retried. */
export type RetryError = WorkflowNotFound | InvalidTransition | WorkflowAlreadyRunning | DatabaseError

/** What can be asked of any workflow of a project, from any process. `WorkflowNotFound`: the project has no workflow of this id. */
export interface WorkflowControlService {
  /** Returns a workflow of the project. */
  readonly get: (projectId: string, workflowId: string) => Effect.Effect<Workflow, WorkflowNotFound | DatabaseError>
  /**
   * Requests that a workflow end as `failed` with the message "cancelled", and its unfinished tasks as `failed`. Returns when
   * the request is stored; the owner, in whichever process, then stops the workflow. A workflow without an owner ends at once.
   * Fails with `InvalidTransition` if the workflow has ended.
   */
  readonly cancel: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<void, WorkflowNotFound | InvalidTransition | DatabaseError>
  /**
   * Requests that a workflow stop and become `paused`; completed tasks stay completed, unfinished ones become `paused`. Returns
   * when the request is stored. Fails with `InvalidTransition` if the workflow is neither `pending` nor `running`.
   */
  readonly pause: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<void, WorkflowNotFound | InvalidTransition | DatabaseError>
  /**
   * Makes a `paused` or `awaiting_input` workflow `pending`, so that any process with room continues it. Fails with
   * `InvalidTransition` in every other state.
   */
  readonly resume: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<void, WorkflowNotFound | InvalidTransition | DatabaseError>
  /**
   * Makes a failed workflow `pending` again, so that any process with room continues it from the tasks that are not completed.
   * Fails with `InvalidTransition` in every other state, and with `WorkflowAlreadyRunning` if another workflow has its
   * `exclusiveKey` by now.
   */
  readonly retry: (projectId: string, workflowId: string) => Effect.Effect<void, RetryError>
}

/** Stores what is asked of workflows, and tells the processes that may have to do with it. */
export class WorkflowControl extends Context.Tag("workflow-infra/workflow/WorkflowControl")<
  WorkflowControl,
  WorkflowControlService
>() {
  /** On the repository and the notifications of the environment. */
  static readonly layer = Layer.effect(
    WorkflowControl,
    Effect.gen(function* () {
      const repository = yield* WorkflowRepository
      const { tell } = yield* Notifications

      /** Tells the owner, or whoever claims the workflow, and those who watch it. */
      const told =
        <E>(ask: (projectId: string, workflowId: string) => Effect.Effect<void, E>) =>
        (projectId: string, workflowId: string) =>
          ask(projectId, workflowId).pipe(
            Effect.zipLeft(tell("work", workflowId)),
            Effect.zipLeft(tell("change", workflowId))
          )
      const request = (what: WorkflowRequest) =>
        told((projectId, workflowId) => repository.request(projectId, workflowId, what))

      return {
        get: (projectId, workflowId) =>
          Effect.flatMap(
            repository.get(projectId, workflowId),
            Option.match({
              onNone: () => Effect.fail(new WorkflowNotFound({ workflowId })),
              onSome: (workflow) => Effect.succeed(workflow)
            })
          ),
        cancel: request("cancel"),
        pause: request("pause"),
        resume: told(repository.resume),
        retry: told(repository.retry)
      }
    })
  )
}
