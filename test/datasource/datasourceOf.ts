import type { PgClient } from "@effect/sql-pg"
import { Effect, Redacted } from "effect"
import * as Datasource from "../../src/datasource/Datasource.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"

/** Somebody's database made by `statements`, read as its superuser, and a client of theirs beside it. */
export const datasourceOf = (statements: string, options: Partial<Datasource.DatasourceOptions> = {}) =>
  Effect.gen(function* () {
    const url = yield* TestDatabase.create
    const sql = yield* TestDatabase.connect(url)
    yield* sql.unsafe(statements)
    return { url, sql, datasource: yield* Datasource.make({ url, ...options }) }
  }).pipe(Effect.orDie)

/** A login of the server, dropped with the scope; roles outlive the databases of a test. */
export const loginOf = (sql: PgClient.PgClient, url: Redacted.Redacted, name: string) =>
  Effect.acquireRelease(
    Effect.as(
      sql.unsafe(`CREATE ROLE ${name} LOGIN PASSWORD 'secret-${name}'`),
      urlWith(url, { user: name, password: `secret-${name}` })
    ),
    () => Effect.ignore(sql.unsafe(`DROP OWNED BY ${name}; DROP ROLE ${name}`))
  ).pipe(Effect.orDie)

/** The same URL with some of it replaced. */
export const urlWith = (
  url: Redacted.Redacted,
  parts: { readonly user?: string; readonly password?: string; readonly port?: number; readonly database?: string }
) => {
  const changed = new URL(Redacted.value(url))
  changed.username = parts.user ?? changed.username
  changed.password = parts.password ?? changed.password
  changed.port = String(parts.port ?? changed.port)
  changed.pathname = parts.database ?? changed.pathname
  return Redacted.make(changed.href)
}
