import type { PgClient } from "@effect/sql-pg"
import { describe, expect, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Redacted } from "effect"
import * as Net from "node:net"
import * as Datasource from "../../src/datasource/Datasource.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import { datasourceOf, loginOf, urlWith } from "./datasourceOf.ts"

const failure = (url: Redacted.Redacted) => Effect.flip(Effect.scoped(Datasource.make({ url })))

/** A server that says something else, or nothing. */
const listen = (onConnection: (socket: Net.Socket) => void) =>
  Effect.acquireRelease(
    Effect.async<{ readonly server: Net.Server; readonly port: number }>((resume) => {
      const server = Net.createServer((socket) => {
        socket.on("error", () => {})
        onConnection(socket)
      }).listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed({ server, port: typeof address === "object" && address !== null ? address.port : 0 }))
      })
    }),
    ({ server }) => Effect.sync(() => server.close())
  ).pipe(Effect.map(({ port }) => Redacted.make(`postgres://reader:s3cret@127.0.0.1:${port}/shop`)))

/** A view that takes as long as it is let. */
const SLOW = `CREATE TABLE t (id int); INSERT INTO t VALUES (1); CREATE VIEW slow AS SELECT id, pg_sleep(600)::text AS x FROM t`
const slow = { schema: "public", table: "slow" }

/** The same, but that the connection has to be encrypted. */
const withTls = (url: Redacted.Redacted) => {
  const parsed = new URL(Redacted.value(url))
  parsed.searchParams.set("sslmode", "require")
  return Redacted.make(parsed.href)
}

describe("a datasource that cannot be read", () => {
  it.scopedLive("is a line that says why and never the password", () =>
    Effect.gen(function* () {
      const { url, sql } = yield* datasourceOf(`SELECT 1`)
      const port = yield* Effect.scoped(
        Effect.map(
          listen(() => {}),
          (url) => Number(new URL(Redacted.value(url)).port)
        )
      )
      const mysql = yield* listen((socket) => socket.write(Buffer.from("4a0000000a352e372e3434", "hex")))
      const web = yield* listen((socket) => socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")))
      const rude = yield* listen((socket) => socket.end())
      const reader = yield* loginOf(sql, url, "connection_reader")
      const few = yield* loginOf(sql, url, "connection_few")
      yield* sql`ALTER ROLE connection_few CONNECTION LIMIT 0`
      const cases = [
        ["malformed-url", Redacted.make("shop"), "postgres://"],
        ["refused", Redacted.make(`postgres://reader:s3cret@127.0.0.1:${port}/shop`), `127.0.0.1:${port}/shop`],
        ["unreachable", Redacted.make("postgres://reader:s3cret@no-such-host.invalid/shop"), "no-such-host.invalid"],
        ["not-postgres", mysql, "not PostgreSQL"],
        ["not-postgres", web, "not PostgreSQL"],
        ["not-postgres", rude, "not PostgreSQL"],
        ["authentication", urlWith(reader, { password: "s3cret" }), "connection_reader"],
        ["authentication", urlWith(reader, { user: "nobody_of_that_name" }), "nobody_of_that_name"],
        ["no-database", urlWith(url, { database: "no_such_shop" }), "no_such_shop"],
        ["too-many-connections", few, "max_connections"],
        ["tls", withTls(url), "sslmode"],
        ["unreachable", Redacted.make("postgres://reader:s3cret@/shop?host=/no/such/socket"), "/no/such/socket"]
      ] as const
      for (const [reason, at, hint] of cases) {
        const error = yield* failure(at)
        expect([error.message, error.reason]).toEqual([error.message, reason])
        expect(error.message).toContain(hint)
        expect(error.message).not.toMatch(/\n/)
        expect(`${error.message} ${JSON.stringify(error)} ${String(error.stack)}`).not.toMatch(/s3cret|secret-/)
      }
    })
  )

  it.scopedLive("is known to be silent before anybody waits for ever", () =>
    Effect.gen(function* () {
      const url = yield* listen(() => {})
      const error = yield* Effect.flip(Effect.scoped(Datasource.make({ url, connectTimeout: "300 millis" })))
      expect(error.reason).toBe("unreachable")
    })
  )

  it.scopedLive("and one whose server ends a connection once answers all the same", () =>
    Effect.gen(function* () {
      const { datasource, sql } = yield* datasourceOf(
        `${SLOW}; CREATE OR REPLACE VIEW slow AS SELECT id, pg_sleep(2)::text AS x FROM t`
      )
      const running = yield* Effect.fork(datasource.profile(slow))
      yield* eventually("the statement was ended", end(sql), (rows) => rows.length > 0)
      expect((yield* Fiber.join(running)).rows).toBe(1)
    })
  )

  it.scopedLive("and one whose administrator ends our connections again says so, and is left", () =>
    Effect.gen(function* () {
      const { datasource, sql } = yield* datasourceOf(SLOW)
      const running = yield* Effect.forEach([1, 2, 3], () => Effect.fork(Effect.exit(datasource.profile(slow))))
      const first = yield* eventually("all read", reading(sql), (rows) => rows.length === 3)
      // At once, which is meant once.
      yield* end(sql)
      yield* eventually("one reads again", reading(sql), (rows) =>
        rows.some(({ pid }) => !first.some((row) => row.pid === pid))
      )
      yield* end(sql)
      const error = yield* Effect.raceAll(running.map((fiber) => Effect.flip(Effect.flatten(Fiber.join(fiber)))))
      expect(error).toMatchObject({ reason: "ended", retryable: false, ofOneTable: false })
      expect(error.message).toContain("administrator")
      yield* Fiber.interruptAll(running)
    })
  )
})

/** Who reads the slow view. */
const reading = (sql: PgClient.PgClient) => sql<{ pid: number }>`SELECT pid FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = 'workflow-infra' AND query LIKE '%slow%' AND query NOT LIKE '%EXPLAIN%' AND state = 'active'`

/** Ends it. */
const end = (sql: PgClient.PgClient) => sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = 'workflow-infra' AND query LIKE '%slow%' AND query NOT LIKE '%EXPLAIN%' AND state = 'active'`

describe("a datasource", () => {
  it.scopedLive("cannot be written to, whoever the login is", () =>
    Effect.gen(function* () {
      const { datasource, sql } = yield* datasourceOf(`
        CREATE TABLE t (id int); CREATE SEQUENCE s;
        CREATE FUNCTION write() RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.t VALUES (1); RETURN 1; END $$;
        CREATE FUNCTION unlock() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
          PERFORM set_config('default_transaction_read_only', 'off', false); PERFORM set_config('transaction_read_only', 'off', false);
          INSERT INTO public.t VALUES (2); RETURN 1; END $$;
        CREATE VIEW writes AS SELECT public.write() AS x; CREATE VIEW unlocks AS SELECT public.unlock() AS x;
        CREATE VIEW takes AS SELECT nextval('public.s') AS x`)
      for (const table of ["writes", "unlocks", "takes"]) {
        const error = yield* Effect.flip(datasource.profile({ schema: "public", table }))
        expect([table, error.reason]).toEqual([table, "failed"])
      }
      expect(yield* sql`SELECT count(*)::int AS n FROM t`).toEqual([{ n: 0 }])
      expect(yield* sql`SELECT is_called FROM s`).toEqual([{ is_called: false }])
    })
  )

  it.scopedLive("is left alone by a statement that takes too long, and says so", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(SLOW, { statementTimeout: "300 millis" })
      const error = yield* Effect.flip(datasource.profile(slow))
      expect(error).toMatchObject({ reason: "timeout", code: "57014" })
      expect(error.message).toContain("0.3 s")
    })
  )

  it.scopedLive(
    "is not kept waiting by a lock: that is an error of the one table, and the catalog is read all the same",
    () =>
      Effect.gen(function* () {
        const { datasource, sql } = yield* datasourceOf(
          `CREATE TABLE t (id serial PRIMARY KEY, d text DEFAULT lower('X') CHECK (d <> ''), g int GENERATED ALWAYS AS (1) STORED);
        CREATE TABLE p (id int, t int REFERENCES t) PARTITION BY LIST (id);
        CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); CREATE INDEX ON p (lower(id::text)); CREATE TABLE u (id int)`,
          { statementTimeout: "1 minute" }
        )
        const before = yield* datasource.catalog()
        yield* Effect.gen(function* () {
          yield* sql`LOCK TABLE t, p, p1 IN ACCESS EXCLUSIVE MODE`
          expect(yield* datasource.catalog()).toEqual(before)
          const error = yield* Effect.flip(datasource.profile({ schema: "public", table: "t" }))
          expect(error).toMatchObject({ reason: "locked", code: "55P03", ofOneTable: true })
          // Who holds one table's lock may hold many.
          const next = yield* Effect.flip(datasource.profile({ schema: "public", table: "p" }))
          expect([error.message, next.message]).toEqual([
            expect.stringContaining("longer than 5 s"),
            expect.stringContaining("longer than 0.5 s")
          ])
          expect((yield* datasource.profile({ schema: "public", table: "u" })).rows).toBe(0)
        }).pipe(sql.withTransaction)
      })
  )

  it.scopedLive("runs nothing on after an interruption, and only that statement is cancelled", () =>
    Effect.gen(function* () {
      const { datasource, sql } = yield* datasourceOf(
        `${SLOW}; CREATE TABLE u AS SELECT generate_series(1, 1000) AS id`,
        {
          connections: 2
        }
      )
      const active = sql<{ n: number }>`SELECT count(*)::int AS n FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'workflow-infra' AND state = 'active'`.pipe(
        Effect.map(([row]) => row?.n)
      )
      for (let round = 0; round < 5; round++) {
        // Four of them on two connections: two run, two wait for their turn.
        const running = yield* Effect.forEach([1, 2, 3, 4], () => Effect.fork(datasource.profile(slow)))
        yield* eventually("they run", active, (n) => n === 2)
        yield* Fiber.interruptAll(running)
        yield* eventually("nothing runs any more", active, (n) => n === 0)
        const others = yield* Effect.forEach(
          [1, 2, 3, 4, 5, 6],
          () => datasource.profile({ schema: "public", table: "u" }),
          {
            concurrency: "unbounded"
          }
        )
        expect(others.map((profile) => profile.rows)).toEqual([1000, 1000, 1000, 1000, 1000, 1000])
      }
    })
  )

  it.scopedLive("is let go at once when it is interrupted at any moment", () =>
    Effect.gen(function* () {
      const { datasource, sql } = yield* datasourceOf(`CREATE TABLE u AS SELECT generate_series(1, 20000) AS id`)
      for (let turns = 0; turns < 60; turns++) {
        const begun = yield* Deferred.make<void>()
        const fiber = yield* Effect.fork(
          Effect.zipRight(Deferred.succeed(begun, undefined), datasource.profile({ schema: "public", table: "u" }))
        )
        yield* Deferred.await(begun)
        yield* Effect.repeatN(
          Effect.promise(() => new Promise((resume) => setImmediate(resume))),
          turns
        )
        yield* Fiber.interrupt(fiber)
      }
      const left = sql<{ n: number }>`SELECT count(*)::int AS n FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'workflow-infra' AND state <> 'idle'`
      yield* eventually("nothing is left", left, ([row]) => row?.n === 0)
      expect((yield* datasource.profile({ schema: "public", table: "u" })).rows).toBe(20_000)
    })
  )

  it.scopedLive("gets no more connections than it was said, and none after the scope", () =>
    Effect.gen(function* () {
      const url = yield* TestDatabase.create
      const sql = yield* TestDatabase.connect(url)
      yield* sql`CREATE TABLE t AS SELECT generate_series(1, 5000) AS id`
      const sessions = sql<{ n: number }>`SELECT count(*)::int AS n FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'workflow-infra'`.pipe(
        Effect.map(([row]) => row?.n ?? 0)
      )
      yield* Effect.scoped(
        Effect.gen(function* () {
          const datasource = yield* Datasource.make({ url, connections: 3 })
          const profiles = Effect.forEach(
            Array.from({ length: 40 }),
            () => datasource.profile({ schema: "public", table: "t" }),
            {
              concurrency: "unbounded"
            }
          )
          const most = yield* Effect.zipRight(profiles, sessions)
          expect(most).toBeGreaterThan(0)
          expect(most).toBeLessThanOrEqual(3)
        })
      )
      yield* eventually("all are closed", sessions, (n) => n === 0)
    })
  )
})
