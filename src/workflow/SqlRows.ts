import type { PgClient } from "@effect/sql-pg"
import type { Fragment } from "@effect/sql/Statement"
import { Effect, Option, Schema } from "effect"
import type { Ownership } from "./WorkflowState.ts"
import { isUuid } from "../database/Uuid.ts"
import { Workflow, WorkflowProgress } from "./WorkflowState.ts"
import { WorkflowTask } from "./WorkflowTask.ts"

/** Rows that are decoded without letting anything else run in between. */
const ROWS_AT_ONCE = 500

/** The largest value of PostgreSQL's integer. */
const MAX_EPOCH = 2 ** 31 - 1

/** Times come as milliseconds since 1970: a session's `datestyle` and `timezone` do not change how they are read. */
const Time = Schema.DateFromNumber

const WorkflowRow = Schema.Struct({
  ...Workflow.fields,
  createdAt: Time,
  startAt: Time,
  startedAt: Schema.OptionFromNullOr(Time),
  completedAt: Schema.OptionFromNullOr(Time),
  progress: Schema.OptionFromNullOr(WorkflowProgress)
})

const TaskRow = Schema.Struct({
  ...WorkflowTask.fields,
  startedAt: Schema.OptionFromNullOr(Time),
  completedAt: Schema.OptionFromNullOr(Time)
})

const decoded = <A, I>(schema: Schema.Schema<A, I>) => {
  const decode = Schema.decodeUnknown(Schema.Array(schema))
  return (rows: ReadonlyArray<unknown>): Effect.Effect<ReadonlyArray<A>> => {
    if (rows.length <= ROWS_AT_ONCE) return Effect.orDie(decode(rows))
    const starts = Array.from({ length: Math.ceil(rows.length / ROWS_AT_ONCE) }, (_, n) => n * ROWS_AT_ONCE)
    return Effect.map(
      Effect.forEach(starts, (at) =>
        Effect.zipLeft(Effect.orDie(decode(rows.slice(at, at + ROWS_AT_ONCE))), Effect.yieldNow())
      ),
      (parts) => parts.flat()
    )
  }
}

/** Decodes rows that were selected with `workflowColumns`. A row that does not decode was not written by this program: dies. */
export const toWorkflows = decoded(WorkflowRow)

/** Decodes rows that were selected with `TASK_COLUMNS`. A row that does not decode was not written by this program: dies. */
export const toTasks = decoded(TaskRow)

/** What a workflow is read as, from `workflows w`. */
export const workflowColumns = (sql: PgClient.PgClient, engine: Fragment): Fragment => sql`
  w.id, w.project_id AS "projectId", w.datasource_id AS "datasourceId", w.ontology_id AS "ontologyId", w.kind, w.version,
  w.state, w.requested, w.config, w.error_message AS "errorMessage", w.owner_id AS "ownerId", w.epoch, w.attempt,
  (extract(epoch FROM w.created_at) * 1000)::float8 AS "createdAt", (extract(epoch FROM w.start_at) * 1000)::float8 AS "startAt",
  (extract(epoch FROM w.started_at) * 1000)::float8 AS "startedAt",
  (extract(epoch FROM w.completed_at) * 1000)::float8 AS "completedAt",
  (SELECT json_build_object('message', p.message, 'done', p.done, 'total', p.total)
    FROM ${engine}.workflow_progress p WHERE p.workflow_id = w.id) AS progress`

/** What a task is read as. */
export const TASK_COLUMNS = `task_id AS id, ordinal, name, status, requires_llm AS "requiresLlm", error,
  retry_count AS "retryCount", (extract(epoch FROM started_at) * 1000)::float8 AS "startedAt",
  (extract(epoch FROM completed_at) * 1000)::float8 AS "completedAt"`

/** Characters of what people read, at the most: a name or a message is read with its row by everybody who looks. */
const MAX_READABLE = 4_000

/** PostgreSQL's text holds neither NUL nor half a surrogate pair; what is only for people to read is stored without them, and cut. */
export const readable = (text: string): string => {
  const cut = text.length <= MAX_READABLE ? text : `${text.slice(0, MAX_READABLE - 1)}…`
  return cut.replace(/\0|\p{Surrogate}/gu, "\uFFFD")
}

/** A task as a row of a JSON array, whose workflow is the one with this place in its statement. */
const taskRow = (task: WorkflowTask, place: number) => ({
  place,
  task_id: task.id,
  ordinal: task.ordinal,
  name: readable(task.name),
  status: task.status,
  requires_llm: task.requiresLlm,
  error: Option.getOrNull(Option.map(task.error, readable)),
  retry_count: task.retryCount,
  started_at: Option.getOrNull(Option.map(task.startedAt, Number)),
  completed_at: Option.getOrNull(Option.map(task.completedAt, Number))
})

/** A task's state on its way to its row. */
export interface TaskOf {
  readonly task: WorkflowTask
  /** The place of its workflow among those of the statement. */
  readonly place: number
}

/**
 * Stores task rows of the workflows in `fence (place, id, project_id, epoch)`, a table of the statement's. A task that is completed
 * stays completed. Two that store the same rows do so in the same order, so that they never wait for each other.
 */
export const upsertTasks = (sql: PgClient.PgClient, engine: Fragment, tasks: ReadonlyArray<TaskOf>): Fragment => sql`
  INSERT INTO ${engine}.workflow_tasks AS t (project_id, workflow_id, completed_epoch, task_id, ordinal, name, status,
    requires_llm, error, retry_count, started_at, completed_at)
  SELECT f.project_id, f.id, CASE WHEN u.status = 'completed' THEN f.epoch END, u.task_id, u.ordinal, u.name, u.status,
    u.requires_llm, u.error, u.retry_count, to_timestamp(u.started_at / 1000), to_timestamp(u.completed_at / 1000)
  FROM json_to_recordset(${JSON.stringify(tasks.map(({ place, task }) => taskRow(task, place)))}::json) AS u (place int,
    task_id text, ordinal int, name text, status text, requires_llm boolean, error text, retry_count int,
    started_at float8, completed_at float8)
  JOIN fence f ON f.place = u.place ORDER BY f.id, u.task_id COLLATE "C"
  ON CONFLICT (project_id, workflow_id, task_id) DO UPDATE SET ordinal = EXCLUDED.ordinal, name = EXCLUDED.name,
    status = EXCLUDED.status, requires_llm = EXCLUDED.requires_llm, error = EXCLUDED.error,
    retry_count = EXCLUDED.retry_count, started_at = COALESCE(EXCLUDED.started_at, t.started_at),
    completed_at = EXCLUDED.completed_at, completed_epoch = EXCLUDED.completed_epoch, updated_at = now(),
    changed_in = pg_current_xact_id()
  WHERE t.status <> 'completed'`

/** Whether an ownership may be one: a text that is no id would fail the whole statement that it is part of. */
export const isOwnership = ({ epoch, ownerId, projectId, workflowId }: Ownership): boolean =>
  [ownerId, projectId, workflowId].every(isUuid) && Number.isInteger(epoch) && Math.abs(epoch) <= MAX_EPOCH

/** An ownership as a row of a JSON array. */
export const ownershipRow = ({ epoch, ownerId, projectId, workflowId }: Ownership, place: number) => ({
  place,
  id: workflowId,
  project_id: projectId,
  owner_id: ownerId,
  epoch
})

/** That no task of workflow `w` was completed by its present owner. */
export const hasCompletedNone = (sql: PgClient.PgClient, engine: Fragment): Fragment => sql`NOT EXISTS (
  SELECT FROM ${engine}.workflow_tasks t WHERE t.project_id = w.project_id AND t.workflow_id = w.id
    AND t.completed_epoch = w.epoch)`

/** What `attempt` is after an owner of `w` that died, or as good as: none is blamed for a restart of the database in its time. */
export const nextAttempt = (sql: PgClient.PgClient, engine: Fragment): Fragment => sql`
  CASE WHEN NOT ${hasCompletedNone(sql, engine)} THEN 0
    WHEN w.claimed_at < pg_postmaster_start_time() THEN w.attempt ELSE w.attempt + 1 END`
