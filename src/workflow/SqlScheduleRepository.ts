import * as SqlSchema from "@effect/sql/SqlSchema"
import { Effect, Layer, Option, Schema } from "effect"
import { Database } from "../database/Database.ts"
import { isUuid } from "../database/Uuid.ts"
import { type ScheduleKey, ScheduleRepository } from "./ScheduleRepository.ts"
import { plain } from "./SqlTransition.ts"
import { ProjectNotFound } from "./WorkflowError.ts"

const Key = Schema.Struct({ projectId: Schema.String, kind: Schema.String, name: Schema.String })

/**
 * Schedules in PostgreSQL. Each operation is one statement on the control pool, outside of every transaction.
 *
 * @example
 * ```ts
 * const stored = SqlScheduleRepository.layer.pipe(Layer.provide(Database.layerConfig))
 * ```
 */
export const layer = Layer.effect(
  ScheduleRepository,
  Effect.map(Database, ({ control: sql, engine }) => {
    const named = ({ kind, name, projectId }: ScheduleKey) =>
      sql`s.project_id = ${projectId} AND s.kind = ${kind} AND s.name = ${name}`

    const register = SqlSchema.findOne({
      Request: Schema.Struct({ ...Key.fields, cron: Schema.String }),
      Result: Schema.Struct({ name: Schema.String }),
      execute: ({ cron, kind, name, projectId }) => sql`
        INSERT INTO ${engine}.workflow_schedules AS s (project_id, kind, name, cron)
        SELECT p.id, ${kind}, ${name}, ${cron}
        FROM ${engine}.projects p
        WHERE p.id = ${projectId}
        ON CONFLICT (project_id, kind, name) DO UPDATE SET cron = EXCLUDED.cron,
          ticked_at = CASE WHEN s.cron = EXCLUDED.cron THEN s.ticked_at ELSE now() END
        RETURNING s.name`
    })

    const read = SqlSchema.findOne({
      Request: Key,
      Result: Schema.Struct({ tickedAt: Schema.DateFromNumber, now: Schema.DateFromNumber }),
      execute: (key) => sql`
        SELECT (extract(epoch FROM s.ticked_at) * 1000)::float8 AS "tickedAt",
          (extract(epoch FROM now()) * 1000)::float8 AS now
        FROM ${engine}.workflow_schedules s
        WHERE ${named(key)}`
    })

    const advance = SqlSchema.void({
      Request: Schema.Struct({ ...Key.fields, tick: Schema.DateFromNumber }),
      execute: ({ tick, ...key }) => sql`
        UPDATE ${engine}.workflow_schedules s
        SET ticked_at = to_timestamp(${tick}::float8 / 1000)
        WHERE ${named(key)} AND s.ticked_at < to_timestamp(${tick}::float8 / 1000)`
    })

    return ScheduleRepository.of({
      register: (key, cron) =>
        Effect.gen(function* () {
          const { projectId } = key
          if (!isUuid(projectId)) return yield* new ProjectNotFound({ projectId })
          const stored = yield* plain(register({ ...key, cron }))
          if (Option.isNone(stored)) return yield* new ProjectNotFound({ projectId })
        }),
      read: (key) => plain(read(key)),
      advance: (key, tick) => plain(advance({ ...key, tick }))
    })
  })
)
