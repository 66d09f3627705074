import { expect, it } from "@effect/vitest"
import * as SqlClient from "@effect/sql/SqlClient"
import { Effect, type Redacted } from "effect"
import { Database } from "../../src/database/Database.ts"
import { Installation } from "../../src/database/Installation.ts"
import { migrate, MIGRATIONS } from "../../src/database/Migrations.ts"
import { record } from "../../src/database/Recording.ts"
import { LEGACY_ROLES } from "../../src/database/Roles.ts"
import { Projects } from "../../src/tenant/Projects.ts"
import { TenantContext } from "../../src/tenant/TenantContext.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import { administer, asSuperuser, open, prepared, program, projects, refusal, rolesAt } from "./installations.ts"

/** Runs statements as a login, each on its own, and says what came of it. */
const attempts = (url: Redacted.Redacted, statements: ReadonlyArray<string>) =>
  Effect.scoped(
    Effect.flatMap(TestDatabase.connect(url), (sql) =>
      Effect.forEach(statements, (statement) =>
        sql.unsafe(statement).pipe(
          Effect.match({
            onFailure: (error) => String(error.cause).replaceAll(/\s+/g, " "),
            onSuccess: (rows) => `${rows.length} rows`
          })
        )
      )
    )
  )

const ensure = (name: string) => Effect.flatMap(Projects, (projects) => projects.ensure(name))

it.scopedLive("two databases of one server, each with its own login, never reach each other", () =>
  Effect.gen(function* () {
    const one = yield* prepared()
    const other = yield* prepared()
    // Anybody may connect: it is the roles that keep them apart.
    for (const { url } of [one, other]) {
      yield* asSuperuser(url, `GRANT CONNECT ON DATABASE "${TestDatabase.nameOf(url)}" TO PUBLIC`)
    }
    yield* Effect.provide(ensure("one's"), program(one.mine))
    yield* Effect.provide(ensure("other's"), program(other.mine))
    expect(yield* Effect.provide(projects, program(one.mine))).toEqual(["one's"])
    expect(yield* Effect.provide(projects, program(other.mine))).toEqual(["other's"])

    const { system, tenant } = yield* rolesAt(one.url)
    const stranger = TestDatabase.as(one.url, other.login)
    const outcomes = yield* attempts(stranger, [
      "SELECT * FROM engine.projects",
      "DELETE FROM engine.projects",
      `SET ROLE "${system}"`,
      `SET ROLE "${tenant}"`,
      `GRANT "${system}" TO CURRENT_USER`,
      "SELECT * FROM engine.installation"
    ])
    for (const outcome of outcomes) expect(outcome).toMatch(/permission denied|must have admin option/)
    expect(yield* refusal(stranger)).toContain(`has not the rights of role "${system}" of schema "engine"`)
  })
)

it.scopedLive("two logins that may create roles and own a database each make one for themselves on one server", () =>
  Effect.gen(function* () {
    for (let n = 0; n < 2; n++) {
      const login = yield* TestDatabase.login("CREATEROLE")
      const url = yield* TestDatabase.create
      yield* TestDatabase.own(url, login)
      const mine = program(TestDatabase.as(url, login))
      yield* Effect.gen(function* () {
        const { books, engine, work } = yield* Database
        const tenants = yield* TenantContext
        const id = yield* ensure("mine")
        expect(yield* projects).toEqual(["mine"])
        expect(yield* tenants.withProject(id)(work`SELECT name FROM ${engine}.projects`)).toEqual([{ name: "mine" }])
        // Outside a tenant's transaction the domain is closed, for the owner of its tables, too.
        yield* tenants.withProject(id)(
          work`INSERT INTO ${engine}.datasources (project_id, id, name, connection, settings) VALUES (${id}, ${id}, 'd', '', '{}')`
        )
        expect(yield* books`SELECT FROM ${engine}.datasources`).toEqual([])
      }).pipe(Effect.provide(mine))
      yield* open(TestDatabase.as(url, login))
    }
  })
)

it.scopedLive("two schemas of one database, each with its own login, never reach each other", () =>
  Effect.gen(function* () {
    const [one, other] = [yield* TestDatabase.login(), yield* TestDatabase.login()]
    const url = yield* TestDatabase.create
    const weird = `We"ird. schema`
    yield* administer(url, one)
    yield* administer(url, other, weird)
    yield* Effect.provide(ensure("one's"), program(TestDatabase.as(url, one)))
    yield* Effect.provide(ensure("other's"), program(TestDatabase.as(url, other), weird))
    expect(yield* Effect.provide(projects, program(TestDatabase.as(url, one)))).toEqual(["one's"])
    expect(yield* Effect.provide(projects, program(TestDatabase.as(url, other), weird))).toEqual(["other's"])
    const { system, tenant } = yield* rolesAt(url)
    for (const outcome of yield* attempts(TestDatabase.as(url, other), [
      "SELECT * FROM engine.workflows",
      "UPDATE engine.projects SET name = 'mine now'",
      `SET ROLE "${system}"`,
      `SET ROLE "${tenant}"`
    ])) {
      expect(outcome).toMatch(/permission denied/)
    }
    expect(yield* refusal(TestDatabase.as(url, other))).toMatch(/^RightsMissing: the login/)
  })
)

it.scopedLive.each([
  "engine",
  "public",
  `We"ird. schema`,
  "it's",
  "a\\b",
  "$do$",
  "100 % %s %I",
  "Größe/🚀",
  "new\nline",
  "x".repeat(63)
])("a schema may be called %j", (schema) =>
  Effect.gen(function* () {
    const login = yield* TestDatabase.login()
    const url = yield* TestDatabase.create
    yield* asSuperuser(url, `ALTER DATABASE "${TestDatabase.nameOf(url)}" SET standard_conforming_strings = off`)
    yield* administer(url, login, schema)
    yield* administer(url, login, schema)
    const mine = program(TestDatabase.as(url, login), schema)
    const id = yield* Effect.provide(ensure("mine"), mine)
    const seen = Effect.gen(function* () {
      const { engine, work } = yield* Database
      const tenants = yield* TenantContext
      return yield* tenants.withProject(id)(work`SELECT name FROM ${engine}.projects`)
    })
    expect(yield* Effect.provide(seen, mine)).toEqual([{ name: "mine" }])
  })
)

it.scopedLive.each(["", "a\0b", "é".repeat(32)])("a schema cannot be called %j", (schema) =>
  Effect.gen(function* () {
    const url = yield* TestDatabase.create
    expect(yield* refusal(url, schema)).toBe(
      "MigrationFailed: the schema's name has to have 1 to 63 bytes, none of them zero"
    )
  })
)

/** What a workflow of the old database reads; another reads nothing. */
const DATASOURCE = "5f0c1e0e-9d3b-4c55-8f0b-6a7c4b9f1d11"

/** A database as version 7 left it, with the roles that all databases of a server had in common then. */
const legacy = Effect.gen(function* () {
  // The last one that has them drops them.
  yield* Effect.addFinalizer(() =>
    Effect.forEach(Object.values(LEGACY_ROLES), (role) =>
      TestDatabase.onServer((sql) => Effect.ignore(sql`DROP ROLE IF EXISTS ${sql(role)}`))
    )
  )
  const url = yield* TestDatabase.create
  yield* Effect.scoped(
    Effect.gen(function* () {
      const sql = yield* TestDatabase.connect(url)
      for (const role of Object.values(LEGACY_ROLES)) {
        yield* sql.unsafe(`DO $$ BEGIN CREATE ROLE ${role} NOLOGIN;
          EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`)
      }
      yield* sql`CREATE SCHEMA engine`
      yield* sql`CREATE TABLE engine.migrations (migration_id integer PRIMARY KEY, name text NOT NULL, created_at timestamptz NOT NULL DEFAULT now())`
      const statements = yield* record(
        Effect.provideService(
          Effect.forEach(MIGRATIONS.slice(0, 7), ([, run]) => run),
          Installation,
          Installation.make("engine", LEGACY_ROLES)
        )
      )
      for (const statement of statements.filter((statement) => !/^(CREATE|COMMENT ON) ROLE /.test(statement))) {
        yield* sql.unsafe(statement)
      }
      for (const [index, [name]] of MIGRATIONS.slice(0, 7).entries()) {
        yield* sql`INSERT INTO engine.migrations (migration_id, name) VALUES (${index + 1}, ${name})`
      }
      yield* sql`INSERT INTO engine.projects (id, name) VALUES (gen_random_uuid(), 'old')`
      yield* sql`INSERT INTO engine.workflows (project_id, id, datasource_id, kind, state, config, epoch)
        SELECT p.id, gen_random_uuid(), d.id, 'reading', 'pending', '{}', 1 FROM engine.projects p,
          (VALUES (NULL::uuid), (${DATASOURCE}::uuid)) AS d (id)`
    })
  )
  return url
})

it.scopedLive("a database of version 7 goes on with the roles that it has", () =>
  Effect.gen(function* () {
    // An ordinary login, as version 7 left one: the owner of all, and a member of both roles.
    const login = yield* TestDatabase.login()
    const url = yield* legacy
    yield* TestDatabase.own(url, login)
    yield* asSuperuser(
      url,
      `DO $$ DECLARE it record; BEGIN
        ALTER SCHEMA engine OWNER TO ${login};
        FOR it IN SELECT oid::regclass AS name FROM pg_class WHERE relnamespace = 'engine'::regnamespace AND relkind = 'r' LOOP
          EXECUTE format('ALTER TABLE %s OWNER TO ${login}', it.name);
        END LOOP;
        ALTER FUNCTION engine.check_transition OWNER TO ${login};
        GRANT ${LEGACY_ROLES.tenantRole}, ${LEGACY_ROLES.systemRole} TO ${login}; END $$`
    )
    const mine = TestDatabase.as(url, login)
    expect(yield* Effect.provide(projects, program(mine))).toEqual(["old"])
    expect(yield* rolesAt(url)).toEqual({ tenant: LEGACY_ROLES.tenantRole, system: LEGACY_ROLES.systemRole })
    yield* Effect.provide(ensure("new"), program(mine))
    expect(yield* Effect.provide(projects, program(mine))).toEqual(["new", "old"])
    // A workflow from then has its datasource for itself, as it had.
    const sql = yield* TestDatabase.connect(url)
    expect(yield* sql`SELECT exclusive_key, idempotency_key FROM engine.workflows ORDER BY 1`).toEqual([
      { exclusive_key: DATASOURCE, idempotency_key: null },
      { exclusive_key: null, idempotency_key: null }
    ])
  })
)

it.scopedLive("a database that has roles in common with another from version 7 gets its own when it is migrated", () =>
  Effect.gen(function* () {
    const login = yield* TestDatabase.login()
    const [one, other] = [yield* legacy, yield* legacy]
    yield* open(one)
    yield* open(other)
    expect(yield* refusal(TestDatabase.as(one, login))).not.toContain("or: GRANT")
    yield* asSuperuser(one, `CREATE TABLE mine (id int); GRANT SELECT (id) ON mine TO ${LEGACY_ROLES.tenantRole}`)
    const sql = yield* TestDatabase.connect(one)
    expect(yield* migrate(sql, "engine", login)).toMatchObject({ login, separated: true, ran: [] })
    expect(yield* migrate(sql, "engine", login)).toMatchObject({ login, separated: false, ran: [] })

    const { tenant } = yield* rolesAt(one)
    expect(tenant).not.toBe(LEGACY_ROLES.tenantRole)
    expect(yield* sql`SELECT has_column_privilege(${tenant}, 'mine', 'id', 'SELECT') AS may`).toEqual([{ may: true }])
    expect(yield* Effect.provide(projects, program(TestDatabase.as(one, login)))).toEqual(["old"])
    expect(yield* refusal(TestDatabase.as(other, login))).toMatch(/^RightsMissing: /)
  })
)

it.scopedLive("a copy of a database does not reach the first one, and gets roles of its own", () =>
  Effect.gen(function* () {
    const login = yield* TestDatabase.login()
    const first = yield* prepared()
    yield* Effect.provide(ensure("first"), program(first.mine))
    const name = `${TestDatabase.nameOf(first.url)}_copy`
    const copy = TestDatabase.urlOf(first.url, name)
    yield* Effect.acquireRelease(
      TestDatabase.onServer((sql) => sql`CREATE DATABASE ${sql(name)} TEMPLATE ${sql(TestDatabase.nameOf(first.url))}`),
      () => TestDatabase.drop(name)
    )
    const mine = TestDatabase.as(copy, login)
    const line = yield* refusal(mine)
    expect(line).not.toContain("or: GRANT")
    expect(line).toContain(`migrate --sql --login ${login}`)
    expect(line).toContain(`no plain GRANT, because database "${TestDatabase.nameOf(first.url)}" has the same roles`)

    const before = yield* rolesAt(first.url)
    yield* administer(copy, login)
    const own = yield* rolesAt(copy)
    expect(Object.values(before)).not.toContain(own.tenant)
    expect(yield* Effect.provide(projects, program(mine))).toEqual(["first"])
    // Neither login has a right in the other's database, and the first one is as it was.
    expect(yield* rolesAt(first.url)).toEqual(before)
    expect(yield* Effect.provide(projects, program(first.mine))).toEqual(["first"])
    yield* asSuperuser(copy, `GRANT CONNECT ON DATABASE "${name}" TO PUBLIC`)
    for (const outcome of yield* attempts(TestDatabase.as(copy, first.login), [
      "SELECT * FROM engine.projects",
      `SET ROLE "${own.system}"`
    ])) {
      expect(outcome).toContain("permission denied")
    }
    for (const outcome of yield* attempts(mine, [`SET ROLE "${before.system}"`, `SET ROLE "${before.tenant}"`])) {
      expect(outcome).toContain("permission denied")
    }
    const left = yield* Effect.flatMap(
      TestDatabase.connect(copy),
      (sql) =>
        sql`SELECT FROM pg_shdepend s JOIN pg_database d ON d.oid = s.dbid
        WHERE d.datname = current_database() AND refclassid = 'pg_authid'::regclass
          AND refobjid IN (SELECT oid FROM pg_roles WHERE ${sql.in("rolname", Object.values(before))})`
    )
    expect(left).toEqual([])
  })
)

it.effect("statements with parameters cannot be recorded", () =>
  Effect.gen(function* () {
    const statement = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT ${1}`)
    expect(String(yield* Effect.exit(record(statement)))).toContain("cannot be printed")
  })
)
