import { expect, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { SCHEMA_VERSION } from "../../src/database/Migrations.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import { folder, run } from "./program.ts"

/** The program is bundled first. */
const PATIENCE = 120_000

it.scopedLive(
  "migrate makes our tables, or prints what an administrator runs, and says for whom",
  () =>
    Effect.gen(function* () {
      const login = yield* TestDatabase.login()
      const database = yield* TestDatabase.create
      const place = yield* folder
      const mine = { DATABASE_URL: Redacted.value(TestDatabase.as(database, login)), WORKFLOW_SCHEMA: "Our own" }
      const migrate = (environment: Readonly<Record<string, string>>, ...options: ReadonlyArray<string>) =>
        run(place, ["migrate", ...options], environment)

      const refused = yield* migrate(mine)
      expect({ ...refused, errors: "" }).toEqual({ status: 1, output: "", errors: "" })
      expect(refused.errors).toMatch(
        /^schema "Our own" has to be made, and the login "\w+" may not create roles .* "npm start -- migrate --sql --login \w+" prints, once\n$/
      )

      const printed = yield* migrate(mine, "--sql")
      expect({ status: printed.status, errors: printed.errors }).toEqual({ status: 0, errors: "" })
      const sql = yield* TestDatabase.connect(database)
      yield* sql.unsafe(printed.output)
      const ready = `Schema "Our own" in database "${TestDatabase.nameOf(database)}" is at version ${SCHEMA_VERSION}: no migration to run. The login "${login}" has every right it needs.\n`
      expect(yield* migrate(mine)).toEqual({ status: 0, output: ready, errors: "" })

      // An administrator may run it himself instead.
      const theirs = { DATABASE_URL: Redacted.value(database), WORKFLOW_SCHEMA: "other" }
      const made = yield* migrate(theirs, "--login", login)
      expect(made.output).toMatch(
        /^Schema "other" in .*: ran 1_engine, .*The login "login_\w+" has every right it needs\.\n$/
      )
    }),
  PATIENCE
)

it.scopedLive(
  "migrate says in one line what it needs, and prints the whole script where no database can be asked",
  () =>
    Effect.gen(function* () {
      const place = yield* folder
      const cases: ReadonlyArray<readonly [Readonly<Record<string, string>>, ReadonlyArray<string>, RegExp]> = [
        [{}, [], /^migrate needs DATABASE_URL/],
        [{}, ["--sql"], /^migrate --sql needs DATABASE_URL, or --login NAME/],
        [{ DATABASE_URL: "mysql://me:hunter2@db/shop" }, [], /^DATABASE_URL is not valid/],
        [{ DATABASE_URL: "postgres://me:hunter2@db/shop?dbname=other" }, [], /^DATABASE_URL is not valid: dbname/],
        [{ DATABASE_URL: "postgres://me:hunter2@db/?hostaddr=10.0.0.1" }, [], /^DATABASE_URL is not valid: hostaddr/],
        [{ DATABASE_URL: "postgres://me:hunter2@one,two/shop" }, [], /^DATABASE_URL is not valid: .*one host/],
        [
          { DATABASE_URL: "postgres://127.0.0.1:1/own", WORKFLOW_SCHEMA: "é".repeat(40) },
          [],
          /WORKFLOW_SCHEMA: the schema's name/
        ]
      ]
      for (const [environment, options, says] of cases) {
        const { errors, output } = yield* run(place, ["migrate", ...options], environment)
        expect(output).toBe("")
        expect(errors).toMatch(says)
        expect(errors).toMatch(/^[^\n]*\n$/)
      }
      const nowhere = yield* run(place, ["migrate", "--sql"], {
        DATABASE_URL: "postgres://app:hunter2@127.0.0.1:1/own"
      })
      expect(nowhere.status).toBe(0)
      expect(nowhere.errors).toMatch(
        /^DATABASE_URL \(127.0.0.1:1\/own\): connect ECONNREFUSED .*: the script begins with an empty database\n$/
      )
      expect(nowhere.output).toMatch(/^-- Brings schema "engine" from version 0 .*the login "app"[^]*\nCOMMIT;\n$/)
      expect(nowhere.output).not.toContain("hunter2")
    }),
  PATIENCE
)
