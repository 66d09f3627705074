import { describe, expect, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { FORMATS } from "../../src/findings/Formats.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import { folder, run } from "./program.ts"
import { made } from "./wholeRun.ts"

const PATIENCE = 180_000
const ALL = FORMATS.map(({ name }) => name).join(",")

const filesIn = (path: string) =>
  new Map(readdirSync(path).map((name) => [name, readFileSync(join(path, name), "utf8")]))

describe("Exports", () => {
  it.scopedLive(
    "are the files that the discovery wrote, to the byte, from what is stored, when the database is gone",
    () =>
      Effect.gen(function* () {
        const { url } = yield* made(`
          CREATE TABLE boats (boat_id int PRIMARY KEY, name text); INSERT INTO boats SELECT i, 'B' || i FROM generate_series(1, 30) i;
          CREATE TABLE trips (trip_id int PRIMARY KEY, boat_id int, status text);
          INSERT INTO trips SELECT i, 1 + i % 30, CASE WHEN i % 3 = 0 THEN 'open' ELSE 'done' END FROM generate_series(1, 200) i`)
        const login = yield* TestDatabase.login("IN ROLE pg_read_all_data")
        const own = yield* TestDatabase.create
        const here = yield* folder
        const environment = { DATABASE_URL: Redacted.value(own), LOG_LEVEL: "error" }
        const program = (...args: ReadonlyArray<string>) => run(here, args, environment)

        const none = yield* program("export", "--format", "dbml")
        expect(none).toMatchObject({ status: 2, output: "" })
        expect(none.errors).toBe("there is no ontology to export: npm start -- discover makes one\n")

        const reader = Redacted.value(TestDatabase.as(url, login))
        expect(yield* program("discover", reader, "--format", ALL)).toMatchObject({ status: 0, errors: "" })
        yield* TestDatabase.drop(TestDatabase.nameOf(url))

        const exported = yield* program("export", "--format", ALL, "--out", "again")
        expect(exported).toMatchObject({ status: 0, errors: "" })
        expect(exported.output).toContain("again/foreign-keys.sql: the foreign keys that are not declared")
        const [first, again] = [filesIn(join(here, "out")), filesIn(join(here, "again"))]
        expect([...again.keys()]).toEqual(
          FORMATS.flatMap(({ file, name }) => (name === "changes" ? [] : [file])).toSorted()
        )
        for (const [name, text] of again) expect([name, text === first.get(name)]).toEqual([name, true])
        expect(first.get("foreign-keys.sql")).toContain(
          `ALTER TABLE "public"."trips" ADD CONSTRAINT "trips_boat_id_fkey"`
        )

        const named = yield* program(
          "export",
          "--format",
          "dbml",
          "--datasource",
          TestDatabase.nameOf(url),
          "--out",
          "third"
        )
        expect(named).toMatchObject({ status: 0, errors: "" })
        const wrong = yield* program("export", "--format", "dbml", "--datasource", "shop")
        expect(wrong.status).toBe(2)
        expect(wrong.errors).toMatch(/^--datasource: there is no shop here; there is [^\n]+\n$/)
        const other = yield* program("export", "--format", "dbml", "--project", "other")
        expect(other.errors).toBe(
          'there is no project "other", and there is no ontology to export: npm start -- discover makes one\n'
        )
        expect(readdirSync(here).filter((name) => !name.startsWith("."))).toEqual(["again", "out", "third"])
      }),
    PATIENCE
  )

  it.scopedLive("of the JSON Schema need no database at all", () =>
    Effect.gen(function* () {
      const here = yield* folder
      expect(yield* run(here, ["export", "--format", "json-schema"], { LOG_LEVEL: "error" })).toMatchObject({
        status: 0
      })
      expect(readdirSync(here)).toEqual(["out"])
      expect(JSON.parse(readFileSync(join(here, "out/discovery.schema.json"), "utf8"))).toMatchObject({
        title: "What workflow-infra found in a database"
      })
    })
  )
})
