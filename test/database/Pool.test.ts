import { Reactivity } from "@effect/experimental"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Redacted, type Scope } from "effect"
import * as Pool from "../../src/database/Pool.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import { asSuperuser } from "./installations.ts"

const pool = (url: Redacted.Redacted, options: Partial<Pool.PoolOptions> = {}) =>
  Pool.make({ url, name: "workflow-infra test", connections: 3, settings: {}, sessions: true, ...options }).pipe(
    Effect.provide(Reactivity.layer)
  )

type Sql = Effect.Effect.Success<ReturnType<typeof pool>>

const pid = (sql: Sql) => Effect.map(sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`, ([row]) => row?.pid)

/** The process ids of as many sessions as the pool may have, held at the same time. */
const pids = (sql: Sql) =>
  Effect.scoped(
    Effect.forEach([1, 2, 3], () =>
      Effect.map(
        Effect.flatMap(sql.reserve, (one) => one.executeUnprepared("SELECT pg_backend_pid() AS pid", [], undefined)),
        (rows) => JSON.stringify(rows)
      )
    )
  )

const setting = (sql: Sql, name: string) =>
  Effect.map(sql<{ value: string }>`SELECT current_setting(${name}) AS value`, ([row]) => row?.value)

/** What a pooler in transaction mode would find on its connection. */
const settingsOf = (sql: Sql) =>
  Effect.map(sql<{ name: string }>`SELECT name FROM pg_settings WHERE source = 'session' ORDER BY name`, (rows) =>
    rows.map(({ name }) => name)
  )

const run = <A, E>(test: Effect.Effect<A, E, Scope.Scope>) => Effect.scoped(test)

describe("a server that turned read only", () => {
  it.live("is left: every session to it is replaced, the idle ones too, and the next statement writes", () =>
    Effect.gen(function* () {
      const sql = yield* pool(yield* TestDatabase.create)
      yield* sql`CREATE TABLE words (word text)`
      const before = yield* pids(sql)
      // As after a failover: the sessions that are there are a standby's, a new one finds the primary.
      yield* Effect.scoped(
        Effect.forEach([1, 2, 3], () =>
          Effect.flatMap(sql.reserve, (one) =>
            one.executeUnprepared("SET default_transaction_read_only = on", [], undefined)
          )
        )
      )
      const refused = yield* Effect.exit(sql`INSERT INTO words VALUES ('lost')`)
      expect(Exit.isFailure(refused)).toBe(true)
      yield* sql`INSERT INTO words VALUES ('kept')`
      expect(yield* sql`SELECT word FROM words`).toEqual([{ word: "kept" }])
      const after = yield* pids(sql)
      expect(after.filter((one) => before.includes(one))).toEqual([])
    }).pipe(run)
  )

  it.live("is left by a session that is in use when it is given back", () =>
    Effect.gen(function* () {
      const sql = yield* pool(yield* TestDatabase.create)
      yield* sql`CREATE TABLE words (word text)`
      const within = sql.withTransaction(
        Effect.gen(function* () {
          const mine = yield* pid(sql)
          yield* sql`SET TRANSACTION READ ONLY`
          const other = yield* Effect.exit(sql`INSERT INTO words VALUES ('lost')`)
          expect(Exit.isFailure(other)).toBe(true)
          return yield* Effect.fail(mine)
        })
      )
      const mine = yield* Effect.flip(within)
      expect(yield* pid(sql)).not.toBe(mine)
    }).pipe(run)
  )

  it.live("that stays so refuses each statement, and is asked by a new session each time", () =>
    Effect.gen(function* () {
      const url = yield* TestDatabase.create
      const sql = yield* pool(url, { connections: 1 })
      yield* sql`CREATE TABLE words (word text)`
      const database = TestDatabase.nameOf(url)
      yield* TestDatabase.onServer((to) => to`ALTER DATABASE ${to(database)} SET default_transaction_read_only = on`)
      yield* sql`SET default_transaction_read_only = on`
      const seen = new Set<number | undefined>()
      for (let n = 0; n < 3; n++) {
        seen.add(yield* pid(sql))
        expect(Exit.isFailure(yield* Effect.exit(sql`INSERT INTO words VALUES ('lost')`))).toBe(true)
      }
      expect(seen.size).toBe(3)
      yield* TestDatabase.onServer((to) => to`ALTER DATABASE ${to(database)} RESET default_transaction_read_only`)
      yield* Effect.ignore(sql`INSERT INTO words VALUES ('lost')`)
      yield* sql`INSERT INTO words VALUES ('kept')`
    }).pipe(run)
  )
})

describe("what a role or a database sets", () => {
  it.live("changes nothing of how our statements are read, what they return, or whether they run", () =>
    Effect.gen(function* () {
      const url = yield* TestDatabase.create
      const login = yield* TestDatabase.login()
      const theirs = {
        datestyle: "SQL, DMY",
        intervalstyle: "iso_8601",
        timezone: "Asia/Kathmandu",
        bytea_output: "escape",
        extra_float_digits: "-15",
        lock_timeout: "1ms",
        default_transaction_isolation: "serializable",
        transform_null_equals: "on",
        row_security: "off",
        client_min_messages: "debug5"
      }
      for (const [name, value] of Object.entries(theirs)) {
        yield* asSuperuser(url, `ALTER ROLE ${login} SET ${name} = '${value}'`)
        yield* asSuperuser(url, `ALTER DATABASE "${TestDatabase.nameOf(url)}" SET ${name} = '${value}'`)
      }
      const sql = yield* pool(TestDatabase.as(url, login), { settings: { statement_timeout: "7s" } })
      expect(
        yield* sql`SELECT '2024-02-01T10:00:00Z'::timestamptz::text AS at, '1 day 2 hours'::interval::text AS took,
          '\\x01'::bytea::text AS bytes, (1::float8 / 3)::text AS third, (NULL::int = NULL) IS NULL AS unknown,
          current_setting('transaction_isolation') AS isolation, current_setting('row_security') AS hidden`
      ).toEqual([
        {
          at: "2024-02-01 10:00:00+00",
          took: "1 day 02:00:00",
          bytes: "\\x01",
          third: "0.3333333333333333",
          unknown: true,
          isolation: "read committed",
          hidden: "on"
        }
      ])
      expect([yield* setting(sql, "lock_timeout"), yield* setting(sql, "statement_timeout")]).toEqual(["0", "7s"])
    }).pipe(run)
  )

  it.live("a setting that this server does not know is passed over", () =>
    Effect.gen(function* () {
      const sql = yield* pool(yield* TestDatabase.create, { settings: { a_setting_of_the_future: "1s" } })
      expect(yield* setting(sql, "client_connection_check_interval")).toBe("500ms")
    }).pipe(run)
  )
})

describe("a statement that is given up", () => {
  const giveUp = (sessions: boolean) =>
    Effect.gen(function* () {
      const url = yield* TestDatabase.create
      const name = `given up ${sessions}`
      const sql = yield* pool(url, { sessions, name })
      const look = yield* TestDatabase.connect(url)
      const active = Effect.map(
        look`SELECT FROM pg_stat_activity WHERE application_name = ${name} AND state = 'active' AND query LIKE '%pg_sleep%'`,
        ({ length }) => length
      )
      // One that is not cancelled is waited for at the end.
      const sleeping = yield* Effect.fork(sql`SELECT pg_sleep(${sessions ? 600 : 10})`)
      yield* eventually("it runs", active, (n) => n === 1)
      yield* Fiber.interrupt(sleeping)
      return { active, settings: settingsOf(sql) }
    })

  it.live("is cancelled where the session is our own", () =>
    Effect.gen(function* () {
      const { active, settings } = yield* giveUp(true)
      // Long before it would have ended by itself.
      yield* eventually("it is cancelled", active, (n) => n === 0)
      expect(yield* settings).toContain("client_connection_check_interval")
    }).pipe(run)
  )

  it.live("is not cancelled behind a pooler, whose process ids are not the server's; and nothing is set there", () =>
    Effect.gen(function* () {
      const { active, settings } = yield* giveUp(false)
      expect(yield* active).toBe(1)
      expect(yield* settings).toEqual([])
    }).pipe(run)
  )
})

describe("a pool that cannot be made", () => {
  it.live("says that its URL is none, and not what is in it", () =>
    Effect.gen(function* () {
      for (const url of ["postgres://user:s3cret@host:port:5432/x", "mysql://user:s3cret@localhost/x", "s3cret", ""]) {
        const error = yield* Effect.flip(pool(Redacted.make(url)))
        expect([error._tag, error.code]).toEqual(["DatabaseError", null])
        expect(error.message).toContain("is not valid")
        expect(JSON.stringify(error)).not.toContain("s3cret")
      }
    }).pipe(run)
  )

  it.live("fails where nobody listens", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(pool(Redacted.make("postgres://user:s3cret@127.0.0.1:1/x")))
      expect([error.isOutage, error.retryable]).toEqual([true, true])
    }).pipe(run)
  )
})

it.live("a pool ends in time, though a statement of it hangs", () =>
  Effect.gen(function* () {
    const url = yield* TestDatabase.create
    const other = yield* TestDatabase.connect(url)
    const hanging = other`SELECT FROM pg_stat_activity
      WHERE datname = current_database() AND state = 'active' AND query = 'SELECT pg_sleep(30)'`
    yield* Effect.scoped(
      Effect.gen(function* () {
        const sql = yield* pool(url, { sessions: false })
        yield* Effect.forkDaemon(Effect.exit(sql`SELECT pg_sleep(30)`))
        yield* eventually("it hangs", hanging, (rows) => rows.length === 1)
      })
    )
    // It has not waited for the statement, which goes on.
    expect(yield* hanging).toHaveLength(1)
  }).pipe(run)
)
