import { expect, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Redacted, type Scope } from "effect"
import { createServer } from "node:net"
import { Database } from "../../src/database/Database.ts"
import { SCHEMA_VERSION } from "../../src/database/Migrations.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"

const open = (url: Redacted.Redacted) => Layer.build(Database.layer({ url }))

/** The URL with something else in it. */
const changed = (url: Redacted.Redacted, change: (url: URL) => void) => {
  const parsed = new URL(Redacted.value(url))
  change(parsed)
  return Redacted.make(parsed.href)
}

/** One line that does not give the password away. */
const expectClear = (message: string, ...contains: ReadonlyArray<string>) => {
  expect(message).not.toMatch(/\n/)
  expect(message).not.toContain("hunter2")
  for (const part of contains) expect(message).toContain(part)
}

it.scopedLive("two processes may migrate an empty database at once, and any number after them", () =>
  Effect.gen(function* () {
    const url = yield* TestDatabase.create
    yield* Effect.all([open(url), open(url), open(url)], { concurrency: "unbounded" })
    yield* open(url)
    const sql = yield* TestDatabase.connect(url)
    const rows = yield* sql`SELECT migration_id FROM engine.migrations ORDER BY 1`
    expect(rows.length).toBe(SCHEMA_VERSION)
  })
)

it.scopedLive("two databases of one server may be migrated at once, though the roles are the server's", () =>
  Effect.gen(function* () {
    const urls = yield* Effect.all([TestDatabase.create, TestDatabase.create, TestDatabase.create])
    yield* Effect.forEach(urls, open, { concurrency: "unbounded" })
  })
)

it.scopedLive("a database that is newer than the program is refused with one clear line, and left as it is", () =>
  Effect.gen(function* () {
    const url = yield* TestDatabase.create
    yield* Effect.scoped(open(url))
    const sql = yield* TestDatabase.connect(url)
    yield* sql`INSERT INTO engine.migrations (migration_id, name) VALUES (${SCHEMA_VERSION + 1}, 'the future')`
    const error = yield* Effect.flip(open(url))
    expect(error.message).toBe(
      `the database is at version ${SCHEMA_VERSION + 1} and this program knows ${SCHEMA_VERSION}: use a newer workflow-infra`
    )
  })
)

it.scopedLive("a migration that fails says which and why in one line, and nothing of it is kept", () =>
  Effect.gen(function* () {
    const url = yield* TestDatabase.create
    const sql = yield* TestDatabase.connect(url)
    yield* sql`CREATE SCHEMA engine`
    yield* sql`CREATE TABLE engine.workflows (mine int)`
    const error = yield* Effect.flip(open(url))
    expectClear(error.message, "already exists")
    expect(error._tag).toBe("MigrationFailed")
    expect(yield* sql`SELECT to_regclass('engine.projects') AS made`).toEqual([{ made: null }])
  })
)

it.scopedLive("a migration that meets a deadlock with somebody who works there begins again", () =>
  Effect.gen(function* () {
    const url = yield* TestDatabase.create
    yield* TestDatabase.onServer((sql) =>
      sql.unsafe(`ALTER DATABASE ${TestDatabase.nameOf(url)} SET deadlock_timeout = '3s'`)
    )
    const sql = yield* TestDatabase.connect(url)
    const other = yield* Effect.flatMap(TestDatabase.connect(url), (client) => Effect.uninterruptible(client.reserve))
    const say = (text: string) => other.executeUnprepared(text, [], undefined)
    // It is the migration that finds it out, and is undone.
    yield* say("SET deadlock_timeout = '1h'; BEGIN; CREATE SCHEMA engine")
    const opening = yield* Effect.fork(open(url))
    const [waiting] = yield* eventually(
      "it waits",
      sql<{ key: string }>`SELECT (classid::bigint << 32 | objid::bigint)::text AS key FROM pg_locks l
        WHERE locktype = 'advisory' AND granted AND EXISTS (SELECT FROM pg_locks w WHERE w.pid = l.pid AND NOT w.granted)
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      ({ length }) => length === 1
    )
    yield* say(`SELECT pg_advisory_xact_lock(${waiting?.key}); ROLLBACK`)
    yield* Fiber.join(opening)
    const rows = yield* sql`SELECT migration_id FROM engine.migrations`
    expect(rows.length).toBe(SCHEMA_VERSION)
  })
)

it.scopedLive("a server that is not there, a wrong password, database or URL: one line, without the password", () =>
  Effect.gen(function* () {
    const url = yield* TestDatabase.create
    const port = yield* freePort
    const cases: ReadonlyArray<readonly [Redacted.Redacted, ReadonlyArray<string>]> = [
      [Redacted.make(`postgres://me:hunter2@127.0.0.1:${port}/db`), ["ECONNREFUSED"]],
      [Redacted.make(`postgres://me:hunter2@localhost:${port}/db`), ["ECONNREFUSED"]],
      [Redacted.make(`postgres://me:hunter2@no-such-host.invalid/db`), ["no-such-host.invalid"]],
      [changed(url, (it) => ((it.username = "nobody_here"), (it.password = "hunter2"))), []],
      [changed(url, (it) => (it.pathname = "/no_such_database")), ["no_such_database"]],
      [Redacted.make("postgres://me:hunter2@[half/db"), []],
      [Redacted.make("postgres://me:hunter2@host:port/db"), []]
    ]
    for (const [wrong, contains] of cases) {
      const error = yield* Effect.flip(open(wrong))
      expect(error._tag).toBe("DatabaseError")
      expectClear(error.message, ...contains)
    }
  })
)

/** A port on which nobody listens. */
const freePort: Effect.Effect<number, never, Scope.Scope> = Effect.async((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 1)))
  })
})
