import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Datasource from "../../src/datasource/Datasource.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import { datasourceOf, loginOf, urlWith } from "./datasourceOf.ts"

describe("what a catalog says of this login", () => {
  it.scopedLive.skipIf(TestDatabase.isBefore(15))("is where policies hide rows from it, and only there", () =>
    Effect.gen(function* () {
      const { sql, url } = yield* datasourceOf(`
        CREATE TABLE plain (id int); CREATE TABLE hidden (id int); CREATE TABLE own (id int); CREATE TABLE forced (id int);
        CREATE TABLE parted (id int) PARTITION BY LIST (id); CREATE TABLE part PARTITION OF parted DEFAULT;
        ALTER TABLE hidden ENABLE ROW LEVEL SECURITY; ALTER TABLE own ENABLE ROW LEVEL SECURITY;
        ALTER TABLE forced ENABLE ROW LEVEL SECURITY; ALTER TABLE forced FORCE ROW LEVEL SECURITY;
        ALTER TABLE part ENABLE ROW LEVEL SECURITY`)
      const login = yield* loginOf(sql, url, "policy_reader")
      yield* sql.unsafe(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO policy_reader;
        ALTER TABLE own OWNER TO policy_reader; ALTER TABLE forced OWNER TO policy_reader`)
      const applies = Effect.gen(function* () {
        const datasource = yield* Datasource.make({ url: login })
        const { tables } = yield* datasource.catalog()
        return tables.flatMap(({ rowSecurity, table }) => (rowSecurity === true ? [table] : []))
      }).pipe(Effect.scoped)
      // Who reads through the parent meets the parent's policies.
      expect(yield* applies).toEqual(["forced", "hidden"])
      // A view shows what its owner sees, unless it is told to show what its reader does.
      yield* sql.unsafe(`CREATE VIEW by_owner AS SELECT id FROM hidden; CREATE VIEW below AS SELECT id FROM by_owner;
        CREATE VIEW by_reader WITH (security_invoker = true) AS SELECT id FROM hidden;
        CREATE VIEW readers_own AS SELECT id FROM hidden; ALTER VIEW readers_own OWNER TO policy_reader;
        GRANT SELECT ON by_owner, below, by_reader TO policy_reader`)
      const shown = yield* (yield* Datasource.make({ url: login })).catalog({ views: true })
      expect(
        shown.tables.flatMap(({ kind, rowSecurity, table }) => (kind === "view" ? [[table, rowSecurity] as const] : []))
      ).toEqual([
        ["below", undefined],
        ["by_owner", undefined],
        ["by_reader", true],
        ["readers_own", true]
      ])
      yield* sql`ALTER ROLE policy_reader BYPASSRLS`
      expect(yield* applies).toEqual([])
      const { tables } = yield* (yield* Datasource.make({ url })).catalog()
      expect(tables.flatMap(({ rowSecurity }) => rowSecurity ?? [])).toEqual([])
    })
  )

  it.scopedLive.skipIf(TestDatabase.isBefore(14))(
    "is what it may read by its own rights, those of its roles, everybody's, and by pg_read_all_data",
    () =>
      Effect.gen(function* () {
        const { sql, url } = yield* datasourceOf(`
        CREATE TABLE mine (id int); CREATE TABLE granted (id int, shut int); CREATE TABLE public_one (id int); CREATE TABLE none (id int);
        CREATE SCHEMA closed; CREATE TABLE closed.one (id int); GRANT SELECT ON closed.one TO PUBLIC`)
        const login = yield* loginOf(sql, url, "rights_reader")
        yield* loginOf(sql, url, "rights_group")
        yield* sql.unsafe(`GRANT rights_group TO rights_reader; ALTER TABLE mine OWNER TO rights_group;
        GRANT SELECT (id) ON granted TO rights_group; GRANT SELECT ON public_one TO PUBLIC`)
        const read = Effect.gen(function* () {
          const { skipped, tables } = yield* (yield* Datasource.make({ url: login })).catalog()
          return {
            tables: tables.map(({ table, unreadable = [] }) => [table, ...unreadable]),
            skipped: skipped.map(({ reason, table }) => `${table} ${/GRANT [A-Z ]+/.exec(reason)?.[0]}`)
          }
        }).pipe(Effect.scoped)
        expect(yield* read).toEqual({
          tables: [["granted", "shut"], ["mine"], ["public_one"]],
          skipped: ["one GRANT USAGE ON SCHEMA", "none GRANT SELECT"]
        })
        yield* sql`GRANT pg_read_all_data TO rights_reader`
        expect((yield* read).skipped).toEqual([])
      })
  )

  it.scopedLive("is the same whatever its standard_conforming_strings", () =>
    Effect.gen(function* () {
      const { sql, url } = yield* datasourceOf(`
        CREATE SCHEMA pgboss; CREATE TABLE pgboss.job (id int); CREATE TABLE "back\\slash" (id int CHECK (id IN (1, 2)))`)
      const login = yield* loginOf(sql, url, "backslash_reader")
      yield* sql.unsafe(`GRANT USAGE ON SCHEMA pgboss TO backslash_reader; GRANT SELECT ON pgboss.job, "back\\slash" TO backslash_reader;
        ALTER ROLE backslash_reader SET standard_conforming_strings = off`)
      const datasource = yield* Datasource.make({ url: login })
      const names = (exclude: ReadonlyArray<string>) =>
        Effect.map(datasource.catalog({ exclude }), ({ tables }) => tables.map(({ table }) => table))
      expect(yield* names([])).toEqual(["job", "back\\slash"])
      expect(yield* names(["back\\*"])).toEqual(["job"])
      expect(yield* names(["pgboss.*"])).toEqual(["back\\slash"])
    })
  )

  it.scopedLive("tells types whose own casts would run from those that PostgreSQL or an extension brought", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`
        CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE plain AS ENUM ('a');
        CREATE FUNCTION mood_text(mood) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT 1 / 0';
        CREATE CAST (mood AS text) WITH FUNCTION mood_text(mood) AS IMPLICIT;
        CREATE TABLE felt (id int, mood mood, moods mood[], plain plain)`)
      const [felt] = (yield* datasource.catalog()).tables
      expect(felt?.columns.map(({ name, ownCast = false }) => [name, ownCast])).toEqual([
        ["id", false],
        ["mood", true],
        ["moods", false],
        ["plain", false]
      ])
    })
  )
})

describe("a view", () => {
  it.scopedLive("is known by the columns of tables that it reads, at any depth", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`
        CREATE TABLE t (id int, first text, last text, spare text);
        CREATE VIEW named AS SELECT id, first || last AS label FROM t;
        CREATE VIEW upper_named AS SELECT upper(label) AS label FROM named;
        CREATE MATERIALIZED VIEW kept AS SELECT label FROM upper_named`)
      const { tables } = yield* datasource.catalog({ views: true })
      expect(tables.map(({ reads, table }) => [table, reads])).toEqual([
        ["kept", ["first", "id", "last"]],
        ["named", ["first", "id", "last"]],
        ["t", undefined],
        ["upper_named", ["first", "id", "last"]]
      ])
    })
  )
})

describe("texts of a catalog", () => {
  it.scopedLive("are read though somebody has locked the table", () =>
    Effect.gen(function* () {
      const { datasource, url } = yield* datasourceOf(
        "CREATE TABLE t (v text DEFAULT 'a' CHECK (v IN ('a', 'b'))); CREATE VIEW w AS SELECT v FROM t; COMMENT ON TABLE t IS 'said'"
      )
      const other = yield* TestDatabase.connect(url)
      yield* other`BEGIN`
      yield* other`LOCK TABLE t, w IN ACCESS EXCLUSIVE MODE`
      const { tables } = yield* datasource.catalog({ views: true })
      yield* other`ROLLBACK`
      expect(tables[0]).toMatchObject({ table: "t", comment: "said", columns: [{ allowed: { values: ["a", "b"] } }] })
      expect(tables[1]).toMatchObject({ table: "w", columns: [{ name: "v" }] })
    })
  )

  it.scopedLive("are cut where they are long, and labels are read once per type", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`
        DO $$ BEGIN
          EXECUTE 'CREATE TYPE many AS ENUM (' || (SELECT string_agg(quote_literal('label ' || i), ',') FROM generate_series(1, 1000) i) || ')';
          EXECUTE 'CREATE TABLE wide (' || (SELECT string_agg('c' || i || ' many', ',') FROM generate_series(1, 300) i) || ')';
          EXECUTE 'COMMENT ON TABLE wide IS ' || quote_literal(repeat('word ', 1000000));
          EXECUTE 'COMMENT ON COLUMN wide.c1 IS ' || quote_literal(repeat('é', 1000000));
        END $$`)
      const [wide] = (yield* datasource.catalog()).tables
      expect(wide?.comment).toHaveLength(2_000)
      expect(wide?.columns[0]?.comment).toBe("é".repeat(2_000))
      expect(wide?.columns[0]?.enumLabels).toHaveLength(200)
      expect(wide?.columns[299]?.enumLabels).toBe(wide?.columns[0]?.enumLabels)
    })
  )

  it.scopedLive.each([
    ["SQL_ASCII", "\\xe9", "\uFFFD"],
    ["WIN1252", "\\x81", "\u0081"]
  ] as const)("are lost alone where their bytes are no text, in %s", ([encoding, byte, shown]) =>
    Effect.gen(function* () {
      const { sql: server, url } = yield* datasourceOf("SELECT 1")
      const database = `bytes_${encoding.toLowerCase()}_${process.pid}`
      yield* Effect.acquireRelease(
        server.unsafe(`CREATE DATABASE ${database} ENCODING '${encoding}' LOCALE 'C' TEMPLATE template0`),
        () => Effect.ignore(server.unsafe(`DROP DATABASE ${database} WITH (FORCE)`))
      )
      const datasource = yield* Datasource.make({ url: urlWith(url, { database: `/${database}` }) })
      const sql = yield* TestDatabase.connect(urlWith(url, { database: `/${database}` }))
      const bytes = `convert_from('${byte}', 'SQL_ASCII')`
      yield* sql.unsafe(`CREATE TABLE good (id int, word text CHECK (word IN ('a', 'b')));
        CREATE TABLE other (id int); COMMENT ON TABLE other IS 'fine';
        DO $$ BEGIN
          EXECUTE 'COMMENT ON TABLE good IS ' || quote_literal('caf' || ${bytes});
          EXECUTE 'COMMENT ON COLUMN good.word IS ' || quote_literal('caf' || ${bytes});
          EXECUTE 'CREATE TABLE ' || quote_ident('caf' || ${bytes}) || ' (id int)';
        END $$`)
      const { skipped, tables } = yield* datasource.catalog()
      const lossy = encoding === "SQL_ASCII"
      expect(tables.find(({ table }) => table === "other")?.comment).toBe("fine")
      expect(tables.find(({ table }) => table === "good")).toMatchObject({
        comment: lossy ? null : `caf${shown}`,
        columns: [{ name: "id" }, { comment: lossy ? null : `caf${shown}`, allowed: { values: ["a", "b"] } }],
        ...(lossy ? { lost: ["its comment", "the comment of word"] } : {})
      })
      expect([...tables, ...skipped].map(({ table }) => table)).toContain(`caf${shown}`)
    })
  )
})
