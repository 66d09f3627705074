import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Datasource from "../../src/datasource/Datasource.ts"
import { eventually } from "../fixtures/eventually.ts"
import { datasourceOf } from "./datasourceOf.ts"

const at = (table: string) => ({ schema: "public", table })
const set = (table: string, ...columns: ReadonlyArray<string>) => ({ ...at(table), columns })

// Numbers come from SELECT lists: of generate_series in FROM the server makes a file, and counts it when it likes.

/** Scans of each table and bytes of temporary files, as the server counts them once our connection has told it. */
const counted = (sql: Effect.Effect.Success<ReturnType<typeof datasourceOf>>["sql"]) =>
  Effect.gen(function* () {
    const scans = yield* sql<{ name: string; scans: number }>`
      SELECT relname AS name, seq_scan::int AS scans FROM pg_stat_user_tables ORDER BY relname`
    const [files] = yield* sql<{ bytes: number }>`
      SELECT temp_bytes::float8 AS bytes FROM pg_stat_database WHERE datname = current_database()`
    return { scans: new Map(scans.map(({ name, scans }) => [name, scans])), bytes: files?.bytes ?? 0 }
  })

const texts = (count: number) => Array.from({ length: count }, (_, index) => `t${index} text`).join(", ")
const hashes = (count: number) =>
  Array.from({ length: count }, (_, index) => `md5((i * ${index + 2})::text)`).join(", ")

describe("what reading a table costs", () => {
  it.scopedLive("is one scan of a table that fits in memory, however many columns it has", () =>
    Effect.gen(function* () {
      const { datasource, sql } = yield* datasourceOf(`
        CREATE TABLE t (id int, ${texts(300)}); INSERT INTO t SELECT i, ${hashes(300)} FROM generate_series(1, 100) i;
        ANALYZE t; SELECT pg_stat_reset()`)
      const profile = yield* datasource.profile(at("t"))
      expect(profile).toMatchObject({ rows: 100, sampled: false })
      expect(profile.columns.map(({ distinct }) => distinct)).toEqual(profile.columns.map(() => 100))
      yield* eventually("the table was scanned once", counted(sql), ({ scans }) => scans.get("t") === 1)
    })
  )

  it.scopedLive("is no file on disk, however large the table, and what rests on a sample says so", () =>
    Effect.gen(function* () {
      const { datasource, sql } = yield* datasourceOf(`
        CREATE TABLE t AS SELECT i AS id, i % 7 AS kind, i / 2 AS half, md5(i::text) AS code, NULLIF(i % 10, 0) AS some
          FROM (SELECT generate_series(1, 300000) AS i) numbers;
        ANALYZE t; SELECT pg_stat_reset()`)
      const before = yield* counted(sql)
      const { columns, rows, sampled } = yield* datasource.profile(at("t"))
      const of = new Map(columns.map((column) => [column.column, column]))
      expect({ rows, sampled }).toEqual({ rows: 300_000, sampled: false })
      // What needs no memory is counted; so is whether a column of a table without a key tells its rows apart.
      expect(of.get("id")).toMatchObject({ nulls: 0, distinct: 300_000, minimum: "1", maximum: "300000" })
      expect(of.get("code")).toMatchObject({ distinct: 300_000, averageLength: 32 })
      expect(of.get("id")?.estimated).toBeUndefined()
      expect(of.get("some")).toMatchObject({ nulls: 30_000, minimum: "1", maximum: "9" })
      expect(of.get("kind")).toMatchObject({ distinct: 7, estimated: true })
      expect(of.get("half")).toMatchObject({ estimated: true, maximum: "150000" })
      expect(yield* datasource.uniqueness(set("t", "id"))).toBe(true)
      expect(yield* datasource.uniqueness(set("t", "half", "kind"))).toBe(true)
      expect(yield* datasource.uniqueness(set("t", "half"))).toBe(false)
      yield* eventually("the scans are counted", counted(sql), ({ scans }) => (scans.get("t") ?? 0) > 0)
      expect((yield* counted(sql)).bytes).toBe(before.bytes)
    })
  )

  it.scopedLive("is nothing of a view that the server would have to write to disk first, and says so", () =>
    Effect.gen(function* () {
      const { datasource, sql } = yield* datasourceOf(`
        CREATE TABLE t AS SELECT i AS id, md5(i::text) AS code FROM (SELECT generate_series(1, 20000) AS i) numbers; ANALYZE t;
        CREATE VIEW endless AS SELECT g::text AS g FROM generate_series(1, 1000000000000) g;
        CREATE VIEW numbered AS SELECT a.id, row_number() OVER (ORDER BY b.code) AS n FROM t a, t b;
        CREATE VIEW distinct_pairs AS SELECT DISTINCT a.code, b.id FROM t a, t b WHERE a.id % 10 = b.id % 1000;
        CREATE VIEW sorted AS SELECT id, code FROM t ORDER BY code; SELECT pg_stat_reset()`)
      const before = yield* counted(sql)
      for (const view of ["endless", "numbered", "distinct_pairs"]) {
        const error = yield* Effect.flip(datasource.profile(at(view)))
        expect([view, error.message]).toEqual([view, expect.stringMatching(/about \d+ MB of temporary files/)])
        expect(error.ofOneTable).toBe(true)
      }
      expect((yield* datasource.profile(at("sorted"))).rows).toBe(20_000)
      expect((yield* counted(sql)).bytes).toBe(before.bytes)
    })
  )

  it.scopedLive("is a few scans where it is asked whether the rows of a table larger than memory are unique", () =>
    Effect.gen(function* () {
      const { datasource, sql, url } = yield* datasourceOf(`
        CREATE TABLE t AS SELECT i AS id, i % 7 AS kind, i / 2 AS half, CASE WHEN i % 100 > 0 THEN i END AS some,
          CASE WHEN i % 1000 = 9 THEN i - 1 ELSE i END AS nearly FROM (SELECT generate_series(1, 300000) AS i) numbers;
        DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = "256kB"', current_database()); END $$`)
      const small = yield* Datasource.make({ url })
      yield* sql.unsafe("ANALYZE t; SELECT pg_stat_reset()")
      const before = yield* counted(sql)
      expect(yield* small.uniqueness(set("t", "id"))).toBe(true)
      yield* eventually("its scans are counted", counted(sql), ({ scans }) => (scans.get("t") ?? 0) > 0)
      // A head, a sample of blocks, a share of the values, and one look for them.
      expect((yield* counted(sql)).scans.get("t")).toBeLessThanOrEqual(4)
      expect(yield* small.uniqueness(set("t", "half", "kind"))).toBe(true)
      for (const column of ["kind", "half", "some", "nearly"]) {
        expect([column, yield* small.uniqueness(set("t", column))]).toEqual([column, false])
      }
      expect(yield* datasource.uniqueness(set("t", "nearly"))).toBe(false)
      expect((yield* counted(sql)).bytes).toBe(before.bytes)
    })
  )

  it.scopedLive("is one scan for all test joins of a table's columns, and no file for a target without an index", () =>
    Effect.gen(function* () {
      const { datasource, sql } = yield* datasourceOf(`
        CREATE TABLE target AS SELECT generate_series(1, 500000) AS id;
        CREATE TABLE a AS SELECT i AS id FROM generate_series(1, 100) i; CREATE TABLE b AS SELECT i AS id FROM generate_series(1, 50) i;
        CREATE TABLE source AS SELECT i % 100 + 1 AS a_id, i % 100 + 1 AS b_id, i * 5 AS target_id FROM generate_series(1, 50000) i;
        ANALYZE; SELECT pg_stat_reset()`)
      const before = yield* counted(sql)
      const found = yield* datasource.inclusions([
        { from: set("source", "a_id"), to: set("a", "id") },
        { from: set("source", "b_id"), to: set("b", "id"), targetDistinct: 50 },
        { from: set("source", "target_id"), to: set("target", "id"), distinct: 50_000, targetDistinct: 500_000 },
        { from: set("source", "a_id"), to: set("nothing", "id") }
      ])
      expect(found.map((each) => each && [each.matched, each.distinct, each.maxTo, each.sampled])).toEqual([
        [100, 100, 1, false],
        [50, 100, 1, false],
        [50_000, 50_000, 1, false],
        null
      ])
      const after = yield* eventually(
        "the scans are counted",
        counted(sql),
        ({ scans }) => (scans.get("target") ?? 0) > 0
      )
      expect([after.scans.get("source"), after.scans.get("target"), after.bytes]).toEqual([1, 1, before.bytes])
    })
  )
})
