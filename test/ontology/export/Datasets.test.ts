import { describe, expect, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { FORMATS } from "../../../src/findings/Formats.ts"
import { folder, run } from "../../cli/program.ts"
import * as Datasets from "../../fixtures/Datasets.ts"
import * as TestDatabase from "../../fixtures/TestDatabase.ts"
import { faultsIn } from "./ownTools.ts"

const PATIENCE = 600_000

describe("Exports of whole databases", () => {
  for (const name of ["northwind", "pagila"])
    it.scopedLive.runIf(Datasets.available)(
      `of ${name} are read by their own tools, and their statements run (needs DATASETS)`,
      () =>
        Effect.gen(function* () {
          const url = yield* Datasets.load(name, "nofk")
          const login = yield* TestDatabase.login("IN ROLE pg_read_all_data")
          const own = yield* TestDatabase.create
          const here = yield* folder
          const environment = { DATABASE_URL: Redacted.value(own), LOG_LEVEL: "error" }
          const reader = Redacted.value(TestDatabase.as(url, login))
          const formats = FORMATS.map((format) => format.name).join(",")
          expect(yield* run(here, ["discover", reader, "--format", formats], environment)).toMatchObject({ status: 0 })
          const files = new Map(
            readdirSync(join(here, "out")).map((file) => [file, readFileSync(join(here, "out", file), "utf8")])
          )
          expect(yield* Effect.promise(() => faultsIn(files))).toEqual([])

          const sql = yield* Effect.flatMap(TestDatabase.connect(url), (client) => client.reserve)
          const rows = (text: string) => sql.executeUnprepared(text, [], undefined)
          const keys = rows("SELECT FROM pg_constraint WHERE contype = 'f'")
          yield* rows("BEGIN")
          for (const file of ["foreign-keys.sql", "comments.sql"]) yield* rows(files.get(file) ?? "")
          expect((yield* keys).length).toBeGreaterThan(5)
          yield* rows("ROLLBACK")
          expect(yield* keys).toEqual([])
        }),
      PATIENCE
    )
})
