import { PgClient } from "@effect/sql-pg"
import { Reactivity } from "@effect/experimental"
import { expect, expectTypeOf, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import * as Pg from "pg"
import { Database, Tenant, TenantContext } from "../../src/index.ts"
import { urlOfClient } from "../../src/database/ServerUrl.ts"
import { uuidv7 } from "../../src/database/Uuid.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"

it.scopedLive("a table of one's own shows a project's rows to that project only, and is prepared once", () =>
  Effect.gen(function* () {
    const { work } = yield* Database
    yield* work`CREATE TABLE invoices (project_id uuid, number int)`
    const prepare = Database.tenantTable("invoices", { tenant: "SELECT, INSERT" })
    yield* Effect.all([prepare, prepare, prepare], { concurrency: "unbounded" })
    const [mine, theirs] = [yield* uuidv7, yield* uuidv7]
    const tenants = yield* TenantContext
    const insert = Effect.gen(function* () {
      const { projectId } = yield* Tenant
      const sql = yield* Tenant.sql
      yield* sql`INSERT INTO invoices VALUES (${projectId}, 1)`
    })
    yield* tenants.withProject(mine)(insert)
    const count = Effect.flatMap(Tenant.sql, (sql) => sql`SELECT FROM invoices`)
    expect(yield* tenants.withProject(mine)(count)).toHaveLength(1)
    expect(yield* tenants.withProject(theirs)(count)).toHaveLength(0)
    const foreign = Effect.flatMap(Tenant.sql, (sql) => sql`INSERT INTO invoices VALUES (${theirs}, 2)`)
    expect(String(yield* Effect.flip(tenants.withProject(mine)(foreign)))).toContain("row-level security")

    // So a statement of a tenant outside of a project does not compile.
    expectTypeOf<Effect.Effect.Context<typeof count>>().toEqualTypeOf<Tenant | Database>()
  }).pipe(Effect.provide(TestInfra.database))
)

it.scopedLive("a tenant numbers its rows by whatever sequence a column of one's own table has", () =>
  Effect.gen(function* () {
    const { work } = yield* Database
    yield* work`CREATE SCHEMA sales`
    yield* work`CREATE TABLE sales."Receipts" (project_id uuid, number bigserial, item smallserial,
      line int GENERATED ALWAYS AS IDENTITY)`
    yield* Database.tenantTable("Receipts", { schema: "sales" })
    const projectId = yield* uuidv7
    const { withProject } = yield* TenantContext
    const numbered = Effect.flatMap(
      Tenant.sql,
      (sql) => sql`INSERT INTO sales."Receipts" (project_id) VALUES (${projectId}) RETURNING number, item, line`
    )
    expect(yield* withProject(projectId)(numbered)).toEqual([{ number: "1", item: 1, line: 1 }])
  }).pipe(Effect.provide(TestInfra.database))
)

it.scopedLive("several installations of one database may have one of the program's own tables in common", () =>
  Effect.gen(function* () {
    const url = yield* TestDatabase.create
    for (const schema of ["first", "second"]) {
      yield* Effect.gen(function* () {
        const { work } = yield* Database
        yield* work`CREATE TABLE IF NOT EXISTS invoices (project_id uuid, number int)`
        yield* Database.tenantTable("invoices", { system: "SELECT" })
        yield* Database.tenantTable("invoices", { system: "SELECT" })
        const projectId = yield* uuidv7
        const { withProject } = yield* TenantContext
        const insert = Effect.flatMap(Tenant.sql, (sql) => sql`INSERT INTO invoices VALUES (${projectId}, 1)`)
        yield* withProject(projectId)(insert)
        const all = Effect.flatMap(Tenant.sql, (sql) => sql`SELECT FROM invoices`)
        expect(yield* withProject(projectId)(all)).toHaveLength(1)
      }).pipe(Effect.provide(TestInfra.databaseAt(url, schema)))
    }
  })
)

it.scopedLive("the database of a program's own client, or of its pool, is ours, too", () =>
  Effect.gen(function* () {
    const url = yield* TestDatabase.create
    const acquire = Effect.acquireRelease(
      Effect.sync(() => new Pg.Pool({ connectionString: Redacted.value(url), max: 1 })),
      (pool) => Effect.promise(() => pool.end())
    )
    const { hostname, password, port, username } = new URL(Redacted.value(url))
    const clients = [
      PgClient.fromPool({ acquire, transformResultNames: (name) => name.toUpperCase() }),
      PgClient.make({
        host: hostname,
        port: Number(port),
        username,
        password: Redacted.make(decodeURIComponent(password)),
        database: TestDatabase.nameOf(url),
        ssl: false
      })
    ]
    for (const client of clients) {
      const built = yield* Layer.build(
        Layer.provide(Database.layerPgClient({ schema: "mine" }), Layer.scoped(PgClient.PgClient, client))
      ).pipe(Effect.provide(Reactivity.layer))
      const { installation, work } = Context.get(built, Database)
      expect(installation.names.schema).toBe("mine")
      expect(yield* work`SELECT current_database() AS name`).toEqual([{ name: TestDatabase.nameOf(url) }])
    }
  })
)

it.effect("what a client says of its server is a URL, but for TLS options of its own", () =>
  Effect.gen(function* () {
    const said = (config: Parameters<typeof urlOfClient>[0]) => Effect.map(urlOfClient(config), Redacted.value)
    expect(yield* said({ host: "db", username: "a:b", password: Redacted.make("p@ss"), database: "x/y" })).toBe(
      "postgres://a%3Ab:p%40ss@db:5432/x%2Fy?"
    )
    expect(yield* said({ path: "/run/postgresql", database: "x", ssl: true })).toBe(
      "postgres:///x?host=%2Frun%2Fpostgresql&sslmode=verify-full"
    )
    expect((yield* Effect.flip(urlOfClient({ ssl: { ca: "…" } }))).message).toContain("TLS options of its own")
  })
)
