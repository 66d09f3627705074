import { Deferred, Duration, Effect, type Exit, Option, Queue } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import type { ActiveWorkflows } from "./ActiveWorkflows.ts"
import type { NotificationsService } from "./Notifications.ts"
import type { OutagesService } from "./Outages.ts"
import {
  type InvalidTransition,
  type WorkflowAlreadyRunning,
  type WorkflowFailed,
  WorkflowNotFound
} from "./WorkflowError.ts"
import type { WorkflowRepositoryService } from "./WorkflowRepository.ts"
import { Complete, type Result, Suspended, type WorkflowOutcome } from "./WorkflowResult.ts"
import { hasEnded } from "./WorkflowState.ts"

/** Minimum delay between two reads of an awaited workflow, which is notified of with each change of a task. */
const PACE = Duration.millis(100)
/** Name of this work in logs and in `health`. */
const WAITS = "waits for results"

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
  readonly interrupt: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<void, WorkflowNotFound | InvalidTransition | DatabaseError>
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
  readonly resume: (
    projectId: string,
    workflowId: string
  ) => Effect.Effect<void, WorkflowNotFound | InvalidTransition | DatabaseError>
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
  readonly retry: (projectId: string, workflowId: string) => Effect.Effect<void, RetryError>
}

/** Why a failed workflow is not retried. */
export type RetryError = WorkflowNotFound | InvalidTransition | WorkflowAlreadyRunning | DatabaseError

/** Returns a workflow with its result: as they are now, or when it has ended. */
export type Reading = (
  projectId: string,
  workflowId: string
) => Effect.Effect<WorkflowOutcome, WorkflowNotFound | DatabaseError>

/** Makes the function that reads a workflow as it is. Concurrent reads share one statement (`WorkflowRepository.outcome`). */
export const reading =
  (repository: WorkflowRepositoryService): Reading =>
  (projectId, workflowId) =>
    Effect.flatMap(
      repository.outcome(projectId, workflowId),
      Option.match({
        onNone: () => Effect.fail(new WorkflowNotFound({ workflowId })),
        onSome: (outcome) => Effect.succeed(outcome)
      })
    )

/**
 * Makes the function that waits for workflows to end, in whichever process they run: it looks at a workflow when it is notified
 * of it, when it ends in this process, and otherwise every `watchInterval`, because notifications can be lost. All that wait in a process look at the same moments, so that they
 * share a statement.
 */
export const awaiting = (
  active: ActiveWorkflows,
  { heard }: NotificationsService,
  outages: OutagesService,
  watchInterval: Duration.Duration
): ((look: Reading) => Reading) => {
  const endsHere = (workflowId: string) =>
    Option.match(active.find(workflowId), { onNone: () => Effect.never, onSome: ({ ended }) => Deferred.await(ended) })
  const nextPoll = Effect.flatMap(
    Effect.clockWith(({ currentTimeMillis }) => currentTimeMillis),
    (now) => {
      const interval = Duration.toMillis(watchInterval)
      return Effect.sleep(Duration.millis(interval - (now % interval)))
    }
  )
  return (look) => (projectId, workflowId) =>
    Effect.gen(function* () {
      // Before the first read, so that no end is missed.
      const news = yield* heard("change", workflowId)
      const told = Effect.zipRight(Effect.sleep(PACE), Effect.raceFirst(Queue.take(news), nextPoll))
      const wait = Effect.suspend(() => Effect.raceFirst(endsHere(workflowId), told))
      return yield* Effect.suspend(() => outages.during(WAITS)(look(projectId, workflowId))).pipe(
        Effect.tap(({ workflow }) => (hasEnded(workflow.state) ? Effect.void : wait)),
        Effect.repeat({ until: ({ workflow }) => hasEnded(workflow.state) })
      )
    }).pipe(Effect.scoped)
}

interface Options<A, E> {
  readonly kind: string
  readonly read: Reading
  /** @see awaiting */
  readonly awaiting: (look: Reading) => Reading
  readonly decode: (outcome: WorkflowOutcome) => Effect.Effect<Exit.Exit<A, E | WorkflowFailed>>
  readonly cancel: Executions<A, E>["interrupt"]
  readonly resume: Executions<A, E>["resume"]
  readonly retry: Executions<A, E>["retry"]
}

/** Makes the operations on the workflows of one kind. */
export const make = <A, E>({
  awaiting: until,
  cancel,
  decode,
  kind,
  read,
  resume,
  retry
}: Options<A, E>): Executions<A, E> => {
  const look: Reading = (projectId, workflowId) =>
    Effect.filterOrFail(
      read(projectId, workflowId),
      ({ workflow }) => workflow.kind === kind,
      () => new WorkflowNotFound({ workflowId })
    )
  const wait = until(look)
  return {
    join: (projectId, workflowId) => wait(projectId, workflowId).pipe(Effect.flatMap(decode), Effect.flatten),
    poll: (projectId, workflowId) =>
      Effect.gen(function* () {
        const outcome = yield* look(projectId, workflowId)
        const { state } = outcome.workflow
        if (hasEnded(state)) return new Complete({ exit: yield* decode(outcome) })
        return state === "paused" || state === "awaiting_input" ? new Suspended() : undefined
      }),
    interrupt: (projectId, workflowId) => Effect.zipRight(look(projectId, workflowId), cancel(projectId, workflowId)),
    resume: (projectId, workflowId) => Effect.zipRight(look(projectId, workflowId), resume(projectId, workflowId)),
    retry: (projectId, workflowId) => Effect.zipRight(look(projectId, workflowId), retry(projectId, workflowId))
  }
}
