import { Clock, type Duration, Effect, Layer } from "effect"
import { Notifications } from "./Notifications.ts"
import { WorkflowRepository } from "./WorkflowRepository.ts"

/**
 * A repository in memory that also notifies of each pending workflow when its time has come. No other process stores workflows
 * there, so with this nothing depends on polls, and they may be rare: each of them is a step of `TestClock`.
 */
export const layer = Layer.scoped(
  WorkflowRepository,
  Effect.gen(function* () {
    const repository = yield* WorkflowRepository
    const { tell } = yield* Notifications
    const scope = yield* Effect.scope
    const wakeAfter = (workflowId: string, delay: Duration.DurationInput) =>
      tell("work", workflowId).pipe(Effect.delay(delay), Effect.interruptible, Effect.forkIn(scope))
    return {
      ...repository,
      insert: (wanted) =>
        Effect.tap(repository.insert(wanted), ({ id, startAt, state }) =>
          Effect.flatMap(Clock.currentTimeMillis, (now) =>
            state === "pending" && Number(startAt) > now ? wakeAfter(id, Number(startAt) - now) : Effect.void
          )
        ),
      end: (ownership, ending, last) =>
        Effect.tap(repository.end(ownership, ending, last), () =>
          ending.after === undefined ? Effect.void : wakeAfter(ownership.workflowId, ending.after)
        )
    }
  })
)
