import type { Fragment } from "@effect/sql/Statement"
import { Effect, Option } from "effect"
import { Database, DURABLE } from "../database/Database.ts"
import { waking } from "./SqlHistories.ts"
import { readable } from "./SqlRows.ts"
import { transition } from "./SqlTransition.ts"
import { CANCELLED, type Ending, PAUSED } from "./WorkflowRepository.ts"
import { hasEnded, type WorkflowRequest, type WorkflowState } from "./WorkflowState.ts"

/** What is done with a workflow on a request: its owner is told, or, without an owner, it is ended, resumed or retried. */
export type Move = "tell" | "cancel" | "pause" | "resume" | "retry"

/** A workflow that is to be moved, as it was read. */
export interface Moved {
  readonly place: number
  readonly id: string
  readonly project_id: string
  readonly state: WorkflowState
  readonly epoch: number
  readonly action: WorkflowRequest | "resume" | "retry"
}

/** Whether a statement leaves out rows that are locked, or waits for them. */
export type Lock = "SKIP LOCKED" | ""

/** SQLSTATE "unique violation": here, of an exclusive key. */
const NOT_UNIQUE = "23505"

/**
 * A statement for each move of many workflows, on the control pool: it does not wait behind the work of tasks. Moves those that are still
 * as they were read, and returns their places. It waits for the disk: a request that was answered survives a crash of the server, also
 * with synchronous_commit = off.
 */
export const make = Effect.gen(function* () {
  const { control: sql, engine } = yield* Database

  const rows = (moved: ReadonlyArray<Moved>) => sql`json_to_recordset(${JSON.stringify(moved)}::json)
    AS n (place int, id uuid, project_id uuid, state text, epoch int, action text)`
  const named = (moved: ReadonlyArray<Moved>) =>
    sql`${rows(moved)} JOIN ${engine}.workflows w ON w.id = n.id AND w.project_id = n.project_id`
  const isAsRead = sql`w.state = n.state AND w.epoch = n.epoch`
  const durable: Fragment = sql`(${sql.literal(DURABLE)}) AS durable`

  const end = (ending: Ending) => (moved: ReadonlyArray<Moved>, lock: Lock) =>
    sql<{ place: number }>`
    WITH mine AS (SELECT w.id, n.place FROM ${named(moved)} WHERE ${isAsRead}
        ORDER BY w.id FOR UPDATE OF w ${sql.literal(lock)}),
      moved AS (UPDATE ${engine}.workflows w SET state = ${ending.state}, owner_id = NULL, epoch = w.epoch + 1,
          requested = NULL, error_message = ${Option.getOrNull(Option.map(ending.errorMessage, readable))},
          completed_at = CASE WHEN ${hasEnded(ending.state)} THEN now() END
        FROM mine WHERE w.id = mine.id RETURNING mine.place, w.id, w.project_id, w.state, w.awaited_by),
      woken AS (${waking(sql, engine, sql`FROM moved f WHERE f.state = 'failed'`)} AND p.id NOT IN (SELECT id FROM mine)),
      rest AS (UPDATE ${engine}.workflow_tasks t SET status = ${ending.unfinishedTasks}, updated_at = now(),
          changed_in = pg_current_xact_id()
        FROM moved WHERE t.project_id = moved.project_id AND t.workflow_id = moved.id
          AND t.status IN ('pending', 'running', 'paused') AND t.status <> ${ending.unfinishedTasks})
    SELECT place, ${durable} FROM moved`

  // An owner's open transactions share the key of its workflow's row: to tell it does not wait for them.
  const tell = (moved: ReadonlyArray<Moved>, lock: Lock) => sql<{ place: number }>`
    WITH mine AS (SELECT w.id, n.place, n.action FROM ${named(moved)} WHERE w.state = 'running'
        ORDER BY w.id FOR NO KEY UPDATE OF w ${sql.literal(lock)})
    UPDATE ${engine}.workflows w SET requested = CASE WHEN w.requested = 'cancel' THEN 'cancel' ELSE m.action END
    FROM mine m WHERE w.id = m.id
    RETURNING m.place, ${durable}`

  const resume = (moved: ReadonlyArray<Moved>, lock: Lock) => sql<{ place: number }>`
    WITH mine AS (SELECT w.id, n.place FROM ${named(moved)} WHERE w.state IN ('paused', 'awaiting_input')
        ORDER BY w.id FOR UPDATE OF w ${sql.literal(lock)})
    UPDATE ${engine}.workflows w SET state = 'pending', requested = NULL, freed_at = now()
    FROM mine m WHERE w.id = m.id
    RETURNING m.place, ${durable}`

  /** Of those with the same exclusive key, one. */
  const retry = (moved: ReadonlyArray<Moved>, lock: Lock) => {
    const key = sql`w.project_id, w.kind, w.exclusive_key, CASE WHEN w.exclusive_key IS NULL THEN w.id END`
    return sql<{ place: number }>`
      WITH n AS (SELECT DISTINCT ON (${key}) n.* FROM ${named(moved)} ORDER BY ${key}, n.place),
        failed AS (SELECT n.place, w.id, w.project_id FROM n JOIN ${engine}.workflows w ON w.id = n.id WHERE ${isAsRead}
          ORDER BY w.id FOR UPDATE OF w ${sql.literal(lock)}),
        tasks AS (UPDATE ${engine}.workflow_tasks t SET status = 'pending', error = NULL, completed_at = NULL,
            updated_at = now(), changed_in = pg_current_xact_id()
          FROM failed f WHERE t.project_id = f.project_id AND t.workflow_id = f.id AND t.status <> 'completed'),
        result AS (DELETE FROM ${engine}.workflow_results r USING failed f WHERE r.workflow_id = f.id)
      UPDATE ${engine}.workflows w SET state = 'pending', epoch = w.epoch + 1, attempt = 0, requested = NULL,
        error_message = NULL, completed_at = NULL, start_at = now()
      FROM failed f WHERE w.id = f.id
      RETURNING f.place, ${durable}`
  }

  const statements = { tell, cancel: end(CANCELLED), pause: end(PAUSED), resume, retry }
  return (move: Move, moved: ReadonlyArray<Moved>, lock: Lock) =>
    Effect.map(transition(statements[move](moved, lock)), (done) => done.map(({ place }) => place)).pipe(
      // Another workflow has got an exclusive key since it was read.
      Effect.catchIf(
        ({ code }) => code === NOT_UNIQUE,
        () => Effect.succeed([])
      )
    )
})
