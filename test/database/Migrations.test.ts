import { expect, it } from "@effect/vitest"
import { Effect, Layer, Redacted, type Scope } from "effect"
import { createServer } from "node:net"
import { Database } from "../../src/database/Database.ts"
import { SCHEMA_VERSION } from "../../src/database/Migrations.ts"
import { SYSTEM_ROLE, TENANT_ROLE } from "../../src/database/Roles.ts"
import { Projects } from "../../src/tenant/Projects.ts"
import { TenantContext } from "../../src/tenant/TenantContext.ts"
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

it.scopedLive("a login that may not create what is missing is told so in one line", () =>
  Effect.gen(function* () {
    const restricted = yield* login("")
    const url = yield* TestDatabase.create
    const error = yield* Effect.flip(open(changed(url, restricted)))
    expectClear(error.message, "permission denied")
  })
)

it.scopedLive("an ordinary login that may create roles and owns its database is enough", () =>
  Effect.gen(function* () {
    const ordinary = yield* login("CREATEROLE")
    const url = yield* TestDatabase.create
    const sql = yield* TestDatabase.connect(url)
    // What PostgreSQL itself grants to who makes a role; on this server somebody else has made them.
    for (const role of [TENANT_ROLE, SYSTEM_ROLE]) {
      yield* sql.unsafe(`GRANT ${role} TO ${ordinary.role} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`)
    }
    yield* sql.unsafe(`ALTER DATABASE "${new URL(Redacted.value(url)).pathname.slice(1)}" OWNER TO ${ordinary.role}`)
    const database = Database.layer({ url: changed(url, ordinary) })
    const layer = Layer.provideMerge(Layer.merge(Projects.layer, TenantContext.layer), database)
    yield* Effect.gen(function* () {
      const { control, work } = yield* Database
      const tenants = yield* TenantContext
      const projectId = yield* Effect.flatMap(Projects, (projects) => projects.ensure("mine"))
      expect(yield* tenants.withProject(projectId)(work`SELECT name FROM engine.projects`)).toEqual([{ name: "mine" }])
      expect(yield* control`SELECT name FROM engine.projects`).toEqual([{ name: "mine" }])
    }).pipe(Effect.provide(layer))
  })
)

/** A login role of the server's with a password, dropped with the scope; the result puts it into a URL. */
const login = (attributes: string) =>
  Effect.gen(function* () {
    const role = `login_${Math.random().toString(36).slice(2)}`
    yield* Effect.acquireRelease(
      TestDatabase.onServer((sql) => sql.unsafe(`CREATE ROLE ${role} LOGIN PASSWORD 'hunter2' ${attributes}`)),
      () => TestDatabase.onServer((sql) => sql.unsafe(`DROP ROLE ${role}`))
    )
    return Object.assign(
      (url: URL) => {
        url.username = role
        url.password = "hunter2"
      },
      { role }
    )
  })

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
