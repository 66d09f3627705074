import { Deferred, Effect, Fiber } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import type { ServerLeaseService } from "./ServerLease.ts"
import type { TaskQueueWriters } from "./TaskQueueWriter.ts"
import { RELEASED, type WorkflowRepositoryService } from "./WorkflowRepository.ts"
import type { Ownership } from "./WorkflowState.ts"

/** The workflows that a program keeps under this process's lease by hand, and not by `register`. */
export interface ManualLeases {
  /** Puts a workflow under the lease: when that is lost, its writer is discarded, and it is kept no longer. */
  readonly start: (ownership: Ownership) => Effect.Effect<void>
  /** Takes a workflow out and, where it has not ended, frees it for others. Nothing happens where it is not kept. */
  readonly stop: (workflowId: string) => Effect.Effect<void, DatabaseError>
  readonly has: (workflowId: string) => boolean
  /** Stops all of them. */
  readonly stopAll: Effect.Effect<void>
}

/** None at first. */
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
