import { EARLIEST_TIMESTAMP } from "../database/Timestamp.ts"
import type { PgClient } from "@effect/sql-pg"
import type { Fragment } from "@effect/sql/Statement"
import * as SqlSchema from "@effect/sql/SqlSchema"
import { Clock, Effect, Option, Schema } from "effect"
import { Database } from "../database/Database.ts"
import { orDatabaseError } from "../database/DatabaseError.ts"
import { isUuid } from "../database/Uuid.ts"
import { TenantContext } from "../tenant/TenantContext.ts"
import { unstorable } from "../workqueue/Task.ts"
import { toWorkflows, workflowColumns } from "./SqlRows.ts"
import type { ListQuery } from "./WorkflowList.ts"
import { EndedInMinute, LostOwner, MOST_COUNTED, throughputOf } from "./WorkflowPast.ts"
import type { WorkflowRepositoryService } from "./WorkflowRepository.ts"

/** The condition for a filter; nothing without it. */
const when = <A>(sql: PgClient.PgClient, filter: Option.Option<A>, condition: (value: A) => Fragment): Fragment =>
  Option.match(filter, { onNone: () => sql``, onSome: condition })

/** A bound of a list as PostgreSQL can hold it: no workflow is older than its earliest time. */
const time = (at: Date): Date => new Date(Math.max(Number(at), EARLIEST_TIMESTAMP))

/** Whether a query can match: a text that PostgreSQL cannot hold is in no row. */
const isPossible = ({ after, exclusiveKey, idempotencyKey, kind, projectId }: ListQuery) =>
  isUuid(projectId) &&
  !Option.exists(after, ({ id }) => !isUuid(id)) &&
  [kind, idempotencyKey, exclusiveKey].every(
    (text) => !Option.exists(text, (it) => unstorable(it, Infinity) !== undefined)
  )

/** The lists of `WorkflowRepository`, of what is and of what was. */
export const make = Effect.gen(function* () {
  const { engine, work: sql } = yield* Database
  const tenants = yield* TenantContext
  const columns = workflowColumns(sql, engine)

  /**
   * The kinds to look through. Without one in the query, a loose index scan: one index probe for each kind of the project,
   * whatever their number of workflows.
   */
  const kindsOf = ({ kind, projectId }: ListQuery) =>
    Option.match(kind, {
      onSome: (name) => sql`kinds AS (SELECT ${name}::text AS kind)`,
      onNone: () => sql`RECURSIVE kinds AS (
        (SELECT w.kind FROM ${engine}.workflows w WHERE w.project_id = ${projectId} ORDER BY w.kind LIMIT 1)
        UNION ALL
        SELECT n.kind FROM kinds k CROSS JOIN LATERAL (SELECT w.kind FROM ${engine}.workflows w
          WHERE w.project_id = ${projectId} AND w.kind > k.kind ORDER BY w.kind LIMIT 1) n)`
    })

  // The newest of each kind and state are read in the order of an index, and of those the newest are the page.
  const list: WorkflowRepositoryService["list"] = (query) => {
    if (!isPossible(query)) return Effect.succeed([])
    const most = query.limit + 1
    return sql<{ place: string; id: string }>`WITH ${kindsOf(query)},
        page AS (SELECT l.id, l.created_at FROM kinds k CROSS JOIN unnest(${query.states}::text[]) AS s (state)
          CROSS JOIN LATERAL (SELECT w.id, w.created_at FROM ${engine}.workflows w
            WHERE w.project_id = ${query.projectId} AND w.kind = k.kind AND w.state = s.state
              ${when(sql, query.idempotencyKey, (key) => sql`AND w.idempotency_key = ${key}`)}
              ${when(sql, query.exclusiveKey, (key) => sql`AND w.exclusive_key = ${key}`)}
              ${when(sql, query.from, (at) => sql`AND w.created_at >= ${time(at)}`)}
              ${when(sql, query.to, (at) => sql`AND w.created_at < ${time(at)}`)}
              ${when(sql, query.after, ({ createdAt, id }) => sql`AND (w.created_at, w.id) < (${createdAt}::timestamptz, ${id}::uuid)`)}
            ORDER BY w.created_at DESC, w.id DESC LIMIT ${most}) l
          ORDER BY l.created_at DESC, l.id DESC LIMIT ${most})
      SELECT ${columns}, to_json(w.created_at) #>> '{}' AS place FROM page JOIN ${engine}.workflows w ON w.id = page.id
      ORDER BY page.created_at DESC, page.id DESC`.pipe(
      Effect.flatMap((rows) =>
        Effect.map(toWorkflows(rows), (workflows) =>
          workflows.map((workflow, n) => ({ workflow, place: { createdAt: rows[n]?.place ?? "", id: workflow.id } }))
        )
      ),
      orDatabaseError,
      tenants.withProject(query.projectId)
    )
  }

  const readLost = SqlSchema.findAll({
    Request: Schema.String,
    Result: Schema.Struct({ ...LostOwner.fields, lostAt: Schema.DateFromNumber }),
    execute: (workflowId) => sql`SELECT l.epoch, l.owner_id AS "ownerId",
        (extract(epoch FROM l.lost_at) * 1000)::float8 AS "lostAt"
      FROM ${engine}.workflow_lost_owners l WHERE l.workflow_id = ${workflowId} ORDER BY l.epoch`
  })
  const lostOwners: WorkflowRepositoryService["lostOwners"] = (projectId, workflowId) =>
    isUuid(projectId) && isUuid(workflowId)
      ? readLost(workflowId).pipe(
          Effect.catchTag("ParseError", Effect.die),
          orDatabaseError,
          tenants.withProject(projectId)
        )
      : Effect.succeed([])

  const readEnded = SqlSchema.single({
    Request: Schema.Struct({ projectId: Schema.String, minutes: Schema.Int }),
    Result: Schema.Struct({
      now: Schema.DateFromNumber,
      isCut: Schema.Boolean,
      ended: Schema.Array(Schema.Struct({ ...EndedInMinute.fields, at: Schema.DateFromNumber }))
    }),
    // The newest first, from an index alone: what is counted costs the same however many have ended before.
    execute: ({ minutes, projectId }) => sql`WITH ended AS (
        SELECT date_bin('1 minute', completed_at, 'epoch') AS minute,
          count(*) FILTER (WHERE state = 'completed') AS completed, count(*) FILTER (WHERE state = 'failed') AS failed
        FROM (SELECT w.completed_at, w.state FROM ${engine}.workflows w WHERE w.project_id = ${projectId}
            AND w.completed_at >= date_trunc('minute', now()) - make_interval(mins => ${minutes - 1})
          ORDER BY w.completed_at DESC LIMIT ${MOST_COUNTED}) newest
        GROUP BY 1)
      SELECT (extract(epoch FROM now()) * 1000)::float8 AS now,
        COALESCE((SELECT sum(completed + failed) FROM ended), 0) = ${MOST_COUNTED} AS "isCut",
        COALESCE((SELECT json_agg(json_build_object('at', (extract(epoch FROM minute) * 1000)::float8, 'completed', completed,
          'failed', failed) ORDER BY minute) FROM ended), '[]') AS ended`
  })
  const throughput: WorkflowRepositoryService["throughput"] = (projectId, minutes) =>
    isUuid(projectId)
      ? readEnded({ projectId, minutes }).pipe(
          Effect.map(({ ended, ...counted }) => throughputOf(ended, { ...counted, minutes })),
          Effect.catchTags({ ParseError: Effect.die, NoSuchElementException: Effect.die }),
          orDatabaseError,
          tenants.withProject(projectId)
        )
      : Effect.map(Clock.currentTimeMillis, (now) => throughputOf([], { isCut: false, minutes, now: new Date(now) }))

  return { list, lostOwners, throughput }
})
