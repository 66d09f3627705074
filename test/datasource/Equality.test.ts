import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Datasource from "../../src/datasource/Datasource.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import { datasourceOf, urlWith } from "./datasourceOf.ts"

const at = (table: string) => ({ schema: "public", table })
const set = (table: string, ...columns: ReadonlyArray<string>) => ({ ...at(table), columns })

describe("what is said of values", () => {
  it.scopedLive("counts as equal what PostgreSQL does, whatever it looks like", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`
        CREATE EXTENSION citext;
        CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        CREATE TABLE t (ci citext, nc text COLLATE nocase, pad char(5), n numeric, f float8, iv interval, tz timestamptz);
        INSERT INTO t VALUES ('ABC', 'Ab', 'x', 1.50, 0, '1 day', '2020-01-01 12:00+02'),
          ('abc', 'aB', 'x  ', 1.5, '-0', '24:00', '2020-01-01 10:00+00'), ('abd', 'c', 'y', 2, 1, '1 mon', '2020-01-02Z')`)
      const { columns } = yield* datasource.profile(at("t"))
      expect(columns.map(({ column, distinct }) => [column, distinct])).toEqual(
        ["ci", "nc", "pad", "n", "f", "iv", "tz"].map((name) => [name, 2])
      )
      expect(columns[0]?.common).toEqual([
        { value: "ABC", count: 2 },
        { value: "abd", count: 1 }
      ])
      expect(yield* datasource.uniqueness(set("t", "ci"))).toBe(false)
    })
  )

  it.scopedLive("tells rows apart, one by one and together, as PostgreSQL does", () =>
    Effect.gen(function* () {
      const { datasource, sql } = yield* datasourceOf(`
        CREATE EXTENSION citext;
        CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        CREATE COLLATION "no Accent" (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
        CREATE TABLE t (a text COLLATE nocase, b text COLLATE "no Accent", plain text, ci citext COLLATE "C", pad char(5), n numeric);
        INSERT INTO t VALUES ('Ab', 'résumé', 'x', 'ÄRA', 'x', 1.50), ('aB', 'Resume', 'y', 'ära', 'x ', 1.5),
          ('ab', 'x', 'x', 'z', 'z', 2), ('c', 'x', 'x', 'zz', 'zz', 3);
        CREATE TABLE swapped (a text, b text); INSERT INTO swapped VALUES ('x', 'y'), ('y', 'x'), ('xy', ''), ('', 'xy')`)
      const of = (...columns: ReadonlyArray<string>) => datasource.uniqueness(set("t", ...columns))
      const truly = (columns: string) =>
        Effect.map(
          sql.unsafe<{
            unique: boolean
          }>(`SELECT NOT EXISTS (SELECT FROM t GROUP BY ${columns} HAVING count(*) > 1) AS unique`),
          ([row]) => row?.unique
        )
      const sets = ["a", "b", "plain", "ci", "pad", "n", "a,b", "a,plain", "b,plain"]
      for (const columns of sets) {
        expect([columns, yield* of(...columns.split(","))]).toEqual([columns, yield* truly(columns)])
      }
      expect(yield* datasource.uniqueness(set("swapped", "a", "b"))).toBe(true)
      const distinct = (yield* datasource.profile(at("t"))).columns.map((column) => column.distinct)
      expect(distinct).toEqual([2, 2, 2, (yield* truly("ci")) ? 4 : 3, 3, 3])
    })
  )

  it.scopedLive("tells what is no end of a range apart from it", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`
        CREATE TABLE t (f float8, n numeric, d date, ts timestamp, cash money);
        INSERT INTO t VALUES ('NaN', 'NaN', 'infinity', '-infinity', 1.5), ('Infinity', 2, '0044-03-15 BC', '2020-01-01', 90),
          ('-Infinity', 10, '2020-01-01', NULL, NULL), (3, NULL, NULL, NULL, NULL), (20, NULL, NULL, NULL, NULL)`)
      const { columns } = yield* datasource.profile(at("t"))
      expect(columns.map(({ maximum, minimum, notFinite }) => [minimum, maximum, notFinite])).toEqual([
        ["3", "20", { infinity: 1, minusInfinity: 1, notANumber: 1 }],
        ["2", "10", { infinity: 0, minusInfinity: 0, notANumber: 1 }],
        ["0044-03-15 BC", "2020-01-01", { infinity: 1, minusInfinity: 0, notANumber: 0 }],
        ["2020-01-01 00:00:00", "2020-01-01 00:00:00", { infinity: 0, minusInfinity: 1, notANumber: 0 }],
        ["$1.50", "$90.00", undefined]
      ])
    })
  )

  it.scopedLive("is not in a column whose type has no such value, which is no failure", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`
        CREATE TABLE f (f4 float4, f8 float8); INSERT INTO f VALUES (1.5, 1e300), (0, 0), ('Infinity', 'Infinity');
        CREATE TABLE t (v float8, big text); INSERT INTO t VALUES (1.5, '1.5'), (1e50, '1e999'), (1e-60, '1e-999'), (0, '0'), ('Infinity', '-0'), (1e300, '1e300')`)
      const joined = (column: string, to: string) => datasource.inclusion(set("t", column), set("f", to))
      expect(yield* joined("v", "f4")).toMatchObject({ distinct: 6, matched: 3 })
      expect(yield* joined("v", "f8")).toMatchObject({ distinct: 6, matched: 3 })
      expect(yield* joined("big", "f4")).toMatchObject({ distinct: 6, matched: 3 })
      expect(yield* joined("big", "f8")).toMatchObject({ distinct: 6, matched: 3 })
    })
  )

  it.scopedLive("folds case as the database does, and not as JavaScript does", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`
        CREATE EXTENSION citext; CREATE TABLE t (key citext PRIMARY KEY, ref citext, plain text COLLATE "C");
        INSERT INTO t SELECT v, v, v FROM unnest('{ΟΔΟΣ,İZMİR,ÄRA,Abc}'::text[]) v`)
      for (const column of ["ref", "plain"]) {
        const found = yield* datasource.inclusion(set("t", column), set("t", "key"))
        expect(found).toMatchObject({ distinct: 4, matched: 4, orphanRows: 0 })
        expect(yield* datasource.inclusion(set("t", "key"), set("t", column))).toMatchObject({ matched: 4 })
      }
      expect(yield* datasource.probe(["ΟΔΟΣ", "ÄRA", "aBC"], { ...at("t"), column: "key" })).toBeGreaterThanOrEqual(2)
    })
  )

  it.scopedLive("leaves out an array column whose elements cannot be read, and says so", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`
        CREATE TABLE t (id int PRIMARY KEY, refs int[]); INSERT INTO t SELECT i, ARRAY[i] FROM generate_series(1, 9) i;
        CREATE FUNCTION damaged(int[]) RETURNS int[] LANGUAGE plpgsql AS $$ BEGIN
          IF current_query() LIKE '%) items%' THEN RAISE EXCEPTION 'missing chunk' USING ERRCODE = 'XX001'; END IF; RETURN $1; END $$;
        CREATE VIEW v AS SELECT id, public.damaged(refs) AS refs FROM t`)
      const { columns, rows, unread } = yield* datasource.profile(at("v"))
      expect([rows, columns.map(({ column }) => column)]).toEqual([9, ["id"]])
      expect(unread).toMatchObject([{ column: "refs", reason: expect.stringContaining("(XX001)") }])
    })
  )

  it.scopedLive("compares texts that are whole numbers with numbers, and the elements of lists with keys", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`
        CREATE TABLE party (id bigint PRIMARY KEY); INSERT INTO party SELECT generate_series(1, 50);
        CREATE TABLE thing (id uuid PRIMARY KEY); INSERT INTO thing SELECT lpad(i::text, 32, '0')::uuid FROM generate_series(1, 5) i;
        CREATE TABLE t (padded text, plain varchar(9), odd text, ids int[], things uuid[]);
        INSERT INTO t SELECT lpad(i::text, 6, '0'), ' ' || i, CASE i WHEN 3 THEN 'three' ELSE i::text END, ARRAY[i, i + 1, NULL],
          ARRAY[lpad(i::text, 32, '0')::uuid] FROM generate_series(1, 10) i; INSERT INTO t DEFAULT VALUES`)
      const party = set("party", "id")
      const [padded, plain, odd, ids, things] = yield* datasource.inclusions([
        { from: set("t", "padded"), to: party },
        { from: set("t", "plain"), to: party },
        { from: set("t", "odd"), to: party },
        { from: set("t", "ids"), to: party },
        { from: set("t", "things"), to: set("thing", "id") }
      ])
      expect([padded?.matched, padded?.rows, plain?.matched, plain?.orphanRows]).toEqual([10, 10, 10, 0])
      expect(odd).toMatchObject({ matched: 9, orphanRows: 1, orphans: ["three"] })
      expect(ids).toMatchObject({ rows: 20, distinct: 11, matched: 11, maxFrom: 2 })
      expect(things).toMatchObject({ rows: 10, matched: 5, orphanRows: 5 })
      const { columns } = yield* datasource.profile(at("t"))
      expect(columns.find(({ column }) => column === "ids")?.elements?.toSorted()).toContain("11")
    })
  )

  it.scopedLive(
    "compares whole numbers with keys of texts that are such, and elements that are numerics with keys",
    () =>
      Effect.gen(function* () {
        const { datasource } = yield* datasourceOf(`
        CREATE TABLE party (code varchar(8) PRIMARY KEY, no numeric UNIQUE); CREATE TABLE t (party_code bigint, nos numeric[]);
        INSERT INTO party SELECT lpad(i::text, 5, '0'), i + 0.50 FROM generate_series(0, 50) i; INSERT INTO party VALUES ('007a', 99), ('', 98);
        INSERT INTO t SELECT i, ARRAY[i + 0.5, i + 1.500] FROM generate_series(0, 60) i`)
        const code = set("party", "code")
        const [codes, nos] = yield* datasource.inclusions([
          { from: set("t", "party_code"), to: code },
          { from: set("t", "nos"), to: set("party", "no") }
        ])
        expect(codes).toMatchObject({ rows: 61, matched: 51, orphans: ["51", "52", "53", "54", "55"], maxTo: 1 })
        expect(nos).toMatchObject({ rows: 122, distinct: 62, matched: 51 })
        const to = { schema: "public", table: "party", column: "code" }
        expect(
          yield* datasource.probes([
            { values: ["7", "50", "51"], areNumbers: true, to },
            { values: ["7", "00050"], to }
          ])
        ).toEqual([2, 1])
      })
  )

  it.scopedLive("calls no cast, comparison or function of the database's own", () =>
    Effect.gen(function* () {
      const { datasource, sql, url } = yield* datasourceOf(`
        CREATE FUNCTION boom() RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE EXCEPTION 'called'; END $$;
        CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE TYPE pair AS (a int, b int);
        CREATE FUNCTION mood_text(mood) RETURNS text LANGUAGE sql AS 'SELECT boom()';
        CREATE CAST (mood AS text) WITH FUNCTION mood_text(mood) AS IMPLICIT;
        CREATE FUNCTION pair_text(pair) RETURNS text LANGUAGE sql AS 'SELECT boom()';
        CREATE CAST (pair AS text) WITH FUNCTION pair_text(pair);
        CREATE FUNCTION count(int) RETURNS text LANGUAGE sql AS 'SELECT boom()';
        CREATE FUNCTION length(text) RETURNS int LANGUAGE sql AS 'SELECT boom()::int';
        CREATE FUNCTION equal(int, int) RETURNS boolean LANGUAGE sql AS 'SELECT boom()::boolean';
        CREATE OPERATOR = (LEFTARG = int, RIGHTARG = int, FUNCTION = equal);
        CREATE FUNCTION equal(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT boom()::boolean';
        CREATE OPERATOR = (LEFTARG = text, RIGHTARG = text, FUNCTION = equal);
        CREATE TABLE t (id int, m mood, p pair, x text); INSERT INTO t VALUES (1, 'glad', '(1,2)', 'a'), (2, 'sad', NULL, 'b')`)
      yield* sql.unsafe(
        `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database()); END $$`
      )
      const again = yield* Datasource.make({ url })
      for (const each of [datasource, again]) {
        const { columns, unread } = yield* each.profile(at("t"))
        expect([unread, columns.map(({ distinct, nulls, sample }) => [distinct, nulls, sample.toSorted()])]).toEqual([
          undefined,
          [
            [2, 0, ["1", "2"]],
            [2, 0, ["glad", "sad"]],
            [null, 1, []],
            [2, 0, ["a", "b"]]
          ]
        ])
        expect(yield* each.inclusion(set("t", "m"), set("t", "m"))).toMatchObject({ matched: 2 })
        expect(yield* each.inclusion(set("t", "p"), set("t", "p"))).toMatchObject({ rows: 0 })
        expect(yield* each.inclusion(set("t", "id", "x"), set("t", "id", "x"))).toMatchObject({ matched: 2 })
        expect(yield* each.uniqueness(set("t", "p"))).toBe(false)
      }
    })
  )

  it.scopedLive("is of the other columns where one fails, with the reason", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`
        CREATE VIEW v AS SELECT i AS id, 10 / (i - 3) AS bad, i * 2 AS twice, i AS a, i AS b FROM generate_series(1, 5) i`)
      const { columns, unread } = yield* datasource.profile(at("v"))
      expect(columns.map(({ column, distinct }) => [column, distinct])).toEqual(
        ["id", "twice", "a", "b"].map((name) => [name, 5])
      )
      expect(unread).toMatchObject([{ column: "bad" }])
      expect(unread?.[0]?.reason).toContain("division by zero")
    })
  )

  it.scopedLive.skipIf(TestDatabase.isBefore(15))("is nothing of a value that is no text, and all of the others", () =>
    Effect.gen(function* () {
      const { sql, url } = yield* datasourceOf(`SELECT 1`)
      const name = `${TestDatabase.nameOf(url)}_ascii`
      yield* Effect.acquireRelease(
        sql.unsafe(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'`),
        () => TestDatabase.drop(name)
      )
      const ascii = urlWith(url, { database: name })
      const client = yield* TestDatabase.connect(ascii)
      yield* client.unsafe(`CREATE TABLE t (id int, name text)`)
      yield* client.unsafe(
        `INSERT INTO t VALUES (1, 'plain'), (2, convert_from('\\x5a6fc3ab', 'SQL_ASCII')), (3, convert_from('\\x5a6feb', 'SQL_ASCII'))`
      )
      const datasource = yield* Datasource.make({ url: ascii })
      const profile = yield* datasource.profile(at("t"))
      expect(profile).toMatchObject({ rows: 3, columns: [{ distinct: 3 }, { distinct: 3, garbled: 1 }] })
      expect(profile.columns[1]?.sample.toSorted()).toEqual(["Zoë", "plain"])
      // A value that is left out proves nothing about its row.
      expect(yield* datasource.inclusion(set("t", "name"), set("t", "name"))).toMatchObject({
        matched: 2,
        sampled: true
      })
      expect(yield* datasource.inclusion(set("t", "id"), set("t", "id"))).toMatchObject({ matched: 3, sampled: false })
    })
  )
})
