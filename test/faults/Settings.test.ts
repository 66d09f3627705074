import { expect, it } from "@effect/vitest"
import { Context, Duration, Effect, Layer, Option } from "effect"
import { Database } from "../../src/database/Database.ts"
import { TenantContext } from "../../src/tenant/TenantContext.ts"
import { WorkflowInfra } from "../../src/workflow/WorkflowInfra.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { kind, reaches } from "../fixtures/TestWorkflows.ts"
import * as Faults from "./Faults.ts"
import * as Ledger from "./Ledger.ts"

/** What somebody may have set for every session. */
const HOSTILE = {
  datestyle: "German, DMY",
  intervalstyle: "sql_standard",
  timezone: "Asia/Kathmandu",
  bytea_output: "escape",
  extra_float_digits: "-15",
  standard_conforming_strings: "off",
  backslash_quote: "off",
  transform_null_equals: "on",
  row_security: "off",
  search_path: "nowhere, public",
  default_transaction_isolation: "serializable",
  default_transaction_deferrable: "on",
  client_min_messages: "debug1",
  lock_timeout: "1ms",
  idle_session_timeout: "300ms",
  idle_in_transaction_session_timeout: "300ms",
  statement_timeout: "1s",
  transaction_timeout: "1s"
}

/** An own database with these settings, and the tables in it. */
const databaseWith = (settings: Readonly<Record<string, string>>, how: "database" | "role") =>
  Effect.gen(function* () {
    const login = yield* TestDatabase.login("SUPERUSER")
    const url = TestDatabase.as(yield* TestDatabase.create, login)
    yield* TestDatabase.onServer((sql) =>
      Effect.gen(function* () {
        const known = yield* sql<{ name: string }>`SELECT lower(name) AS name FROM pg_settings`
        const whose = how === "role" ? `ROLE ${login}` : `DATABASE ${TestDatabase.nameOf(url)}`
        for (const [name, value] of Object.entries(settings)) {
          if (known.some((one) => one.name === name))
            yield* sql.unsafe(`ALTER ${whose} SET ${name} TO ${name === "search_path" ? value : `'${value}'`}`)
        }
      })
    )
    return url
  })

for (const how of ["database", "role"] as const) {
  it.scopedLive(
    `32: hostile settings of the ${how}: a schema is made, and workflows run, as ever`,
    () =>
      Effect.gen(function* () {
        const url = yield* databaseWith(HOSTILE, how)
        const base = yield* Layer.build(TestInfra.databaseAt(url))
        const infra = Context.get(
          yield* Layer.build(
            WorkflowInfra.layer({ ...TestInfra.quick, heartbeatInterval: Duration.millis(200) }).pipe(
              Layer.provide(TenantContext.layer),
              Layer.provide(Layer.succeedContext(base))
            )
          ),
          WorkflowInfra
        )
        yield* Effect.gen(function* () {
          const { books, control, work: sql } = yield* Database
          yield* Ledger.create
          const sessions = Effect.map(
            sql<{ pid: number }>`SELECT pid FROM pg_stat_activity WHERE datname = current_database()
              AND application_name IN ('workflow-infra lock', 'workflow-infra listener') ORDER BY pid`,
            (rows) => rows.map(({ pid }) => pid)
          )
          const before = yield* eventually("it locks and listens", sessions, (pids) => pids.length === 2)
          const projectId = yield* TestInfra.project
          const open = yield* Effect.makeLatch()
          const slow = yield* infra.register(
            kind("slow", ({ progress, queue, workflow }) =>
              Effect.gen(function* () {
                yield* progress({ message: "back\\slash 'quote'", done: 1, total: 2 })
                for (const n of [0, 1, 2]) {
                  yield* queue.enqueue({
                    id: `t\\'${n}`,
                    name: "back\\'slash",
                    class: "data",
                    execute: open.await,
                    commit: () =>
                      Effect.asVoid(sql`INSERT INTO public.ledger (workflow_id, epoch, task, pid)
                        SELECT ${workflow.id}, 1, ${n}, 0 FROM pg_sleep(${n === 0 ? 1.5 : 0})`)
                  })
                }
              })
            )
          )
          const workflow = yield* slow.start({ projectId, config: null })
          yield* eventually("it runs", infra.loadQueue(projectId, workflow.id), Option.isSome)
          yield* infra.pause(projectId, workflow.id)
          yield* reaches(infra, workflow, "paused")
          yield* open.open
          yield* infra.resume(projectId, workflow.id)
          const ended = yield* reaches(infra, workflow, "completed")
          // Times are read as they were written.
          const [stored] = yield* sql<{ at: number }>`SELECT extract(epoch FROM created_at)::float8 AS at
            FROM engine.workflows WHERE id = ${workflow.id}`
          expect(ended.createdAt.getTime() / 1_000).toBeCloseTo(stored?.at ?? 0, 2)
          expect(Option.getOrThrow(ended.progress).message).toBe("back\\slash 'quote'")
          const tasks = Option.getOrThrow(yield* infra.loadQueue(projectId, workflow.id))
          expect(tasks.map(({ id, name, status }) => [id, name, status])).toEqual(
            [0, 1, 2].map((n) => [`t\\'${n}`, "back\\'slash", "completed"])
          )
          const rows = yield* sql<{ task: number }>`SELECT task FROM public.ledger ORDER BY task`
          expect(rows.map(({ task }) => task)).toEqual([0, 1, 2])
          // Nobody's session was ended, and whoever waits for nothing keeps waiting.
          yield* Effect.sleep("1 second")
          expect(yield* sessions).toEqual(before)
          expect((yield* infra.health).status).toBe("alive")
          for (const [client, statements] of [
            [sql, "30s"],
            [books, "30s"],
            [control, "5s"]
          ] as const) {
            const [row] = yield* client<
              Record<string, string>
            >`SELECT current_setting('statement_timeout') AS statements,
              current_setting('idle_session_timeout') AS idle, current_setting('transaction_timeout', true) AS transactions`
            expect([row?.["statements"], row?.["idle"]]).toEqual([statements, "0"])
            expect(row?.["transactions"]).not.toBe("1s")
          }
        }).pipe(Effect.provide(base))
      }),
    Faults.isLong ? 180_000 : 60_000
  )
}
