import type { PgClient } from "@effect/sql-pg"
import * as SqlSchema from "@effect/sql/SqlSchema"
import { Array, Duration, Effect, Layer, Option, Schema } from "effect"
import { Database } from "../database/Database.ts"
import { orDatabaseError } from "../database/DatabaseError.ts"
import { isUuid } from "../database/Uuid.ts"
import { Tenant, TenantContext } from "../tenant/TenantContext.ts"
import { invalidId } from "../workqueue/Task.ts"
import * as SqlBooks from "./SqlBooks.ts"
import * as SqlClaims from "./SqlClaims.ts"
import * as SqlHistories from "./SqlHistories.ts"
import * as SqlListing from "./SqlListing.ts"
import * as SqlOutcomes from "./SqlOutcomes.ts"
import * as SqlRequests from "./SqlRequests.ts"
import * as SqlStarts from "./SqlStarts.ts"
import { TASK_COLUMNS, toTasks, toWorkflows, upsertTasks, workflowColumns } from "./SqlRows.ts"
import { plain, transition } from "./SqlTransition.ts"
import { OwnershipLost } from "./WorkflowError.ts"
import { WorkflowRepository, type WorkflowRepositoryService } from "./WorkflowRepository.ts"
import { type Ownership, WorkflowRequest } from "./WorkflowState.ts"

const Owned = Schema.Struct({
  id: Schema.String,
  projectId: Schema.String,
  epoch: Schema.Int,
  requested: Schema.OptionFromNullOr(WorkflowRequest)
})

/**
 * The ownership as SQL literals, for a statement without parameters. A malformed one becomes NULLs, which match no row: the ids
 * are checked because they are not escaped.
 */
const literal = ({ epoch, ownerId, workflowId }: Ownership) =>
  isUuid(workflowId) && isUuid(ownerId) && Number.isSafeInteger(epoch)
    ? { id: `'${workflowId}'`, owner: `'${ownerId}'`, epoch: `${epoch}` }
    : { id: "NULL", owner: "NULL", epoch: "NULL" }

/** The condition that workflow `w` has this datasource. Not `IS NOT DISTINCT FROM`, for which PostgreSQL uses no index. */
const ofDatasource = (sql: PgClient.PgClient, datasourceId: Option.Option<string>) =>
  Option.match(datasourceId, {
    onNone: () => sql`w.datasource_id IS NULL`,
    onSome: (id) => sql`w.datasource_id = ${id}`
  })

const make = Effect.gen(function* () {
  const { control, engine, schema, tenantTransaction, work: sql } = yield* Database
  const tenants = yield* TenantContext
  const columns = workflowColumns(sql, engine)
  const { end, save } = yield* SqlBooks.make
  const claims = yield* SqlClaims.make
  const { insert, insertInTransaction } = yield* SqlStarts.make
  const { outcome } = yield* SqlOutcomes.make
  const listing = yield* SqlListing.make
  const asked = yield* SqlRequests.make
  const histories = yield* SqlHistories.make

  const workflows = <E>(rows: Effect.Effect<ReadonlyArray<unknown>, E>) => Effect.flatMap(rows, toWorkflows)

  const getAll: WorkflowRepositoryService["getAll"] = (projectId, workflowIds) => {
    const ids = workflowIds.filter(isUuid)
    return isUuid(projectId) && ids.length > 0
      ? workflows(sql`SELECT ${columns} FROM ${engine}.workflows w WHERE w.id = ANY(${ids}::uuid[])`).pipe(
          orDatabaseError,
          tenants.withProject(projectId)
        )
      : Effect.succeed([])
  }

  const get: WorkflowRepositoryService["get"] = (projectId, workflowId) =>
    Effect.map(getAll(projectId, [workflowId]), ([workflow]) => Option.fromNullable(workflow))

  const owned = SqlSchema.findAll({
    Request: Schema.String,
    Result: Owned,
    execute: (serverId) => control`
      SELECT id, project_id AS "projectId", epoch, requested
      FROM ${engine}.workflows
      WHERE owner_id = ${serverId}`
  })

  const requests = SqlSchema.findAll({
    Request: Schema.String,
    Result: Owned,
    execute: (serverId) => control`
      SELECT id, project_id AS "projectId", epoch, requested
      FROM ${engine}.workflows
      WHERE owner_id = ${serverId} AND requested IS NOT NULL`
  })

  const unended = SqlSchema.findAll({
    Request: Schema.Array(Schema.String),
    Result: Schema.Struct({ id: Schema.String }),
    execute: (workflowIds) => control`
      SELECT id
      FROM ${engine}.workflows
      WHERE id = ANY (${workflowIds}::uuid[]) AND state NOT IN ('completed', 'failed')`
  })

  const fenced: WorkflowRepositoryService["fenced"] =
    (ownership) =>
    <A, E, R>(effect: Effect.Effect<A, E, R>) => {
      const { epoch, id, owner } = literal(ownership)
      const fence = `SELECT FROM ${schema}.workflows WHERE id = ${id} AND owner_id = ${owner} AND epoch = ${epoch}
      AND state = 'running' FOR KEY SHARE`
      const { projectId } = ownership
      const held = (isOpen: boolean): Effect.Effect<A, E | OwnershipLost, Exclude<R, Tenant>> =>
        isOpen
          ? Effect.provideService(effect, Tenant, { projectId })
          : Effect.fail(new OwnershipLost({ workflowId: ownership.workflowId, epoch: ownership.epoch }))
      return Effect.flatMap(Effect.serviceOption(Tenant), (tenant) =>
        Option.isNone(tenant)
          ? tenantTransaction(projectId, fence)(held)
          : // Inside a tenant transaction the fence is one more statement of it.
            Effect.flatMap(orDatabaseError(sql.unsafe(fence)), (rows) => held(rows.length > 0)).pipe(
              tenants.withProject(projectId)
            )
      )
    }

  return WorkflowRepository.of({
    insert,
    insertInTransaction,
    get,
    getAll,
    outcome,
    ...listing,
    // Sorted by the index's columns. `datasource_id` is constant here, but PostgreSQL does not infer that from IS NULL.
    latest: ({ datasourceId, kind, projectId }) =>
      isUuid(projectId) && !Option.exists(datasourceId, (id) => !isUuid(id))
        ? workflows(sql`SELECT ${columns} FROM ${engine}.workflows w WHERE w.project_id = ${projectId} AND w.kind = ${kind}
            AND ${ofDatasource(sql, datasourceId)} ORDER BY w.datasource_id, w.created_at DESC, w.id DESC LIMIT 1`).pipe(
            Effect.map((rows) => Option.fromNullable(rows[0])),
            orDatabaseError,
            tenants.withProject(projectId)
          )
        : Effect.succeedNone,

    ...asked,

    owned: (serverId) => plain(owned(serverId)),
    unended: (workflowIds) =>
      Effect.map(
        plain(unended(workflowIds)),
        Array.map(({ id }) => id)
      ),
    requests: (serverId) => plain(requests(serverId)),

    ...claims,

    end,

    ...histories,

    fenced,

    save,

    // The marks first: they wait for the row locks of an earlier attempt whose COMMIT is in flight, then see what it has marked.
    complete: (ownership, tasks, others, commit) =>
      orDatabaseError(
        sql<{ task_id: string }>`WITH fence AS (SELECT 0 AS place, ${ownership.projectId}::uuid AS project_id,
            ${ownership.workflowId}::uuid AS id, ${ownership.epoch}::int AS epoch)
          ${upsertTasks(
            sql,
            engine,
            [...tasks, ...others].map((task) => ({ task, place: 0 }))
          )} RETURNING task_id`
      ).pipe(
        Effect.flatMap((marked) => commit(new Set(marked.map(({ task_id }) => task_id)))),
        fenced(ownership)
      ),

    news: (projectId, workflowId, since) => {
      if (!isUuid(projectId) || !isUuid(workflowId)) return Effect.succeedNone
      const look = Effect.gen(function* () {
        const rows = yield* sql<{ cursor: string }>`SELECT ${columns},
            pg_snapshot_xmin(pg_current_snapshot())::text AS cursor
          FROM ${engine}.workflows w WHERE w.id = ${workflowId}`
        const [workflow] = yield* toWorkflows(rows)
        const [row] = rows
        if (workflow === undefined || row === undefined) return Option.none()
        // The workflow is read before its tasks, so that the tasks of an ended workflow are final. A change that was not committed at
        // the last read has a transaction id from that read's cursor (its snapshot's xmin) on.
        const changed = Option.match(since, {
          onNone: () => sql``,
          onSome: (from) => sql`AND changed_in >= ${from}::xid8`
        })
        const tasks = yield* sql`SELECT ${sql.literal(TASK_COLUMNS)} FROM ${engine}.workflow_tasks
          WHERE workflow_id = ${workflowId} AND project_id = ${projectId} ${changed} ORDER BY ordinal, task_id`
        return Option.some({ workflow, tasks: yield* toTasks(tasks), cursor: row.cursor })
      })
      return look.pipe(orDatabaseError, tenants.withProject(projectId))
    },

    tasks: (projectId, workflowId, status) =>
      isUuid(projectId) && isUuid(workflowId)
        ? sql`SELECT ${sql.literal(TASK_COLUMNS)} FROM ${engine}.workflow_tasks
            WHERE workflow_id = ${workflowId} AND project_id = ${projectId}
              ${status === undefined ? sql`` : sql`AND status = ${status}`} ORDER BY ordinal, task_id`.pipe(
            Effect.flatMap(toTasks),
            orDatabaseError,
            tenants.withProject(projectId)
          )
        : Effect.succeed([]),

    taskPage: ({ after, limit, projectId, statuses, workflowId }) =>
      isUuid(projectId) && isUuid(workflowId) && !Option.exists(after, ({ id }) => invalidId(id) !== undefined)
        ? sql`SELECT ${sql.literal(TASK_COLUMNS)} FROM ${engine}.workflow_tasks
            WHERE workflow_id = ${workflowId} AND project_id = ${projectId} AND status = ANY(${statuses}::text[])
              ${Option.match(after, {
                onNone: () => sql``,
                onSome: ({ id, ordinal }) => sql`AND (ordinal, task_id) > (${ordinal}::int, ${id}::text)`
              })}
            ORDER BY ordinal, task_id LIMIT ${limit + 1}`.pipe(
            Effect.flatMap(toTasks),
            orDatabaseError,
            tenants.withProject(projectId)
          )
        : Effect.succeed([]),

    deleteTasks: (projectId, workflowId) =>
      isUuid(projectId) && isUuid(workflowId)
        ? sql`DELETE FROM ${engine}.workflow_tasks WHERE workflow_id = ${workflowId} AND project_id = ${projectId}`.pipe(
            orDatabaseError,
            tenants.withProject(projectId),
            Effect.asVoid
          )
        : Effect.void,

    removeEnded: (ago, limit, from) => {
      const after = Option.match(from, {
        onNone: () => sql``,
        onSome: ({ completedAt, id }) => sql`AND (completed_at, id) > (${completedAt}::timestamptz, ${id}::uuid)`
      })
      const isNewer = sql`n.project_id = e.project_id AND n.kind = e.kind AND (n.created_at, n.id) > (e.created_at, e.id)`
      return sql<{ removed: number; seen: number; completedAt: string | null; id: string | null }>`
        WITH seen AS MATERIALIZED (SELECT id, project_id, datasource_id, kind, created_at, completed_at
            FROM ${engine}.workflows
            WHERE completed_at < now() - make_interval(secs => ${Duration.toSeconds(ago)}) ${after}
            ORDER BY completed_at, id LIMIT ${limit}),
          old AS MATERIALIZED (SELECT e.id FROM seen e WHERE
            (e.datasource_id IS NULL AND EXISTS (SELECT FROM ${engine}.workflows n
              WHERE n.datasource_id IS NULL AND ${isNewer}))
            OR EXISTS (SELECT FROM ${engine}.workflows n WHERE n.datasource_id = e.datasource_id AND ${isNewer})),
          locked AS MATERIALIZED (SELECT w.id FROM ${engine}.workflows w JOIN old ON w.id = old.id FOR UPDATE OF w SKIP LOCKED),
          removed AS (DELETE FROM ${engine}.workflows w USING locked WHERE w.id = locked.id RETURNING w.id)
        SELECT (SELECT count(*) FROM removed)::int AS removed, (SELECT count(*) FROM seen)::int AS seen,
          (SELECT to_json(completed_at) #>> '{}' FROM seen ORDER BY completed_at DESC, id DESC LIMIT 1) AS "completedAt",
          (SELECT id FROM seen ORDER BY completed_at DESC, id DESC LIMIT 1) AS id`.pipe(
        Effect.map(([row]) => ({
          removed: row?.removed ?? 0,
          next:
            row !== undefined && row.seen === limit && row.completedAt !== null && row.id !== null
              ? Option.some({ completedAt: row.completedAt, id: row.id })
              : Option.none()
        })),
        transition
      )
    }
  })
})

/**
 * Workflows in PostgreSQL: tenant operations under row-level security, writes of an owner under the fence.
 *
 * @example
 * ```ts
 * const stored = SqlWorkflowRepository.layer.pipe(Layer.provideMerge(TenantContext.layer), Layer.provide(Database.layerConfig))
 * ```
 */
export const layer = Layer.effect(WorkflowRepository, make)
