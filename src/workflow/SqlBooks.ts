import type { PgClient } from "@effect/sql-pg"
import { Duration, Effect, Exit, Option } from "effect"
import { Database, outsideTransaction } from "../database/Database.ts"
import { DatabaseError, orDatabaseError } from "../database/DatabaseError.ts"
import * as Batches from "./Batches.ts"
import { waking } from "./SqlHistories.ts"
import { isOwnership, nextAttempt, ownershipRow, readable, upsertTasks } from "./SqlRows.ts"
import { OwnershipLost } from "./WorkflowError.ts"
import {
  type Ending,
  NO_UPDATE,
  taskAtEnd,
  type TaskUpdate,
  type WorkflowRepositoryService
} from "./WorkflowRepository.ts"
import { hasEnded, type Ownership } from "./WorkflowState.ts"

/** Maximum number of task rows in one statement: such a statement takes about 100 ms, many times its round trip. */
const TASKS_PER_STATEMENT = 5_000
/** Maximum number of workflows that one statement ends. */
const WORKFLOWS_PER_STATEMENT = 500
/** Size of a result that weighs as much as a task row: about the size of such a row as JSON. */
const BYTES_PER_TASK = 200
/** SQLSTATE "lock not available": here, of a workflow whose row `SKIP LOCKED` has skipped. */
const LOCKED = "55P03"
/** The batched operations of `WorkflowRepository` on runs: concurrent task states and ends share one statement each. */
export const make = Effect.gen(function* () {
  const { books, engine, work } = yield* Database
  const sql = books

  /** One statement, never part of a transaction of the caller. */
  const plain = <A, E, R>(effect: Effect.Effect<A, E, R>) => orDatabaseError(outsideTransaction(effect))

  /** The condition that the ownership `n` holds for the workflow `w`. */
  const isOwned = sql`w.id = n.id AND w.project_id = n.project_id AND w.owner_id = n.owner_id AND w.epoch = n.epoch`

  const named = (ownerships: ReadonlyArray<Ownership>) =>
    sql`json_to_recordset(${JSON.stringify(ownerships.map(ownershipRow))}::json)
      AS o (place int, id uuid, project_id uuid, owner_id uuid, epoch int)`

  /**
   * Carries out requests in batches on the `books` pool that skip locked workflows. A request that was skipped is carried out
   * again by itself on the `work` pool, where it waits for the lock and delays no other request.
   */
  const batched = <Request, A>(
    run: (
      client: PgClient.PgClient,
      requests: ReadonlyArray<Request>,
      lock: "SKIP LOCKED" | ""
    ) => Effect.Effect<ReadonlyArray<Exit.Exit<A, OwnershipLost | DatabaseError>>, DatabaseError>,
    options: Pick<Batches.BatchOptions<Request, A, OwnershipLost>, "capacity" | "weigh">
  ) =>
    Effect.map(
      Batches.make({ ...options, run: (requests: ReadonlyArray<Request>) => run(books, requests, "SKIP LOCKED") }),
      (inBatch) => (request: Request) =>
        Effect.catchIf(
          inBatch(request),
          (error) => error instanceof DatabaseError && error.code === LOCKED,
          () => Effect.flatMap(run(work, [request], ""), ([exit]) => exit ?? Effect.dieMessage("no answer"))
        )
    )

  // ---- task states

  /**
   * The CTEs `stored` and `progressed`, which store task states and progress of the workflows in the CTE
   * `fence (place, id, project_id, epoch)`. The n-th update is of the workflow at place n.
   */
  const storing = (updates: ReadonlyArray<TaskUpdate>) => {
    const tasks = updates.flatMap((update, place) => update.tasks.map((task) => ({ task, place })))
    const told = updates.flatMap(({ progress }, place) =>
      Option.match(progress, {
        onNone: () => [],
        onSome: ({ done, message, total }) => [{ place, message: readable(message), done, total }]
      })
    )
    const stored =
      tasks.length === 0
        ? sql``
        : sql`, stored AS (${upsertTasks(sql, engine, tasks)} RETURNING t.workflow_id, t.task_id, t.status)`
    const progressed =
      told.length === 0
        ? sql``
        : sql`, progressed AS (
        INSERT INTO ${engine}.workflow_progress (project_id, workflow_id, message, done, total)
        SELECT f.project_id, f.id, p.message, p.done, p.total
        FROM json_to_recordset(${JSON.stringify(told)}::json) AS p (place int, message text, done int, total int)
        JOIN fence f ON f.place = p.place
        ON CONFLICT (workflow_id) DO UPDATE SET message = EXCLUDED.message, done = EXCLUDED.done, total = EXCLUDED.total,
          updated_at = now())`
    return { ctes: sql`${stored} ${progressed}`, hasTasks: tasks.length > 0 }
  }

  /** Carries out savings. `SKIP LOCKED` skips those whose workflow's row is locked; "" waits for the lock. */
  const saveAll = (client: PgClient.PgClient, savings: ReadonlyArray<Saving>, lock: "SKIP LOCKED" | "") =>
    plain(client<Omit<Answer, "isWork">>`
        WITH named AS (SELECT * FROM ${named(savings.map(({ ownership }) => ownership))}),
          fence AS MATERIALIZED (SELECT n.place, w.id, w.project_id, w.epoch FROM ${engine}.workflows w
            JOIN named n ON ${isOwned} WHERE w.state = 'running' FOR KEY SHARE OF w ${client.literal(lock)})
          ${storing(savings.map(({ update }) => update)).ctes}
        SELECT n.place, n.place IN (SELECT place FROM fence) AS "isHeld",
          EXISTS (SELECT FROM ${engine}.workflows w WHERE ${isOwned} AND w.state = 'running') AS "isThere"
        FROM named n ORDER BY n.place`).pipe(
      Effect.map((rows) => rows.map((row, n) => exitOf(row, savings[n]?.ownership, lock)))
    )

  const saveOne = yield* batched(saveAll, {
    capacity: TASKS_PER_STATEMENT,
    weigh: ({ update }: Saving) => update.tasks.length + 1
  })

  const save: WorkflowRepositoryService["save"] = (ownership, update) => {
    if (!isOwnership(ownership)) return Effect.fail(lost(ownership))
    const { progress, tasks } = withoutOlder(update)
    const parts: Array<TaskUpdate> = []
    for (let at = 0; at < tasks.length; at += TASKS_PER_STATEMENT) {
      parts.push({ ...NO_UPDATE, tasks: tasks.slice(at, at + TASKS_PER_STATEMENT) })
    }
    const [first = NO_UPDATE, ...others] = parts
    return Effect.forEach([{ ...first, progress }, ...others], (update) => saveOne({ ownership, update }), {
      discard: true
    })
  }

  // ---- ends

  const hasNews = sql`n.signals IS NOT NULL AND (n.signals <> w.signals OR w.requested IS NOT NULL
    OR EXISTS (SELECT FROM fence c WHERE c.ended AND w.id = ANY (c.awaited_by)))`

  /** Ends runs. `SKIP LOCKED` skips those whose workflow's row is locked; "" waits for the lock. */
  const endAll = (client: PgClient.PgClient, runs: ReadonlyArray<Run>, lock: "SKIP LOCKED" | "") => {
    const { ctes, hasTasks } = storing(runs.map(({ last }) => last))
    // A row that a statement changes twice has an undefined outcome in PostgreSQL.
    const isStored = hasTasks
      ? sql`AND NOT EXISTS (SELECT FROM stored s WHERE s.workflow_id = t.workflow_id AND s.task_id = t.task_id)`
      : sql``
    const hasCompleted = hasTasks
      ? sql`WHEN EXISTS (SELECT FROM stored s WHERE s.workflow_id = w.id AND s.status = 'completed') THEN 0`
      : sql``
    const waits = runs.some(isWaiting) ? waiting : WAITLESS
    return plain(client<Answer>`
      WITH named AS (SELECT * FROM json_to_recordset(${JSON.stringify(runs.map(runRow))}::json) AS n (place int, id uuid,
          project_id uuid, owner_id uuid, epoch int, state text, error text, unfinished text, attempted boolean,
          ended boolean, after float8, signals int, until float8)),
        fence AS MATERIALIZED (SELECT n.place, w.id, w.project_id, w.epoch ${waits.fenced}
          FROM ${engine}.workflows w JOIN named n ON ${isOwned} FOR UPDATE OF w ${client.literal(lock)})
        ${ctes},
        moved AS (UPDATE ${engine}.workflows w SET state = ${waits.state}, owner_id = NULL,
            epoch = w.epoch + 1, requested = CASE WHEN n.state = 'pending' ${waits.requested} THEN w.requested END,
            error_message = n.error, completed_at = CASE WHEN n.ended THEN now() END,
            freed_at = CASE WHEN n.state = 'pending' THEN now() END,
            start_at = CASE ${waits.startAt} WHEN n.after IS NULL THEN w.start_at
              ELSE now() + make_interval(secs => n.after) END,
            attempt = CASE ${waits.attempt} WHEN NOT n.attempted THEN w.attempt ${hasCompleted}
              ELSE ${nextAttempt(client, engine)} END
          FROM named n, fence f WHERE f.place = n.place AND w.id = f.id
          RETURNING n.place, w.id, w.project_id, n.unfinished, w.state),
        rest AS (UPDATE ${engine}.workflow_tasks t SET status = m.unfinished, updated_at = now(),
            changed_in = pg_current_xact_id()
          FROM moved m WHERE t.project_id = m.project_id AND t.workflow_id = m.id
            AND t.status IN ('pending', 'running', 'paused') AND t.status <> m.unfinished ${isStored})
        ${resulting(runs)} ${waits.woken}
      SELECT n.place, n.place IN (SELECT place FROM moved) AS "isHeld",
        EXISTS (SELECT FROM ${engine}.workflows w WHERE ${isOwned}) AS "isThere", ${waits.isWork} AS "isWork"
      FROM named n ORDER BY n.place`).pipe(
      Effect.map((rows) => rows.map((row, n) => Exit.as(exitOf(row, runs[n]?.ownership, lock), row.isWork)))
    )
  }

  /** The parts of the statement that ends runs when none of them suspends, and nobody waits for their ends. */
  const WAITLESS = {
    fenced: sql``,
    state: sql`n.state`,
    requested: sql``,
    startAt: sql``,
    attempt: sql``,
    woken: sql``,
    isWork: sql`n.state = 'pending'`
  }

  /**
   * Those parts otherwise. A run that suspends has news if there are signals that it has not seen, or a workflow that it waits for
   * ends in the same statement, or there is a request to it. The row's own columns are those of the latest version, also where the
   * statement has waited for its lock: what others have stored there is not missed.
   */
  const waiting = {
    fenced: sql`, n.ended, w.awaited_by`,
    state: sql`CASE WHEN ${hasNews} THEN 'pending' ELSE n.state END`,
    requested: sql`OR n.signals IS NOT NULL`,
    startAt: sql`WHEN ${hasNews} THEN now() WHEN n.until IS NOT NULL THEN to_timestamp(n.until / 1000)`,
    attempt: sql`WHEN n.signals IS NOT NULL THEN 0`,
    woken: sql`, woken AS (${waking(sql, engine, sql`FROM fence f WHERE f.ended`)}
        AND p.id NOT IN (SELECT id FROM fence) RETURNING p.id)`,
    isWork: sql`n.place IN (SELECT place FROM moved WHERE state = 'pending') OR EXISTS (SELECT FROM woken)`
  }

  /** The CTE `resulted`, which stores the results of the workflows in the CTE `moved (place, id, project_id)`. */
  const resulting = (runs: ReadonlyArray<Run>) => {
    const results = runs.flatMap(({ ending: { result } }, place) =>
      result === undefined ? [] : [{ place, ...result }]
    )
    return results.length === 0
      ? sql``
      : sql`, resulted AS (INSERT INTO ${engine}.workflow_results (project_id, workflow_id, outcome, value)
          SELECT m.project_id, m.id, r.outcome, r.json::json
          FROM json_to_recordset(${JSON.stringify(results)}::json) AS r (place int, outcome text, json text)
          JOIN moved m ON m.place = r.place
          ON CONFLICT (workflow_id) DO UPDATE SET outcome = EXCLUDED.outcome, value = EXCLUDED.value)`
  }

  const endOne = yield* batched(endAll, {
    capacity: TASKS_PER_STATEMENT,
    weigh: ({ ending: { result }, last }: Run) =>
      last.tasks.length +
      TASKS_PER_STATEMENT / WORKFLOWS_PER_STATEMENT +
      (result === undefined ? 0 : result.json.length / BYTES_PER_TASK)
  })

  const end: WorkflowRepositoryService["end"] = (ownership, ending, last = NO_UPDATE) => {
    if (!isOwnership(ownership)) return Effect.fail(lost(ownership))
    const { progress, tasks } = withoutOlder(last)
    return endOne({ ownership, ending, last: { tasks: tasks.map((task) => taskAtEnd(task, ending)), progress } })
  }

  return { save, end }
})

/** An update with each task once, in its last state: PostgreSQL refuses to write a row twice in one statement. */
const withoutOlder = ({ progress, tasks }: TaskUpdate): TaskUpdate => {
  const latest = new Map(tasks.map((task) => [task.id, task]))
  return { progress, tasks: latest.size === tasks.length ? tasks : [...latest.values()] }
}

/** A request to store task states and progress. */
interface Saving {
  readonly ownership: Ownership
  readonly update: TaskUpdate
}

/** A request to end a run. */
interface Run {
  readonly ownership: Ownership
  readonly ending: Ending
  readonly last: TaskUpdate
}

interface Answer {
  /** Whether the statement locked the workflow's row under this ownership, so that it was carried out. */
  readonly isHeld: boolean
  /** Whether the ownership holds. Without `isHeld`, another session has locked the row. */
  readonly isThere: boolean
  /** Of an end: whether there is a `pending` workflow because of it. */
  readonly isWork: boolean
}

/** Whether the run suspends, or other workflows may wait for its end. */
const isWaiting = ({ ending }: Run) => ending.signals !== undefined || ending.wakes === true

const exitOf = (
  { isHeld, isThere }: Pick<Answer, "isHeld" | "isThere">,
  ownership: Ownership | undefined,
  lock: "SKIP LOCKED" | ""
): Exit.Exit<void, OwnershipLost | DatabaseError> => {
  if (isHeld || ownership === undefined) return Exit.void
  // A statement that has waited for the lock sees the owner of before in its snapshot; that the lock was not had says that it is another.
  if (isThere && lock !== "") {
    return Exit.fail(new DatabaseError({ message: "somebody holds the workflow's row", code: LOCKED, retryable: true }))
  }
  return Exit.fail(lost(ownership))
}

const lost = ({ epoch, workflowId }: Ownership) => new OwnershipLost({ workflowId, epoch })

const runRow = ({ ending, ownership }: Run, place: number) => ({
  ...ownershipRow(ownership, place),
  state: ending.state,
  error: Option.getOrNull(Option.map(ending.errorMessage, readable)),
  unfinished: ending.unfinishedTasks,
  attempted: ending.isAttempt === true,
  ended: hasEnded(ending.state),
  after: ending.after === undefined ? null : Duration.toSeconds(ending.after),
  signals: ending.signals ?? null,
  until: ending.until === undefined ? null : Number(ending.until)
})
