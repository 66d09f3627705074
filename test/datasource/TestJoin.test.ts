import { describe, expect, it } from "@effect/vitest"
import { Effect, FastCheck } from "effect"
import { datasourceOf } from "./datasourceOf.ts"

const set = (table: string, ...columns: ReadonlyArray<string>) => ({ schema: "public", table, columns })

describe("a test join", () => {
  it.scopedLive("counts rows, orphans, distinct values, coverage and multiplicity", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`
        CREATE TABLE person (id int, boss int);
        INSERT INTO person VALUES (1, NULL), (2, 1), (3, 1), (4, 9), (5, 10), (5, 9)`)
      expect(yield* datasource.inclusion(set("person", "boss"), set("person", "id"))).toEqual({
        rows: 5,
        orphanRows: 3,
        distinct: 3,
        matched: 1,
        targetDistinct: 5,
        orphans: ["9", "10"],
        maxFrom: 2,
        maxTo: 1,
        sampled: false
      })
    })
  )

  it.scopedLive("joins tuples, without the rows that have a null in them", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`
        CREATE TABLE town (state text, no int, PRIMARY KEY (state, no));
        CREATE TABLE visit (at text, town_no bigint);
        INSERT INTO town VALUES ('A', 1), ('A', 2), ('B', 1);
        INSERT INTO visit VALUES ('A', 1), ('A', 1), ('B', 1), ('B', 2), (NULL, 1), ('A', NULL), ('C, "x"', 1)`)
      expect(yield* datasource.inclusion(set("visit", "at", "town_no"), set("town", "state", "no"))).toEqual({
        rows: 5,
        orphanRows: 2,
        distinct: 4,
        matched: 2,
        targetDistinct: 3,
        orphans: ["(B,2)", '("C, ""x""",1)'],
        maxFrom: 2,
        maxTo: 1,
        sampled: false
      })
    })
  )

  it.scopedLive("joins texts to UUIDs as PostgreSQL reads them, and takes no other text for one", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`
        CREATE TABLE device (id uuid PRIMARY KEY);
        INSERT INTO device SELECT lpad(to_hex(i + 10), 32, 'a')::uuid FROM generate_series(1, 5) i;
        CREATE TABLE reading (device_id varchar(40));
        INSERT INTO reading SELECT id::text FROM device UNION ALL SELECT upper(id::text) FROM device
          UNION ALL SELECT replace(id::text, '-', '') FROM device UNION ALL VALUES ('none'), ('zz')`)
      expect(yield* datasource.inclusion(set("reading", "device_id"), set("device", "id"))).toMatchObject({
        rows: 17,
        orphanRows: 2,
        matched: 15
      })
    })
  )

  it.scopedLive("joins the rows that are meant, where a column beside says which they are", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`
        CREATE TYPE "the Kind" AS ENUM ('cat''s', 'dog');
        CREATE TABLE cat (id int);
        CREATE TABLE note ("of" "the Kind", id int);
        INSERT INTO cat VALUES (1), (2);
        INSERT INTO note VALUES ('cat''s', 1), ('cat''s', 3), ('dog', 2), (NULL, 4)`)
      const found = yield* datasource.inclusion(set("note", "id"), set("cat", "id"), { column: "of", value: "cat's" })
      expect(found).toMatchObject({
        rows: 2,
        orphanRows: 1,
        distinct: 2,
        matched: 1,
        targetDistinct: 2,
        orphans: ["3"]
      })
      const gone = yield* Effect.flip(
        datasource.inclusion(set("note", "id"), set("cat", "id"), { column: "kind", value: "cat" })
      )
      expect(gone.message).toBe('public.note has no column "kind" that can be read')
    })
  )

  it.scopedLive("reads a bounded number of values, also where the planner expects few", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`
        CREATE FUNCTION many() RETURNS SETOF int ROWS 10 LANGUAGE sql AS 'SELECT generate_series(1, 500000)';
        CREATE VIEW v AS SELECT n FROM public.many() n;
        CREATE VIEW few AS SELECT n FROM generate_series(1, 10) n`)
      const found = yield* datasource.inclusion(set("v", "n"), set("few", "n"))
      expect(found.sampled).toBe(true)
      expect(found.distinct).toBeLessThanOrEqual(400_000)
      expect((yield* datasource.inclusion(set("few", "n"), set("v", "n"))).sampled).toBe(false)
    })
  )

  it.scopedLive("is all zeros between empty tables", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`CREATE TABLE a (id int); CREATE TABLE b (id int)`)
      expect(yield* datasource.inclusion(set("a", "id"), set("b", "id"))).toMatchObject({
        rows: 0,
        distinct: 0,
        targetDistinct: 0,
        maxFrom: 0,
        maxTo: 0,
        orphans: []
      })
    })
  )

  it.scopedLive("compares what can be compared: numbers, padded texts, moments, and anything as text", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`
        CREATE TYPE color AS ENUM ('red', 'blue');
        CREATE TABLE t (i2 smallint, i8 bigint, n numeric, n2 numeric(9,2), f float8, c5 char(5), v varchar, txt text,
          d date, ts timestamp, tz timestamptz, u uuid, ut text, b boolean, e color, j json, x xml, iv interval, o oid, m money);
        INSERT INTO t VALUES (7, 7, 7.0, 7, 7, 'ab', 'ab  ', 'ab', '2020-01-02', '2020-01-02', '2020-01-02Z',
          '00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-00000000000a', true, 'red', '{"a": 1}', '<a/>', '1 day', 7, '$7')`)
      const groups = [
        ["i2", "i8", "n", "n2", "f", "o", "m"],
        ["c5", "txt"],
        ["v", "v"],
        ["d", "ts", "tz"],
        ["u", "ut"],
        ["j"],
        ["x"],
        ["iv"],
        ["b"],
        ["e"]
      ]
      for (const group of groups) {
        for (const from of group) {
          for (const to of group) {
            const found = yield* datasource.inclusion(set("t", from), set("t", to))
            expect([from, to, found.matched]).toEqual([from, to, 1])
          }
        }
      }
      expect((yield* datasource.inclusion(set("t", "txt"), set("t", "i2"))).matched).toBe(0)
      expect((yield* datasource.inclusion(set("t", "b"), set("t", "e"))).orphans).toEqual(["true"])
    })
  )

  it.scopedLive("agrees with counting by hand, on any rows, whatever is declared unique", () =>
    Effect.gen(function* () {
      const { datasource, sql } = yield* datasourceOf(
        `CREATE TABLE a (id int); CREATE TABLE b (id int); CREATE TABLE a_key (id int UNIQUE); CREATE TABLE b_key (id int UNIQUE)`
      )
      const cell = FastCheck.option(FastCheck.integer({ min: -3, max: 8 }))
      const cases = FastCheck.sample(FastCheck.tuple(FastCheck.array(cell), FastCheck.array(cell)), 40)
      for (const [from, to] of cases) {
        yield* sql`TRUNCATE a, b, a_key, b_key`
        yield* sql`INSERT INTO a SELECT unnest(${from}::int[])`
        yield* sql`INSERT INTO b SELECT unnest(${to}::int[])`
        yield* sql`INSERT INTO a_key SELECT DISTINCT id FROM a`
        yield* sql`INSERT INTO b_key SELECT DISTINCT id FROM b`
        const values = from.filter((value) => value !== null)
        const targets = to.filter((value) => value !== null)
        const orphans = values.filter((value) => !targets.includes(value))
        const most = (all: ReadonlyArray<number>) =>
          Math.max(0, ...all.map((value) => all.filter((other) => other === value).length))
        const counted = {
          rows: values.length,
          orphanRows: orphans.length,
          distinct: new Set(values).size,
          matched: new Set(values).size - new Set(orphans).size,
          targetDistinct: new Set(targets).size,
          orphans: [...new Set(orphans)]
            .toSorted((x, y) => x - y)
            .slice(0, 5)
            .map(String),
          maxFrom: most(values),
          maxTo: most(targets.filter((value) => values.includes(value))),
          sampled: false
        }
        const once = { rows: counted.distinct, orphanRows: new Set(orphans).size, maxFrom: Math.min(1, values.length) }
        const oneTo = { maxTo: Math.min(1, counted.matched) }
        const join = (a: string, b: string) => datasource.inclusion(set(a, "id"), set(b, "id"))
        expect(yield* join("a", "b")).toEqual(counted)
        expect(yield* join("a", "b_key")).toEqual({ ...counted, ...oneTo })
        expect(yield* join("a_key", "b")).toEqual({ ...counted, ...once })
        expect(yield* join("a_key", "b_key")).toEqual({ ...counted, ...once, ...oneTo })
        expect(yield* datasource.uniqueness(set("a", "id"))).toBe(!from.includes(null) && most(values) <= 1)
        expect(yield* datasource.probe(values.map(String), { schema: "public", table: "b", column: "id" })).toBe(
          new Set(values).size - new Set(orphans).size
        )
      }
    })
  )

  it.scopedLive("says that a huge source was sampled, and still knows the whole target; so does a profile", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`
        CREATE TABLE big AS SELECT i AS id, i % 1000 AS k FROM generate_series(1, 600000) i;
        CREATE VIEW huge AS SELECT i AS id, i % 1000 AS k FROM generate_series(1, 3000000) i;
        CREATE TABLE small AS SELECT i AS id FROM generate_series(0, 899) i; ANALYZE`)
      const found = yield* datasource.inclusion(set("huge", "k"), set("small", "id"))
      expect(found).toMatchObject({ sampled: true, targetDistinct: 900, matched: 900, distinct: 1000, rows: 100_000 })
      expect(found.orphanRows).toBe(10_000)
      const whole = yield* datasource.inclusion(set("big", "k"), set("small", "id"))
      expect(whole).toMatchObject({ sampled: false, rows: 600_000, orphanRows: 60_000 })
      const profile = yield* datasource.profile({ schema: "public", table: "big" })
      expect(profile).toMatchObject({ sampled: true, rows: 600_000 })
      expect(yield* datasource.profile({ schema: "public", table: "big" })).toEqual(profile)
      expect(profile.columns.map((column) => column.distinct)).toEqual([600_000, 1000])
      expect(yield* datasource.uniqueness(set("big", "id"))).toBe(true)
      expect(yield* datasource.uniqueness(set("big", "k"))).toBe(false)
    })
  )
})

describe("test joins of one table", () => {
  const statements = `CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a SELECT generate_series(1, 9);
    CREATE TABLE b (name text, no bigint, UNIQUE (name, no)); INSERT INTO b VALUES ('x', 1), ('x', 2), ('y', 1);
    CREATE TABLE c (id uuid PRIMARY KEY);
    CREATE TABLE t (a_id int, name text, no int);
    INSERT INTO t VALUES (1, 'x', 1), (2, 'x', 3), (30, 'y', 1), (2, NULL, 1)`
  const requests = [
    { from: set("t", "a_id"), to: set("a", "id"), targetRows: 9 },
    { from: set("t", "name", "no"), to: set("b", "name", "no"), targetRows: 3 },
    { from: set("t", "name"), to: set("c", "id"), targetRows: 1 },
    { from: set("t", "no"), to: set("a", "id"), targetRows: 9, rows: 4 }
  ]

  it.scopedLive("look values up in several small targets together, and find what each finds alone", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(statements)
      const found = yield* datasource.inclusions(requests)
      expect(found.map((each) => [each?.matched, each?.distinct, each?.targetDistinct])).toEqual([
        [2, 3, 9],
        [2, 3, 3],
        [0, 2, 0],
        [2, 2, 9]
      ])
      expect(found).toEqual(yield* Effect.forEach(requests, ({ from, to }) => datasource.inclusion(from, to)))
    })
  )

  it.scopedLive("lose only the target that cannot be read", () =>
    Effect.gen(function* () {
      const { datasource, sql } = yield* datasourceOf(statements)
      yield* datasource.catalog()
      yield* sql`DROP TABLE b`
      const found = yield* datasource.inclusions(requests)
      expect(found.map((each) => each?.matched ?? null)).toEqual([2, null, 0, 2])
    })
  )
})

describe("a probe", () => {
  it.scopedLive("looks values up as the column's own type and passes over those that it cannot have", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(`
        CREATE TYPE color AS ENUM ('red');
        CREATE TABLE t (i2 smallint, i8 bigint, n numeric, f float8, c char(4), v varchar(9), u uuid, d date, b boolean, e color,
          j jsonb, o oid);
        INSERT INTO t VALUES (1, 5000000000, 1.50, 2.5, 'ab', 'cd', '00000000-0000-0000-0000-00000000000a', '2020-02-03', true, 'red', '{}', 4000000000)`)
      const junk = [
        "",
        " ",
        "x",
        "1e3",
        "99999",
        "-99999999999999999999",
        "2020-13-45",
        "\0",
        "nan",
        "';--",
        "\\x00",
        "😀"
      ]
      const probes = [
        ["i2", "1"],
        ["i8", "5000000000"],
        ["n", "1.5"],
        ["f", "2.5"],
        ["c", "ab"],
        ["v", "cd "],
        ["u", "00000000-0000-0000-0000-00000000000A"],
        ["d", "2020-02-03"],
        ["b", "true"],
        ["e", "red"],
        ["j", "{}"],
        ["o", "4000000000"]
      ] as const
      const found = yield* datasource.probes(
        probes.map(([column, value]) => ({
          values: [...junk, value, value],
          to: { schema: "public", table: "t", column }
        }))
      )
      expect(probes.map(([column], index) => [column, found[index]])).toEqual(probes.map(([column]) => [column, 1]))
    })
  )

  it.scopedLive("answers many requests in their order, and goes on where one target is gone", () =>
    Effect.gen(function* () {
      const { datasource } = yield* datasourceOf(
        `CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a SELECT generate_series(1, 9)`
      )
      const to = { schema: "public", table: "a", column: "id" }
      const gone = { schema: "public", table: "b", column: "id" }
      expect(
        yield* datasource.probes([
          { values: ["1", "2", "30"], to },
          { values: ["1"], to: gone },
          { values: [], to },
          { values: ["9", "9"], to }
        ])
      ).toEqual([2, 0, 0, 1])
      expect(yield* Effect.flip(datasource.probe(["1"], gone))).toMatchObject({ reason: "gone" })
    })
  )
})
