import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Datasource from "../../src/datasource/Datasource.ts"
import { type Marks, NO_MARKS, unmoved } from "../../src/datasource/Movement.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"

const given = Effect.gen(function* () {
  const url = yield* TestDatabase.create
  const sql = yield* TestDatabase.connect(url)
  yield* sql.unsafe(`
    CREATE TABLE a (id int PRIMARY KEY, t text) WITH (autovacuum_enabled = off);
    CREATE TABLE b (id int PRIMARY KEY, t text) WITH (autovacuum_enabled = off);
    CREATE TABLE parted (id int, t text) PARTITION BY RANGE (id);
    CREATE TABLE part PARTITION OF parted FOR VALUES FROM (0) TO (100) WITH (autovacuum_enabled = off);
    CREATE MATERIALIZED VIEW m AS SELECT 1 AS id;
    CREATE VIEW v AS SELECT id FROM a;
    INSERT INTO a SELECT n, n FROM generate_series(1, 50) n;
    INSERT INTO b SELECT * FROM a; INSERT INTO parted SELECT * FROM a;
    ANALYZE a, b, parted`)
  const datasource = yield* Datasource.make({ url })
  const marks = (before: Marks = NO_MARKS) =>
    Effect.flatMap(datasource.catalog({ views: true }), (catalog) => datasource.marks(catalog, before))
  /** The marks when all of the above has been reported. */
  const settled = Effect.zipRight(Effect.orDie(sql`SELECT pg_stat_force_next_flush()`), marks())
  return { marks, settled, sql }
})

const PATIENCE = 240_000
const names = (...tables: ReadonlyArray<string>) => tables.map((table) => `public.${table}`)

describe("The mark of a table", () => {
  it.scopedLive.skipIf(TestDatabase.isBefore(15))(
    "is another one when its rows, its columns or the counters are, and that of a view is none",
    () =>
      Effect.gen(function* () {
        const { marks, settled, sql } = yield* given
        let before = yield* settled
        expect(Object.keys(before.tables).sort()).toEqual(names("a", "b", "m", "parted"))
        const moved = (statements: string) =>
          Effect.gen(function* () {
            yield* sql.unsafe(statements)
            const now = yield* marks(before)
            const same = unmoved(before, now)
            before = now
            return names("a", "b", "m", "parted").filter((name) => !same.includes(name))
          })
        // One session, in one second: it reports only the first statement at once.
        yield* sql.unsafe("UPDATE a SET t = 'x' WHERE id = 1")
        expect(yield* moved("INSERT INTO parted VALUES (60, 'x')")).toEqual(names("a", "parted"))
        expect(yield* moved("TRUNCATE b")).toEqual(names("b"))
        expect(yield* moved("ALTER TABLE a DROP COLUMN t, ADD COLUMN t text DEFAULT 'z'")).toEqual(names("a"))
        expect(yield* moved("SELECT count(*) FROM a, b, parted")).toEqual([])
        expect(yield* moved("ALTER TABLE b ENABLE ROW LEVEL SECURITY; REFRESH MATERIALIZED VIEW m")).toContain(
          "public.m"
        )
        expect(yield* moved("SELECT pg_stat_reset()")).toEqual(names("a", "b", "m", "parted"))
      }),
    PATIENCE
  )
})
