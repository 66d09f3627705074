import { describe, expect, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { FORMATS } from "../../src/findings/Formats.ts"
import { eventually } from "../fixtures/eventually.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import { folder, run, start } from "./program.ts"

/** Stands in every value that nobody but the owner may see, in upper or lower case. */
const CANARY = /qzx/i

/** Secrets and personal data in every kind of column: keys, lists of few values, numbers, texts, documents, and what refers to them. */
const DATABASE = `
  CREATE DOMAIN access_code AS text;
  CREATE TABLE people (person_id int PRIMARY KEY, "fullName" text, mail text UNIQUE, pwd_hash text, "resetToken" text UNIQUE, card_no text,
    iban text, notes text, phone text, session_data jsonb, otp char(8), ssn text, secretanswer text, street text, town text, door access_code,
    api_key_value text, role text, picture bytea, nick_names text[], manager_mail text);
  INSERT INTO people SELECT i, 'Qzx Person ' || i, 'qzx' || i || '@canary.test', '$2b$10$QZXHASH' || md5(i::text), 'QZXTOKEN' || md5('t' || i),
    'QZX-4111-' || i % 3, 'QZX8937' || i % 3, CASE WHEN i % 3 = 0 THEN 'qzx ill' ELSE 'qzx well' END, 'QZX+49 151 ' || i % 4, '{"qzx":"qzx"}',
    'qzx' || i % 3, 'qzx-05-' || i % 4, 'qzx cat' || i % 4, 'Qzx Street ' || i, 'Qzxtown ' || i % 5, 'qzx' || i % 3, 'qzxkey' || i % 2,
    CASE WHEN i % 2 = 0 THEN 'admin' ELSE 'reader' END, 'qzx'::bytea, ARRAY['qzx' || i], 'qzx' || (i / 10 + 1) || '@canary.test'
    FROM generate_series(1, 300) i;
  CREATE TABLE logins (login_id int PRIMARY KEY, person_mail text, token text, at timestamptz DEFAULT now());
  INSERT INTO logins SELECT i, 'qzx' || i % 320 || '@canary.test', 'QZXTOKEN' || md5('t' || i % 320) FROM generate_series(1, 900) i;
  CREATE TABLE clients (client_id text PRIMARY KEY, client_secret text, "privateKey" text, webhook_url text, salt text, "always" text, password text);
  INSERT INTO clients SELECT 'client ' || i, 'qzx' || i % 3, 'qzx' || i % 3, 'https://hooks.test/qzx' || i % 3, 'qzx' || i % 3, 'one', 'qzx'
    FROM generate_series(1, 30) i;
  CREATE TABLE sessions (token text PRIMARY KEY, person_id int REFERENCES people, value text);
  INSERT INTO sessions SELECT 'qzx' || i, i, CASE WHEN i % 2 = 0 THEN 'dark' ELSE 'qzx: $2b$10$abcdefghijk' END FROM generate_series(1, 100) i;
  CREATE TABLE settings (setting text PRIMARY KEY, value text);
  INSERT INTO settings VALUES ('theme', 'dark'), ('key', '-----BEGIN PRIVATE KEY----- qzx'), ('size', '12');
  CREATE TABLE options (id int PRIMARY KEY, name text, option_value text, autoload text);
  INSERT INTO options SELECT i, (ARRAY['smtp_password', 'site_title', 'theme'])[1 + i % 3], (ARRAY['qzx', 'Shop', 'dark'])[1 + i % 3], 'yes'
    FROM generate_series(1, 90) i;
  CREATE TABLE tickets (ticket_id int PRIMARY KEY, state text, password_attempts int, password_changed_at timestamptz);
  INSERT INTO tickets SELECT i, CASE WHEN i % 3 = 0 THEN 'open' ELSE 'closed' END, i % 4, now() FROM generate_series(1, 90) i;
  CREATE VIEW broken AS SELECT full_name::int AS n FROM (SELECT "fullName" AS full_name FROM people) p;
  ANALYZE`

/** Every row of every table that is ours, as text. */
const rowsOf = (url: Redacted.Redacted) =>
  Effect.gen(function* () {
    const sql = yield* TestDatabase.connect(url)
    const tables = yield* sql<{
      readonly name: string
    }>`SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname = 'engine'`
    const rows = yield* Effect.forEach(tables, ({ name }) =>
      Effect.map(sql.unsafe<{ readonly row: string }>(`SELECT t::text AS row FROM ${name} t`), (found) =>
        found.map(({ row }) => `${name}: ${row}`)
      )
    )
    return rows.flat()
  })

/** What there is of the values in bytes, whose text is in hexadecimal digits. */
const bytesOf = (row: string) =>
  (row.match(/\\x[0-9a-f]{8,}/g) ?? []).map((bytes) =>
    Buffer.from(bytes.replace(/^\\+x/, ""), "hex").toString("latin1")
  )

const shown = (texts: ReadonlyArray<string>) =>
  texts
    .flatMap((text) => [text, ...bytesOf(text)])
    .flatMap((text) => {
      const found = CANARY.exec(text)
      return found === null ? [] : [text.slice(Math.max(0, found.index - 120), found.index + 40)]
    })

const PATIENCE = 180_000

describe("Secrets and personal data", () => {
  const given = Effect.gen(function* () {
    const own = yield* TestDatabase.create
    const theirs = yield* TestDatabase.create
    const sql = yield* TestDatabase.connect(theirs)
    yield* sql.unsafe(DATABASE)
    return {
      own,
      sql,
      url: Redacted.value(theirs),
      folder: yield* folder,
      environment: { DATABASE_URL: Redacted.value(own) }
    }
  })

  it.scopedLive(
    "are in no output and in no row of ours, during a run that is killed, and after one that completes",
    () =>
      Effect.gen(function* () {
        const { environment, folder, own, sql, url } = yield* given
        const debug = { ...environment, LOG_LEVEL: "debug" }
        // One table is locked until the others have been looked at.
        const killed = yield* Effect.scoped(
          Effect.gen(function* () {
            const locking = yield* sql.reserve
            yield* Effect.addFinalizer(() => Effect.ignore(locking.executeRaw("ROLLBACK", [])))
            yield* locking.executeRaw("BEGIN", [])
            yield* locking.executeRaw("LOCK TABLE tickets IN ACCESS EXCLUSIVE MODE", [])
            const running = yield* start(folder, ["discover", url, "--views"], debug)
            const read = yield* eventually(
              "five tables were looked at",
              Effect.orElseSucceed(rowsOf(own), () => []),
              (rows) => rows.filter((row) => row.startsWith("engine.table_profiles")).length >= 5
            )
            running.child.kill("SIGKILL")
            return [...read, (yield* running.end).output]
          })
        )
        expect(shown(killed)).toEqual([])
        expect(
          killed
            .filter((row) => row.startsWith("engine.table_profiles") && !row.includes("reason"))
            .every((row) => row.includes("\\x"))
        ).toBe(true)

        const { errors, output, status } = yield* run(
          folder,
          ["discover", url, "--views", "--json", "all.json", "--format", FORMATS.map(({ name }) => name).join()],
          debug
        )
        expect(status).toBe(0)
        const names = readdirSync(join(folder, "out"))
        const files = names.map((name) => readFileSync(join(folder, "out", name), "utf8"))
        expect(shown([output, errors, ...files, readFileSync(join(folder, "all.json"), "utf8")])).toEqual([])
        const rows = yield* rowsOf(own)
        expect(shown(rows)).toEqual([])
        expect(rows.filter((row) => row.startsWith("engine.table_profiles") && row.includes("\\x"))).toEqual([])

        const told = files.join("\n")
        // What is nobody's is still told.
        expect(told).toContain("`closed` (60)")
        expect(told).toContain("`admin` (150)")
        // Line by line: report.html has everything in one.
        const asked = names
          .flatMap((name, place) => (name === "report.html" ? [] : [files[place] ?? ""]))
          .join("\n")
          .split("\n")
          .filter((line) => /GROUP BY|WHERE/.test(line))
          .join("\n")
        expect(asked).not.toMatch(/iban|card_no|otp|ssn|secretanswer|salt|privateKey|token|town|mail/i)
      }),
    PATIENCE
  )

  it.scopedLive(
    "are not kept where only entities were asked for",
    () =>
      Effect.gen(function* () {
        const { environment, folder, own, url } = yield* given
        expect((yield* run(folder, ["discover", url, "--only", "entities"], environment)).status).toBe(0)
        const rows = yield* rowsOf(own)
        expect(shown(rows)).toEqual([])
        expect(rows.filter((row) => row.startsWith("engine.table_profiles") && row.includes("\\x"))).toEqual([])
      }),
    PATIENCE
  )
})
