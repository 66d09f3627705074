import { Context, Deferred, Effect, Layer, Option } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import { ActiveWorkflows } from "./ActiveWorkflows.ts"
import { Kinds, type KindsService } from "./Kinds.ts"
import { Notifications } from "./Notifications.ts"
import { Outages } from "./Outages.ts"
import { Outcomes, type OutcomesService, type Reading } from "./Outcomes.ts"
import { Starts, type StartsService } from "./Starts.ts"
import type { ExecutionKey, NewDeferred } from "./WorkflowHistory.ts"
import { WorkflowRepository, type WorkflowRepositoryService } from "./WorkflowRepository.ts"

/** Name of this work in logs and in `health`. */
const EXECUTIONS = "executions"

/** What an engine of executions needs: workflows that replay their history and go without an owner while they wait. */
export interface DurableExecutionsService
  extends
    Pick<KindsService, "enlist">,
    Pick<StartsService, "begin">,
    Pick<OutcomesService, "read">,
    Pick<WorkflowRepositoryService, "history" | "deferred" | "keep" | "record" | "find" | "awaits"> {
  /** Waits for the end of a workflow, in whichever process. */
  readonly join: Reading
  /** Retries over outages of the engine's database. @see Outages */
  readonly during: <A, E, R>(effect: Effect.Effect<A, E | DatabaseError, R>) => Effect.Effect<A, E | DatabaseError, R>
  /** Waits for the end of a workflow's run in this process; returns at once if it has none. */
  readonly endsHere: (workflowId: string) => Effect.Effect<void>
  /** Stores a deferred's result and wakes its execution. @see WorkflowRepositoryService.settle */
  readonly settle: (key: ExecutionKey, deferred: NewDeferred) => Effect.Effect<void, DatabaseError>
  /** Wakes an execution that waits. @see WorkflowRepositoryService.wake */
  readonly wake: (key: ExecutionKey) => Effect.Effect<void, DatabaseError>
}

/**
 * What `workflow-infra/effect-workflow` is built on. Every layer of `WorkflowInfra` provides it; programs do not use it themselves.
 *
 * @example
 * ```ts
 * const engine = InfraWorkflowEngine.layer({ projectId }) // needs `DurableExecutions`
 * const whole = engine.pipe(Layer.provide(WorkflowInfra.layerMemory))
 * ```
 */
export class DurableExecutions extends Context.Tag("workflow-infra/workflow/DurableExecutions")<
  DurableExecutions,
  DurableExecutionsService
>() {}

/** Makes it of the parts of the engine in this process. */
export const layer = Layer.effect(
  DurableExecutions,
  Effect.gen(function* () {
    const repository = yield* WorkflowRepository
    const { enlist } = yield* Kinds
    const { begin } = yield* Starts
    const { awaiting, read } = yield* Outcomes
    const active = yield* ActiveWorkflows
    const outages = yield* Outages
    const notifications = yield* Notifications
    const { awaits, deferred, find, history, keep, record } = repository
    const tell = Option.match({
      onNone: () => Effect.void,
      onSome: (workflowId: string) => notifications.tell("work", workflowId)
    })
    return {
      begin,
      enlist,
      join: awaiting(read),
      read,
      awaits,
      deferred,
      find,
      history,
      keep,
      record,
      during: outages.during(EXECUTIONS),
      endsHere: (workflowId) =>
        Option.match(active.find(workflowId), {
          onNone: () => Effect.void,
          onSome: ({ ended }) => Deferred.await(ended)
        }),
      settle: (key, deferred) => Effect.flatMap(repository.settle(key, deferred), tell),
      wake: (key) => Effect.flatMap(repository.wake(key), tell)
    }
  })
)
