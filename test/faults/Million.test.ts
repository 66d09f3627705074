import { expect, it } from "@effect/vitest"
import { Context, Cron, Duration, Effect, Layer, Option, Schema, Stream } from "effect"
import { EventEmitter } from "node:events"
import * as Pg from "pg"
import { vi } from "vitest"
import { Database } from "../../src/database/Database.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import { ScheduleRepository } from "../../src/workflow/ScheduleRepository.ts"
import * as WorkflowKind from "../../src/workflow/WorkflowKind.ts"
import { WorkflowInfra } from "../../src/workflow/WorkflowInfra.ts"
import { CANCELLED, type EndedCursor, WorkflowRepository } from "../../src/workflow/WorkflowRepository.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { complete, endless, ghost, given, ownershipOf, reaches, task } from "../fixtures/TestWorkflows.ts"
import * as Faults from "./Faults.ts"

/** Workflows that are added, and then looked at all of them; each has two tasks. */
const SIZES = Faults.isLong ? [250_000, 750_000] : [40_000, 40_000]
const MANY = SIZES.reduce((sum, size) => sum + size, 0)
/** Rows that a statement may read, however many there are: some for each that it gives or changes, and it does that for 200 at the most. */
const MOST_ROWS = 1_000
/** Tables that grow with the number of workflows. */
const LARGE = ["workflows", "workflow_tasks", "workflow_progress", "workflow_results"]

/** Something of every statement that there is, so that none is forgotten here. */
const STATEMENTS = [
  "AS (SELECT * FROM json_to_recordset($::json) AS n (place int, id uuid, project_id uuid, datasource_id",
  "LEFT JOIN LATERAL ( SELECT w.id",
  "stored AS",
  "resulted AS",
  'LEFT JOIN "engine".workflow_results r',
  'DELETE FROM ONLY "engine"."workflow_results"',
  "progressed AS",
  'INSERT INTO "engine".workflow_tasks AS t',
  "FOR KEY SHARE",
  "FOR UPDATE OF w SKIP LOCKED",
  "last_attempts AS",
  "limited AS MATERIALIZED",
  "counted AS",
  "living AS MATERIALIZED",
  "WITH RECURSIVE kinds",
  "WITH RECURSIVE due AS",
  'NOT EXISTS (SELECT FROM "engine".server_instances s WHERE s.id = w.owner_id)',
  "owner_id = $ AND requested IS NOT NULL",
  "WHERE owner_id = $",
  "ORDER BY w.datasource_id",
  "kinds AS (SELECT $::text AS kind), page AS",
  "RECURSIVE kinds AS ( (SELECT w.kind",
  "pg_snapshot_xmin",
  "changed_in >= ",
  "ORDER BY ordinal, task_id",
  'DELETE FROM "engine".workflow_tasks',
  "SET requested = CASE",
  "SET state = '…', requested = NULL",
  "AS n (place int, id uuid, project_id uuid) JOIN",
  "mine AS (SELECT w.id, n.place FROM",
  "moved AS (UPDATE",
  "mine AS (SELECT w.id, n.place, n.action",
  "failed AS (SELECT n.place",
  "seen AS MATERIALIZED",
  "(completed_at, id) > (",
  "SET last_heartbeat",
  "SET runs",
  "WHERE expires_at < now()",
  "uses_session_lock AND NOT EXISTS",
  'INSERT INTO "engine".workflow_schedules',
  'FROM "engine".workflow_schedules',
  'UPDATE "engine".workflow_schedules',
  'DELETE FROM ONLY "engine"."workflow_tasks"',
  "pg_notify"
]

/** What of a plan's nodes is looked at. */
interface Node {
  readonly "Node Type": string
  readonly "Relation Name"?: string
  readonly "Actual Rows"?: number
  readonly "Actual Loops"?: number
  readonly "Rows Removed by Filter"?: number
  readonly "Rows Removed by Index Recheck"?: number
  readonly Plans?: ReadonlyArray<Node>
}

/** A statement as it was really carried out. */
interface Explained {
  readonly text: string
  readonly plan: Node
}

/**
 * A database that tells its clients how it carried out each of their statements, those of foreign keys and cascades too, with the
 * parameters that they really had.
 */
const explaining = Effect.gen(function* () {
  const url = yield* TestDatabase.create
  yield* TestDatabase.onServer((sql) =>
    Effect.forEach(
      Object.entries({
        session_preload_libraries: "auto_explain",
        "auto_explain.log_min_duration": "0",
        "auto_explain.log_analyze": "on",
        "auto_explain.log_timing": "off",
        "auto_explain.log_nested_statements": "on",
        "auto_explain.log_format": "json",
        "auto_explain.log_level": "warning",
        log_min_messages: "fatal"
      }),
      ([name, value]) => sql.unsafe(`ALTER DATABASE ${TestDatabase.nameOf(url)} SET ${name} TO '${value}'`)
    )
  )
  return url
})

/** What this process is told from here on, until the scope closes. */
const recording = Effect.gen(function* () {
  const explained: Array<Explained> = []
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      vi.spyOn(Pg.Client.prototype, "emit").mockImplementation(function (
        this: Pg.Client,
        event: string | symbol,
        ...args: Array<unknown>
      ) {
        const [notice] = args
        const message = event === "notice" && typeof notice === "object" && notice !== null && "message" in notice
        if (message) note(String(notice.message))
        return Reflect.apply(EventEmitter.prototype.emit, this, [event, ...args])
      })
    ),
    (spy) => Effect.sync(() => spy.mockRestore())
  )
  const note = (message: string) => {
    const at = message.indexOf("{")
    if (!message.startsWith("duration:") || at < 0) return
    const { "Query Text": text, Plan: plan }: { "Query Text": string; Plan: Node } = JSON.parse(message.slice(at))
    explained.push({
      text: text
        .replaceAll(/\s+/g, " ")
        .replaceAll(/'[^']*'/g, "'…'")
        .replaceAll(/\$\d+/g, "$"),
      plan
    })
  }
  return explained
})

const nodes = (plan: Node): ReadonlyArray<Node> => [plan, ...(plan.Plans ?? []).flatMap(nodes)]
const scans = ({ plan }: Explained) =>
  nodes(plan).filter((node) => LARGE.includes(node["Relation Name"] ?? "") && node["Node Type"].endsWith("Scan"))
const rowsRead = (one: Explained) =>
  scans(one).reduce(
    (sum, node) =>
      sum +
      ((node["Actual Rows"] ?? 0) +
        (node["Rows Removed by Filter"] ?? 0) +
        (node["Rows Removed by Index Recheck"] ?? 0)) *
        (node["Actual Loops"] ?? 0),
    0
  )

/**
 * Adds so many workflows: most have ended long ago, each the newest of its datasource; many are one datasource's history; many are
 * pending, of kinds that nobody here runs, for later, or for whoever has room.
 */
const fill = (count: number) =>
  Effect.gen(function* () {
    const sql = yield* TestDatabase.connect((yield* Database).url)
    yield* sql`SET session_replication_role = replica`
    yield* sql`INSERT INTO engine.projects SELECT gen_random_uuid(), 'filled ' || n FROM generate_series(1, 50) n
      ON CONFLICT DO NOTHING`
    yield* sql`CREATE TEMPORARY TABLE filled AS SELECT n, n % 20 AS part, gen_random_uuid() AS id,
        (SELECT array_agg(id ORDER BY id) FROM engine.projects WHERE name LIKE 'filled %')
          [CASE WHEN n % 20 IN (14, 15) THEN 1 ELSE 1 + n / 20 % 50 END] AS project_id
      FROM generate_series(1, ${count}::int) n`
    yield* sql`INSERT INTO engine.workflows (project_id, id, datasource_id, idempotency_key, exclusive_key, kind, state,
        config, epoch, created_at, started_at, completed_at, start_at, priority)
      SELECT project_id, id, CASE WHEN part NOT IN (14, 15) THEN gen_random_uuid() END,
        CASE WHEN part < 10 THEN 'name ' || n || ' of ' || id END, CASE WHEN part BETWEEN 5 AND 17 THEN 'thing ' || n || ' of ' || id END,
        CASE WHEN part IN (16, 17) THEN 'foreign ' || n % 7 WHEN part = 19 THEN 'backlog' ELSE 'mine' END,
        CASE WHEN part < 16 THEN 'completed' ELSE 'pending' END, 'null', 1, now() - interval '50 days' - n * interval '1 second',
        CASE WHEN part < 16 THEN now() - interval '45 days' END,
        CASE WHEN part < 16 THEN now() - interval '40 days' - n * interval '1 second' END,
        CASE WHEN part = 18 THEN now() + interval '1 day' ELSE now() - interval '1 day' END,
        CASE WHEN part IN (18, 19) THEN n / 20 % 5 - 2 ELSE 0 END
      FROM filled`
    yield* sql`INSERT INTO engine.workflow_progress (project_id, workflow_id, message, done, total)
      SELECT project_id, id, 'done', 2, 2 FROM filled WHERE part < 16`
    yield* sql`INSERT INTO engine.workflow_results (project_id, workflow_id, outcome, value)
      SELECT project_id, id, 'success', '3' FROM filled WHERE part < 16`
    yield* sql`INSERT INTO engine.workflow_tasks (project_id, workflow_id, task_id, ordinal, name, status, requires_llm,
        retry_count, completed_epoch)
      SELECT project_id, id, 't' || t, t, 'Task', 'completed', false, 0, 1 FROM filled, generate_series(0, 1) t`
    yield* sql`DROP TABLE filled`
    yield* sql`VACUUM (ANALYZE) engine.workflows`
    yield* sql`VACUUM (ANALYZE) engine.workflow_tasks`
    yield* sql`VACUUM (ANALYZE) engine.workflow_progress`
    yield* sql`VACUUM (ANALYZE) engine.workflow_results`
  }).pipe(Effect.scoped)

/** Does everything once that a server does, and everything that can be asked of one. */
const useAll = Effect.gen(function* () {
  const repository = yield* WorkflowRepository
  const { work: sql } = yield* Database
  const infra = Context.get(
    yield* Layer.build(
      Layer.fresh(
        WorkflowInfra.layer({
          ...TestInfra.quick,
          heartbeatInterval: Duration.millis(500),
          // Room for what is started here, and for some of what waits.
          maxActiveWorkflows: 30
        })
      )
    ),
    WorkflowInfra
  )
  const mine = yield* infra.register(
    WorkflowKind.make("mine", {
      config: Schema.Null,
      success: Schema.Int,
      run: Effect.fnUntraced(function* ({ progress, queue }) {
        yield* progress({ message: "begun", done: 0, total: 3 })
        for (const id of ["a", "b", "c"]) {
          yield* queue.enqueue({
            id,
            name: id,
            class: "data",
            execute: Effect.sleep("50 millis"),
            ...(id === "a" ? {} : { commit: () => Effect.void })
          })
        }
        return 3
      })
    })
  )
  const forever = yield* infra.register(endless("forever"))
  const projectId = yield* TestInfra.project
  const datasourceId = yield* uuidv7
  const schedules = yield* ScheduleRepository
  const ticking = { projectId, kind: "mine", name: "ticking" }

  const workflow = yield* mine.start({ projectId, config: null })
  yield* mine.start({ projectId, datasourceId, config: null })
  yield* Stream.runDrain(infra.changes(projectId, workflow.id))
  expect(yield* mine.join(projectId, workflow.id)).toBe(3)
  yield* infra.latest({ projectId, kind: "mine" })
  yield* infra.latest({ projectId, kind: "mine", datasourceId })
  yield* infra.loadQueue(projectId, workflow.id)
  yield* infra.deleteQueue(projectId, workflow.id)

  const keys = { idempotencyKey: "a name", exclusiveKey: "a thing" }
  const running = yield* forever.start({ projectId, ...keys, config: null })
  yield* Effect.flip(forever.start({ projectId, exclusiveKey: keys.exclusiveKey, config: null }))
  expect((yield* forever.start({ projectId, ...keys, config: null })).id).toBe(running.id)
  yield* infra.storeQueue(ownershipOf(running), [task("a")])
  yield* infra.pause(projectId, running.id)
  yield* reaches(infra, running, "paused")
  yield* infra.resume(projectId, running.id)
  yield* reaches(infra, running, "running")
  yield* infra.cancel(projectId, running.id)
  yield* reaches(infra, running, "failed")
  yield* forever.retry(projectId, running.id)
  yield* infra.cancel(projectId, running.id)
  yield* reaches(infra, running, "failed")
  const next = yield* forever.start({ projectId, exclusiveKey: keys.exclusiveKey, config: null })
  expect(yield* Effect.flip(forever.retry(projectId, running.id))).toMatchObject({ workflowId: next.id })
  yield* infra.cancel(projectId, next.id)
  yield* Effect.scoped(
    Effect.gen(function* () {
      yield* mine.schedule({ name: "ticking", projectId, cron: Cron.unsafeParse("* * * * * *"), config: null })
      const { tickedAt } = Option.getOrThrow(yield* schedules.read(ticking))
      yield* eventually("it has ticked", schedules.read(ticking), (now) =>
        Option.exists(now, (progress) => progress.tickedAt > tickedAt)
      )
    })
  )
  yield* infra.register(endless("backlog"))
  yield* eventually(
    "the backlog is worked on",
    repository.owned(yield* infra.serverInstanceId),
    ({ length }) => length > 20
  )

  // Those of the filled projects, in which most are.
  const [big] = yield* sql<{ id: string; projectId: string; datasourceId: string | null }>`SELECT id,
    project_id AS "projectId", datasource_id AS "datasourceId" FROM engine.workflows
    WHERE datasource_id IS NULL AND project_id <> ${projectId} LIMIT 1`
  const history = big ?? (yield* Effect.dieMessage("there is no history"))
  yield* repository.latest({ projectId: history.projectId, datasourceId: Option.none(), kind: "mine" })
  yield* repository.get(history.projectId, history.id)
  yield* repository.tasks(history.projectId, history.id)
  yield* repository.news(history.projectId, history.id, Option.none())
  yield* repository.unrunnable
  const [kept] = yield* sql<{ exclusiveKey: string; idempotencyKey: string }>`SELECT exclusive_key AS "exclusiveKey",
    idempotency_key AS "idempotencyKey" FROM engine.workflows WHERE project_id = ${history.projectId}
    AND exclusive_key IS NOT NULL AND idempotency_key IS NOT NULL LIMIT 1`
  const { exclusiveKey = "", idempotencyKey = "" } = kept ?? {}
  for (const filter of [
    {},
    { kind: "mine" },
    { state: "failed" },
    { kind: "mine", state: ["completed", "failed"] },
    { idempotencyKey },
    { exclusiveKey },
    { exclusiveKey, kind: "mine", state: "completed" },
    { from: new Date(0), to: new Date(1) },
    { kind: "mine", to: new Date(Date.now() - Duration.toMillis(Duration.days(50))) }
  ] as const) {
    const page = yield* infra.list({ projectId: history.projectId, limit: 10, ...filter })
    yield* infra.list({ projectId: history.projectId, limit: 10, ...filter, cursor: Option.getOrUndefined(page.next) })
  }

  // By hand: an owner that dies, one that ends, and those that have no owner.
  const dying = yield* uuidv7
  yield* ghost(dying, Duration.zero)
  const owner = yield* uuidv7
  yield* ghost(owner, Duration.hours(1))
  const orphan = yield* repository.insert(given(yield* uuidv7, projectId, Option.some(owner)))
  yield* complete(repository, ownershipOf(orphan), task("a", { status: "completed" }), Effect.void)
  yield* repository.fenced(ownershipOf(orphan))(Effect.void)
  yield* sql`DELETE FROM engine.server_instances WHERE id = ${owner}`
  yield* eventually("it is revoked", repository.get(projectId, orphan.id), (now) =>
    Option.exists(now, ({ epoch }) => epoch > 1)
  )
  yield* repository.request(projectId, orphan.id, "cancel")
  const taker = yield* uuidv7
  yield* ghost(taker, Duration.hours(1))
  const backlog = [{ kind: "backlog", version: 1 }]
  const [waiting] = yield* sql<{ id: string; projectId: string }>`SELECT id, project_id AS "projectId"
    FROM engine.workflows WHERE state = 'pending' AND kind = 'backlog' AND start_at < now() ORDER BY start_at DESC LIMIT 1`
  for (const which of [
    {},
    { except: [orphan.id] },
    { only: { workflowIds: [waiting?.id ?? ""], projectIds: [] } },
    { only: { workflowIds: [orphan.id], projectIds: [projectId] } }
  ]) {
    yield* repository.share(backlog, 10, which)
    for (const limit of [undefined, { running: 30, perProject: 2 }]) {
      const runs = backlog.map((run) => ({ ...run, limit }))
      for (const claimed of yield* repository.claim(taker, runs, 20, which)) {
        yield* repository.end(ownershipOf(claimed), CANCELLED)
      }
    }
  }

  const first = yield* repository.removeEnded(Duration.days(30), 200, Option.none())
  const second = yield* repository.removeEnded(Duration.days(30), 200, first.next)
  expect([first.removed > 0, second.removed > 0, Option.isSome(second.next)]).toEqual([true, true, true])
  yield* infra.shutdown()
}).pipe(Effect.scoped)

it.scopedLive(
  `30: ${MANY} workflows, two tasks each: every statement by an index, and what it reads does not grow; retention keeps up`,
  () =>
    Effect.gen(function* () {
      const url = yield* explaining
      const context = yield* Layer.build(TestInfra.databaseAt(url))
      yield* Effect.gen(function* () {
        for (const count of SIZES) {
          yield* fill(count)
          yield* Effect.gen(function* () {
            const told = yield* recording
            yield* useAll
            // Not what the test itself says.
            const explained = told.filter(({ text }) => text.includes('"engine".'))
            for (const what of STATEMENTS) {
              expect([what, told.some(({ text }) => text.includes(what))]).toEqual([what, true])
            }
            for (const one of explained) {
              const sequential = scans(one).filter((node) => node["Node Type"] === "Seq Scan")
              expect([one.text, sequential, rowsRead(one) <= MOST_ROWS]).toEqual([one.text, [], true])
            }
          }).pipe(Effect.scoped)
        }
      }).pipe(Effect.provide(context))

      // A pass of retention looks at each once, however many are kept, and removes those that have a newer one.
      yield* TestDatabase.onServer((sql) =>
        sql.unsafe(`ALTER DATABASE ${TestDatabase.nameOf(url)} RESET session_preload_libraries`)
      )
      yield* Effect.gen(function* () {
        const repository = yield* WorkflowRepository
        const { work: sql } = yield* Database
        const old = Effect.map(
          sql<{ all: number; kept: number }>`SELECT count(*)::int AS all,
            (count(DISTINCT (project_id, datasource_id, kind)))::int AS kept
            FROM engine.workflows WHERE completed_at < now() - interval '30 days'`,
          ([row]) => row ?? { all: 0, kept: 0 }
        )
        const pass = Effect.gen(function* () {
          let cursor = Option.none<EndedCursor>()
          let [looks, removed] = [0, 0]
          do {
            const look = yield* repository.removeEnded(Duration.days(30), 200, cursor)
            looks++
            removed += look.removed
            cursor = look.next
          } while (Option.isSome(cursor))
          return { looks, removed }
        })
        const before = yield* old
        expect(before.all - before.kept).toBeGreaterThan(MANY / 20)
        expect(yield* pass).toEqual({ looks: Math.floor(before.all / 200) + 1, removed: before.all - before.kept })
        expect(yield* old).toEqual({ all: before.kept, kept: before.kept })
        expect((yield* pass).removed).toBe(0)
      }).pipe(Effect.provide(Layer.fresh(TestInfra.databaseAt(url))))
    }),
  Faults.isLong ? 900_000 : 180_000
)
