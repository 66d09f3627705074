import { Deferred, Effect, Fiber } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import type { ServerLeaseService } from "./ServerLease.ts"
import type { TaskQueueWriters } from "./TaskQueueWriter.ts"
import { RELEASED, type WorkflowRepositoryService } from "./WorkflowRepository.ts"
import type { Ownership } from "./WorkflowState.ts"

/** Workflows that a program runs itself (`startHeartbeat`) and not by `register`, under this process's lease. */
export interface ManualLeases {
  /** Puts a workflow under the current lease; when that is lost, the workflow is removed and its writer is discarded. */
  readonly start: (ownership: Ownership) => Effect.Effect<void>
  /** Removes a workflow and, unless it has ended, releases it. No effect if the workflow is not under the lease. */
  readonly stop: (workflowId: string) => Effect.Effect<void, DatabaseError>
  /** Whether the workflow is under the lease by `start`. */
  readonly has: (workflowId: string) => boolean
  /** Stops all workflows concurrently; failures are logged. */
  readonly stopAll: Effect.Effect<void>
}

/** Makes an empty collection. */
export const make = (
  repository: WorkflowRepositoryService,
  lease: ServerLeaseService,
  writers: TaskQueueWriters
): ManualLeases => {
  const kept = new Map<string, { readonly ownership: Ownership; readonly untilLost: Fiber.RuntimeFiber<void> }>()

  const stop = (workflowId: string) =>
    Effect.suspend(() => {
      const entry = kept.get(workflowId)
      if (entry === undefined) return Effect.void
      return Effect.catchTag(repository.end(entry.ownership, RELEASED), "OwnershipLost", () => Effect.void).pipe(
        Effect.zipRight(Effect.sync(() => kept.delete(workflowId))),
        Effect.zipRight(Fiber.interruptFork(entry.untilLost))
      )
    })

  return {
    start: (ownership) =>
      Effect.gen(function* () {
        const { lost } = yield* lease.current
        const untilLost = yield* Deferred.await(lost).pipe(
          Effect.zipRight(Effect.sync(() => kept.delete(ownership.workflowId))),
          Effect.zipRight(writers.discard(ownership.workflowId)),
          Effect.interruptible,
          Effect.forkDaemon
        )
        kept.set(ownership.workflowId, { ownership, untilLost })
      }),
    stop,
    has: (workflowId) => kept.has(workflowId),
    stopAll: Effect.suspend(() =>
      Effect.forEach([...kept.keys()], (id) => Effect.ignoreLogged(stop(id)), {
        concurrency: "unbounded",
        discard: true
      })
    )
  }
}
