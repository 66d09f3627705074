import { Effect, Exit, Option, Schema } from "effect"
import { Database, outsideTransaction } from "../database/Database.ts"
import { orDatabaseError } from "../database/DatabaseError.ts"
import { isUuid } from "../database/Uuid.ts"
import * as Batches from "./Batches.ts"
import { toWorkflows, workflowColumns } from "./SqlRows.ts"
import type { WorkflowRepositoryService } from "./WorkflowRepository.ts"

/** Maximum number of workflows that one statement reads, each with a config and a result of up to 1,000,000 bytes. */
const OUTCOMES_PER_STATEMENT = 100

const Row = Schema.Struct({
  id: Schema.NullOr(Schema.String),
  outcome: Schema.NullOr(Schema.Literal("success", "error", "defect")),
  json: Schema.NullOr(Schema.String)
})
const decodeRow = Schema.decodeUnknown(Row)

/** The batched reads of `WorkflowRepository`: concurrent ones share one statement. */
export const make = Effect.gen(function* () {
  const { engine, work: sql } = yield* Database
  const columns = workflowColumns(sql, engine)

  const decoded = (row: unknown) =>
    Effect.gen(function* () {
      const { id, json, outcome } = yield* Effect.orDie(decodeRow(row))
      if (id === null) return Option.none()
      const [workflow] = yield* toWorkflows([row])
      if (workflow === undefined) return Option.none()
      return Option.some({
        workflow,
        result: outcome === null || json === null ? Option.none() : Option.some({ outcome, json })
      })
    })

  const read = yield* Batches.make({
    capacity: OUTCOMES_PER_STATEMENT,
    run: (asked: ReadonlyArray<{ readonly id: string; readonly project_id: string }>) =>
      sql`SELECT ${columns}, r.outcome, r.value::text AS json
        FROM json_to_recordset(${JSON.stringify(asked.map((one, place) => ({ place, ...one })))}::json)
          AS n (place int, id uuid, project_id uuid)
        LEFT JOIN ${engine}.workflows w ON w.id = n.id AND w.project_id = n.project_id
        LEFT JOIN ${engine}.workflow_results r ON r.workflow_id = w.id ORDER BY n.place`.pipe(
        Effect.flatMap((rows) => Effect.forEach(rows, decoded)),
        Effect.map((rows) => rows.map((row) => Exit.succeed(row))),
        outsideTransaction,
        orDatabaseError
      )
  })

  const outcome: WorkflowRepositoryService["outcome"] = (projectId, workflowId) =>
    isUuid(projectId) && isUuid(workflowId) ? read({ id: workflowId, project_id: projectId }) : Effect.succeedNone

  return { outcome }
})
