import * as EntityId from "@effect/cluster/EntityId"
import * as MessageStorage from "@effect/cluster/MessageStorage"
import * as RunnerAddress from "@effect/cluster/RunnerAddress"
import * as RunnerHealth from "@effect/cluster/RunnerHealth"
import * as Runners from "@effect/cluster/Runners"
import * as Sharding from "@effect/cluster/Sharding"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as SqlRunnerStorage from "@effect/cluster/SqlRunnerStorage"
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Array, Effect, Layer, Option } from "effect"
import { hostname } from "node:os"
import { BUCKETS, Placement } from "../Placement.ts"

/** The shard group of the workflows' shards: the one that every runner has by default. */
const GROUP = "default"

/** The advisory lock under which cluster's tables are made: "wfplace", so that it is none of cluster's own, which are below 2³². */
const TABLES_LOCK = "33610396021023589"

/**
 * Places workflows by the `Sharding` of `@effect/cluster`: those of a shard on the runner that has the shard now. No entity is
 * registered, and no message is sent. For programs that are a cluster anyway, so that a workflow runs where its shard's entities do;
 * `layerRunner` makes a `Sharding` for nothing but this.
 *
 * After a `kill -9` a shard has no runner until its lock has expired (35 s by default); workflows wait for `Placement.RESERVED_FOR` then,
 * and are claimed by any server.
 *
 * @example
 * ```ts
 * const ours = WorkflowInfra.layer().pipe(
 *   Layer.provide(ClusterPlacement.layer),
 *   Layer.provide(ClusterPlacement.layerRunner()),
 *   Layer.provideMerge(Projects.layer),
 *   Layer.provide(TenantContext.layer),
 *   Layer.provideMerge(Database.layerConfig),
 *   Layer.provide(PgClient.layer({ url: Redacted.make("postgres://…") })) // cluster's own sessions
 * )
 * ```
 */
export const layer: Layer.Layer<Placement, never, Sharding.Sharding> = Layer.effect(
  Placement,
  Effect.map(Sharding.Sharding, ({ getShardId, hasShardId }) => {
    const shards = Array.makeBy(BUCKETS, (bucket) => getShardId(EntityId.make(`workflows ${bucket}`), GROUP))
    return {
      isMine: () => (bucket) => {
        const shard = shards[bucket]
        return shard !== undefined && hasShardId(shard)
      }
    }
  })
)

/**
 * Makes cluster's tables, one process at a time. To be run before the first runner starts: runners that make them at once on an empty
 * database fail. Takes three connections of the client's pool for a moment. Fails with `SqlError` if the database refuses a statement.
 *
 * @example
 * ```ts
 * // In the program that deploys, before any runner starts.
 * yield* ClusterPlacement.migrate.pipe(Effect.provide(PgClient.layer({ url })))
 * ```
 */
export const migrate: Effect.Effect<void, SqlError, SqlClient.SqlClient> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // Interrupted while it waits, `reserve` would leak the connection.
  const lock = yield* Effect.uninterruptible(sql.reserve)
  yield* Effect.acquireRelease(lock.executeRaw(`SELECT pg_advisory_lock(${TABLES_LOCK})`, []), () =>
    Effect.ignore(lock.executeRaw(`SELECT pg_advisory_unlock(${TABLES_LOCK})`, []))
  )
  yield* Layer.build(SqlRunnerStorage.layer).pipe(Effect.provide(ShardingConfig.layerDefaults), Effect.scoped)
}).pipe(Effect.scoped)

/**
 * A runner that has shards, and nothing to run on them: no port, no entities, no messages. Makes cluster's tables first (`migrate`). Keeps
 * one connection of the client's pool, whose sessions have to last: behind a pooler in transaction mode set `shardLockDisableAdvisory`.
 *
 * `config` replaces cluster's defaults. A `shardLockExpiration` below 10 s moves shards sooner, and loses them whenever the
 * database is slow.
 *
 * @example
 * ```ts
 * const runner = ClusterPlacement.layerRunner({ shardsPerGroup: 100 }).pipe(Layer.provide(PgClient.layer({ url })))
 * const placed = ClusterPlacement.layer.pipe(Layer.provide(runner))
 * ```
 */
export const layerRunner = (
  config?: Partial<ShardingConfig.ShardingConfig["Type"]>
): Layer.Layer<Sharding.Sharding, SqlError, SqlClient.SqlClient> =>
  Sharding.layer.pipe(
    Layer.provide(Runners.layerNoop),
    Layer.provide([MessageStorage.layerNoop, RunnerHealth.layerNoop, SqlRunnerStorage.layer]),
    Layer.provide(
      ShardingConfig.layer({
        // A runner is known by its address, and nobody connects to this one.
        runnerAddress: Option.some(RunnerAddress.make(hostname(), process.pid)),
        ...config
      })
    ),
    Layer.provide(Layer.effectDiscard(migrate))
  )
