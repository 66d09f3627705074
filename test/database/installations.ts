import { Effect, Layer, type Redacted } from "effect"
import { Database } from "../../src/database/Database.ts"
import { script } from "../../src/database/Migrations.ts"
import { Projects } from "../../src/tenant/Projects.ts"
import { TenantContext } from "../../src/tenant/TenantContext.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"

/** The database as a program has it, with tenants. */
export const program = (url: Redacted.Redacted, schema?: string) =>
  Layer.merge(Projects.layer, TenantContext.layer).pipe(
    Layer.provideMerge(Database.layer({ url, ...(schema === undefined ? {} : { schema }) }))
  )

/** Starts it, and ends it. */
export const open = (url: Redacted.Redacted, schema?: string) => Effect.scoped(Layer.build(program(url, schema)))

/** The line that a start fails with. */
export const refusal = (url: Redacted.Redacted, schema?: string) =>
  Effect.map(Effect.flip(open(url, schema)), ({ _tag, message }) => `${_tag}: ${message}`)

/** What an administrator does: prints the script for a login, and runs it as a superuser. */
export const administer = (url: Redacted.Redacted, login: string, schema = "engine") =>
  Effect.scoped(
    Effect.gen(function* () {
      const sql = yield* TestDatabase.connect(url)
      const printed = yield* script(sql, schema, login)
      yield* sql.unsafe(printed)
      return printed
    })
  )

/** Runs a statement as the superuser. */
export const asSuperuser = (url: Redacted.Redacted, statement: string) =>
  Effect.scoped(Effect.flatMap(TestDatabase.connect(url), (sql) => sql.unsafe(statement)))

/** A database with the schema in it, made by an administrator for a login that may create nothing: its superuser's URL, and the login's. */
export const prepared = (attributes = "") =>
  Effect.gen(function* () {
    const login = yield* TestDatabase.login(attributes)
    const url = yield* TestDatabase.create
    yield* asSuperuser(url, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    yield* asSuperuser(url, `REVOKE ALL ON DATABASE "${TestDatabase.nameOf(url)}" FROM PUBLIC`)
    yield* administer(url, login)
    return { url, login, mine: TestDatabase.as(url, login) }
  })

/** Which roles a schema has. */
export const rolesAt = (url: Redacted.Redacted, schema = "engine") =>
  Effect.scoped(
    Effect.gen(function* () {
      const sql = yield* TestDatabase.connect(url)
      const [row] = yield* sql<{ tenant: string; system: string }>`
        SELECT tenant_role AS tenant, system_role AS system FROM ${sql(schema)}.installation`
      return row ?? (yield* Effect.dieMessage("no roles"))
    })
  )

/** The names of the projects that a program sees as the engine, and what of them a tenant sees. */
export const projects = Effect.gen(function* () {
  const { books, engine } = yield* Database
  const rows = yield* books<{ name: string }>`SELECT name FROM ${engine}.projects ORDER BY name`
  return rows.map(({ name }) => name)
})
