import * as NodeContext from "@effect/platform-node/NodeContext"
import { Context, Deferred, Effect, Exit, Layer, Option, type Redacted, Ref } from "effect"
import { findBinaries } from "./Binaries.ts"
import { openCluster } from "./Cluster.ts"
import type { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import { locate } from "./Location.ts"
import { type Postmaster, startPostmaster } from "./Postmaster.ts"
import { urlOf } from "./Settings.ts"
import { keepRunning } from "./Supervisor.ts"

/** Where the data are kept, relative to the working directory, unless `layer` is told otherwise. */
const DEFAULT_DIRECTORY = ".data"

/**
 * A PostgreSQL server of our own, from binaries that come with the package. It runs as long as the layer's scope is
 * open, is not reachable from other machines, and is never left behind: not by a crash and not by `kill -9`.
 *
 * It runs with `synchronous_commit = off`, because a heartbeat must not wait for a busy disk: a crash of the machine or of
 * the server may cost what was committed in the half second before it, the newest first, and never the consistency of the
 * data (`fsync` is on). A stop in order loses nothing, nor does the end of the program, however it ends.
 */
export class EmbeddedPostgres extends Context.Tag("workflow-infra/EmbeddedPostgres")<
  EmbeddedPostgres,
  {
    /**
     * The superuser's, with the database `postgres`: `postgres://postgres:<generated>@127.0.0.1:<port>/postgres?<parameters>`.
     * The parameters keep a shell's PGSSLMODE, PGOPTIONS and the like from counting; keep them for other databases.
     */
    readonly url: Redacted.Redacted
    /** Chosen anew by each layer; a server that had to be started again keeps it. */
    readonly port: number
    /** PostgreSQL's data directory, which is below `directory` unless root cannot share that with PostgreSQL's user. */
    readonly dataDirectory: string
    /**
     * Fails when the server has ended and does not come back: its data are damaged or were removed, or thirty starts have
     * failed. Never succeeds. Whoever has no use without the database races its work with this.
     */
    readonly lost: Effect.Effect<never, EmbeddedPostgresError>
  }
>() {
  /**
   * Starts the server and stops it with the scope. `directory`, default `.data`, keeps the data and the generated password
   * between runs; a process at a time can use it. A server that dies while the scope is open is started again on its port,
   * and its recovery waited for; what makes that hopeless ends it, is logged, and fails `lost`.
   *
   * Fails with an `EmbeddedPostgresError` of one line, with the reason from the server's log and what to do, and leaves the
   * folder as it found it. A start may take as long as the server makes progress (two minutes of silence end it), a stop
   * 80 s: fast shutdown, immediate after 60 s, the end after 10 s more.
   */
  static readonly layer = (options?: {
    readonly directory?: string
  }): Layer.Layer<EmbeddedPostgres, EmbeddedPostgresError> =>
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
    ).pipe(Layer.provide(NodeContext.layer))
}
