import * as SqlSchema from "@effect/sql/SqlSchema"
import { Effect, Layer, Schema } from "effect"
import { Database, outsideTransaction } from "../database/Database.ts"
import { orDatabaseError } from "../database/DatabaseError.ts"
import { isUuid } from "../database/Uuid.ts"
import { type ScheduleKey, ScheduleRepository } from "./ScheduleRepository.ts"
import { ProjectNotFound } from "./WorkflowError.ts"

/** Schedules in PostgreSQL. Each operation is one statement on the control pool, outside of every transaction. */
export const layer = Layer.effect(
  ScheduleRepository,
  Effect.map(Database, ({ control: sql, engine }) => {
    const named = ({ kind, name, projectId }: ScheduleKey) =>
      sql`s.project_id = ${projectId} AND s.kind = ${kind} AND s.name = ${name}`
    const progress = SqlSchema.findOne({
      Request: Schema.Struct({ projectId: Schema.String, kind: Schema.String, name: Schema.String }),
      Result: Schema.Struct({ tickedAt: Schema.DateFromNumber, now: Schema.DateFromNumber }),
      execute: (key) => sql`SELECT (extract(epoch FROM s.ticked_at) * 1000)::float8 AS "tickedAt",
          (extract(epoch FROM now()) * 1000)::float8 AS now
        FROM ${engine}.workflow_schedules s WHERE ${named(key)}`
    })
    return ScheduleRepository.of({
      register: ({ kind, name, projectId }, cron) =>
        Effect.gen(function* () {
          if (!isUuid(projectId)) return yield* new ProjectNotFound({ projectId })
          const stored = yield* sql`INSERT INTO ${engine}.workflow_schedules AS s (project_id, kind, name, cron)
            SELECT p.id, ${kind}, ${name}, ${cron} FROM ${engine}.projects p WHERE p.id = ${projectId}
            ON CONFLICT (project_id, kind, name) DO UPDATE SET cron = EXCLUDED.cron,
              ticked_at = CASE WHEN s.cron = EXCLUDED.cron THEN s.ticked_at ELSE now() END
            RETURNING s.name`.pipe(outsideTransaction, orDatabaseError)
          if (stored.length === 0) return yield* new ProjectNotFound({ projectId })
        }),
      read: (key) => progress(key).pipe(Effect.catchTag("ParseError", Effect.die), outsideTransaction, orDatabaseError),
      advance: (key, tick) =>
        sql`UPDATE ${engine}.workflow_schedules s SET ticked_at = to_timestamp(${Number(tick)}::float8 / 1000)
          WHERE ${named(key)} AND s.ticked_at < to_timestamp(${Number(tick)}::float8 / 1000)`.pipe(
          outsideTransaction,
          orDatabaseError,
          Effect.asVoid
        )
    })
  })
)
