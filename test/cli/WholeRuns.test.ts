import { describe, expect, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import { filesOf, made, silent, written } from "./wholeRun.ts"

const PATIENCE = 180_000

describe("A whole run", () => {
  it.scopedLive(
    "says in every file alike which tables it did not read, and why",
    () =>
      Effect.gen(function* () {
        const { sql, url } = yield* made(`
          CREATE TABLE boats (boat_id int PRIMARY KEY, name text); INSERT INTO boats SELECT i, 'B' || i FROM generate_series(1, 30) i;
          CREATE TABLE trips (trip_id int PRIMARY KEY, boat_id int REFERENCES boats);
          INSERT INTO trips SELECT i, 1 + i % 30 FROM generate_series(1, 200) i;
          CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER elsewhere FOREIGN DATA WRAPPER nothing;
          CREATE FOREIGN TABLE harbours (id int) SERVER elsewhere;
          CREATE TABLE bare (); CREATE MATERIALIZED VIEW totals AS SELECT boat_id, count(*) FROM trips GROUP BY 1 WITH NO DATA;
          CREATE VIEW shares AS SELECT boat_id, 1 / (boat_id - 3) AS share FROM boats`)
        const locking = yield* Effect.flatMap(TestDatabase.connect(url), (client) => client.reserve)
        yield* Effect.addFinalizer(() => Effect.ignore(locking.executeRaw("ROLLBACK", [])))
        yield* locking.executeRaw("BEGIN", [])
        yield* locking.executeRaw("LOCK TABLE boats IN ACCESS EXCLUSIVE MODE", [])
        const files = yield* filesOf(url, "--views", "--exclude", "shares")
        for (const said of [
          "bare: it has no columns",
          "boats: locked: somebody else held it for longer than 5 s",
          "harbours: it is a foreign table (--foreign reads it)",
          "totals: it was never filled (REFRESH MATERIALIZED VIEW)"
        ]) {
          const [, table = "", reason = ""] = /^(\w+): (.*)$/.exec(said) ?? []
          expect([said, silent(files, table), silent(files, reason)]).toEqual([said, [], []])
        }
        expect([...files.values()].join("\n")).not.toMatch(/boats.{0,40}\b0 rows/)
        yield* locking.executeRaw("ROLLBACK", [])
        yield* sql`DROP TABLE bare`
        const shares = yield* filesOf(url, "--views")
        for (const file of ["ontology.md", "summary.txt", "discovery.json"])
          expect([file, shares.get(file)?.replaceAll(/\s+/g, " ")]).toEqual([
            file,
            expect.stringContaining("Its column share could not be read: division by zero")
          ])
      }),
    PATIENCE
  )

  it.scopedLive(
    "says in every file alike which values and comments were lost, because their bytes are no text",
    () =>
      Effect.gen(function* () {
        const { sql, url } = yield* made("SELECT 1")
        const name = `${TestDatabase.nameOf(url)}_bytes`
        yield* Effect.acquireRelease(
          sql.unsafe(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'`),
          () => TestDatabase.drop(name)
        )
        const there = new URL(Redacted.value(url))
        there.pathname = name
        const bytes = Redacted.make(there.href)
        const client = yield* TestDatabase.connect(bytes)
        const word = String.raw`convert_from('\x6d75f1', 'SQL_ASCII')`
        yield* client.unsafe(`CREATE TABLE parcels (parcel_id int PRIMARY KEY, label text);
          INSERT INTO parcels SELECT i, CASE WHEN i % 2 = 0 THEN ${word} ELSE 'plain' END FROM generate_series(1, 40) i`)
        yield* client.unsafe(`DO $$ BEGIN EXECUTE 'COMMENT ON TABLE parcels IS ' || quote_literal(${word}); END $$`)
        const files = yield* filesOf(bytes)
        expect(silent(files, "Values of label are left out where their bytes are no text.")).toEqual([])
        expect(silent(files, "Lost, because the bytes are no text: its comment.")).toEqual([])
        expect(silent(files, "40 parcels")).toEqual(["context.md", "er-diagram.mmd", "report.html"])
      }),
    PATIENCE
  )

  it.scopedLive(
    "tells tables with odd names apart, and writes files that hold together",
    () =>
      Effect.gen(function* () {
        const tables = ["x-y", "x_y", "x y", " ", "end", "class", "数", "a.b", 'q"q', "<b>", "| # ` $"]
        const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
        const { url } = yield* made(`CREATE SCHEMA "s t"; CREATE SCHEMA "数学";
          ${tables.map((name) => `CREATE TABLE "s t".${quoted(name)} ("order" int PRIMARY KEY, ${quoted(name)} text, "tab\there" int); INSERT INTO "s t".${quoted(name)} SELECT i, 'w' || i, 1 FROM generate_series(1, 9) i;`).join("\n")}
          CREATE TABLE "数学"."題" ("番" int PRIMARY KEY, "数番" int REFERENCES "s t"."数");
          INSERT INTO "数学"."題" SELECT i, 1 + i % 9 FROM generate_series(1, 50) i`)
        const files = yield* filesOf(url)
        const found = written(files)
        const names = found.entities.map((entity) => entity.name)
        expect(names).toHaveLength(tables.length + 1)
        expect(new Set(names).size).toBe(names.length)
        expect(found.relationships.filter(({ status }) => status === "accepted")).toMatchObject([
          { from: { table: "題" }, to: { table: "数" }, method: "foreign_key" }
        ])
        const markdown = files.get("ontology.md") ?? ""
        const described = found.ontology.entities.length
        expect(markdown.match(/^### /gm)).toHaveLength(described)
        for (const line of markdown.split("\n").filter((line) => line.startsWith("| ")))
          expect([line, line.replaceAll("\\|", "").match(/\|/g)?.length]).toEqual([line, 5])
        const boxes = (files.get("er-diagram.mmd") ?? "").match(/^ {4}\S+\["/gm) ?? []
        expect(new Set(boxes).size).toBe(described)
        const classes = (files.get("ontology.ttl") ?? "").match(/^<[^>\s]+>\n {4}a owl:Class/gm) ?? []
        expect(new Set(classes).size).toBe(described)
        expect(markdown).toContain("50 題")
      }),
    PATIENCE
  )

  it.scopedLive(
    "shows columns of an extension's types, and none of its tables and views",
    () =>
      Effect.gen(function* () {
        const { url } = yield* made(`
          CREATE EXTENSION cube; CREATE EXTENSION hstore; CREATE EXTENSION pg_stat_statements; CREATE EXTENSION pg_buffercache;
          CREATE TABLE kept_by_extension (id int PRIMARY KEY); ALTER EXTENSION cube ADD TABLE kept_by_extension;
          CREATE TABLE parks (park_id serial PRIMARY KEY, name text, outline cube);
          INSERT INTO parks (name, outline) SELECT 'P' || i, cube(ARRAY[i, i], ARRAY[i + 1, i + 1]) FROM generate_series(1, 12) i;
          CREATE TABLE benches (bench_id serial PRIMARY KEY, park_id int, tags hstore, latitude float8, longitude float8);
          INSERT INTO benches (park_id, tags, latitude, longitude)
            SELECT 1 + i % 12, hstore('wood', 'oak'), 40 + i / 1000.0, -3 - i / 1000.0 FROM generate_series(1, 300) i`)
        const files = yield* filesOf(url, "--views")
        const found = written(files)
        expect(found.ontology.entities.map(({ rows, table }) => [table, rows])).toEqual([
          ["benches", 300],
          ["parks", 12]
        ])
        expect(found.relationships.filter(({ status }) => status === "accepted")).toMatchObject([
          { from: { table: "benches", columns: ["park_id"] }, to: { table: "parks" } }
        ])
        const columns = found.ontology.entities.flatMap((entity) =>
          entity.columns.map(({ name, semanticType, type }) => [name, type, semanticType])
        )
        expect(columns).toEqual(
          expect.arrayContaining([
            ["outline", "public.cube", "other"],
            ["tags", "public.hstore", "other"],
            ["latitude", "double precision", "latitude"],
            ["longitude", "double precision", "longitude"]
          ])
        )
        expect(silent(files, "kept_by_extension")).toHaveLength(files.size - 1)
      }),
    PATIENCE
  )

  it.scopedLive(
    "describes unusual columns as what they are",
    () =>
      Effect.gen(function* () {
        const { url } = yield* made(`
          CREATE TYPE blank AS ENUM (); CREATE TYPE tint AS ENUM ('pale', 'deep "blue"'); CREATE SEQUENCE shared;
          CREATE TABLE tins (tin_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tint tint DEFAULT 'pale', others tint[], never blank,
            w int, d int GENERATED ALWAYS AS (w * 2) STORED, gone int, long text);
          ALTER TABLE tins DROP COLUMN gone;
          INSERT INTO tins (others, w, long) SELECT ARRAY['pale']::tint[], i, CASE i WHEN 3 THEN repeat('long ', 400000) ELSE 'x' || i END
            FROM generate_series(1, 60) i;
          CREATE TABLE lids (id int PRIMARY KEY DEFAULT nextval('shared'), v text); INSERT INTO lids (v) SELECT 'a' FROM generate_series(1, 30);
          CREATE TABLE caps (id int PRIMARY KEY DEFAULT nextval('shared'), v text); INSERT INTO caps (v) SELECT 'b' FROM generate_series(1, 30);
          COMMENT ON COLUMN tins.tint IS 'Its tint.'`)
        const files = yield* filesOf(url)
        const found = written(files)
        const tins = found.ontology.entities.find(({ table }) => table === "tins")
        expect(Object.fromEntries(tins?.columns.map(({ description, name }) => [name, description]) ?? [])).toEqual({
          tin_id: "Identifies one Tin.",
          tint: "Its tint.",
          others: 'Elements are pale or deep "blue" (by its enum).',
          never: "Never filled.",
          w: "From 1 to 60.",
          d: "Computed by the database from w; from 2 to 120.",
          long: "Up to 2,000,000 characters."
        })
        expect(found.relationships.filter(({ status }) => status === "accepted")).toEqual([])
        expect(files.get("ontology.md")).not.toContain("Values: .")
        // The page's own program is some 100 KB of report.html.
        expect(Math.max(...[...files.values()].map((text) => text.length))).toBeLessThan(200_000)
      }),
    PATIENCE
  )
})
