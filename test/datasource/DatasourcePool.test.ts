import type { PgClient } from "@effect/sql-pg"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber, Redacted, Schema, Stream } from "effect"
import * as Datasource from "../../src/datasource/Datasource.ts"
import { warningOf } from "../../src/datasource/DatasourceLogin.ts"
import { eventually } from "../fixtures/eventually.ts"
import { recording } from "../fixtures/statements.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import { datasourceOf, loginOf } from "./datasourceOf.ts"

/** A login that may read a database made by `statements`, after `setting` it up. */
const readerOf = (name: string, statements: string, setting: (sql: PgClient.PgClient, database: string) => string) =>
  Effect.gen(function* () {
    const { sql, url } = yield* datasourceOf(statements)
    const reader = yield* loginOf(sql, url, name)
    yield* Effect.orDie(
      sql.unsafe(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${name}; ${setting(sql, TestDatabase.nameOf(url))}`)
    )
    return { reader, sql, url }
  })

/** What a statement over rows is subject to, as a view says it. */
const SETTINGS = `CREATE VIEW settings AS SELECT s.name || ' ' || current_setting(s.name) AS setting
  FROM (VALUES ('statement_timeout'), ('lock_timeout'), ('idle_in_transaction_session_timeout'), ('work_mem'),
    ('transaction_read_only'), ('transaction_isolation')) s(name)`
const settings = { schema: "public", table: "settings" }

const settingsOf = (url: Redacted.Redacted) =>
  Effect.gen(function* () {
    const datasource = yield* Datasource.make({ url })
    const { columns } = yield* datasource.profile(settings)
    return columns.flatMap((column) => column.sample).toSorted()
  })

const sessionsOf = (sql: PgClient.PgClient) =>
  Effect.map(
    sql<{ n: number }>`SELECT count(*)::int AS n FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'workflow-infra'`,
    ([row]) => row?.n ?? 0
  )

const t = { schema: "public", table: "t" }
const ROWS = "CREATE TABLE t AS SELECT generate_series(1, 5000) AS id"

/** So many reads of one table at once. */
const readOften = (datasource: Datasource.Datasource, times: number) =>
  Effect.forEach(Array.from({ length: times }), () => datasource.profile(t), { concurrency: "unbounded" })

describe("what a statement calls", () => {
  it.scopedLive("leaves nothing behind: no settings, and nobody is notified", () =>
    Effect.gen(function* () {
      const { sql, url } = yield* datasourceOf(ROWS)
      const { select } = yield* Datasource.make({ url, connections: 1 })
      const ask = (text: string) =>
        select(Schema.Struct({ v: Schema.NullOr(Schema.String) }), `SELECT (${text})::text AS v`)
      const heard: Array<string> = []
      const listener = yield* Effect.fork(
        Stream.runForEach(sql.listen("left"), (text) => Effect.sync(() => heard.push(text)))
      )
      yield* eventually("somebody listens", sql`SELECT pg_notify('left', 'ours')`, () => heard.length > 0)
      expect(yield* ask("set_config('app.left', 'x', false)")).toEqual([{ v: "x" }])
      yield* ask("pg_notify('left', 'theirs')")
      expect(yield* ask("nullif(current_setting('app.left', true), '')")).toEqual([{ v: null }])
      yield* sql`SELECT pg_notify('left', 'last')`
      yield* eventually("the last is heard", Effect.succeed(heard), (all) => all.includes("last"))
      expect(heard).not.toContain("theirs")
      yield* Fiber.interrupt(listener)
    })
  )
})

describe("the limits of a login", () => {
  it.scopedLive("are never raised, and ours hold where it has none or larger ones", () =>
    Effect.gen(function* () {
      const strict = yield* readerOf(
        "pool_strict",
        SETTINGS,
        (_, database) => `ALTER ROLE pool_strict SET statement_timeout = '20s';
          ALTER DATABASE ${database} SET lock_timeout = '1500ms'; ALTER ROLE pool_strict SET work_mem = '1MB';
          ALTER ROLE pool_strict SET idle_in_transaction_session_timeout = '2s';
          ALTER ROLE pool_strict SET default_transaction_isolation = 'serializable'`
      )
      expect(yield* settingsOf(strict.reader)).toEqual([
        "idle_in_transaction_session_timeout 2s",
        "lock_timeout 1500ms",
        "statement_timeout 20s",
        "transaction_isolation read committed",
        "transaction_read_only on",
        "work_mem 1MB"
      ])
      const lax = yield* readerOf(
        "pool_lax",
        SETTINGS,
        () => `ALTER ROLE pool_lax SET statement_timeout = 0; ALTER ROLE pool_lax SET lock_timeout = '1h';
          ALTER ROLE pool_lax SET work_mem = '1GB'; ALTER ROLE pool_lax SET default_transaction_read_only = off`
      )
      expect(yield* settingsOf(lax.reader)).toEqual([
        "idle_in_transaction_session_timeout 10s",
        "lock_timeout 5s",
        "statement_timeout 1min",
        "transaction_isolation read committed",
        "transaction_read_only on",
        "work_mem 32MB"
      ])
    })
  )

  it.scopedLive("are what is said of a statement that they ended", () =>
    Effect.gen(function* () {
      const { reader } = yield* readerOf(
        "pool_hurried",
        "CREATE VIEW slow AS SELECT pg_sleep(60)::text AS x",
        () => "ALTER ROLE pool_hurried SET statement_timeout = '400ms'"
      )
      const datasource = yield* Datasource.make({ url: reader })
      const error = yield* Effect.flip(datasource.profile({ schema: "public", table: "slow" }))
      expect(error).toMatchObject({ reason: "timeout", message: expect.stringContaining("0.4 s") })
    })
  )

  it.scopedLive(
    "to the time of a statement leave a sample of a table that takes longer, and say so of a login's first one",
    () =>
      Effect.gen(function* () {
        const hashes = Array.from({ length: 20 }, (_, i) => `md5((i * ${i + 2})::text) AS h${i}`).join(", ")
        const { reader, sql } = yield* readerOf(
          "pool_brief",
          `CREATE TABLE t AS SELECT i AS id, ${hashes} FROM generate_series(1, 150000) i; ANALYZE t;
          CREATE VIEW slow AS SELECT pg_sleep(60)::text AS x`,
          () => "ALTER ROLE pool_brief SET statement_timeout = '600ms'"
        )
        const datasource = yield* Datasource.make({ url: reader })
        const { columns, rows, sampled } = yield* datasource.profile(t)
        expect({ sampled, columns: columns.length, roughly: Math.round(rows / 50_000) }).toEqual({
          sampled: true,
          columns: 21,
          roughly: 3
        })
        yield* sql.unsafe("ALTER ROLE pool_brief SET statement_timeout = '300ms'")
        const first = yield* Datasource.make({ url: reader })
        const error = yield* Effect.flip(first.profile({ schema: "public", table: "slow" }))
        expect(error).toMatchObject({ reason: "timeout", message: expect.stringMatching(/0.3 s|statement_timeout/) })
      })
  )

  it.scopedLive("to temporary files are kept where a statement has next to no memory", () =>
    Effect.gen(function* () {
      const { reader } = yield* readerOf(
        "pool_poor",
        "CREATE TABLE t AS SELECT i AS id, md5(i::text) AS code FROM generate_series(1, 20000) i; ANALYZE t",
        () => "ALTER ROLE pool_poor SET work_mem = '64kB'; ALTER ROLE pool_poor SET temp_file_limit = 0"
      )
      const datasource = yield* Datasource.make({ url: reader })
      expect((yield* datasource.catalog()).tables.map(({ table }) => table)).toEqual(["t"])
      expect((yield* datasource.profile(t)).rows).toBe(20_000)
    })
  )

  it.scopedLive("to its connections are enough, also where others have taken most of them", () =>
    Effect.gen(function* () {
      const one = yield* readerOf("pool_one", ROWS, () => "ALTER ROLE pool_one CONNECTION LIMIT 1")
      const two = yield* readerOf("pool_two", ROWS, (_, name) => `ALTER DATABASE ${name} CONNECTION LIMIT 3`)
      const shared = yield* readerOf("pool_shared", ROWS, () => "ALTER ROLE pool_shared CONNECTION LIMIT 3")
      const other = yield* TestDatabase.connect(shared.reader)
      yield* other`SELECT 1`
      for (const { reader } of [one, two, shared]) {
        // Right after one another: the server is slow to see that a session has gone.
        for (let round = 0; round < 3; round++) {
          const profiles = yield* Effect.scoped(
            Effect.flatMap(Datasource.make({ url: reader }), (datasource) => readOften(datasource, 8))
          )
          expect(profiles.map(({ rows }) => rows)).toEqual(Array.from({ length: 8 }, () => 5000))
        }
      }
    })
  )
})

describe("settings of a login", () => {
  it.scopedLive("change neither what is found nor what it looks like", () =>
    Effect.gen(function* () {
      const statements = `CREATE SCHEMA pgboss; CREATE TABLE pgboss.job (id int PRIMARY KEY, note text);
        INSERT INTO pgboss.job VALUES (1, 'a\\b''c'), (2, NULL);
        CREATE TABLE kinds (d date, ts timestamptz, i interval, b bytea, f float8, m numeric, x xml);
        INSERT INTO kinds VALUES ('2024-02-01', '2024-02-01 12:00+02', '1 day 2 hours', '\\x00ff', 0.1, 1.50, '<a/>');
        GRANT USAGE ON SCHEMA pgboss TO PUBLIC; GRANT SELECT ON pgboss.job TO PUBLIC`
      const read = (url: Redacted.Redacted) =>
        Effect.gen(function* () {
          const datasource = yield* Datasource.make({ url })
          const catalog = yield* datasource.catalog()
          return { catalog, profiles: yield* Effect.forEach(catalog.tables, (table) => datasource.profile(table)) }
        })
      const { reader, sql, url } = yield* readerOf("pool_plain", statements, () => "")
      const plain = yield* read(reader)
      const odd = yield* loginOf(sql, url, "pool_odd")
      yield* sql.unsafe(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO pool_odd;
        ${[
          "standard_conforming_strings = off",
          "escape_string_warning = off",
          "search_path = pgboss",
          "quote_all_identifiers = on",
          "datestyle = 'German, DMY'",
          "intervalstyle = sql_standard",
          "bytea_output = escape",
          "extra_float_digits = -3",
          "timezone = 'Asia/Tokyo'",
          "jit = on",
          "jit_above_cost = 0",
          "row_security = off",
          "enable_seqscan = off",
          "enable_hashagg = off",
          "transform_null_equals = on",
          "default_transaction_deferrable = on",
          "default_transaction_isolation = serializable"
        ]
          .map((setting) => `ALTER ROLE pool_odd SET ${setting};`)
          .join("\n")}`)
      expect(plain.catalog.tables.length).toBe(2)
      expect(yield* read(odd)).toEqual(plain)
    })
  )

  it.scopedLive(
    "as search_path serve functions of policies and views, and put nobody's function in the place of PostgreSQL's",
    () =>
      Effect.gen(function* () {
        const { reader, sql } = yield* readerOf(
          "pool_path",
          `CREATE SCHEMA app; CREATE TABLE app.allowed (id int); INSERT INTO app.allowed VALUES (1);
          CREATE FUNCTION app.may(int) RETURNS boolean LANGUAGE plpgsql STABLE
            AS $$ BEGIN RETURN EXISTS (SELECT FROM allowed WHERE allowed.id = $1); END $$;
          CREATE TABLE t (id int PRIMARY KEY, v varchar(9)); INSERT INTO t VALUES (1, 'one'), (2, 'two');
          ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (app.may(id));
          GRANT USAGE ON SCHEMA app TO PUBLIC; GRANT SELECT ON app.allowed TO PUBLIC`,
          () => "ALTER ROLE pool_path SET search_path = app, public, pg_catalog"
        )
        const rows = Effect.scoped(
          Effect.flatMap(Datasource.make({ url: reader }), (datasource) => datasource.profile(t))
        )
        expect((yield* rows).rows).toBe(1)
        // Operators and functions of other types than PostgreSQL's own cannot be meant, nor a function that is not called by its name alone.
        yield* sql.unsafe(`CREATE TYPE app.money2 AS (amount numeric); CREATE FUNCTION app.plus(app.money2, app.money2)
          RETURNS app.money2 LANGUAGE sql AS 'SELECT $1'; CREATE OPERATOR app.+ (FUNCTION = app.plus, LEFTARG = app.money2, RIGHTARG = app.money2);
          CREATE FUNCTION app.left(app.money2, int) RETURNS int LANGUAGE sql AS 'SELECT 1';
          CREATE FUNCTION app.length(varchar) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'somebody''s own'; END $$`)
        expect((yield* rows).rows).toBe(1)
        // A better fit for a varchar than PostgreSQL's own.
        yield* sql.unsafe(`CREATE FUNCTION app.same(varchar, varchar) RETURNS boolean LANGUAGE plpgsql
            AS $$ BEGIN RAISE EXCEPTION 'somebody''s own'; END $$;
          CREATE OPERATOR app.= (FUNCTION = app.same, LEFTARG = varchar, RIGHTARG = varchar)`)
        const error = yield* Effect.flip(rows)
        // Their operator is not called; then the policy does not find its table, which is said.
        expect(error.reason).toBe("failed")
        expect(error.message).toContain('relation "allowed" does not exist in PL/pgSQL function app.may')
      })
  )
})

describe("a statement", () => {
  it.scopedLive("that conflicts with others is tried again, a bounded number of times", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`
        CREATE TABLE t (id int, until timestamptz); INSERT INTO t VALUES (1, clock_timestamp() + '600 ms');
        CREATE FUNCTION conflicts(timestamptz) RETURNS int LANGUAGE plpgsql AS $$ BEGIN
          IF clock_timestamp() < $1 THEN RAISE EXCEPTION 'conflict with recovery' USING ERRCODE = '40001'; END IF; RETURN 1; END $$;
        CREATE VIEW shortly AS SELECT public.conflicts(until) AS x FROM t;
        CREATE VIEW always AS SELECT public.conflicts('infinity') AS x FROM t`)
      expect((yield* datasource.profile({ schema: "public", table: "shortly" })).rows).toBe(1)
      const error = yield* Effect.flip(datasource.profile({ schema: "public", table: "always" }))
      expect(error).toMatchObject({ reason: "conflict", code: "40001", ofOneTable: true })
    })
  )

  it.scopedLive("that catches its own cancel is given up once, with its connection, and others are read", () =>
    Effect.gen(function* () {
      const { datasource, sql } = yield* datasourceOf(
        `CREATE TABLE t (id int); INSERT INTO t VALUES (1); CREATE TABLE tries (n int);
          CREATE FUNCTION hang(int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
            LOOP BEGIN PERFORM pg_sleep(1000); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END $$;
          CREATE VIEW trap AS SELECT public.hang(id)::text AS x FROM t`,
        { statementTimeout: "300 millis" }
      )
      const error = yield* Effect.flip(datasource.profile({ schema: "public", table: "trap" }))
      expect(error).toMatchObject({ reason: "timeout", ofOneTable: true })
      expect(error.message).toContain("did not heed its cancel")
      expect(yield* Effect.flip(datasource.profile({ schema: "public", table: "trap" }))).toEqual(error)
      expect((yield* datasource.profile(t)).rows).toBe(1)
      yield* sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%trap%' AND pid <> pg_backend_pid()`
    })
  )

  it.scopedLive("that took too long is not sent again", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(
        `CREATE TABLE t (id int); INSERT INTO t VALUES (1); CREATE VIEW slow AS SELECT pg_sleep(60)::text AS x`,
        { statementTimeout: "300 millis" }
      )
      const sent = yield* recording
      const error = yield* Effect.flip(datasource.profile({ schema: "public", table: "slow" }))
      expect(error).toMatchObject({ reason: "timeout", ofOneTable: true })
      const texts = () => sent.filter(({ text }) => text.includes('"slow"')).map(({ text }) => text)
      const last = texts().at(-1)
      expect(yield* Effect.flip(datasource.profile({ schema: "public", table: "slow" }))).toEqual(error)
      expect(texts().filter((text) => text === last)).toHaveLength(1)
      expect((yield* datasource.profile(t)).rows).toBe(1)
    })
  )

  it.scopedLive("that hangs with some values is given up with these, and with any after the second time", () =>
    Effect.gen(function* () {
      const { datasource, sql } = yield* datasourceOf(
        `CREATE FUNCTION slow(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
            IF current_query() LIKE '%f.place%' AND EXISTS (SELECT FROM turns) THEN
              LOOP BEGIN PERFORM pg_sleep(1000); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP;
            END IF; RETURN $1; END $$;
          CREATE TABLE turns (n int); CREATE TABLE t (id text); INSERT INTO t VALUES ('1');
          CREATE VIEW v AS SELECT public.slow(id) AS id FROM t`,
        { statementTimeout: "300 millis" }
      )
      const probe = (value: string) => datasource.probe([value], { schema: "public", table: "v", column: "id" })
      yield* sql`INSERT INTO turns VALUES (1)`
      expect((yield* Effect.flip(probe("1"))).message).toContain("did not heed its cancel")
      yield* sql`DELETE FROM turns`
      expect((yield* Effect.flip(probe("1"))).message).toContain("did not heed its cancel")
      expect(yield* probe("2")).toBe(0)
      yield* sql`INSERT INTO turns VALUES (1)`
      expect((yield* Effect.flip(probe("3"))).message).toContain("did not heed its cancel")
      yield* sql`DELETE FROM turns`
      expect((yield* Effect.flip(probe("4"))).message).toContain("did not heed its cancel")
      yield* sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%f.place%' AND pid <> pg_backend_pid()`
    })
  )

  it.scopedLive("that fails for good says at once what is true", () =>
    Effect.gen(function* () {
      const { reader } = yield* readerOf(
        "pool_failing",
        `CREATE TABLE t (id int); INSERT INTO t VALUES (1);
          CREATE FUNCTION lost(int) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM nowhere); END $$;
          CREATE FUNCTION told(int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 'hunter2'::int; END $$;
          CREATE VIEW missing AS SELECT public.lost(id) AS x FROM t; CREATE VIEW odd AS SELECT public.told(id) AS x FROM t`,
        () => ""
      )
      const datasource = yield* Datasource.make({ url: reader })
      for (const [table, reason, says] of [
        ["missing", "failed", /"nowhere" does not exist in PL\/pgSQL function/],
        ["odd", "failed", /invalid input syntax for type integer: "…"/]
      ] as const) {
        const error = yield* Effect.flip(datasource.profile({ ...t, table }))
        expect([table, error.reason, error.message]).toEqual([table, reason, expect.stringMatching(says)])
      }
    })
  )
})

describe("a login", () => {
  it.scopedLive("that may do more than read is warned of in one line, with the commands that make one", () =>
    Effect.gen(function* () {
      const { datasource, reader, sql, url } = yield* Effect.gen(function* () {
        const made = yield* readerOf("pool_reading", ROWS, () => "")
        return { ...made, datasource: yield* Datasource.make({ url: made.url }) }
      })
      const owner = yield* loginOf(sql, url, "pool_owning")
      const member = yield* loginOf(sql, url, "pool_member")
      const bypassing = yield* loginOf(sql, url, "pool_bypassing")
      yield* sql.unsafe(`ALTER TABLE t OWNER TO pool_owning; GRANT pool_owning TO pool_member;
        ALTER ROLE pool_bypassing BYPASSRLS; GRANT pg_read_all_data TO pool_reading`)
      const warnings = yield* Effect.forEach([reader, owner, member, bypassing], (login) =>
        Effect.scoped(Effect.map(Datasource.make({ url: login }), ({ login }) => warningOf(login)))
      )
      expect([warningOf(datasource.login), ...warnings]).toEqual([
        expect.stringMatching(/is a superuser.*CREATE ROLE .*GRANT pg_read_all_data .*ALTER ROLE [^\n]*$/),
        null,
        expect.stringContaining("owns tables"),
        expect.stringContaining("owns tables"),
        expect.stringContaining("row-level security")
      ])
    })
  )
})

describe("several hosts", () => {
  it.scopedLive("are tried in order until one answers that is meant", () =>
    Effect.gen(function* () {
      const { url } = yield* datasourceOf(ROWS)
      const { host, password, pathname, username } = new URL(Redacted.value(url))
      const at = (hosts: string, query = "") =>
        Datasource.make({ url: Redacted.make(`postgres://${username}:${password}@${hosts}${pathname}${query}`) })
      const datasource = yield* at(`127.0.0.1:1,no-such-host.invalid,${host}`, "?target_session_attrs=primary")
      expect((yield* datasource.profile(t)).rows).toBe(5000)
      const none = yield* Effect.flip(at("127.0.0.1:1,127.0.0.1:2"))
      expect(none).toMatchObject({
        reason: "refused",
        message: expect.stringMatching(/127\.0\.0\.1:1\/.*; 127\.0\.0\.1:2\//)
      })
      const standby = yield* Effect.flip(at(host, "?target_session_attrs=standby"))
      expect(standby.message).toContain("target_session_attrs=standby")
      expect((yield* (yield* at(host, "?target_session_attrs=prefer-standby")).profile(t)).rows).toBe(5000)
    })
  )
})

describe("gently", () => {
  it.scopedLive("a datasource is read over one connection", () =>
    Effect.gen(function* () {
      const { datasource, sql } = yield* datasourceOf(ROWS, { gentle: true })
      const most = yield* Effect.zipRight(readOften(datasource, 6), sessionsOf(sql))
      expect(most).toBe(1)
      // Whoever is interrupted in a pause, or before, leaves the place to others.
      yield* Effect.forEach([20, 60, 120], (millis) =>
        Effect.timeoutOption(readOften(datasource, 3), `${millis} millis`)
      )
      expect((yield* datasource.profile(t)).rows).toBe(5000)
    })
  )
})
