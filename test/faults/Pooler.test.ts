import { expect, layer } from "@effect/vitest"
import { Effect, Layer, Redacted, Ref, type Scope } from "effect"
import { isDeepStrictEqual } from "node:util"
import * as Pg from "pg"
import { Database } from "../../src/database/Database.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import * as Faults from "./Faults.ts"
import { committed, expectCompleted, expectSound, reaches, startOn } from "./Invariants.ts"
import * as Ledger from "./Ledger.ts"
import * as PgBouncer from "./PgBouncer.ts"
import * as Postgres from "./Postgres.ts"
import * as Server from "./Server.ts"

/** Connections of the pooler to the server: fewer than each process would like. */
const SIZE = 5
/** Others who use them. */
const OTHERS = 4

const WORKFLOWS = Faults.isLong ? 40 : 8
const TASKS = Faults.isLong ? 400 : 30

const database = Layer.unwrapScoped(Effect.map(Postgres.make(), ({ url }) => Postgres.installed(url)))

/** Workflows of a kind of which so many run at a time. */
const LIMITED = 16
const LIMIT = 3

/** What a transaction finds on the connection that it is given; what PgBouncer itself sets for each client (1.18) is left out. */
const LOOK = `SELECT pg_backend_pid() AS pid, current_user::text AS role, current_setting('statement_timeout') AS timeout,
  nullif(current_setting('app.current_project_id', true), '') AS project,
  ARRAY(SELECT name FROM pg_settings WHERE source = 'session' AND name NOT IN
    ('application_name', 'client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings')) AS settings,
  (SELECT count(*)::int FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory') AS locks,
  ARRAY(SELECT pg_listening_channels()) AS channels, ARRAY(SELECT name FROM pg_prepared_statements) AS prepared`

interface Found {
  readonly pid: number
}

/** As a connection is that nobody has left anything on. */
const CLEAN = { role: "app", timeout: "0", project: null, settings: [], locks: 0, channels: [], prepared: [] }

const client = (url: Redacted.Redacted): Effect.Effect<Pg.Client, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const made = new Pg.Client({ connectionString: Redacted.value(url), application_name: "somebody else" })
      await made.connect()
      return made
    }),
    (made) => Effect.promise(() => made.end())
  )

const say = (to: Pg.Client, statement: string) =>
  Effect.map(
    Effect.promise(() => to.query<Found>(statement)),
    ({ rows }) => rows
  )

/** Others on the same pool, until the scope closes: what they found so far, each time. */
const others = (pooled: Redacted.Redacted) =>
  Effect.gen(function* () {
    const found = yield* Ref.make<ReadonlyArray<Found>>([])
    for (let n = 0; n < OTHERS; n++) {
      const mine = yield* client(pooled)
      const look = Effect.gen(function* () {
        yield* say(mine, "BEGIN")
        const rows = yield* say(mine, LOOK)
        yield* say(mine, "COMMIT")
        yield* Ref.update(found, (all) => [...all, ...rows])
        yield* Effect.sleep("20 millis")
      })
      yield* Effect.forkScoped(Effect.forever(Effect.uninterruptible(look)))
    }
    return Ref.get(found)
  })

/** All of the pool's connections at the same time. */
const everyOne = (pooled: Redacted.Redacted) =>
  Effect.gen(function* () {
    const all = yield* Effect.forEach(Array.from({ length: SIZE }), () => client(pooled))
    // Each keeps its connection until its transaction ends.
    const rows = yield* Effect.forEach(all, (one) => Effect.zipRight(say(one, "BEGIN"), say(one, LOOK)))
    yield* Effect.forEach(all, (one) => say(one, "COMMIT"))
    return rows.flat()
  }).pipe(Effect.scoped)

layer(database, { timeout: "120 seconds", excludeTestServices: true })("a pooler in transaction mode", (it) => {
  it.scoped.skipIf(!PgBouncer.isThere)(
    "27: PgBouncer between, two processes, others on the same pool: it works, and nothing is left on any session (needs PgBouncer)",
    () =>
      Effect.gen(function* () {
        const { url, work: sql } = yield* Database
        const pooled = yield* PgBouncer.inFrontOf(Postgres.asLogin(url), SIZE)
        yield* Effect.gen(function* () {
          const found = yield* others(pooled)
          const server = Server.runOn(pooled, Server.NO_LOCK)
          const [one, other] = yield* Effect.all([server, server], { concurrency: "unbounded" })
          const workflows = yield* Effect.forEach(Array.from({ length: WORKFLOWS }), (_, n) =>
            startOn(n % 2 === 0 ? one : other, { tasks: TASKS, millis: 50 })
          )
          // What is asked of one through the other is heard without LISTEN.
          const paused = yield* startOn(one, { tasks: 1_000, millis: 50 })
          yield* committed(paused, 1)
          yield* other.ask({ ask: "pause", projectId: paused.projectId, workflowId: paused.id })
          yield* reaches(paused, "paused")
          // A dead one's workflows are taken over when its lease has run out.
          yield* Effect.forEach(workflows, (workflow) => committed(workflow, 2))
          yield* one.kill
          yield* Effect.forEach(workflows, (workflow) => expectCompleted(workflow, TASKS), { concurrency: 4 })
          yield* expectSound(paused, (yield* Ledger.entries("ledger", paused.id)).length)
          yield* other.signal("SIGTERM")
          yield* other.ended

          const all = yield* found
          expect(all.length).toBeGreaterThan(OTHERS)
          expect(all.filter((one) => !isDeepStrictEqual(one, { ...CLEAN, pid: one.pid }))).toEqual([])
        }).pipe(Effect.scoped)

        const pids = sql<{ pid: number }>`SELECT pid FROM pg_stat_activity WHERE usename = 'app' ORDER BY pid`
        const found = yield* everyOne(pooled)
        expect(found).toEqual(found.map(({ pid }) => ({ ...CLEAN, pid })))
        expect(found.map(({ pid }) => ({ pid })).toSorted((a, b) => a.pid - b.pid)).toEqual(yield* pids)
        // And as the server itself sees them.
        yield* eventually(
          "nobody is in a transaction",
          sql<{ state: string }>`SELECT state FROM pg_stat_activity WHERE usename = 'app'`,
          (rows) => rows.length > 0 && rows.every(({ state }) => state === "idle")
        )
        expect(yield* sql`SELECT FROM pg_locks WHERE locktype = 'advisory'`).toEqual([])
      }).pipe(Faults.soundly)
  )

  it.scoped.skipIf(!PgBouncer.isThere)(
    "limits hold over two processes behind it, and over the death of one (needs PgBouncer)",
    () =>
      Effect.gen(function* () {
        const { engine, url, work: sql } = yield* Database
        const pooled = yield* PgBouncer.inFrontOf(Postgres.asLogin(url), SIZE)
        const server = Server.runOn(pooled, { ...Server.NO_LOCK, LEDGER_KINDS: "limited", LEDGER_LIMIT: `${LIMIT}` })
        const [one, other] = yield* Effect.all([server, server], { concurrency: "unbounded" })
        const counts = yield* Ref.make<ReadonlyArray<number>>([])
        yield* sql<{ n: number }>`SELECT count(*)::int AS n FROM ${engine}.workflows
          WHERE kind = 'limited' AND state = 'running'`.pipe(
          Effect.tap(([row]) => Ref.update(counts, (all) => [...all, row?.n ?? 0])),
          Effect.zipRight(Effect.sleep("20 millis")),
          Effect.forever,
          Effect.forkScoped
        )
        const projectId = yield* TestInfra.project
        const workflows = yield* Effect.forEach(Array.from({ length: LIMITED }), (_, n) =>
          Effect.map(
            (n % 2 === 0 ? one : other).start({ projectId, kind: "limited", config: { tasks: 5, millis: 50 } }),
            (id) => ({ id, projectId })
          )
        )
        yield* Effect.forEach(workflows.slice(0, 1), (workflow) => committed(workflow, 1))
        yield* one.kill
        yield* Effect.forEach(workflows, (workflow) => expectCompleted(workflow, 5), { concurrency: 4 })
        expect(Math.max(...(yield* Ref.get(counts)))).toBe(LIMIT)
      }),
    240_000
  )
})
