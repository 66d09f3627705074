import { NodeContext } from "@effect/platform-node"
import { Context, Effect, Layer, Redacted } from "effect"
import { findBinaries } from "./Binaries.ts"
import { openCluster, SUPERUSER } from "./Cluster.ts"
import type { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import { locate } from "./Location.ts"
import { startPostmaster } from "./Postmaster.ts"

/** Where the data are kept, relative to the working directory, unless `layer` is told otherwise. */
export const DEFAULT_DIRECTORY = ".data"

/**
 * A PostgreSQL server of our own, from binaries that come with the package. It runs as long as the layer's scope is
 * open, is not reachable from other machines, and is never left behind: not by a crash and not by `kill -9`.
 */
export class EmbeddedPostgres extends Context.Tag("workflow-infra/EmbeddedPostgres")<
  EmbeddedPostgres,
  {
    /** The superuser's, with the database `postgres`: `postgres://postgres:<generated>@127.0.0.1:<port>/postgres`. */
    readonly url: Redacted.Redacted
    /** Chosen anew at each start. */
    readonly port: number
    /** The server's process. */
    readonly pid: number
    /** PostgreSQL's data directory, which is `directory`'s unless root cannot share it with PostgreSQL's user. */
    readonly dataDirectory: string
  }
>() {
  /**
   * Starts the server and stops it with the scope (fast shutdown; immediate after 10 s). `directory`, default `.data`,
   * keeps the data and the generated password between runs. Fails with one `EmbeddedPostgresError` of one line.
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
        const { pid, port } = yield* startPostmaster(cluster, binaries, user)
        return {
          url: Redacted.make(`postgres://${SUPERUSER}:${Redacted.value(cluster.password)}@127.0.0.1:${port}/postgres`),
          port,
          pid,
          dataDirectory: cluster.data
        }
      })
    ).pipe(Layer.provide(NodeContext.layer))
}
