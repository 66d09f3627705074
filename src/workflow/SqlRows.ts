import type { PgClient } from "@effect/sql-pg"
import type { Fragment } from "@effect/sql/Statement"
import { type Effect, Option, Schema } from "effect"
import { mapInSteps, stepwise } from "../steps/Steps.ts"
import { isUuid } from "../database/Uuid.ts"
import { type Ownership, Workflow } from "./WorkflowState.ts"
import { WorkflowTask } from "./WorkflowTask.ts"

/** The largest value of PostgreSQL's `integer`, the type of the epoch column. */
const MAX_EPOCH = 2 ** 31 - 1

/** Times are selected as milliseconds since 1970, so that a session's `datestyle` and `timezone` do not affect them. */
const Time = Schema.DateFromNumber

const Moment = Schema.OptionFromNullOr(Time)

const WorkflowRow = Schema.Struct({
  ...Workflow.fields,
  createdAt: Time,
  startAt: Time,
  startedAt: Moment,
  completedAt: Moment
})

const TaskRow = Schema.Struct({ ...WorkflowTask.fields, startedAt: Moment, completedAt: Moment })

const some = Option.fromNullable
const moment = (millis: number | null) => Option.map(some(millis), (at) => new Date(at))

const toWorkflow = (row: typeof WorkflowRow.Encoded): Workflow => ({
  ...row,
  datasourceId: some(row.datasourceId),
  ontologyId: some(row.ontologyId),
  idempotencyKey: some(row.idempotencyKey),
  exclusiveKey: some(row.exclusiveKey),
  requested: some(row.requested),
  errorMessage: some(row.errorMessage),
  ownerId: some(row.ownerId),
  createdAt: new Date(row.createdAt),
  startAt: new Date(row.startAt),
  startedAt: moment(row.startedAt),
  completedAt: moment(row.completedAt),
  progress: some(row.progress)
})

const toTask = (row: typeof TaskRow.Encoded): WorkflowTask => ({
  ...row,
  error: some(row.error),
  startedAt: moment(row.startedAt),
  completedAt: moment(row.completedAt)
})

/** The schema checks what PostgreSQL sent. Its transformations are done by hand: for 1,000 rows they take 8 ms more. */
const decoded = <A, Row, B>(schema: Schema.Schema<A, Row>, convert: (row: Row) => B) => {
  const check = Schema.decodeUnknownSync(Schema.encodedBoundSchema(schema))
  return (rows: ReadonlyArray<unknown>): Effect.Effect<ReadonlyArray<B>> =>
    stepwise(() => mapInSteps(rows, (row) => convert(check(row))))
}

/** Decodes rows selected with `workflowColumns`. Dies if a row does not decode, because then this program did not write it. */
export const toWorkflows = decoded(WorkflowRow, toWorkflow)

/** Decodes rows selected with `TASK_COLUMNS`. Dies if a row does not decode, because then this program did not write it. */
export const toTasks = decoded(TaskRow, toTask)

/** The columns that `toWorkflows` decodes, of `workflows w`. */
export const workflowColumns = (sql: PgClient.PgClient, engine: Fragment): Fragment => sql`
  w.id, w.project_id AS "projectId", w.datasource_id AS "datasourceId", w.ontology_id AS "ontologyId",
  w.idempotency_key AS "idempotencyKey", w.exclusive_key AS "exclusiveKey", w.kind, w.version, w.state, w.requested, w.config,
  w.error_message AS "errorMessage", w.owner_id AS "ownerId", w.epoch, w.attempt, w.priority,
  (extract(epoch FROM w.created_at) * 1000)::float8 AS "createdAt", (extract(epoch FROM w.start_at) * 1000)::float8 AS "startAt",
  (extract(epoch FROM w.started_at) * 1000)::float8 AS "startedAt",
  (extract(epoch FROM w.completed_at) * 1000)::float8 AS "completedAt",
  (SELECT json_build_object('message', p.message, 'done', p.done, 'total', p.total)
    FROM ${engine}.workflow_progress p WHERE p.workflow_id = w.id) AS progress`

/** The columns that `toTasks` decodes, of `workflow_tasks`. */
export const TASK_COLUMNS = `task_id AS id, ordinal, name, status, requires_llm AS "requiresLlm", error,
  retry_count AS "retryCount", (extract(epoch FROM started_at) * 1000)::float8 AS "startedAt",
  (extract(epoch FROM completed_at) * 1000)::float8 AS "completedAt"`

/** Maximum length of a name or message, in UTF-16 code units: every read of its row transfers it. */
const MAX_READABLE = 4_000

/**
 * Makes a text for people storable: cuts it to `MAX_READABLE` and replaces NUL and lone surrogates, which PostgreSQL's `text`
 * cannot hold, by U+FFFD.
 */
export const readable = (text: string): string => {
  const cut = text.length <= MAX_READABLE ? text : `${text.slice(0, MAX_READABLE - 1)}…`
  return cut.replace(/\0|\p{Surrogate}/gu, "\uFFFD")
}

/** A task as a row for `json_to_recordset`. `place` is the position of its workflow in the statement. */
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

/** A task to be stored. */
export interface TaskOf {
  readonly task: WorkflowTask
  /** The position of its workflow in the statement: the `place` column of `fence`. */
  readonly place: number
}

/**
 * Stores task rows of the workflows in the statement's CTE `fence (place, id, project_id, epoch)`. A completed task stays
 * completed. Rows are written in the order of their keys, so that two statements that store the same rows cannot deadlock.
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

/**
 * Whether an ownership is well-formed. A text that is no UUID would fail the whole statement, also for the other workflows in
 * it.
 */
export const isOwnership = ({ epoch, ownerId, projectId, workflowId }: Ownership): boolean =>
  [ownerId, projectId, workflowId].every(isUuid) && Number.isInteger(epoch) && Math.abs(epoch) <= MAX_EPOCH

/** An ownership as a row for `json_to_recordset`. */
export const ownershipRow = ({ epoch, ownerId, projectId, workflowId }: Ownership, place: number) => ({
  place,
  id: workflowId,
  project_id: projectId,
  owner_id: ownerId,
  epoch
})

/** The condition that no task of workflow `w` was completed in its current epoch. */
export const hasCompletedNone = (sql: PgClient.PgClient, engine: Fragment): Fragment => sql`NOT EXISTS (
  SELECT FROM ${engine}.workflow_tasks t WHERE t.project_id = w.project_id AND t.workflow_id = w.id
    AND t.completed_epoch = w.epoch)`

/**
 * The value of `attempt` after the owner of workflow `w` died or gave up: 0 if it completed a task, unchanged if PostgreSQL was
 * restarted since the claim, otherwise one more.
 */
export const nextAttempt = (sql: PgClient.PgClient, engine: Fragment): Fragment => sql`
  CASE WHEN NOT ${hasCompletedNone(sql, engine)} THEN 0
    WHEN w.claimed_at < pg_postmaster_start_time() THEN w.attempt ELSE w.attempt + 1 END`
