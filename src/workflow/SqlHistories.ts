import type { PgClient } from "@effect/sql-pg"
import type { Fragment } from "@effect/sql/Statement"
import * as SqlSchema from "@effect/sql/SqlSchema"
import { Effect, Option, Schema } from "effect"
import { Database, DURABLE, isInTransaction, outsideTransaction } from "../database/Database.ts"
import { orDatabaseError } from "../database/DatabaseError.ts"
import { isUuid } from "../database/Uuid.ts"
import { Tenant } from "../tenant/TenantContext.ts"
import { asLogin } from "./AsLogin.ts"
import { tellAtCommit } from "./Notifications.ts"
import { isOwnership } from "./SqlRows.ts"
import { plain } from "./SqlTransition.ts"
import { OwnershipLost } from "./WorkflowError.ts"
import type { ExecutionKey, NewDeferred } from "./WorkflowHistory.ts"
import type { WorkflowRepositoryService } from "./WorkflowRepository.ts"

/** Times are selected as milliseconds since 1970; `due_at` is stored without fractions of one, so that nothing is claimed too early. */
const Deferred = Schema.Struct({
  name: Schema.String,
  exit: Schema.Unknown,
  dueAt: Schema.DateFromNumber,
  isDue: Schema.Boolean
})
const History = Schema.Struct({
  signals: Schema.Int,
  activities: Schema.Array(Schema.Struct({ name: Schema.String, attempt: Schema.Int, exit: Schema.Unknown })),
  deferreds: Schema.Array(Deferred)
})
const Key = Schema.Struct({ projectId: Schema.String, kind: Schema.String, executionId: Schema.String })

/**
 * Gives workflow `p` news: it has one signal more, and if it waits it is `pending` and may be claimed at once. A plain UPDATE, which
 * does not wait for the transactions of a run: one that suspends at the same time sees the signal.
 */
const signal = (sql: PgClient.PgClient): Fragment => sql`signals = p.signals + 1,
  state = CASE WHEN p.state = 'awaiting_input' THEN 'pending' ELSE p.state END,
  freed_at = CASE WHEN p.state = 'awaiting_input' THEN now() ELSE p.freed_at END,
  start_at = CASE WHEN p.state IN ('awaiting_input', 'pending') THEN least(p.start_at, now()) ELSE p.start_at END`

/**
 * The statement that gives news to all that wait for workflows which end; `ended`: FROM and WHERE that select those as `f`, with their
 * `project_id` and `awaited_by`.
 */
export const waking = (sql: PgClient.PgClient, engine: Fragment, ended: Fragment): Fragment => sql`
  UPDATE ${engine}.workflows p SET ${signal(sql)} FROM (SELECT DISTINCT f.project_id, unnest(f.awaited_by) AS id ${ended}) a
  WHERE p.project_id = a.project_id AND p.id = a.id AND p.state NOT IN ('completed', 'failed')`

/** The histories of `WorkflowRepository`: activities, deferreds and clocks of executions, and the signals that wake them. */
export const make = Effect.gen(function* () {
  const { books, engine, schema, work } = yield* Database

  const deferredColumns = (sql: PgClient.PgClient) => sql`'name', d.name, 'exit', d.exit,
    'dueAt', (extract(epoch FROM d.due_at) * 1000)::float8, 'isDue', d.due_at <= now()`

  const readHistory = SqlSchema.findOne({
    Request: Schema.Struct({
      workflowId: Schema.String,
      projectId: Schema.String,
      ownerId: Schema.String,
      epoch: Schema.Int
    }),
    Result: History,
    execute: ({ epoch, ownerId, projectId, workflowId }) => work`
      SELECT w.signals,
        COALESCE((
          SELECT json_agg(json_build_object('name', a.name, 'attempt', a.attempt, 'exit', a.exit))
          FROM ${engine}.workflow_activities a
          WHERE a.project_id = w.project_id AND a.workflow_id = w.id), '[]') AS activities,
        COALESCE((
          SELECT json_agg(json_build_object(${deferredColumns(work)}))
          FROM ${engine}.workflow_deferreds d
          WHERE d.project_id = w.project_id AND d.kind = w.kind AND d.execution_id = w.idempotency_key), '[]') AS deferreds
      FROM ${engine}.workflows w
      WHERE w.id = ${workflowId} AND w.project_id = ${projectId} AND w.owner_id = ${ownerId} AND w.epoch = ${epoch}`
  })
  const history: WorkflowRepositoryService["history"] = (ownership) => {
    const lost = new OwnershipLost({ workflowId: ownership.workflowId, epoch: ownership.epoch })
    if (!isOwnership(ownership)) return lost
    return Effect.flatMap(plain(readHistory(ownership)), Option.match({ onNone: () => lost, onSome: Effect.succeed }))
  }

  const readDeferred = SqlSchema.findOne({
    Request: Schema.Struct({ ...Key.fields, name: Schema.String }),
    Result: Schema.Struct({ deferred: Deferred }),
    execute: ({ executionId, kind, name, projectId }) => work`
      SELECT json_build_object(${deferredColumns(work)}) AS deferred
      FROM ${engine}.workflow_deferreds d
      WHERE d.project_id = ${projectId} AND d.kind = ${kind} AND d.execution_id = ${executionId} AND d.name = ${name}`
  })
  const deferred: WorkflowRepositoryService["deferred"] = (key, name) =>
    Effect.map(
      plain(readDeferred({ ...key, name })),
      Option.map(({ deferred }) => deferred)
    )

  /** The statement that stores a deferred's result. The first one counts, except that a clock may be ended early. */
  const storing = (sql: PgClient.PgClient, key: ExecutionKey, { dueIn, exit, name }: NewDeferred) => {
    const isClock = dueIn !== undefined
    const repeated = isClock
      ? sql`due_at = d.due_at`
      : sql`exit = EXCLUDED.exit, due_at = EXCLUDED.due_at WHERE d.due_at > now()`
    return sql`INSERT INTO ${engine}.workflow_deferreds AS d (project_id, kind, execution_id, name, exit, due_at)
      VALUES (${key.projectId}::uuid, ${key.kind}, ${key.executionId}, ${name}, ${JSON.stringify(exit)}::json,
        date_trunc('milliseconds', now() + make_interval(secs => ${(dueIn ?? 0) / 1_000})))
      ON CONFLICT (project_id, kind, execution_id, name) DO UPDATE SET ${repeated}
      RETURNING (extract(epoch FROM d.due_at) * 1000)::float8 AS due`
  }

  const keep: WorkflowRepositoryService["keep"] = (key, wanted) =>
    storing(work, key, wanted).pipe(
      orDatabaseError,
      Effect.map(([row]) => Option.map(Option.fromNullable(row), ({ due }) => new Date(Number(due))))
    )

  const woken = (sql: PgClient.PgClient, { executionId, kind, projectId }: ExecutionKey, from: Fragment) => sql`
    UPDATE ${engine}.workflows p SET ${signal(sql)} ${from} WHERE p.project_id = ${projectId}::uuid AND p.kind = ${kind}
      AND p.idempotency_key = ${executionId} AND p.state NOT IN ('completed', 'failed') RETURNING p.id`

  const settling = (sql: PgClient.PgClient, key: ExecutionKey, wanted: NewDeferred) => sql<{ id: string }>`
    WITH settled AS (${storing(sql, key, wanted)}), woken AS (${woken(sql, key, sql`FROM settled`)})
    SELECT w.id, (${sql.literal(DURABLE)}) AS durable FROM (SELECT) one LEFT JOIN woken w ON true`

  const settle: WorkflowRepositoryService["settle"] = (key, wanted) =>
    Effect.gen(function* () {
      if (!isUuid(key.projectId)) return Option.none()
      if (!(yield* isInTransaction)) {
        const [row] = yield* settling(books, key, wanted)
        return Option.fromNullable(row?.id)
      }
      const tenant = yield* Effect.serviceOption(Tenant)
      if (Option.exists(tenant, ({ projectId }) => projectId !== key.projectId)) {
        return yield* Effect.dieMessage(
          `a deferred of project ${key.projectId} inside the transaction of another project`
        )
      }
      const [row] = yield* settling(work, key, wanted).pipe(
        Effect.tap(([one]) =>
          Effect.when(tellAtCommit(work, schema, one?.id ?? ""), () => typeof one?.id === "string")
        ),
        Option.isSome(tenant) ? asLogin(work) : (effect) => effect,
        work.withTransaction
      )
      return Option.fromNullable(row?.id)
    }).pipe(orDatabaseError)

  const wake: WorkflowRepositoryService["wake"] = (key) =>
    isUuid(key.projectId)
      ? woken(books, key, books``).pipe(
          outsideTransaction,
          orDatabaseError,
          Effect.map(([row]) => Option.map(Option.fromNullable(row), ({ id }) => String(id)))
        )
      : Effect.succeedNone

  const findId = SqlSchema.findOne({
    Request: Key,
    Result: Schema.Struct({ id: Schema.String }),
    execute: ({ executionId, kind, projectId }) => work`
      SELECT w.id
      FROM ${engine}.workflows w
      WHERE w.project_id = ${projectId} AND w.kind = ${kind} AND w.idempotency_key = ${executionId}`
  })
  const find: WorkflowRepositoryService["find"] = (key) =>
    isUuid(key.projectId)
      ? Effect.map(
          plain(findId(key)),
          Option.map(({ id }) => id)
        )
      : Effect.succeedNone

  const awaits: WorkflowRepositoryService["awaits"] = (projectId, workflowId, by) =>
    books`UPDATE ${engine}.workflows w SET awaited_by = CASE WHEN ${by}::uuid = ANY (w.awaited_by) THEN w.awaited_by
        ELSE array_append(w.awaited_by, ${by}::uuid) END
      WHERE w.project_id = ${projectId} AND w.id = ${workflowId} AND w.state NOT IN ('completed', 'failed')
      RETURNING w.id`.pipe(
      outsideTransaction,
      orDatabaseError,
      Effect.map((rows) => rows.length > 0)
    )

  const record: WorkflowRepositoryService["record"] = ({ projectId, workflowId }, { attempt, exit, name }) =>
    Tenant.pipe(
      Effect.zipRight(
        work`INSERT INTO ${engine}.workflow_activities (project_id, workflow_id, name, attempt, exit)
          VALUES (${projectId}, ${workflowId}, ${name}, ${attempt}, ${JSON.stringify(exit)}::json)`
      ),
      orDatabaseError,
      Effect.asVoid
    )

  // Rows are polled for.
  const nextStart = Effect.succeedNone

  return { history, deferred, keep, settle, wake, find, awaits, record, nextStart }
})
