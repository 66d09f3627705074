import { expect, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import * as Pg from "pg"
import * as Datasource from "../../src/datasource/Datasource.ts"
import * as PgBouncer from "./PgBouncer.ts"
import * as Postgres from "./Postgres.ts"

/** What the next program finds on a connection; what PgBouncer itself sets for each client is left out. */
const LOOK = `SELECT ARRAY(SELECT name || ' = ' || setting FROM pg_settings WHERE source = 'session' AND name NOT IN
    ('application_name', 'client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings')) AS settings,
  current_setting('transaction_read_only') AS "readOnly", current_setting('search_path') AS path,
  ARRAY(SELECT name FROM pg_prepared_statements) AS prepared, (SELECT count(*)::int FROM pg_locks
    WHERE pid = pg_backend_pid() AND locktype = 'advisory') AS locks`

const onConnection = (url: Redacted.Redacted, statement: string) =>
  Effect.acquireUseRelease(
    Effect.promise(async () => {
      const client = new Pg.Client({ connectionString: Redacted.value(url) })
      await client.connect()
      return client
    }),
    (client) =>
      Effect.map(
        Effect.promise(() => client.query(statement)),
        ({ rows }) => rows
      ),
    (client) => Effect.promise(() => client.end())
  )

it.scopedLive.runIf(PgBouncer.isThere)(
  "a datasource behind a pooler in transaction mode is read as any other, and nothing is left on its connections (needs PgBouncer)",
  () =>
    Effect.gen(function* () {
      const { url } = yield* Postgres.make()
      yield* onConnection(
        url,
        `CREATE TABLE t AS SELECT generate_series(1, 3000) AS id, 'x'::text AS v;
          CREATE VIEW slow AS SELECT pg_sleep(600)::text AS x`
      )
      // Fewer connections than we would like.
      const pooled = yield* PgBouncer.inFrontOf(url, 2)
      yield* Effect.gen(function* () {
        const datasource = yield* Datasource.make({ url: pooled })
        const profile = (table: string) => datasource.profile({ schema: "public", table })
        expect((yield* datasource.catalog({ views: true })).tables.length).toBe(2)
        const profiles = yield* Effect.forEach(Array.from({ length: 12 }), () => profile("t"), {
          concurrency: "unbounded"
        })
        expect(profiles.every(({ rows }) => rows === 3000)).toBe(true)
        // An abandoned statement, and one that fails.
        yield* Effect.timeoutOption(profile("slow"), "500 millis")
        yield* Effect.ignore(
          datasource.inclusion(
            { schema: "public", table: "no", columns: ["a"] },
            { schema: "public", table: "t", columns: ["id"] }
          )
        )
        expect((yield* profile("t")).rows).toBe(3000)
      }).pipe(Effect.scoped)
      for (let n = 0; n < 4; n++) {
        expect(yield* onConnection(pooled, LOOK)).toEqual([
          { settings: [], readOnly: "off", path: '"$user", public', prepared: [], locks: 0 }
        ])
      }
    }),
  60_000
)
