import { describe, expect, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { eventually } from "../fixtures/eventually.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import { folder, run } from "./program.ts"

/** Orders refer to customers, though nobody said so; deliveries refer to nothing for certain. */
const SHOP = `
  CREATE TABLE customers (customer_id int PRIMARY KEY, full_name text NOT NULL, email text NOT NULL);
  CREATE TABLE orders (order_id int PRIMARY KEY, customer_id int NOT NULL, ordered_on date NOT NULL, total numeric(8,2));
  CREATE TABLE order_lines (order_id int NOT NULL REFERENCES orders, line_no int NOT NULL, product text NOT NULL, qty int,
    PRIMARY KEY (order_id, line_no));
  CREATE TABLE deliveries (delivery_id int PRIMARY KEY, code int, state char(1)) WITH (autovacuum_enabled = off);
  ALTER TABLE customers SET (autovacuum_enabled = off);
  ALTER TABLE orders SET (autovacuum_enabled = off);
  ALTER TABLE order_lines SET (autovacuum_enabled = off);
  INSERT INTO customers SELECT 1000 + 7 * n, 'Customer ' || n, 'c' || n || '@shop.example' FROM generate_series(1, 200) n;
  INSERT INTO orders SELECT 50000 + n, 1007 + 7 * (n * 37 % 200), date '2024-01-01' + n % 300, n % 90 + 0.5 FROM generate_series(1, 1500) n;
  INSERT INTO order_lines SELECT 50001 + n / 2, n % 2, 'Product ' || n % 40, 1 + n % 3 FROM generate_series(0, 2999) n;
  INSERT INTO deliveries SELECT n, 1007 + 7 * (n % 150), CASE WHEN n % 3 = 0 THEN 'A' ELSE 'B' END FROM generate_series(1, 400) n;
  ANALYZE`

const given = Effect.gen(function* () {
  const shop = yield* TestDatabase.create
  const sql = yield* TestDatabase.connect(shop)
  yield* sql.unsafe(SHOP)
  const url = Redacted.value(TestDatabase.as(shop, yield* TestDatabase.login("IN ROLE pg_read_all_data")))
  const place = Effect.gen(function* () {
    const environment = { DATABASE_URL: Redacted.value(yield* TestDatabase.create), LOG_LEVEL: "error" }
    const here = yield* folder
    return {
      here,
      runs: (...args: ReadonlyArray<string>) => run(here, args, environment),
      files: Effect.sync(() => filesIn(join(here, "out")))
    }
  })
  // Rows that are reported during the first run would count as a change in the second.
  yield* eventually(
    "what was written is counted",
    sql<{ counted: boolean }>`SELECT bool_and(n_tup_ins > 0) AS counted FROM pg_stat_user_tables`,
    ([row]) => row?.counted === true
  )
  return { sql, url, place }
})

/** The files by name, without those that tell of the run itself. */
const filesIn = (out: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(out)
      .filter((name) => name !== "summary.txt" && name !== "changes.md")
      .map((name) => [name, readFileSync(join(out, name), "utf8")])
  )

const PATIENCE = 400_000

describe("A second run", () => {
  it.scopedLive(
    "reads no table that has not changed, says the same to the byte, and what changed where something did",
    () =>
      Effect.gen(function* () {
        const { place, sql, url } = yield* given
        const { files, here, runs } = yield* place
        const scans = sql<{ table: string; scans: number }>`
          SELECT relname AS table, (seq_scan + coalesce(idx_scan, 0))::int AS scans FROM pg_stat_user_tables ORDER BY 1`
        expect(yield* runs("discover", url)).toMatchObject({ status: 0, errors: "" })
        const once = yield* files
        const before = yield* scans
        expect(before.every((row) => row.scans > 0)).toBe(true)

        const again = yield* runs("discover", url)
        expect(again).toMatchObject({ status: 0, errors: "" })
        expect(again.output).toMatch(/4 of 4 tables unchanged since \d{4}-\d\d-\d\d \d\d:\d\d UTC: not read again/)
        expect(again.output).not.toContain("Changed ")
        expect(yield* files).toEqual(once)
        expect(existsSync(join(here, "out/changes.md"))).toBe(false)
        expect(yield* scans).toEqual(before)

        // Several statements of one session at once: it reports what they wrote only seconds later.
        yield* sql`UPDATE deliveries SET state = 'C' WHERE delivery_id < 40`
        yield* sql`INSERT INTO customers VALUES (9, 'Customer 0', 'c0@shop.example')`
        yield* sql`ALTER TABLE order_lines ADD COLUMN discount numeric(3,2)`
        yield* sql`CREATE TABLE returns (return_id int PRIMARY KEY, order_id int NOT NULL REFERENCES orders)`
        yield* sql`INSERT INTO returns SELECT n, 50000 + n FROM generate_series(1, 60) n`
        const third = yield* runs("discover", url)
        expect(third).toMatchObject({ status: 0, errors: "" })
        expect(third.output).toMatch(/1 of 5 tables unchanged since/)
        const changes = readFileSync(join(here, "out/changes.md"), "utf8")
        for (const line of [
          /^- new: public\.returns: /m,
          /^- new: public\.order_lines\.discount: numeric\(3,2\)$/m,
          /^- new: public\.returns\(order_id\) -> public\.orders\(order_id\): N:1, declared$|1:1, declared$/m,
          /^- public\.deliveries\.state: new values: C$/m
        ])
          expect(changes.replaceAll("\\", "")).toMatch(line)
        expect(changes).not.toContain("customers.")
        expect(third.output).toContain("Changed")

        const other = yield* place
        expect(yield* other.runs("discover", url)).toMatchObject({ status: 0, errors: "" })
        expect(yield* files).toEqual(yield* other.files)

        const asked = yield* scans
        const fresh = yield* runs("discover", url, "--fresh", "--only", "entities")
        expect(fresh.output).not.toContain("unchanged since")
        const now = yield* scans
        expect(now.every((row, place_) => row.scans > (asked[place_]?.scans ?? 0))).toBe(true)
      }),
    PATIENCE
  )
})

describe("A decision", () => {
  it.scopedLive(
    "is kept, changes what is written at once, outlives a run, and can be taken back",
    () =>
      Effect.gen(function* () {
        const { place, sql, url } = yield* given
        const { files, here, runs } = yield* place
        expect((yield* runs("context")).errors).toMatch(/^nothing has been discovered yet/)
        expect(yield* runs("discover", url)).toMatchObject({ status: 0, errors: "" })
        const before = yield* files
        const page = yield* runs("context")
        expect(page).toMatchObject({ status: 0, errors: "", output: before["context.md"] })
        expect((yield* runs("context", "--tables", "order")).errors).toMatch(/^there is no table order; the nearest/)

        const unknown = yield* runs("accept", "deliveries.cod", "customers.customer_id")
        expect(unknown).toMatchObject({
          status: 2,
          output: "",
          errors: "there is no column deliveries.cod among those that are read: the nearest is deliveries.code\n"
        })
        const accepted = yield* runs("accept", "deliveries.code", "customers.customer_id", "--by", "ann")
        expect(accepted).toMatchObject({ status: 0, errors: "" })
        expect(accepted.output).toMatch(/^Accepted: deliveries\.code → customers\.customer_id \(ann, /)
        const after = yield* files
        expect(after["context.md"]).toContain("customers.customer_id")
        expect(after["context.md"]).not.toBe(before["context.md"])
        expect(after["discovery.json"]).toContain('"decidedBy": "person"')

        expect(yield* runs("discover", url)).toMatchObject({ status: 0, errors: "" })
        expect((yield* files)["discovery.json"]).toContain('"decidedBy": "person"')

        expect(yield* runs("undo", "deliveries.code", "--by", "bob")).toMatchObject({ status: 0, errors: "" })
        expect(yield* files).toEqual(before)
        expect(yield* runs("undo", "deliveries.code")).toMatchObject({ status: 2 })

        const none = yield* runs("answer", "values:public.deliveries.stat", "A is away")
        expect(none).toMatchObject({ status: 2, errors: expect.stringContaining("values:public.deliveries.state") })
        const answered = yield* runs("answer", "values:public.deliveries.state", "A is away, B is back")
        expect(answered).toMatchObject({ status: 0, errors: "" })
        const told = yield* files
        expect(told["discovery.json"]).toContain("A is away, B is back")
        expect(told["questions.md"]).not.toContain("deliveries.state")

        yield* sql`ALTER TABLE deliveries RENAME COLUMN state TO condition`
        const renamed = yield* runs("discover", url)
        expect(renamed.output).toContain("npm start -- undo values:public.deliveries.state")
        const gone =
          /the answer to values:public\.deliveries\.state, by .*: there is no public\.deliveries\.state any more/
        const changes = readFileSync(join(here, "out/changes.md"), "utf8").replaceAll("\\", "")
        expect(changes).toMatch(gone)
        expect((yield* files)["discovery.json"]).not.toContain("A is away")
        expect(yield* runs("undo", "values:public.deliveries.state")).toMatchObject({ status: 0, errors: "" })
        expect((yield* runs("discover", url)).output).not.toContain("without effect")
      }),
    PATIENCE
  )
})
