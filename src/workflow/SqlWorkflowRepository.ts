import type { Fragment } from "@effect/sql/Statement"
import { Duration, Effect, Layer, Option, Schedule, Schema } from "effect"
import { Database, outsideTransaction } from "../database/Database.ts"
import { type DatabaseError, orDatabaseError } from "../database/DatabaseError.ts"
import { TenantContext } from "../tenant/TenantContext.ts"
import { InvalidTransition, OwnershipLost, WorkflowAlreadyRunning, WorkflowNotFound } from "./WorkflowError.ts"
import {
  type Ending,
  endingOn,
  type NewWorkflow,
  ServerGone,
  WorkflowRepository,
  type WorkflowRepositoryService
} from "./WorkflowRepository.ts"
import { hasEnded, MAX_ATTEMPTS, type Ownership, Workflow, WorkflowProgress, WorkflowRequest } from "./WorkflowState.ts"
import { WorkflowTask } from "./WorkflowTask.ts"

/** Rows of one INSERT: enough to make a statement worth its round trip, few enough to keep it short. */
const TASKS_PER_STATEMENT = 5_000
/** Workflows revoked at a time, so that a sweep never holds many locks. */
const REVOKED_AT_ONCE = 1_000
/** Transactions that met a deadlock or a serialization failure are tried again this often. */
const TRANSITION_RETRIES = 5

const decodeWorkflows = Schema.decodeUnknown(
  Schema.Array(Schema.Struct({ ...Workflow.fields, progress: Schema.OptionFromNullOr(WorkflowProgress) }))
)
const decodeTasks = Schema.decodeUnknown(Schema.Array(WorkflowTask))
const decodeOwned = Schema.decodeUnknown(
  Schema.Array(
    Schema.Struct({
      id: Schema.String,
      projectId: Schema.String,
      epoch: Schema.Int,
      requested: Schema.OptionFromNullOr(WorkflowRequest)
    })
  )
)

const WORKFLOW_COLUMNS = `w.id, w.project_id AS "projectId", w.datasource_id AS "datasourceId", w.ontology_id AS "ontologyId",
  w.kind, w.state, w.requested, w.config, w.error_message AS "errorMessage", w.owner_id AS "ownerId", w.epoch, w.attempt,
  w.created_at AS "createdAt", w.started_at AS "startedAt", w.completed_at AS "completedAt",
  (SELECT json_build_object('message', p.message, 'done', p.done, 'total', p.total)
    FROM engine.workflow_progress p WHERE p.workflow_id = w.id) AS progress`

/** PostgreSQL's text holds neither NUL nor half a surrogate pair; what is only for people to read is stored without them. */
const readable = (text: string) => text.replace(/\0|\p{Surrogate}/gu, "\uFFFD")

const isConflict = (error: DatabaseError) => error.code === "40001" || error.code === "40P01"

const make = Effect.gen(function* () {
  const { control, work: sql } = yield* Database
  const system = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    effect.pipe(sql.withTransaction, outsideTransaction, orDatabaseError)
  const tenants = yield* TenantContext
  const columns = sql.literal(WORKFLOW_COLUMNS)

  // A row that does not decode was written by something else: a defect, not an error that anybody could handle.
  const workflows = <E>(rows: Effect.Effect<ReadonlyArray<unknown>, E>) =>
    Effect.flatMap(rows, (all) => Effect.orDie(decodeWorkflows(all)))

  const overConflicts = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.retry(effect, {
      times: TRANSITION_RETRIES,
      schedule: Schedule.jittered(Schedule.exponential("10 millis")),
      while: (error) => isDatabaseError(error) && isConflict(error)
    })

  const transition = <A, E, R>(effect: Effect.Effect<A, E, R>) => overConflicts(system(effect))

  /** Plain statements that no work is to hold up: a server in whose pool hundreds of tasks wait still takes over at once. */
  const swift = <A, E, R>(effect: Effect.Effect<A, E, R>) => overConflicts(outsideTransaction(orDatabaseError(effect)))

  const get: WorkflowRepositoryService["get"] = (projectId, workflowId) =>
    workflows(sql`SELECT ${columns} FROM engine.workflows w WHERE w.id = ${workflowId}`).pipe(
      Effect.map((rows) => Option.fromNullable(rows[0])),
      tenants.withProject(projectId),
      orDatabaseError
    )

  const owned = (which: Fragment) =>
    control`SELECT id, project_id AS "projectId", epoch, requested FROM engine.workflows WHERE ${which}`.pipe(
      Effect.flatMap((rows) => Effect.orDie(decodeOwned(rows))),
      outsideTransaction,
      orDatabaseError
    )

  const required = (projectId: string, workflowId: string) =>
    Effect.flatMap(
      get(projectId, workflowId),
      Option.match({
        onNone: () => Effect.fail(new WorkflowNotFound({ workflowId })),
        onSome: (workflow) => Effect.succeed(workflow)
      })
    )

  // Loops while the winner of a conflict has ended before it could be named.
  const insert = (workflow: NewWorkflow): ReturnType<WorkflowRepositoryService["insert"]> =>
    Effect.gen(function* () {
      const owner = Option.getOrNull(workflow.ownerId)
      const [inserted] = yield* workflows(sql`
        INSERT INTO engine.workflows AS w
          (id, project_id, datasource_id, ontology_id, kind, state, config, owner_id, epoch, started_at, claimed_at)
        SELECT ${workflow.id}::uuid, ${workflow.projectId}::uuid, ${Option.getOrNull(workflow.datasourceId)}::uuid,
          ${Option.getOrNull(workflow.ontologyId)}::uuid, ${workflow.kind},
          CASE WHEN ${owner}::uuid IS NULL THEN 'pending' ELSE 'running' END,
          ${JSON.stringify(workflow.config ?? null)}::jsonb, ${owner}::uuid, 1,
          CASE WHEN ${owner}::uuid IS NOT NULL THEN now() END, CASE WHEN ${owner}::uuid IS NOT NULL THEN now() END
        WHERE ${owner}::uuid IS NULL
          OR EXISTS (SELECT FROM engine.server_instances s WHERE s.id = ${owner}::uuid AND s.expires_at > now())
        ON CONFLICT DO NOTHING RETURNING ${columns}`)
      if (inserted !== undefined) return Option.some(inserted)
      const [standing] = yield* workflows(sql`SELECT ${columns} FROM engine.workflows w
        WHERE w.id = ${workflow.id} OR (w.project_id = ${workflow.projectId} AND w.kind = ${workflow.kind}
          AND w.datasource_id IS NOT DISTINCT FROM ${Option.getOrNull(workflow.datasourceId)}::uuid
          AND w.state NOT IN ('completed', 'failed')) ORDER BY w.id = ${workflow.id} DESC`)
      if (standing?.id === workflow.id) return Option.some(standing)
      if (standing !== undefined) {
        return yield* new WorkflowAlreadyRunning({ workflowId: standing.id, kind: workflow.kind })
      }
      if (owner === null) return Option.none()
      const alive = yield* sql`SELECT FROM engine.server_instances WHERE id = ${owner} AND expires_at > now()`
      return alive.length > 0 ? Option.none() : yield* new ServerGone({ serverId: owner })
    }).pipe(
      system,
      orDatabaseError,
      Effect.flatMap(Option.match({ onNone: () => insert(workflow), onSome: (found) => Effect.succeed(found) }))
    )

  const fenced: WorkflowRepositoryService["fenced"] = (ownership) => (effect) =>
    sql`SELECT FROM engine.workflows WHERE id = ${ownership.workflowId} AND owner_id = ${ownership.ownerId}
      AND epoch = ${ownership.epoch} AND state = 'running' FOR KEY SHARE`.pipe(
      orDatabaseError,
      Effect.filterOrFail(
        (rows) => rows.length > 0,
        () => new OwnershipLost({ workflowId: ownership.workflowId, epoch: ownership.epoch })
      ),
      Effect.zipRight(effect),
      tenants.withProject(ownership.projectId)
    )

  const upsert = (ownership: Ownership, tasks: ReadonlyArray<WorkflowTask>, completedEpoch: number | null) =>
    sql`INSERT INTO engine.workflow_tasks AS t (project_id, workflow_id, completed_epoch, task_id, ordinal, name, status,
        requires_llm, error, retry_count, started_at, completed_at)
      SELECT ${ownership.projectId}::uuid, ${ownership.workflowId}::uuid, ${completedEpoch}::int, u.*
      FROM unnest(${tasks.map((task) => task.id)}::text[], ${tasks.map((task) => task.ordinal)}::int[],
        ${tasks.map((task) => readable(task.name))}::text[], ${tasks.map((task) => task.status)}::text[],
        ${tasks.map((task) => task.requiresLlm)}::boolean[], ${tasks.map((task) => Option.getOrNull(Option.map(task.error, readable)))}::text[],
        ${tasks.map((task) => task.retryCount)}::int[], ${tasks.map((task) => Option.getOrNull(task.startedAt))}::timestamptz[],
        ${tasks.map((task) => Option.getOrNull(task.completedAt))}::timestamptz[]) u
      ON CONFLICT (project_id, workflow_id, task_id) DO UPDATE SET ordinal = EXCLUDED.ordinal, name = EXCLUDED.name,
        status = EXCLUDED.status, requires_llm = EXCLUDED.requires_llm, error = EXCLUDED.error,
        retry_count = EXCLUDED.retry_count, started_at = COALESCE(EXCLUDED.started_at, t.started_at),
        completed_at = EXCLUDED.completed_at, completed_epoch = EXCLUDED.completed_epoch, updated_at = now()
      WHERE t.status <> 'completed'`

  /** That no task of workflow `w` was completed by its present owner. */
  const hasCompletedNone = sql`NOT EXISTS (SELECT FROM engine.workflow_tasks t WHERE t.project_id = w.project_id
    AND t.workflow_id = w.id AND t.completed_epoch = w.epoch)`

  /** What `attempt` is after an owner of `w` that died, or as good as: none is blamed for a restart of the database in its time. */
  const nextAttempt = sql`CASE WHEN NOT ${hasCompletedNone} THEN 0
    WHEN w.claimed_at < pg_postmaster_start_time() THEN w.attempt ELSE w.attempt + 1 END`

  /** Ends a run, or what has no owner: false where there is no such workflow any more. Part of a transition. */
  const move = (which: Fragment, ending: Ending) =>
    Effect.gen(function* () {
      const [moved] = yield* sql<{ id: string; project_id: string }>`
        WITH mine AS (SELECT id FROM engine.workflows WHERE ${which} FOR UPDATE)
        UPDATE engine.workflows w SET state = ${ending.state}, owner_id = NULL, epoch = w.epoch + 1,
          requested = CASE WHEN ${ending.state} = 'pending' THEN w.requested END,
          error_message = ${Option.getOrNull(Option.map(ending.errorMessage, readable))},
          completed_at = CASE WHEN ${hasEnded(ending.state)} THEN now() END,
          attempt = ${ending.isAttempt === true ? nextAttempt : sql`w.attempt`}
        FROM mine WHERE w.id = mine.id RETURNING w.id, w.project_id`
      if (moved === undefined) return false
      yield* sql`UPDATE engine.workflow_tasks SET status = ${ending.unfinishedTasks}, updated_at = now()
        WHERE project_id = ${moved.project_id} AND workflow_id = ${moved.id}
          AND status IN ('pending', 'running', 'paused') AND status <> ${ending.unfinishedTasks}`
      return true
    }).pipe(orDatabaseError)

  return WorkflowRepository.of({
    insert,
    get,
    latest: ({ datasourceId, kind, projectId }) =>
      workflows(sql`SELECT ${columns} FROM engine.workflows w WHERE w.project_id = ${projectId} AND w.kind = ${kind}
        AND w.datasource_id IS NOT DISTINCT FROM ${Option.getOrNull(datasourceId)}::uuid
        ORDER BY w.created_at DESC, w.id DESC LIMIT 1`).pipe(
        Effect.map((rows) => Option.fromNullable(rows[0])),
        tenants.withProject(projectId),
        orDatabaseError
      ),

    request: (projectId, workflowId, request) =>
      Effect.gen(function* () {
        const workflow = yield* required(projectId, workflowId)
        const { epoch, state } = workflow
        const ending = endingOn(workflow, request)
        if (ending === undefined) return yield* new InvalidTransition({ workflowId, state, wanted: request })
        if (state === "running") {
          const heard = yield* sql`UPDATE engine.workflows
            SET requested = CASE WHEN requested = 'cancel' THEN 'cancel' ELSE ${request} END
            WHERE id = ${workflowId} AND state = 'running' RETURNING id`.pipe(
            tenants.withProject(projectId),
            orDatabaseError
          )
          return heard.length > 0
        }
        return yield* transition(
          move(sql`id = ${workflowId} AND project_id = ${projectId} AND state = ${state} AND epoch = ${epoch}`, ending)
        )
      }).pipe(Effect.repeat({ until: (done) => done }), Effect.asVoid),

    resume: (projectId, workflowId) =>
      Effect.gen(function* () {
        const workflow = yield* required(projectId, workflowId)
        const resumed = yield* sql`UPDATE engine.workflows SET state = 'pending', requested = NULL
          WHERE id = (SELECT id FROM engine.workflows WHERE id = ${workflowId} AND project_id = ${projectId}
            AND state IN ('paused', 'awaiting_input') FOR UPDATE) RETURNING id`.pipe(orDatabaseError, transition)
        if (resumed.length === 0) {
          return yield* new InvalidTransition({ workflowId, state: workflow.state, wanted: "resume" })
        }
      }),

    owned: (serverId) => owned(sql`owner_id = ${serverId}`),
    requests: (serverId) => owned(sql`owner_id = ${serverId} AND requested IS NOT NULL`),

    // Read first, then update what was read: a server that registered meanwhile must not lose what it has just claimed.
    revokeOrphans: Effect.gen(function* () {
      const orphans = yield* control<{ id: string; owner_id: string; epoch: number }>`
        SELECT w.id, w.owner_id, w.epoch FROM engine.workflows w WHERE w.owner_id IS NOT NULL
          AND NOT EXISTS (SELECT FROM engine.server_instances s WHERE s.id = w.owner_id) LIMIT ${REVOKED_AT_ONCE}`
      if (orphans.length === 0) return 0
      const revoked =
        yield* control`UPDATE engine.workflows w SET owner_id = NULL, state = 'pending', epoch = w.epoch + 1,
          attempt = ${nextAttempt}
        FROM unnest(${orphans.map((row) => row.id)}::uuid[], ${orphans.map((row) => row.owner_id)}::uuid[],
          ${orphans.map((row) => row.epoch)}::int[]) AS o(id, owner_id, epoch)
        WHERE w.id = o.id AND w.owner_id = o.owner_id AND w.epoch = o.epoch RETURNING w.id`
      return revoked.length
    }).pipe(swift),

    share: (kinds, most) =>
      control<{ share: number }>`
        WITH living AS (SELECT greatest(count(*), 1) AS n FROM engine.server_instances WHERE expires_at > now()),
          waiting AS (SELECT count(*) AS n FROM (SELECT FROM engine.workflows
            WHERE state = 'pending' AND kind = ANY(${[...kinds]}::text[])
            LIMIT ${most} * (SELECT n FROM living)) w)
        SELECT ceil(waiting.n::float8 / living.n)::int AS share FROM waiting, living`.pipe(
        Effect.map(([row]) => row?.share ?? 0),
        swift
      ),

    claim: (serverId, kinds, limit) =>
      workflows(control`WITH last_attempt AS (
          SELECT id FROM engine.workflows WHERE state = 'pending' AND kind = ANY(${[...kinds]}::text[])
            AND attempt = ${MAX_ATTEMPTS - 1}
            AND NOT EXISTS (SELECT FROM engine.workflows w WHERE w.owner_id = ${serverId}
              AND w.attempt = ${MAX_ATTEMPTS - 1} AND ${hasCompletedNone})
          ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED),
        others AS (
          SELECT id FROM engine.workflows WHERE state = 'pending' AND kind = ANY(${[...kinds]}::text[])
            AND attempt <> ${MAX_ATTEMPTS - 1}
          ORDER BY created_at LIMIT ${limit} FOR UPDATE SKIP LOCKED),
        picked AS (SELECT id FROM last_attempt UNION ALL SELECT id FROM others LIMIT ${limit})
        UPDATE engine.workflows w SET state = 'running', owner_id = ${serverId}, epoch = w.epoch + 1,
          started_at = COALESCE(w.started_at, now()), claimed_at = now()
        FROM picked WHERE w.id = picked.id
          AND EXISTS (SELECT FROM engine.server_instances s WHERE s.id = ${serverId} AND s.expires_at > now())
        RETURNING ${columns}`).pipe(swift),

    end: (ownership, ending) =>
      move(
        sql`id = ${ownership.workflowId} AND project_id = ${ownership.projectId} AND owner_id = ${ownership.ownerId}
          AND epoch = ${ownership.epoch}`,
        ending
      ).pipe(
        transition,
        Effect.filterOrFail(
          (moved) => moved,
          () => new OwnershipLost({ workflowId: ownership.workflowId, epoch: ownership.epoch })
        ),
        Effect.asVoid
      ),

    fenced,

    save: (ownership, { progress, tasks }) =>
      Effect.gen(function* () {
        for (let at = 0; at < tasks.length; at += TASKS_PER_STATEMENT) {
          yield* upsert(ownership, tasks.slice(at, at + TASKS_PER_STATEMENT), null)
        }
        if (Option.isSome(progress)) {
          const { done, message, total } = progress.value
          yield* sql`INSERT INTO engine.workflow_progress (project_id, workflow_id, message, done, total)
            VALUES (${ownership.projectId}, ${ownership.workflowId}, ${readable(message)}, ${done}, ${total})
            ON CONFLICT (workflow_id) DO UPDATE SET message = EXCLUDED.message, done = EXCLUDED.done,
              total = EXCLUDED.total, updated_at = now()`
        }
      }).pipe(orDatabaseError, fenced(ownership)),

    // The mark first: it waits for an earlier try whose COMMIT is still on its way, and then finds what that one has done.
    complete: (ownership, task, commit) =>
      orDatabaseError(sql`${upsert(ownership, [task], ownership.epoch)} RETURNING task_id`).pipe(
        Effect.flatMap((marked) => (marked.length > 0 ? commit : Effect.void)),
        fenced(ownership)
      ),

    tasks: (projectId, workflowId) =>
      sql`SELECT task_id AS id, ordinal, name, status, requires_llm AS "requiresLlm", error, retry_count AS "retryCount",
          started_at AS "startedAt", completed_at AS "completedAt"
        FROM engine.workflow_tasks WHERE workflow_id = ${workflowId} ORDER BY ordinal, task_id`.pipe(
        Effect.flatMap((rows) => Effect.orDie(decodeTasks(rows))),
        tenants.withProject(projectId),
        orDatabaseError
      ),

    deleteTasks: (projectId, workflowId) =>
      sql`DELETE FROM engine.workflow_tasks WHERE workflow_id = ${workflowId}`.pipe(
        tenants.withProject(projectId),
        orDatabaseError,
        Effect.asVoid
      ),

    removeEnded: (ago, limit) =>
      sql`DELETE FROM engine.workflows WHERE id IN (
          SELECT id FROM engine.workflows e WHERE completed_at < now() - make_interval(secs => ${Duration.toSeconds(ago)})
            AND EXISTS (SELECT FROM engine.workflows n WHERE n.project_id = e.project_id AND n.kind = e.kind
              AND n.datasource_id IS NOT DISTINCT FROM e.datasource_id AND (n.created_at, n.id) > (e.created_at, e.id))
          ORDER BY completed_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
        RETURNING id`.pipe(
        Effect.map((rows) => rows.length),
        orDatabaseError,
        transition
      )
  })
})

const isDatabaseError = (error: unknown): error is DatabaseError =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "DatabaseError"

/** Workflows in PostgreSQL, under the fence and row-level security. */
export const layer = Layer.effect(WorkflowRepository, make)
