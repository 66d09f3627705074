import { Context, Deferred, Effect, Fiber, Layer } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import { ServerLease } from "./ServerLease.ts"
import { TaskQueueWriters } from "./TaskQueueWriters.ts"
import { RELEASED, WorkflowRepository } from "./WorkflowRepository.ts"
import type { Ownership } from "./WorkflowState.ts"

/** What `ManualLeases` can do. */
export interface ManualLeasesService {
  /** Puts a workflow under the current lease; when that is lost, the workflow is removed and its writer is discarded. */
  readonly start: (ownership: Ownership) => Effect.Effect<void>
  /** Removes a workflow and, unless it has ended, releases it. No effect if the workflow is not under the lease. */
  readonly stop: (workflowId: string) => Effect.Effect<void, DatabaseError>
  /** Whether the workflow is under the lease by `start`. */
  readonly has: (workflowId: string) => boolean
  /** Stops all workflows concurrently; failures are logged. */
  readonly stopAll: Effect.Effect<void>
}

const make = Effect.gen(function* () {
  const repository = yield* WorkflowRepository
  const lease = yield* ServerLease
  const writers = yield* TaskQueueWriters
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

  return ManualLeases.of({
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
  })
})

/** Workflows that a program runs itself (`startHeartbeat`) and not by `register`, under this process's lease. */
export class ManualLeases extends Context.Tag("workflow-infra/workflow/ManualLeases")<
  ManualLeases,
  ManualLeasesService
>() {
  /** Without any at first. */
  static readonly layer = Layer.effect(
    ManualLeases,
    Effect.suspend(() => make)
  )
}
