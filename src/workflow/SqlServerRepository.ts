import { Duration, Effect, Layer, Schema } from "effect"
import { Database, outsideTransaction } from "../database/Database.ts"
import { orDatabaseError } from "../database/DatabaseError.ts"
import { ServerRepository } from "./ServerRepository.ts"

const decodeServers = Schema.decodeUnknown(
  Schema.Array(
    Schema.Struct({
      id: Schema.String,
      host: Schema.String,
      pid: Schema.Int,
      version: Schema.String,
      startedAt: Schema.DateFromNumber,
      lastHeartbeat: Schema.DateFromNumber,
      expiresAt: Schema.DateFromNumber,
      running: Schema.Int
    })
  )
)

/** Server rows in PostgreSQL. Each operation is one statement on the control pool, outside of every transaction. */
export const layer = Layer.effect(
  ServerRepository,
  Effect.map(Database, ({ control: sql, engine }) => {
    const ids = <E>(statement: Effect.Effect<ReadonlyArray<{ id: string }>, E>) =>
      statement.pipe(
        Effect.map((rows) => rows.map((row) => row.id)),
        outsideTransaction,
        orDatabaseError
      )
    return ServerRepository.of({
      register: (server, lease) =>
        Effect.asVoid(
          ids(sql`INSERT INTO ${engine}.server_instances (id, expires_at, uses_session_lock, host, pid, version)
            VALUES (${server.id}, now() + make_interval(secs => ${Duration.toSeconds(lease)}), ${server.usesSessionLock},
              ${server.host}, ${server.pid}, ${server.version})
            ON CONFLICT (id) DO NOTHING`)
        ),
      beat: (id, lease, mayBeLate = false) =>
        Effect.map(
          ids(sql`UPDATE ${engine}.server_instances
            SET last_heartbeat = now(), expires_at = now() + make_interval(secs => ${Duration.toSeconds(lease)})
            WHERE id = ${id} AND (${mayBeLate} OR expires_at > now()) RETURNING id`),
          (rows) => rows.length > 0
        ),
      remove: (id) => Effect.asVoid(ids(sql`DELETE FROM ${engine}.server_instances WHERE id = ${id}`)),
      announce: (id, runs) =>
        Effect.asVoid(
          ids(sql`UPDATE ${engine}.server_instances SET runs = ${runs.map(({ kind, version }) => `${kind} ${version}`)}::text[]
            WHERE id = ${id} RETURNING id`)
        ),
      removeExpired: (but) =>
        ids(sql`DELETE FROM ${engine}.server_instances WHERE id IN (
          SELECT id FROM ${engine}.server_instances WHERE expires_at < now() AND id IS DISTINCT FROM ${but ?? null}::uuid
          FOR UPDATE SKIP LOCKED) RETURNING id`),
      alive: (id) =>
        Effect.map(
          ids(sql`SELECT id FROM ${engine}.server_instances WHERE id = ${id} AND expires_at > now()`),
          (rows) => rows.length > 0
        ),
      list: (projectId) =>
        sql`SELECT s.id, s.host, s.pid, s.version, (extract(epoch FROM s.started_at) * 1000)::float8 AS "startedAt",
            (extract(epoch FROM s.last_heartbeat) * 1000)::float8 AS "lastHeartbeat",
            (extract(epoch FROM s.expires_at) * 1000)::float8 AS "expiresAt",
            (SELECT count(*)::int FROM ${engine}.workflows w WHERE w.owner_id = s.id AND w.project_id = ${projectId}) AS running
          FROM ${engine}.server_instances s ORDER BY s.started_at, s.id`.pipe(
          Effect.flatMap((rows) => Effect.orDie(decodeServers(rows))),
          outsideTransaction,
          orDatabaseError
        ),
      unlocked: ids(sql`SELECT id FROM ${engine}.server_instances s WHERE uses_session_lock AND NOT EXISTS (
        SELECT FROM pg_locks l, hashtextextended(s.id::text, 0) AS key
        WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
          AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND (l.classid::bigint << 32 | l.objid::bigint) = key)`)
    })
  })
)
