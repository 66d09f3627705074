import type { PgClient } from "@effect/sql-pg"
import { Array, Effect, Exit, Option } from "effect"
import { Database, DURABLE, outsideTransaction } from "../database/Database.ts"
import { type DatabaseError, orDatabaseError } from "../database/DatabaseError.ts"
import { isUuid } from "../database/Uuid.ts"
import { Tenant } from "../tenant/TenantContext.ts"
import { asLogin } from "./AsLogin.ts"
import * as Batches from "./Batches.ts"
import { tellAtCommit } from "./Notifications.ts"
import { toWorkflows, workflowColumns } from "./SqlRows.ts"
import { asStorable, type Storable } from "./Storable.ts"
import { InvalidConfig, ProjectNotFound, WorkflowAlreadyRunning } from "./WorkflowError.ts"
import {
  isSameWorkflow,
  newlyStored,
  type NewWorkflow,
  ServerGone,
  type WorkflowRepositoryService
} from "./WorkflowRepository.ts"
import type { Workflow } from "./WorkflowState.ts"

/** Maximum number of workflows that one statement starts. */
const STARTS_PER_STATEMENT = 500

/** The two statements of a start: on the pool of batches, or on the caller's connection. */
interface Statements {
  readonly insert: (workflow: Storable) => Effect.Effect<Inserted, DatabaseError>
  readonly conflicting: (workflow: Storable) => Effect.Effect<Option.Option<Workflow>, DatabaseError>
}

/** The starts of `WorkflowRepository`: concurrent ones share one statement; those in a caller's transaction are part of it. */
export const make = Effect.gen(function* () {
  const { books, engine, schema, work } = yield* Database
  const columns = workflowColumns(books, engine)

  const insertAll = (sql: PgClient.PgClient, wanted: ReadonlyArray<Storable>) => sql<Inserted>`
    WITH wanted AS (SELECT * FROM json_to_recordset(${JSON.stringify(wanted.map(newRow))}::json) AS n (place int, id uuid,
        project_id uuid, datasource_id uuid, ontology_id uuid, idempotency_key text, exclusive_key text, kind text,
         version int, config text, owner_id uuid, start_at float8, priority smallint, awaited_by uuid)),
      living AS (SELECT s.id FROM ${engine}.server_instances s
        WHERE s.id IN (SELECT owner_id FROM wanted) AND s.expires_at > now()),
      known AS (SELECT p.id FROM ${engine}.projects p WHERE p.id IN (SELECT project_id FROM wanted)),
      inserted AS (
        INSERT INTO ${engine}.workflows AS w (id, project_id, datasource_id, ontology_id, idempotency_key, exclusive_key,
          kind, version, state, config, owner_id, epoch, started_at, claimed_at, start_at, priority, awaited_by)
        SELECT n.id, n.project_id, n.datasource_id, n.ontology_id, n.idempotency_key, n.exclusive_key, n.kind, n.version,
          CASE WHEN n.owner_id IS NULL THEN 'pending' ELSE 'running' END, n.config::jsonb, n.owner_id, 1,
          CASE WHEN n.owner_id IS NOT NULL THEN now() END, CASE WHEN n.owner_id IS NOT NULL THEN now() END,
          COALESCE(to_timestamp(n.start_at / 1000), now()), n.priority,
          CASE WHEN n.awaited_by IS NOT NULL THEN ARRAY[n.awaited_by] END
        FROM wanted n WHERE n.project_id IN (SELECT id FROM known)
          AND (n.owner_id IS NULL OR n.owner_id IN (SELECT id FROM living))
        -- By their keys, so that two statements that start the same workflows wait for each other and do not deadlock.
        ORDER BY n.project_id, n.kind COLLATE "C", n.idempotency_key COLLATE "C", n.exclusive_key COLLATE "C", n.place
        ON CONFLICT DO NOTHING RETURNING w.id, w.created_at)
    SELECT n.place, (extract(epoch FROM i.created_at) * 1000)::float8 AS "createdAt",
      n.project_id IN (SELECT id FROM known) AS "isKnown",
      n.owner_id IS NULL OR n.owner_id IN (SELECT id FROM living) AS "isAlive",
      -- A workflow that start has returned must survive a crash of the server, also with synchronous_commit = off.
      (${sql.literal(DURABLE)}) AS durable
    FROM wanted n LEFT JOIN inserted i ON i.id = n.id ORDER BY n.place`

  /**
   * Why an INSERT stored nothing: the workflow of the same id, or of the same idempotency key, or the one of the same exclusive
   * key that has not ended.
   */
  const conflictingAll = (sql: PgClient.PgClient, wanted: ReadonlyArray<NewWorkflow>) =>
    sql<{ place: number; id: string | null }>`
      SELECT n.place, found.* FROM json_to_recordset(${JSON.stringify(wanted.map(keysRow))}::json) AS n (place int, id uuid,
        project_id uuid, kind text, idempotency_key text, exclusive_key text)
      LEFT JOIN LATERAL (
        SELECT ${columns} FROM ${engine}.workflows w WHERE w.id = n.id
        UNION ALL SELECT ${columns} FROM ${engine}.workflows w WHERE w.project_id = n.project_id AND w.kind = n.kind
          AND w.idempotency_key = n.idempotency_key
        UNION ALL SELECT ${columns} FROM ${engine}.workflows w WHERE w.project_id = n.project_id AND w.kind = n.kind
          AND w.exclusive_key = n.exclusive_key AND w.state NOT IN ('completed', 'failed') LIMIT 1) found ON true
      ORDER BY n.place`.pipe(
      Effect.flatMap(
        Effect.forEach((row) => (row.id === null ? Effect.succeedNone : Effect.map(toWorkflows([row]), Array.head)))
      )
    )

  // Whoever repeats a start finds the workflow by the second statement, so that it is batched, too.
  const inBatches: Statements = {
    insert: yield* Batches.make({
      capacity: STARTS_PER_STATEMENT,
      run: (wanted: ReadonlyArray<Storable>) => exits(outsideTransaction(insertAll(books, wanted)))
    }),
    conflicting: yield* Batches.make({
      capacity: STARTS_PER_STATEMENT,
      run: (wanted: ReadonlyArray<Storable>) => exits(outsideTransaction(conflictingAll(books, wanted)))
    })
  }
  const inTransaction: Statements = {
    insert: (workflow) => first(insertAll(work, [workflow])),
    conflicting: (workflow) => first(conflictingAll(work, [workflow]))
  }

  // Repeats the INSERT if the conflicting workflow has ended before it could be read.
  const store = (
    statements: Statements,
    workflow: Storable
  ): Effect.Effect<Workflow, WorkflowAlreadyRunning | ProjectNotFound | InvalidConfig | ServerGone | DatabaseError> =>
    Effect.gen(function* () {
      const row = yield* statements.insert(workflow).pipe(
        Effect.catchIf(
          (error) => error.isStatements && error.code?.startsWith("22") === true,
          (error) => new InvalidConfig({ kind: workflow.kind, reason: error.message })
        )
      )
      if (row.createdAt !== null) return asInserted(workflow, new Date(row.createdAt))
      if (!row.isKnown) return yield* new ProjectNotFound({ projectId: workflow.projectId })
      const found = yield* statements.conflicting(workflow)
      if (Option.isSome(found) && isSameWorkflow(found.value, workflow)) return found.value
      if (Option.isSome(found)) {
        return yield* new WorkflowAlreadyRunning({ workflowId: found.value.id, kind: workflow.kind })
      }
      if (!row.isAlive) return yield* new ServerGone({ serverId: Option.getOrElse(workflow.ownerId, () => "") })
      return yield* store(statements, workflow)
    })

  const insert: WorkflowRepositoryService["insert"] = (workflow) =>
    Effect.flatMap(wantedOf(workflow), (wanted) => store(inBatches, wanted))

  // A savepoint, which a failure goes back to: otherwise the statement that fails would end the caller's transaction.
  const insertInTransaction: WorkflowRepositoryService["insertInTransaction"] = (workflow) =>
    Effect.gen(function* () {
      const tenant = yield* Effect.serviceOption(Tenant)
      if (Option.exists(tenant, ({ projectId }) => projectId !== workflow.projectId)) {
        return yield* Effect.dieMessage(
          `start in project ${workflow.projectId} inside the transaction of another project`
        )
      }
      const wanted = yield* wantedOf({ ...workflow, ownerId: Option.none() })
      return yield* store(inTransaction, wanted).pipe(
        Effect.tap(({ id }) => (id === wanted.id ? tellAtCommit(work, schema, id) : Effect.void)),
        Effect.catchTag("ServerGone", Effect.die),
        Option.isSome(tenant) ? asLogin(work) : (effect) => effect,
        work.withTransaction,
        orDatabaseError
      )
    })

  return { insert, insertInTransaction }
})

/** Runs a batch's statement. */
const exits = <A, E>(rows: Effect.Effect<ReadonlyArray<A>, E>) =>
  orDatabaseError(Effect.map(rows, Array.map(Exit.succeed)))

/** The only row of a statement. */
const first = <A, E>(rows: Effect.Effect<ReadonlyArray<A>, E>) =>
  orDatabaseError(
    Effect.flatMap(rows, ([row]) =>
      row === undefined ? Effect.dieMessage("a statement gave no row") : Effect.succeed(row)
    )
  )

const wantedOf = (workflow: NewWorkflow): Effect.Effect<Storable, ProjectNotFound | InvalidConfig> =>
  isUuid(workflow.projectId) ? asStorable(workflow) : new ProjectNotFound({ projectId: workflow.projectId })

interface Inserted {
  /** Milliseconds since 1970; null if nothing was inserted. */
  readonly createdAt: number | null
  /** Whether the project exists. */
  readonly isKnown: boolean
  /** Whether the workflow is to have no owner, or its owner's lease holds. */
  readonly isAlive: boolean
}

/** What a workflow is found by, as a row for `json_to_recordset`. */
const keysRow = (workflow: NewWorkflow, place: number) => ({
  place,
  id: workflow.id,
  project_id: workflow.projectId,
  kind: workflow.kind,
  idempotency_key: Option.getOrNull(workflow.idempotencyKey),
  exclusive_key: Option.getOrNull(workflow.exclusiveKey)
})

const newRow = (workflow: Storable, place: number) => ({
  ...keysRow(workflow, place),
  datasource_id: Option.getOrNull(workflow.datasourceId),
  ontology_id: Option.getOrNull(workflow.ontologyId),
  version: workflow.version,
  config: workflow.json,
  owner_id: Option.getOrNull(workflow.ownerId),
  start_at: Option.getOrNull(Option.map(workflow.startAt, Number)),
  priority: workflow.priority,
  ...(workflow.awaitedBy === undefined ? {} : { awaited_by: workflow.awaitedBy })
})

/** The inserted workflow, without reading it back. The config is parsed again, because it is stored as JSON and not as given. */
const asInserted = ({ json, ...workflow }: Storable, at: Date): Workflow =>
  newlyStored({ ...workflow, config: JSON.parse(json) }, at)
