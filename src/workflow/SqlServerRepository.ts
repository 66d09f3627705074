import * as SqlSchema from "@effect/sql/SqlSchema"
import { Array, Duration, Effect, Layer, Option, Schema } from "effect"
import { Database } from "../database/Database.ts"
import { ServerRepository } from "./ServerRepository.ts"
import { plain } from "./SqlTransition.ts"

/** A duration as seconds, for `make_interval`. */
const Seconds = Schema.transform(Schema.Number, Schema.DurationFromSelf, {
  strict: true,
  decode: Duration.seconds,
  encode: Duration.toSeconds
})

const Id = Schema.Struct({ id: Schema.String })

/** A process and its lease; `running` counts the workflows of one project. */
const Listed = Schema.Struct({
  id: Schema.String,
  host: Schema.String,
  pid: Schema.Int,
  version: Schema.String,
  startedAt: Schema.DateFromNumber,
  lastHeartbeat: Schema.DateFromNumber,
  expiresAt: Schema.DateFromNumber,
  running: Schema.Int
})
const idsOf = Array.map(({ id }: typeof Id.Type) => id)

/**
 * Server rows in PostgreSQL. Each operation is one statement on the control pool, outside of every transaction.
 *
 * @example
 * ```ts
 * const stored = SqlServerRepository.layer.pipe(Layer.provide(Database.layerConfig))
 * ```
 */
export const layer = Layer.effect(
  ServerRepository,
  Effect.map(Database, ({ control: sql, engine }) => {
    const register = SqlSchema.void({
      Request: Schema.Struct({
        id: Schema.String,
        lease: Seconds,
        usesSessionLock: Schema.Boolean,
        host: Schema.String,
        pid: Schema.Int,
        version: Schema.String
      }),
      execute: ({ host, id, lease, pid, usesSessionLock, version }) => sql`
        INSERT INTO ${engine}.server_instances (id, expires_at, uses_session_lock, host, pid, version)
        VALUES (${id}, now() + make_interval(secs => ${lease}), ${usesSessionLock}, ${host}, ${pid}, ${version})
        ON CONFLICT (id) DO NOTHING`
    })

    const beat = SqlSchema.findOne({
      Request: Schema.Struct({ id: Schema.String, lease: Seconds, mayBeLate: Schema.Boolean }),
      Result: Id,
      execute: ({ id, lease, mayBeLate }) => sql`
        UPDATE ${engine}.server_instances
        SET last_heartbeat = now(), expires_at = now() + make_interval(secs => ${lease})
        WHERE id = ${id} AND (${mayBeLate} OR expires_at > now())
        RETURNING id`
    })

    const announce = SqlSchema.void({
      Request: Schema.Struct({ id: Schema.String, runs: Schema.Array(Schema.String) }),
      execute: ({ id, runs }) => sql`
        UPDATE ${engine}.server_instances
        SET runs = ${runs}::text[]
        WHERE id = ${id}`
    })

    const remove = SqlSchema.void({
      Request: Schema.String,
      execute: (id) => sql`
        DELETE FROM ${engine}.server_instances
        WHERE id = ${id}`
    })

    const removeExpired = SqlSchema.findAll({
      Request: Schema.NullOr(Schema.String),
      Result: Id,
      execute: (but) => sql`
        DELETE FROM ${engine}.server_instances
        WHERE id IN (
          SELECT id
          FROM ${engine}.server_instances
          WHERE expires_at < now() AND id IS DISTINCT FROM ${but}::uuid
          FOR UPDATE SKIP LOCKED)
        RETURNING id`
    })

    const alive = SqlSchema.findOne({
      Request: Schema.String,
      Result: Id,
      execute: (id) => sql`
        SELECT id
        FROM ${engine}.server_instances
        WHERE id = ${id} AND expires_at > now()`
    })

    const list = SqlSchema.findAll({
      Request: Schema.String,
      Result: Listed,
      execute: (projectId) => sql`
        SELECT
          s.id, s.host, s.pid, s.version,
          (extract(epoch FROM s.started_at) * 1000)::float8 AS "startedAt",
          (extract(epoch FROM s.last_heartbeat) * 1000)::float8 AS "lastHeartbeat",
          (extract(epoch FROM s.expires_at) * 1000)::float8 AS "expiresAt",
          (SELECT count(*)::int
            FROM ${engine}.workflows w
            WHERE w.owner_id = s.id AND w.project_id = ${projectId}) AS running
        FROM ${engine}.server_instances s
        ORDER BY s.started_at, s.id`
    })

    const unlocked = SqlSchema.findAll({
      Request: Schema.Void,
      Result: Id,
      execute: () => sql`
        SELECT id
        FROM ${engine}.server_instances s
        WHERE uses_session_lock AND NOT EXISTS (
          SELECT
          FROM pg_locks l, hashtextextended(s.id::text, 0) AS key
          WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
            AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND (l.classid::bigint << 32 | l.objid::bigint) = key)`
    })

    return ServerRepository.of({
      register: (server, lease) => plain(register({ ...server, lease })),
      beat: (id, lease, mayBeLate = false) => Effect.map(plain(beat({ id, lease, mayBeLate })), Option.isSome),
      announce: (id, runs) => plain(announce({ id, runs: runs.map(({ kind, version }) => `${kind} ${version}`) })),
      remove: (id) => plain(remove(id)),
      removeExpired: (but) => Effect.map(plain(removeExpired(but ?? null)), idsOf),
      alive: (id) => Effect.map(plain(alive(id)), Option.isSome),
      list: (projectId) => plain(list(projectId)),
      unlocked: Effect.map(plain(unlocked()), idsOf)
    })
  })
)
