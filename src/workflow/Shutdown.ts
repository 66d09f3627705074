import { Context, Deferred, Effect, Layer } from "effect"
import { ActiveWorkflows } from "./ActiveWorkflows.ts"
import { Kinds } from "./Kinds.ts"
import { ManualLeases } from "./ManualLeases.ts"
import { ServerLease } from "./ServerLease.ts"
import { ServerRepository } from "./ServerRepository.ts"
import { ShutdownDeadline } from "./ShutdownDeadline.ts"
import type { Workflow } from "./WorkflowState.ts"

/** What `Shutdown` can do. */
export interface ShutdownService {
  /**
   * Shuts the engine down in this process: refuses starts and takeovers, stops all active workflows, stores their task states
   * and releases them. Returns when that is done, at the latest at `WorkflowSettings.shutdownDeadline`. `onEach` runs once for
   * each workflow that was active, concurrently; its failures are logged. The layer's finalizer calls `shutdown` too; a second
   * call waits for the first.
   */
  readonly shutdown: (onEach?: (workflow: Workflow) => Effect.Effect<void>) => Effect.Effect<void>
}

const make = Effect.gen(function* () {
  const kinds = yield* Kinds
  const active = yield* ActiveWorkflows
  const manual = yield* ManualLeases
  const lease = yield* ServerLease
  const servers = yield* ServerRepository
  const deadline = yield* ShutdownDeadline
  const stopped = yield* Deferred.make<void>()

  const stopAll = (onEach: (workflow: Workflow) => Effect.Effect<void>) =>
    Effect.gen(function* () {
      // From now on no workflow is placed here, also not those that are released below. A hint: its failure costs others a moment.
      yield* Effect.fork(Effect.flatMap(lease.current, ({ serverId }) => Effect.ignore(servers.announce(serverId, []))))
      const calls = Effect.forEach(yield* active.all, ({ workflow }) => Effect.ignoreLogged(onEach(workflow)), {
        concurrency: "unbounded"
      })
      yield* Effect.all([calls, active.drain(() => true), manual.stopAll], {
        concurrency: "unbounded",
        discard: true
      })
    })

  const shutdown: ShutdownService["shutdown"] = (onEach = () => Effect.void) =>
    Effect.suspend(() => {
      if (!kinds.close()) return Deferred.await(stopped)
      // A daemon, so that the shutdown continues if its first caller is interrupted; `within` ends it at the deadline.
      return stopAll(onEach).pipe(
        deadline.within,
        Effect.ensuring(Deferred.succeed(stopped, undefined)),
        Effect.forkDaemon,
        Effect.zipRight(Deferred.await(stopped))
      )
    })

  yield* Effect.addFinalizer(() => shutdown())
  return Shutdown.of({ shutdown })
})

/** Ends the work of this process. */
export class Shutdown extends Context.Tag("workflow-infra/workflow/Shutdown")<Shutdown, ShutdownService>() {
  /** Its finalizer shuts down: it flushes and releases through the parts that it is built on, which are still there. */
  static readonly layer = Layer.scoped(
    Shutdown,
    Effect.suspend(() => make)
  )
}
