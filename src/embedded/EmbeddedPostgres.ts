import * as NodeContext from "@effect/platform-node/NodeContext"
import { Context, Deferred, Effect, Exit, Layer, Option, type Redacted, Ref, Schedule } from "effect"
import { findBinaries } from "./Binaries.ts"
import { openCluster } from "./Cluster.ts"
import type { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import { locate } from "./Location.ts"
import { startPostmaster } from "./Postmaster.ts"
import { urlOf } from "./Settings.ts"

/** Where the data are kept, relative to the working directory, unless `layer` is told otherwise. */
const DEFAULT_DIRECTORY = ".data"

/** The pause before a server that died is started again, so that one that dies at once does not keep us busy. */
const RESTART_PAUSE = "250 millis"

/** How often, and how far apart, a start of a server that died is tried before we give up: half a minute. */
const RESTART_ATTEMPTS = 30
const RESTART_RETRY = "1 second"

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
  }
>() {
  /**
   * Starts the server and stops it with the scope (fast shutdown; immediate after 10 s). `directory`, default `.data`,
   * keeps the data and the generated password between runs; a process at a time can use it. A server that dies while
   * the scope is open is started again. Fails with an `EmbeddedPostgresError` of one line.
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
        const port = yield* Ref.make(Option.none<number>())

        const hasStarted = Effect.map(Ref.get(port), Option.isSome)

        const run = Effect.gen(function* () {
          const server = yield* startPostmaster(cluster, binaries, user, yield* Ref.get(port))
          yield* Ref.set(port, Option.some(server.port))
          yield* Deferred.succeed(started, server.port)
          const status = yield* server.ended
          yield* Effect.logWarning(
            `PostgreSQL ended with ${status} and is started again; its log is ${cluster.log}.previous`
          )
        }).pipe(Effect.scoped)
        yield* run.pipe(
          Effect.repeat(Schedule.spaced(RESTART_PAUSE)),
          Effect.tapError((error) => Deferred.fail(started, error)),
          Effect.retry({ times: RESTART_ATTEMPTS, while: () => hasStarted, schedule: Schedule.spaced(RESTART_RETRY) }),
          Effect.catchAll((error) => Effect.whenEffect(Effect.logError(error.message), hasStarted)),
          Effect.onExit((exit) => (Exit.isFailure(exit) ? Deferred.failCause(started, exit.cause) : Effect.void)),
          Effect.forkScoped
        )
        const chosen = yield* Deferred.await(started)
        return {
          url: urlOf(cluster, chosen),
          port: chosen,
          dataDirectory: cluster.data
        }
      })
    ).pipe(Layer.provide(NodeContext.layer))
}
