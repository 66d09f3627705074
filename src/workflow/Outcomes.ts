import { Clock, Context, Deferred, Duration, Effect, Layer, Option, Queue } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import { ActiveWorkflows } from "./ActiveWorkflows.ts"
import { EngineSettings } from "./EngineSettings.ts"
import { Notifications } from "./Notifications.ts"
import { Outages } from "./Outages.ts"
import { WorkflowNotFound } from "./WorkflowError.ts"
import { WorkflowRepository } from "./WorkflowRepository.ts"
import type { WorkflowOutcome } from "./WorkflowResult.ts"
import { hasEnded } from "./WorkflowState.ts"

/**
 * Minimum delay between two reads of an awaited workflow, which is notified of with each change of a task. At most `writerDebounce`: then
 * changes are not gathered either.
 */
const PACE = Duration.millis(100)
/** Name of this work in logs and in `health`. */
const WAITS = "waits for results"

/** Returns a workflow with its result: as they are now, or when it has ended. */
export type Reading = (
  projectId: string,
  workflowId: string
) => Effect.Effect<WorkflowOutcome, WorkflowNotFound | DatabaseError>

/** What `Outcomes` can do. */
export interface OutcomesService {
  /** Reads a workflow as it is. Concurrent reads share one statement (`WorkflowRepository.outcome`). */
  readonly read: Reading
  /**
   * Makes the function that waits for workflows to end, in whichever process they run, and looks at them with `look`: when it is
   * notified of a workflow, when that ends in this process, and otherwise every `watchInterval`, because notifications can be
   * lost. All that wait in a process look at the same moments, so that they share a statement.
   */
  readonly awaiting: (look: Reading) => Reading
}

const make = Effect.gen(function* () {
  const { watchInterval, writerDebounce } = yield* EngineSettings
  const repository = yield* WorkflowRepository
  const active = yield* ActiveWorkflows
  const outages = yield* Outages
  const { heard } = yield* Notifications

  const pace = Effect.sleep(Duration.min(PACE, writerDebounce))
  const endsHere = (workflowId: string) =>
    Option.match(active.find(workflowId), { onNone: () => Effect.never, onSome: ({ ended }) => Deferred.await(ended) })
  const nextPoll = Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const interval = Duration.toMillis(watchInterval)
    return Effect.sleep(Duration.millis(interval - (now % interval)))
  })

  return Outcomes.of({
    read: (projectId, workflowId) =>
      Effect.flatMap(
        repository.outcome(projectId, workflowId),
        Option.match({
          onNone: () => Effect.fail(new WorkflowNotFound({ workflowId })),
          onSome: (outcome) => Effect.succeed(outcome)
        })
      ),
    awaiting: (look) => (projectId, workflowId) =>
      Effect.gen(function* () {
        // Before the first read, so that no end is missed.
        const news = yield* heard("change", workflowId)
        const told = Effect.zipRight(pace, Effect.raceFirst(Queue.take(news), nextPoll))
        const wait = Effect.suspend(() => Effect.raceFirst(endsHere(workflowId), told))
        return yield* Effect.suspend(() => outages.during(WAITS)(look(projectId, workflowId))).pipe(
          Effect.tap(({ workflow }) => (hasEnded(workflow.state) ? Effect.void : wait)),
          Effect.repeat({ until: ({ workflow }) => hasEnded(workflow.state) })
        )
      }).pipe(Effect.scoped)
  })
})

/** How workflows end, or stand. */
export class Outcomes extends Context.Tag("workflow-infra/workflow/Outcomes")<Outcomes, OutcomesService>() {
  /** Of the workflows of the repository, in whichever process they run. */
  static readonly layer = Layer.effect(
    Outcomes,
    Effect.suspend(() => make)
  )
}
