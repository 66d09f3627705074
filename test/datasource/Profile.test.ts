import { describe, expect, it } from "@effect/vitest"
import { Effect, FastCheck } from "effect"
import { VALUE_LENGTH } from "../../src/datasource/Cells.ts"
import { COMMON_VALUES, HISTOGRAM_PARTS, SAMPLE_SIZE } from "../../src/datasource/ColumnValues.ts"
import type { ColumnProfile, TableProfile } from "../../src/datasource/TableProfile.ts"
import { datasourceOf } from "./datasourceOf.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"

const at = (table: string) => ({ schema: "public", table })
const column = (profile: TableProfile, name: string): ColumnProfile => {
  const found = profile.columns.find((column) => column.column === name)
  if (found === undefined) throw new Error(`no column ${name}`)
  return found
}

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

describe("a table's profile", () => {
  it.scopedLive("agrees with counting by hand, on any texts and numbers", () =>
    Effect.gen(function* () {
      const { datasource, sql } = yield* datasourceOf(`CREATE TABLE t (x text, n bigint)`)
      const text = FastCheck.oneof(
        FastCheck.string({ unit: "binary" }),
        FastCheck.constantFrom("a", "B", "ä", "", " ", "'; DROP TABLE t; --", "\\", "😀")
      ).map((value) => value.replaceAll("\0", ""))
      const row = FastCheck.tuple(FastCheck.option(text), FastCheck.option(FastCheck.integer({ min: -5, max: 100 })))
      for (const rows of FastCheck.sample(FastCheck.array(row, { maxLength: 60 }), 30)) {
        yield* sql`TRUNCATE t`
        yield* sql`INSERT INTO t SELECT * FROM unnest(${rows.map(([x]) => x)}::text[], ${rows.map(([, n]) => n)}::bigint[])`
        const profile = yield* datasource.profile(at("t"))
        expect(profile).toMatchObject({ rows: rows.length, sampled: false })
        const check = (name: string, cells: ReadonlyArray<string | null>, order: (a: string, b: string) => number) => {
          const values = cells.filter((cell) => cell !== null)
          const found = column(profile, name)
          const sorted = values.toSorted(order)
          const lengths = values.map((value) => [...value].length)
          const counts = new Map<string, number>()
          for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
          expect(found).toMatchObject({
            nulls: cells.length - values.length,
            distinct: counts.size,
            minimum: sorted[0] ?? null,
            maximum: sorted.at(-1) ?? null,
            minimumLength: values.length === 0 ? null : Math.min(...lengths),
            maximumLength: values.length === 0 ? null : Math.max(...lengths)
          })
          if (values.length > 0) {
            expect(found.averageLength).toBeCloseTo(lengths.reduce((sum, length) => sum + length, 0) / values.length, 9)
          }
          expect(new Set(found.sample)).toEqual(new Set(values))
          expect(found.common).toEqual(
            [...counts]
              .filter(([, n]) => n > 1 || counts.size <= COMMON_VALUES)
              .toSorted(([a, n], [b, m]) => m - n || order(a, b))
              .slice(0, COMMON_VALUES)
              .map(([value, count]) => ({ value, count }))
          )
        }
        check(
          "x",
          rows.map(([x]) => x),
          byBytes
        )
        check(
          "n",
          rows.map(([, n]) => (n === null ? null : String(n))),
          (a, b) => Number(a) - Number(b)
        )
      }
    })
  )

  it.scopedLive("keeps a bounded, evenly picked sample and the most frequent values, the same twice", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`
        CREATE TABLE t (id int PRIMARY KEY, k int);
        INSERT INTO t SELECT i, CASE WHEN i % 3 = 0 THEN 7 ELSE i END FROM generate_series(1, 20000) i; ANALYZE`)
      const profile = yield* datasource.profile(at("t"))
      expect(yield* datasource.profile(at("t"))).toEqual(profile)
      const id = column(profile, "id")
      expect(id).toMatchObject({ nulls: 0, distinct: 20_000, minimum: "1", maximum: "20000" })
      expect(new Set(id.sample).size).toBe(SAMPLE_SIZE)
      const below = id.sample.filter((value) => Number(value) <= 10_000).length
      expect(below).toBeGreaterThan(SAMPLE_SIZE / 4)
      expect(below).toBeLessThan((SAMPLE_SIZE * 3) / 4)
      const k = column(profile, "k")
      expect(k.common).toEqual([{ value: "7", count: 6667 }])
      expect(k.distinct).toBe(13_334)
    })
  )

  it.scopedLive("takes an empty table, a table that was never analysed, and a wide one", () =>
    Effect.gen(function* () {
      const columns = Array.from({ length: 600 }, (_, index) => `c${index} int`).join(", ")
      const { datasource } =
        yield* datasourceOf(`CREATE TABLE none (id int, x text, j json); CREATE TABLE wide (${columns});
        INSERT INTO wide (c0, c599) VALUES (1, 2)`)
      expect(yield* datasource.profile(at("none"))).toMatchObject({
        rows: 0,
        sampled: false,
        columns: ["id", "x", "j"].map((column) => ({
          column,
          nulls: 0,
          minimum: null,
          maximum: null,
          minimumLength: null,
          averageLength: null,
          sample: [],
          common: []
        }))
      })
      const wide = yield* datasource.profile(at("wide"))
      expect([wide.columns.length, column(wide, "c599").maximum, column(wide, "c7").nulls]).toEqual([600, "2", 1])
    })
  )

  it.scopedLive("is of all rows where a table has far fewer than its size says: most are dead, or in small parts", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(
        `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = %L', current_database(), '1MB'); END $$;
        CREATE TABLE emptied (id int PRIMARY KEY, name text) WITH (autovacuum_enabled = off);
        INSERT INTO emptied SELECT n, 'n' || n FROM generate_series(1, 200000) n;
        DELETE FROM emptied WHERE id > 3;
        CREATE TABLE days (day date, n int) PARTITION BY RANGE (day);
        DO $$ BEGIN FOR i IN 0..99 LOOP EXECUTE format('CREATE TABLE day_%s PARTITION OF days FOR VALUES FROM (%L) TO (%L)', i,
          date '2024-01-01' + i, date '2024-01-02' + i); END LOOP; END $$;
        INSERT INTO days SELECT date '2024-01-01' + n % 100, n FROM generate_series(1, 300) n`
      )
      const emptied = yield* datasource.profile(at("emptied"))
      expect([emptied.rows, emptied.sampled, column(emptied, "id").maximum, column(emptied, "name").nulls]).toEqual([
        3,
        false,
        "3",
        0
      ])
      const days = yield* datasource.profile(at("days"))
      expect([days.rows, days.sampled, column(days, "day").distinct]).toEqual([300, false, 100])
    })
  )

  it.scopedLive("does not drag long texts along, and still tells them apart", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`CREATE TABLE t (doc text);
        INSERT INTO t SELECT repeat('long ', 100000) || repeat('x', i % 50) FROM generate_series(1, 200) i;
        INSERT INTO t VALUES ('short'), ('short')`)
      const doc = column(yield* datasource.profile(at("t")), "doc")
      expect(doc).toMatchObject({ distinct: 51, minimumLength: 5, maximumLength: 500_049 })
      expect(Math.max(...[...doc.sample, ...doc.common.map(({ value }) => value)].map((value) => value.length))).toBe(
        VALUE_LENGTH
      )
    })
  )

  it.scopedLive("reads views once and whole, and a parent with its heirs", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`
        CREATE TABLE base (id int); CREATE TABLE heir (more int) INHERITS (base);
        INSERT INTO base VALUES (1), (2); INSERT INTO heir VALUES (3, 1), (4, 1), (5, 1);
        CREATE VIEW both_of_them AS SELECT id, id / 2 AS half FROM base; CREATE MATERIALIZED VIEW kept AS TABLE heir;
        CREATE VIEW broken AS SELECT 1 / (id - 1) AS x FROM base`)
      const rows = (name: string) => Effect.map(datasource.profile(at(name)), (profile) => profile.rows)
      expect([yield* rows("base"), yield* rows("both_of_them"), yield* rows("kept")]).toEqual([5, 5, 3])
      const error = yield* Effect.flip(datasource.profile(at("broken")))
      expect(error).toMatchObject({ reason: "failed", ofOneTable: true })
      expect(error.message).toContain("division by zero")
    })
  )

  it.scopedLive("does not depend on the database's settings", () =>
    Effect.gen(function* () {
      const { datasource, sql } = yield* datasourceOf(`
        CREATE TABLE t (d date, ts timestamptz, f float8, m interval, b bytea);
        INSERT INTO t VALUES ('2020-02-01', '2020-02-01 00:00Z', 0.1, '36:00', '\\x0102')`)
      const before = yield* datasource.profile(at("t"))
      yield* sql.unsafe(`DO $$ BEGIN EXECUTE format(
        'ALTER DATABASE %I SET datestyle = ''SQL, DMY''', current_database()) ; EXECUTE format(
        'ALTER DATABASE %I SET timezone = ''Asia/Tokyo''', current_database()); EXECUTE format(
        'ALTER DATABASE %I SET extra_float_digits = 3', current_database()); EXECUTE format(
        'ALTER DATABASE %I SET intervalstyle = ''iso_8601''', current_database()); END $$`)
      yield* sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`
      const again = yield* datasource
        .profile(at("t"))
        .pipe(Effect.retry({ times: 5, while: (error) => error.retryable }))
      expect(again).toEqual(before)
      expect(column(before, "ts").minimum).toBe("2020-02-01 00:00:00+00")
    })
  )

  it.scopedLive.skipIf(TestDatabase.isBefore(14))(
    "takes a column of every type there is, with figures or without",
    () =>
      Effect.gen(function* () {
        const { datasource, sql } = yield* datasourceOf(`
        CREATE EXTENSION hstore; CREATE EXTENSION citext; CREATE EXTENSION ltree;
        CREATE TYPE pair AS (a int, b text); CREATE TYPE color AS ENUM ('red', 'blue');
        CREATE DOMAIN positive AS int CHECK (VALUE > 0); CREATE DOMAIN tags AS text[]`)
        const types = yield* sql<{ type: string }>`
        SELECT format_type(oid, NULL) AS type FROM pg_type
        WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm') AND typname NOT LIKE 'pg\\_%'
          AND typname NOT LIKE '\\_%' ORDER BY oid`
        const own = [
          "pair",
          "color",
          "positive",
          "tags",
          "int[]",
          "text[]",
          "positive[]",
          "pg_lsn",
          "pg_snapshot",
          "numeric(9,0)",
          "char(4)",
          "bit(3)",
          "hstore",
          "citext",
          "ltree"
        ]
        const all = [...types.map(({ type }) => type), ...own]
        yield* sql.unsafe(`CREATE TABLE every (${all.map((type, index) => `c${index} ${type}`).join(", ")})`)
        yield* sql.unsafe(`INSERT INTO every DEFAULT VALUES`)
        const empty = yield* datasource.profile(at("every"))
        expect(empty.columns.map(({ nulls }) => nulls)).toEqual(all.map(() => 1))

        const values = {
          boolean: "true",
          bytea: "\\x00",
          '"char"': "a",
          bigint: "-9223372036854775808",
          point: "(1,2)",
          polygon: "((0,0),(1,1))",
          circle: "<(0,0),1>",
          json: `{"a":"\\u0000"}`,
          jsonb: `[1]`,
          xml: "<a/>",
          xid: "7",
          money: "12.50",
          inet: "10.0.0.1",
          cidr: "10.0.0.0/8",
          macaddr: "08:00:2b:01:02:03",
          tsvector: "a b",
          tsquery: "a & b",
          interval: "1 day",
          "double precision": "NaN",
          numeric: "NaN",
          date: "infinity",
          "timestamp without time zone": "-infinity",
          int4range: "[1,5)",
          bit: "1",
          "bit varying": "101",
          pair: "(1,x)",
          color: "blue",
          positive: "5",
          tags: "{a,b}",
          "int[]": "{1}",
          oid: "4294967295",
          uuid: "00000000-0000-0000-0000-000000000000",
          name: "n",
          "time with time zone": "12:00+02",
          pg_lsn: "0/0",
          int4multirange: "{[1,5),[7,9)}",
          hstore: "a=>1",
          citext: "Aa",
          ltree: "a.b"
        }
        for (const [type, value] of Object.entries(values)) {
          yield* sql.unsafe(`INSERT INTO every (c${all.lastIndexOf(type)}) VALUES ($1::text::${type})`, [value])
        }
        const profile = yield* datasource.profile(at("every"))
        const count = Object.keys(values).length + 1
        for (const type of Object.keys(values)) {
          const found = column(profile, `c${all.lastIndexOf(type)}`)
          expect([type, found.nulls]).toEqual([type, count - 1])
          expect([type, found.distinct === null || found.distinct === 1]).toEqual([type, true])
          if (found.distinct === 1) expect([type, found.sample.length, found.common.length]).toEqual([type, 1, 1])
        }
        expect(column(profile, `c${all.indexOf("color")}`)).toMatchObject({ minimum: "blue", sample: ["blue"] })
        expect(column(profile, `c${all.indexOf("jsonb")}`)).toMatchObject({
          distinct: null,
          sample: ["[1]"],
          maximumLength: 3
        })
        const made = ["pair", "positive[]", "hstore", "ltree"]
        for (const one of profile.columns) {
          if (made.includes(all[profile.columns.indexOf(one)] ?? "")) continue
          const self = { ...at("every"), columns: [one.column] }
          const inclusion = yield* datasource.inclusion(self, self)
          expect([one.column, inclusion.orphanRows, inclusion.rows]).toEqual([one.column, 0, count - one.nulls])
          yield* datasource.uniqueness(self)
          yield* datasource.probe(one.sample, { ...at("every"), column: one.column })
        }
      })
  )

  it.scopedLive("counts the rows in parts of a line of numbers or moments, whatever lies at its ends", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(
        `CREATE TABLE t (
          n int, price numeric, f float8, day date, at timestamptz, far date, huge numeric, same int, t text, none int);
        INSERT INTO t SELECT i, i / 10.0, CASE i WHEN 1 THEN 'NaN' WHEN 2 THEN 'Infinity' ELSE i::float8 END, date '2024-01-01' + i,
          timestamptz '2024-01-01 00:00+00' + i * interval '1 hour', CASE WHEN i = 240 THEN '99999-01-01' ELSE date '2024-01-01' END,
          CASE WHEN i = 240 THEN ('1' || repeat('0', 400))::numeric ELSE i END, 7, i::text, NULL
        FROM generate_series(1, 240) i`
      )
      const profile = yield* datasource.profile(at("t"))
      const rows = (name: string) => column(profile, name).histogram?.rows
      const even = Array.from({ length: HISTOGRAM_PARTS }, () => 240 / HISTOGRAM_PARTS)
      expect(column(profile, "n").histogram).toEqual({ low: "1", high: "240", rows: even })
      expect(rows("price")).toEqual(even)
      expect(rows("day")).toEqual(even)
      expect(rows("at")).toEqual(even)
      expect(rows("f")?.reduce((sum, count) => sum + count, 0)).toBe(238)
      for (const name of ["far", "huge", "same", "t", "none"]) expect([name, rows(name)]).toEqual([name, undefined])
    })
  )
})
