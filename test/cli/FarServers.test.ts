import { describe, expect, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { orDatabaseError } from "../../src/database/DatabaseError.ts"
import * as Postgres from "../faults/Postgres.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import { filesAs, filesOf, made, silent, written } from "./wholeRun.ts"

const PATIENCE = 240_000

/** The role that reads there: as the README advises. */
const READER = "reader"

/** A primary with these statements run, and a standby of it that cancels at once what keeps it from following. */
const pair = (statements: string) =>
  Effect.gen(function* () {
    const cluster = yield* Postgres.initialise()
    const other = yield* Postgres.copy(cluster)
    const primary = yield* Postgres.serve(cluster)
    const standby = yield* Postgres.serve(other, {
      ...(yield* Postgres.follow(other, primary, "standby")),
      max_standby_streaming_delay: "0",
      // What we send at once is longer than what is kept of it by default.
      track_activity_query_size: "64kB"
    })
    const write = yield* TestDatabase.connect(primary.url)
    yield* write.unsafe(statements)
    yield* write.unsafe(`CREATE ROLE ${READER} LOGIN IN ROLE pg_read_all_data`)
    const look = yield* TestDatabase.connect(standby.url)
    const behind = look.unsafe<{ behind: boolean }>(
      `SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${READER}') AS behind`
    )
    yield* Effect.repeat(behind, { while: ([row]) => row?.behind !== false, schedule: Schedule.spaced("50 millis") })
    return { write, look, reader: TestDatabase.as(standby.url, READER) }
  })

describe("A whole run", () => {
  it.scopedLive(
    "reads a hot standby, again where it cancelled a statement to follow its primary, and says what is not there",
    () =>
      Effect.gen(function* () {
        const { look, reader, write } = yield* pair(`
          CREATE TABLE depots (depot_id int PRIMARY KEY, name text); INSERT INTO depots SELECT i, 'D' || i FROM generate_series(1, 40) i;
          CREATE UNLOGGED TABLE hot (hot_id int PRIMARY KEY, depot_id int); INSERT INTO hot SELECT i, 1 + i % 40 FROM generate_series(1, 90) i;
          CREATE TABLE parcels (parcel_id int PRIMARY KEY, depot_id int, note text);
          INSERT INTO parcels SELECT i, 1 + i % 40, md5(i::text) FROM generate_series(1, 300000) i`)
        // A lock on the primary that the standby can only follow by cancelling who reads the table.
        const reads = look.unsafe(
          `SELECT FROM pg_stat_activity WHERE usename = '${READER}' AND state = 'active' AND query LIKE '%parcels%'`
        )
        const cancelled = look.unsafe<{ cancelled: number }>(
          "SELECT sum(confl_lock)::int AS cancelled FROM pg_stat_database_conflicts"
        )
        yield* Effect.repeat(reads, { while: (rows) => rows.length === 0, schedule: Schedule.spaced("5 millis") }).pipe(
          Effect.zipRight(write.unsafe("DO $$ BEGIN LOCK TABLE parcels IN ACCESS EXCLUSIVE MODE; END $$")),
          Effect.zipRight(cancelled),
          Effect.repeat({ while: ([row]) => (row?.cancelled ?? 0) === 0, schedule: Schedule.spaced("50 millis") }),
          orDatabaseError,
          Effect.forkScoped
        )
        const files = yield* filesAs(reader)
        expect((yield* cancelled)[0]?.cancelled).toBeGreaterThan(0)
        const found = written(files)
        expect(found.ontology.entities.map(({ rows, table }) => [table, rows])).toEqual([
          ["depots", 40],
          ["hot", null],
          ["parcels", 300_000]
        ])
        expect(found.relationships.filter(({ status }) => status === "accepted")).toMatchObject([
          { from: { table: "parcels", columns: ["depot_id"] }, to: { table: "depots" } }
        ])
        expect(silent(files, "unlogged")).toEqual([])
      }),
    PATIENCE
  )

  it.scopedLive(
    "goes on where a foreign server is dead, also where it has a partition, and says so in every file",
    () =>
      Effect.gen(function* () {
        const { sql, url } = yield* made(`
          CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '9', dbname 'x');
          CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (user 'x', password 'y');
          CREATE TABLE ships (ship_id int PRIMARY KEY, name text); INSERT INTO ships SELECT i, 'S' || i FROM generate_series(1, 25) i;
          CREATE FOREIGN TABLE tides (tide_id int, ship_id int) SERVER far;
          CREATE TABLE calls (call_id int, ship_id int, at date NOT NULL) PARTITION BY RANGE (at);
          CREATE TABLE calls_new PARTITION OF calls FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
          CREATE FOREIGN TABLE calls_old PARTITION OF calls FOR VALUES FROM ('2000-01-01') TO ('2025-01-01') SERVER far;
          INSERT INTO calls_new SELECT i, 1 + i % 25, date '2025-01-01' + i FROM generate_series(1, 300) i`)
        yield* sql.unsafe("GRANT USAGE ON FOREIGN SERVER far TO PUBLIC")
        for (const [options, why] of [
          [[], "--foreign reads it"],
          [["--foreign"], "could not connect to server"]
        ] as const) {
          const files = yield* filesOf(url, ...options)
          expect([options, silent(files, "tides"), silent(files, why)]).toEqual([options, [], []])
          expect(written(files).ontology.entities).toEqual(
            expect.arrayContaining([expect.objectContaining({ table: "ships", rows: 25 })])
          )
          expect([...files.values()].join("\n")).not.toMatch(/(tides|calls)\b.{0,40}\b0 rows/)
        }
      }),
    PATIENCE
  )
})
