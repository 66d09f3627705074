import { expect, it } from "@effect/vitest"
import { Effect, Either, type Redacted } from "effect"
import { Database } from "../../src/database/Database.ts"
import { migrate, MIGRATIONS, SCHEMA_VERSION, script, scriptFromNothing } from "../../src/database/Migrations.ts"
import { TenantContext } from "../../src/tenant/TenantContext.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { kind, reaches } from "../fixtures/TestWorkflows.ts"
import { administer, asSuperuser, open, prepared, projects, program, refusal, rolesAt } from "./installations.ts"

const serverVersion = TestDatabase.onServer((sql) =>
  Effect.map(
    sql<{ version: number }>`SELECT current_setting('server_version_num')::int AS version`,
    ([row]) => row?.version ?? 0
  )
)

/** The statement that a line ends with. */
const remedyIn = (line: string) => /, or: (.*)$/.exec(line)?.[1] ?? ""

it.scopedLive("a login that may not create what is missing is told so in one line, and leaves nothing behind", () =>
  Effect.gen(function* () {
    const [nothing, creator, owner] = [
      yield* TestDatabase.login(),
      yield* TestDatabase.login("CREATEROLE"),
      yield* TestDatabase.login()
    ]
    const url = yield* TestDatabase.create
    const told = (login: string) => refusal(TestDatabase.as(url, login))
    const advice = (login: string) =>
      `: an administrator runs "npm start -- migrate --login ${login}", or what "npm start -- migrate --sql --login ${login}" prints, once`
    const name = TestDatabase.nameOf(url)
    expect(yield* told(nothing)).toBe(
      `MigrationFailed: schema "engine" has to be made, and the login "${nothing}" may not create roles (CREATEROLE) and may not create schemas in database "${name}" (CREATE)${advice(nothing)}`
    )
    expect(yield* told(creator)).toBe(
      `MigrationFailed: schema "engine" has to be made, and the login "${creator}" may not create schemas in database "${name}" (CREATE)${advice(creator)}`
    )
    yield* asSuperuser(url, `GRANT CREATE ON DATABASE "${name}" TO ${owner}`)
    expect(yield* told(owner)).toBe(
      `MigrationFailed: schema "engine" has to be made, and the login "${owner}" may not create roles (CREATEROLE)${advice(owner)}`
    )
    yield* asSuperuser(url, "CREATE SCHEMA engine")
    expect(yield* told(creator)).toContain(`may not change schema "engine", which belongs to "`)
    yield* asSuperuser(url, `ALTER SCHEMA engine OWNER TO ${creator}`)
    yield* open(TestDatabase.as(url, creator))
  })
)

it.scopedLive(
  "where an administrator has run the printed script, a login that may create nothing does all the work",
  () =>
    Effect.gen(function* () {
      const { login, mine, url } = yield* prepared("NOINHERIT".repeat(Number((yield* serverVersion) >= 160_000)))
      const rights = yield* Effect.flatMap(
        TestDatabase.connect(url),
        (sql) =>
          sql`SELECT has_database_privilege(${login}, current_database(), 'CREATE') AS database,
        has_schema_privilege(${login}, 'engine', 'CREATE') AS schema, rolcreaterole AS roles FROM pg_roles WHERE rolname = ${login}`
      )
      expect(rights).toEqual([{ database: false, schema: false, roles: false }])
      // Whatever would be written at a start fails.
      const name = TestDatabase.nameOf(url)
      yield* asSuperuser(url, `ALTER DATABASE "${name}" SET default_transaction_read_only = on`)
      yield* open(mine)
      yield* TestDatabase.onServer((sql) => sql.unsafe(`ALTER DATABASE "${name}" RESET default_transaction_read_only`))

      yield* Effect.gen(function* () {
        const { engine, work } = yield* Database
        const tenants = yield* TenantContext
        const infra = yield* TestInfra.start()
        const [one, other] = [yield* TestInfra.project, yield* TestInfra.project]
        const working = yield* infra.register(
          kind("working", ({ queue, workflow: { projectId } }) =>
            Effect.zipRight(
              queue.enqueue({
                id: "write",
                name: "Write",
                class: "data",
                execute: Effect.void,
                commit: () =>
                  work`INSERT INTO ${engine}.datasources (project_id, id, name, connection, settings) VALUES (${projectId}, ${projectId}, 'd', '', '{}')`
              }),
              queue.wait
            )
          )
        )
        const workflow = yield* working.start({ projectId: one, config: null })
        yield* reaches(infra, workflow, "completed")
        const names = work`SELECT name FROM ${engine}.datasources`
        expect(yield* tenants.withProject(one)(names)).toEqual([{ name: "d" }])
        expect(yield* tenants.withProject(other)(names)).toEqual([])
        // Nobody's without a tenant. Before PostgreSQL 16 the login has the tenant role's rights, and is shown no row all the same.
        const without = yield* Effect.either(names)
        expect(Either.getOrElse(without, () => [])).toEqual([])
      }).pipe(Effect.provide(TestInfra.databaseAt(mine)))
    })
)

it.scopedLive("each right that is missing is named in one line, with what gives it", () =>
  Effect.gen(function* () {
    const { login, mine, url } = yield* prepared()
    const modern = (yield* serverVersion) >= 160_000
    const { system, tenant } = yield* rolesAt(url)
    const cases: ReadonlyArray<readonly [taken: string, says: string]> = [
      [`REVOKE "${tenant}" FROM ${login}`, `the login "${login}" may not set role "${tenant}" of schema "engine"`],
      [
        `REVOKE "${system}" FROM ${login}`,
        `the login "${login}" has not the rights of role "${system}" of schema "engine"`
      ],
      [`REVOKE USAGE ON SCHEMA engine FROM "${tenant}"`, `role "${tenant}" may not use schema "engine"`],
      [`REVOKE USAGE ON SCHEMA engine FROM "${system}"`, `role "${system}" may not use schema "engine"`],
      [`REVOKE SELECT ON engine.migrations FROM "${system}"`, `role "${system}" lacks SELECT ON "engine"."migrations"`],
      [
        `REVOKE SELECT ON engine.installation FROM "${system}"`,
        `role "${system}" lacks SELECT ON "engine"."installation"`
      ],
      [`REVOKE INSERT ON engine.workflows FROM "${system}"`, `role "${system}" lacks INSERT ON "engine"."workflows"`],
      [
        `REVOKE DELETE ON engine.datasources FROM "${tenant}"`,
        `role "${tenant}" lacks DELETE ON "engine"."datasources"`
      ],
      [
        `REVOKE UPDATE (requested) ON engine.workflows FROM "${tenant}"`,
        `role "${tenant}" lacks UPDATE ("requested") ON "engine"."workflows"`
      ],
      ...(modern
        ? ([
            [`REVOKE SET OPTION FOR "${tenant}" FROM ${login}`, `the login "${login}" may not set role "${tenant}"`],
            [
              `REVOKE INHERIT OPTION FOR "${system}" FROM ${login}`,
              `the login "${login}" has not the rights of role "${system}"`
            ]
          ] as const)
        : ([
            [
              `ALTER ROLE ${login} NOINHERIT`,
              `the login "${login}" is a member of role "${system}" of schema "engine" and does not inherit its rights`
            ]
          ] as const))
    ]
    for (const [taken, says] of cases) {
      yield* asSuperuser(url, taken)
      const line = yield* refusal(mine)
      expect(line).toMatch(/^RightsMissing: [^\n]*$/)
      expect(line).toContain(says)
      expect(line).toContain(`an administrator runs "npm start -- migrate --login ${login}"`)
      // What the line says is enough; and so is the script.
      yield* asSuperuser(url, remedyIn(line))
      yield* open(mine)
      if (!taken.startsWith("ALTER ROLE")) {
        yield* asSuperuser(url, taken)
        yield* administer(url, login)
        yield* open(mine)
      }
    }
    yield* asSuperuser(
      url,
      `REVOKE INSERT, UPDATE ON engine.workflows FROM "${system}"; REVOKE "${tenant}" FROM ${login}`
    )
    const line = yield* refusal(mine)
    expect(line).toMatch(
      /may not set role .*, and role .* lacks INSERT .*, and role .* lacks UPDATE .*migrate --sql --login [^:]*$/
    )
    yield* asSuperuser(url, `REVOKE CONNECT ON DATABASE "${TestDatabase.nameOf(url)}" FROM ${login}`)
    expect(yield* refusal(mine)).toMatch(/^DatabaseError: permission denied for database/)
  })
)

it.scopedLive("settings of the role or the database change nothing", () =>
  Effect.gen(function* () {
    const login = yield* TestDatabase.login("CREATEROLE")
    const url = yield* TestDatabase.create
    yield* TestDatabase.own(url, login)
    const name = TestDatabase.nameOf(url)
    // In front of ours: tables and functions of the same names.
    yield* asSuperuser(
      url,
      `CREATE SCHEMA evil; CREATE TABLE evil.pg_roles (rolname name); CREATE TABLE evil.pg_class (oid oid);
      CREATE FUNCTION evil.current_database() RETURNS name LANGUAGE sql AS $$ SELECT 'nowhere'::name $$; GRANT USAGE ON SCHEMA evil TO PUBLIC`
    )
    for (const setting of [
      "search_path = evil, public, pg_catalog",
      "standard_conforming_strings = off",
      "default_transaction_isolation = 'serializable'",
      "lock_timeout = '1ms'"
    ]) {
      yield* asSuperuser(url, `ALTER DATABASE "${name}" SET ${setting}`)
    }
    const mine = TestDatabase.as(url, login)
    yield* asSuperuser(url, `ALTER ROLE ${login} SET default_transaction_read_only = on`)
    const sql = yield* TestDatabase.connect(mine)
    expect((yield* migrate(sql, "engine")).ran.length).toBe(SCHEMA_VERSION)
    yield* asSuperuser(url, `ALTER ROLE ${login} RESET default_transaction_read_only`)
    yield* open(mine)
    expect(yield* Effect.provide(projects, program(mine))).toEqual([])
  })
)

it.scopedLive("the script refuses to run where it should not, and keeps nothing of what it began", () =>
  Effect.gen(function* () {
    const login = yield* TestDatabase.login()
    const [url, elsewhere] = [yield* TestDatabase.create, yield* TestDatabase.create]
    const sql = yield* TestDatabase.connect(url)
    const first = yield* script(sql, "engine", login)
    const fails = (url: Redacted.Redacted, text: string) =>
      Effect.map(Effect.flip(asSuperuser(url, text)), (error) => String(error.cause))
    expect(yield* fails(elsewhere, first)).toContain(
      `this script is for database "${TestDatabase.nameOf(url)}", and this is `
    )
    expect(yield* fails(url, first.replaceAll(`'${login}'`, "'nobody_here'"))).toContain(
      `role "nobody_here" does not exist`
    )
    expect(yield* sql`SELECT to_regnamespace('engine') AS made`).toEqual([{ made: null }])
    yield* asSuperuser(url, first)
    expect(yield* fails(url, first)).toContain(
      `schema "engine" is at version ${SCHEMA_VERSION}, and this script begins at 0`
    )
    // Grants alone may be repeated.
    const second = yield* script(sql, "engine", login)
    expect(second).not.toContain("CREATE TABLE")
    yield* asSuperuser(url, second)
    yield* asSuperuser(url, second)
    yield* open(TestDatabase.as(url, login))
  })
)

it.scopedLive("the script for a database that nobody can ask is the same, and after an upgrade only what is new", () =>
  Effect.gen(function* () {
    const login = yield* TestDatabase.login()
    const url = yield* TestDatabase.create
    yield* asSuperuser(url, yield* scriptFromNothing("engine", login))
    yield* open(TestDatabase.as(url, login))
    // As an older program would have left it.
    const sql = yield* TestDatabase.connect(url)
    yield* sql`DELETE FROM engine.migrations WHERE migration_id >= 7`
    const again = yield* script(sql, "engine", login)
    expect(again).toContain(`from version 6 to ${SCHEMA_VERSION}`)
    expect(again).not.toContain("CREATE ROLE")
    for (const [index, [name]] of MIGRATIONS.entries()) {
      expect(again.includes(`VALUES (${index + 1}, '${name}')`)).toBe(index >= 6)
    }
  })
)

it.scopedLive("an administrator who is no superuser will do, if he may create roles and schemas", () =>
  Effect.gen(function* () {
    const [admin, login] = [yield* TestDatabase.login("CREATEROLE"), yield* TestDatabase.login()]
    const url = yield* TestDatabase.create
    yield* asSuperuser(url, `GRANT CREATE ON DATABASE "${TestDatabase.nameOf(url)}" TO ${admin}`)
    const sql = yield* TestDatabase.connect(TestDatabase.as(url, admin))
    yield* sql.unsafe(yield* script(sql, "engine", login))
    yield* open(TestDatabase.as(url, login))
    // He upgrades it as well; and may make the program's tables without being the program.
    yield* sql`REVOKE ALL ON ALL TABLES IN SCHEMA engine FROM ${sql((yield* rolesAt(url)).system)}`
    expect(yield* refusal(TestDatabase.as(url, login))).toMatch(/lacks SELECT/)
    yield* migrate(sql, "engine", login)
    yield* open(TestDatabase.as(url, login))
  })
)

it.scopedLive("a schema that was restored without its roles, or without its own row, says so in one line", () =>
  Effect.gen(function* () {
    const url = yield* TestDatabase.create
    yield* open(url)
    yield* asSuperuser(url, "UPDATE engine.installation SET tenant_role = 'gone_with_the_old_server'")
    expect(yield* refusal(url)).toBe(
      `RightsMissing: schema "engine" was restored without its roles (gone_with_the_old_server): restore those first (pg_dumpall --roles-only), and then it`
    )
    yield* asSuperuser(url, "DELETE FROM engine.installation")
    expect(yield* refusal(url)).toMatch(/^RightsMissing: schema "engine" does not say which roles are its own/)
  })
)
