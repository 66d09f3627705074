import { expect, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { Database } from "../../src/database/Database.ts"
import { orDatabaseError } from "../../src/database/DatabaseError.ts"
import { folder, run } from "../cli/program.ts"
import { asSuperuser, refusal, rolesAt } from "../database/installations.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import * as Faults from "./Faults.ts"
import { committed, expectCompleted, type Named, startOn } from "./Invariants.ts"
import * as Ledger from "./Ledger.ts"
import * as Postgres from "./Postgres.ts"
import * as Server from "./Server.ts"

const WORKFLOWS = Faults.isLong ? 40 : 4
const TASKS = Faults.isLong ? 200 : 30

for (const version of [18, 15] as const) {
  it.scopedLive.skipIf(version === 15 && !Postgres.has15)(
    `28: a login that may create nothing, on PostgreSQL ${version}: what lacks is named in one line; all is done, takeover included${version === 15 ? " (needs PostgreSQL 15)" : ""}`,
    () =>
      Effect.gen(function* () {
        const server = yield* Postgres.make({ version })
        const url = yield* Postgres.prepared(server.url)
        yield* asSuperuser(url, `REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT CONNECT ON DATABASE app TO app`)
        const mine = Postgres.asLogin(url)
        expect(yield* refusal(mine)).toMatch(
          /^MigrationFailed: schema "engine" has to be made, and the login "app" may not create roles[^\n]*"npm start -- migrate --sql --login app" prints, once$/
        )
        const printed = yield* run(yield* folder, ["migrate", "--sql"], { DATABASE_URL: Redacted.value(mine) })
        expect({ errors: printed.errors, status: printed.status }).toEqual({ errors: "", status: 0 })
        yield* asSuperuser(url, printed.output)

        yield* Effect.gen(function* () {
          yield* Postgres.ledgerFor()
          const starting = Server.runOn(mine)
          const [one, other] = yield* Effect.all([starting, starting], { concurrency: "unbounded" })
          const workflows = yield* Effect.forEach(Array.from({ length: WORKFLOWS }), (_, n) =>
            startOn(n % 2 === 0 ? one : other, { tasks: TASKS, millis: 50 })
          )
          yield* Effect.forEach(workflows, (workflow) => committed(workflow, 1))
          yield* one.kill
          yield* Effect.forEach(workflows, (workflow) => expectCompleted(workflow, TASKS))
          const sql = yield* TestDatabase.connect(mine)
          const created = yield* sql`SELECT rolcreaterole AS roles, rolcreatedb AS databases,
            has_database_privilege(current_database(), 'CREATE') AS schemas,
            (SELECT count(*)::int FROM pg_class WHERE relowner = r.oid) AS owned FROM pg_roles r WHERE rolname = current_user`
          expect(created).toEqual([{ roles: false, databases: false, schemas: false, owned: 0 }])
        }).pipe(Faults.soundly, Effect.scoped, Effect.provide(TestInfra.databaseAt(url)))

        const { system } = yield* rolesAt(url)
        yield* asSuperuser(url, `REVOKE UPDATE ON engine.workflows FROM "${system}"`)
        expect(yield* refusal(mine)).toMatch(
          new RegExp(`^RightsMissing: role "${system}" lacks UPDATE ON "engine"."workflows": [^\\n]*$`)
        )
      }),
    180_000
  )
}

/** A tenant's datasource, as a row. */
const datasource = (projectId: string) =>
  Effect.flatMap(Database, ({ engine, tenantTransaction, work: sql }) =>
    tenantTransaction(projectId)(
      () => sql`INSERT INTO ${engine}.datasources (project_id, id, name, connection, settings)
        VALUES (${projectId}, ${projectId}, 'mine', '', '{}')`
    )
  )

/** All that is in an installation, with the transaction that wrote each row last. */
const everything = Effect.gen(function* () {
  const { engine, schema, work: sql } = yield* Database
  const tables = yield* sql<{ name: string }>`SELECT relname AS name FROM pg_class
    WHERE relnamespace = ${schema}::regnamespace AND relkind = 'r' ORDER BY relname`
  const rows = yield* Effect.forEach(
    tables,
    ({ name }) => sql`SELECT ${name} AS name, xmin::text, t::text AS row FROM ${engine}.${sql(name)} t ORDER BY t::text`
  )
  return rows.flat()
})

const installations = [
  {
    of: "two databases",
    first: { login: "first", database: "one", schema: "engine" },
    second: { login: "second", database: "two", schema: "engine" }
  },
  {
    of: "two schemas of one database",
    first: { login: "first", database: "both", schema: "one" },
    second: { login: "second", database: "both", schema: "two" }
  }
] as const

for (const { first, of, second } of installations) {
  it.scopedLive(
    `29: two installations on one server (${of}), different logins: neither sees, changes or claims what is the other's`,
    () =>
      Effect.gen(function* () {
        const server = yield* Postgres.make()
        const install = (which: Postgres.Installation) => Layer.build(Postgres.installed(server.url, which))
        const [here, there] = [yield* install(first), yield* install(second)]
        const serverOf = ({ login, schema }: typeof first | typeof second) =>
          Effect.flatMap(Database, ({ url }) => Server.runOn(Postgres.asLogin(url, login), { WORKFLOW_SCHEMA: schema }))
        const begin = (server: Server.Server) =>
          Effect.gen(function* () {
            const workflows = yield* Effect.forEach(Array.from({ length: WORKFLOWS }), () =>
              startOn(server, { tasks: TASKS, millis: 50 })
            )
            yield* Effect.forEach(workflows, (workflow) => committed(workflow, 1))
            yield* Effect.forEach(workflows, ({ projectId }) => datasource(projectId))
            return workflows
          })
        const finish = (workflows: ReadonlyArray<Named>, ...pids: ReadonlyArray<number>) =>
          Effect.forEach(workflows, (workflow) =>
            Effect.gen(function* () {
              yield* expectCompleted(workflow, TASKS)
              const rows = yield* Ledger.entries("executions", workflow.id)
              expect(rows.filter(({ pid }) => !pids.includes(pid))).toEqual([])
            })
          )

        const ours = yield* Effect.provide(serverOf(first), here)
        const theirs = yield* Effect.provide(serverOf(second), there)
        const [mine, others] = yield* Effect.all(
          [Effect.provide(begin(ours), here), Effect.provide(begin(theirs), there)],
          { concurrency: 2 }
        )
        yield* Effect.provide(finish(others, theirs.pid), there)

        // The first one's server dies: nobody takes its workflows over, however long; the other goes on with its own.
        yield* ours.kill
        const dead = Effect.flatMap(
          Database,
          ({ engine, work: sql }) => sql`SELECT FROM ${engine}.server_instances WHERE expires_at > now()`
        )
        yield* Effect.provide(
          eventually("its lease has run out", dead, ({ length }) => length === 0),
          here
        )
        const before = yield* Effect.provide(everything, here)
        yield* Effect.provide(
          Effect.flatMap(begin(theirs), (more) => finish(more, theirs.pid)),
          there
        )
        expect(yield* Effect.provide(everything, here)).toEqual(before)

        // Nor could it, if it wanted to.
        const sqlOf = ({ database, login }: typeof first | typeof second, into = database) =>
          TestDatabase.connect(Postgres.asLogin(TestDatabase.urlOf(server.url, into), login))
        const { tenantRole, url } = Context.get(here, Database)
        const { system } = yield* rolesAt(url, first.schema)
        const stranger = yield* sqlOf(second)
        for (const role of [tenantRole, system, first.login]) {
          expect((yield* Effect.flip(orDatabaseError(stranger`SET ROLE ${stranger(role)}`))).code).toBe("42501")
        }
        const look = Effect.flatMap(sqlOf(second, first.database), (sql) =>
          Effect.forEach(["workflows", "workflow_tasks", "datasources", "projects", "server_instances"], (table) =>
            Effect.flip(orDatabaseError(sql`SELECT FROM ${sql(first.schema)}.${sql(table)}`))
          )
        )
        if (first.database === second.database)
          expect((yield* look).map(({ code }) => code)).toEqual(Array(5).fill("42501"))
        else expect((yield* Effect.exit(look))._tag).toBe("Failure")

        const successor = yield* Effect.provide(serverOf(first), here)
        const untouched = yield* Effect.provide(everything, there)
        yield* Effect.provide(finish(mine, ours.pid, successor.pid), here)
        const rowsOfTables = (rows: typeof untouched) => rows.filter(({ name }) => name !== "server_instances")
        expect(rowsOfTables(yield* Effect.provide(everything, there))).toEqual(rowsOfTables(untouched))
      }),
    180_000
  )
}
