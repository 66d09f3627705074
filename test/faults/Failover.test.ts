import { expect, it } from "@effect/vitest"
import { Effect, Redacted, Schedule } from "effect"
import { Database } from "../../src/database/Database.ts"
import { orDatabaseError } from "../../src/database/DatabaseError.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { atWork } from "./AtWork.ts"
import * as Faults from "./Faults.ts"
import { committed, expectCompleted, startOn } from "./Invariants.ts"
import * as Postgres from "./Postgres.ts"
import * as Proxy from "./Proxy.ts"

const WORKFLOWS = Faults.isLong ? 40 : 6
const TASKS = Faults.isLong ? 400 : 60
/** What a process may tell of it altogether, at "info" and above: each part of its work that waits, why, and that it waits no longer. */
const TOLD = 30

/** Leases that outlive a failover: nobody is taken for dead because the database was away. */
const SETTINGS = { WORKFLOW_HEARTBEAT_INTERVAL: "4 seconds", WORKFLOW_HEARTBEAT_TIMEOUT: "6 seconds" }

/** A primary, a standby of it that has whatever the primary says is committed, and the address under which both are known. */
const pair = Effect.gen(function* () {
  const cluster = yield* Postgres.initialise()
  const other = yield* Postgres.copy(cluster)
  const primary = yield* Postgres.serve(cluster, { synchronous_standby_names: "standby" })
  const standby = yield* Postgres.serve(other, yield* Postgres.follow(other, primary, "standby"))
  return { primary, standby, address: yield* Proxy.make(primary.url) }
})

const ask = <A extends object>(url: Redacted.Redacted, statement: string) =>
  Effect.flatMap(TestDatabase.connect(url), (sql) => sql.unsafe<A>(statement)).pipe(Effect.scoped, Effect.orDie)

/** Makes a server read only, sessions kept, and waits until nothing is written any more. */
const holdStill = (url: Redacted.Redacted) =>
  Effect.gen(function* () {
    yield* ask(url, "ALTER SYSTEM SET default_transaction_read_only = on")
    yield* ask(url, "SELECT pg_reload_conf()")
    const writing = ask(url, "SELECT FROM pg_stat_activity WHERE backend_xid IS NOT NULL")
    let quiet = 0
    yield* Effect.repeat(writing, {
      until: ({ length }) => (quiet = length === 0 ? quiet + 1 : 0) >= 4,
      schedule: Schedule.spaced("50 millis")
    })
  })

/** Pools that only read go to another server with the one that is told that the old one takes no writes. */
const expectMove = (move: Effect.Effect<void>, [from, to]: readonly [Redacted.Redacted, Redacted.Redacted]) =>
  Effect.gen(function* () {
    const { books, control, work } = yield* Database
    const all = (url: Redacted.Redacted) =>
      Array.from({ length: 3 }, () => ({ port: new URL(Redacted.value(url)).port }))
    const places = Effect.map(
      Effect.forEach([work, books, control], (sql) => sql`SELECT current_setting('port') AS port`),
      (rows) => rows.flat()
    )
    expect(yield* places).toEqual(all(from))
    yield* move
    expect(yield* places).toEqual(all(from))
    const refused = yield* Effect.flip(orDatabaseError(control`UPDATE engine.projects SET name = name WHERE false`))
    expect(refused.code).toBe("25006")
    expect(yield* places).toEqual(all(to))
  })

/** When the database is back, wherever it is: all is well, and who dies then is noticed. */
const after = ({ expectWell, servers, workflows }: Effect.Effect.Success<ReturnType<typeof atWork>>) =>
  Effect.gen(function* () {
    for (const workflow of workflows) {
      const ended = yield* expectCompleted(workflow, TASKS)
      // Nobody was taken for dead: begun in the first epoch, and ended.
      expect(ended.workflow).toMatchObject({ attempt: 0, epoch: 2 })
    }
    yield* expectWell(TOLD)
    const [one, other] = servers
    const workflow = yield* startOn(one, { tasks: 10, millis: 300 })
    yield* committed(workflow, 1)
    yield* one.kill
    const { rows } = yield* expectCompleted(workflow, 10)
    expect(rows.at(-1)?.pid).toBe(other.pid)
  })

for (const how of ["switchover", "crash"] as const) {
  it.scopedLive(
    how === "switchover"
      ? "25: a primary held still, read only, its standby promoted, addresses changed: no workflow fails; all go on by themselves"
      : "25: a primary gone, its standby there and read only, then promoted: no workflow fails; all go on by themselves",
    () =>
      Effect.gen(function* () {
        const { address, primary, standby } = yield* pair
        yield* Effect.gen(function* () {
          const { url } = yield* Database
          const work = yield* atWork({ settings: SETTINGS, workflows: WORKFLOWS, tasks: TASKS })
          const { says } = work
          if (how === "switchover") {
            yield* holdStill(primary.url)
            yield* says(/in a read-only transaction/)
            yield* ask(standby.url, "SELECT pg_promote()")
            yield* expectMove(address.redirect(standby.url), [primary.url, standby.url])
          } else {
            yield* primary.stop("SIGQUIT")
            yield* says(/./)
            yield* address.redirect(standby.url)
            yield* says(/in a read-only transaction|during recovery/)
            yield* ask(standby.url, "SELECT pg_promote()")
          }
          yield* Effect.provide(after(work), TestInfra.databaseAt(url))
          if (how === "switchover") {
            yield* eventually(
              "nobody holds on to the server that was",
              ask(
                primary.url,
                "SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'workflow-infra%' AND application_name <> 'workflow-infra tests'"
              ),
              ({ length }) => length === 0
            )
          }
        }).pipe(Effect.provide(Postgres.installed(address.url)))
      }),
    Faults.isLong ? 900_000 : 180_000
  )
}
