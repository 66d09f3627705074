import * as SqlSchema from "@effect/sql/SqlSchema"
import { Effect, Option, Schema } from "effect"
import { Database, DURABLE } from "../database/Database.ts"
import { isUuid } from "../database/Uuid.ts"
import { plain } from "./SqlTransition.ts"
import { InvalidTransition, WorkflowAlreadyRunning, WorkflowNotFound } from "./WorkflowError.ts"
import type { WorkflowRepositoryService } from "./WorkflowRepository.ts"

/** SQLSTATE "unique violation": here, of the exclusive key. */
const NOT_UNIQUE = "23505"

/** The retry of `WorkflowRepository`. */
export const make = Effect.gen(function* () {
  const { control, engine } = yield* Database

  /** The workflow that has not ended and keeps this one from having its exclusive key. */
  const standing = SqlSchema.findOne({
    Request: Schema.String,
    Result: Schema.Struct({ workflowId: Schema.String, kind: Schema.String }),
    execute: (workflowId) => control`
      SELECT s.id AS "workflowId", s.kind
      FROM ${engine}.workflows w
      JOIN ${engine}.workflows s ON s.project_id = w.project_id AND s.kind = w.kind
        AND s.exclusive_key = w.exclusive_key AND s.state NOT IN ('completed', 'failed')
      WHERE w.id = ${workflowId} AND w.exclusive_key IS NOT NULL`
  })

  const makePending = SqlSchema.findOne({
    Request: Schema.Struct({ projectId: Schema.String, workflowId: Schema.String, epoch: Schema.Int }),
    Result: Schema.Struct({ id: Schema.String }),
    execute: ({ epoch, projectId, workflowId }) => control`
      WITH failed AS (
          SELECT id, project_id
          FROM ${engine}.workflows
          WHERE id = ${workflowId} AND project_id = ${projectId} AND state = 'failed' AND epoch = ${epoch}
          FOR UPDATE),
        tasks AS (
          UPDATE ${engine}.workflow_tasks t
          SET status = 'pending', error = NULL, completed_at = NULL, updated_at = now(), changed_in = pg_current_xact_id()
          FROM failed f
          WHERE t.project_id = f.project_id AND t.workflow_id = f.id AND t.status <> 'completed'),
        result AS (
          DELETE FROM ${engine}.workflow_results r
          USING failed f
          WHERE r.workflow_id = f.id)
      UPDATE ${engine}.workflows w
      SET state = 'pending', epoch = w.epoch + 1, attempt = 0, requested = NULL, error_message = NULL,
        completed_at = NULL, start_at = now()
      FROM failed f
      WHERE w.id = f.id
      RETURNING w.id, (${control.literal(DURABLE)}) AS durable`
  })

  const retry = (get: WorkflowRepositoryService["get"]): WorkflowRepositoryService["retry"] => {
    const again: WorkflowRepositoryService["retry"] = (projectId, workflowId) =>
      Effect.gen(function* () {
        const found = isUuid(workflowId) ? yield* get(projectId, workflowId) : Option.none()
        if (Option.isNone(found)) return yield* new WorkflowNotFound({ workflowId })
        const { epoch, state } = found.value
        if (state !== "failed") return yield* new InvalidTransition({ workflowId, state, wanted: "retry" })
        const retried = yield* plain(makePending({ projectId, workflowId, epoch })).pipe(
          Effect.catchIf(
            ({ code }) => code === NOT_UNIQUE,
            (error) =>
              Effect.flatMap(plain(standing(workflowId)), (other) =>
                Effect.fail(Option.isSome(other) ? new WorkflowAlreadyRunning(other.value) : error)
              )
          )
        )
        // Somebody else has retried it, or removed it.
        if (Option.isNone(retried)) yield* again(projectId, workflowId)
      })
    return again
  }
  return { retry }
})
