import { describe, expect, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { eventually } from "../fixtures/eventually.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import { folder, run, start } from "./program.ts"

/** A small shop whose orders refer to customers, though nobody said so. */
const SHOP = `
  CREATE TABLE customers (customer_id int PRIMARY KEY, full_name text NOT NULL, email text NOT NULL);
  CREATE TABLE orders (order_id int PRIMARY KEY, customer_id int NOT NULL, ordered_on date NOT NULL, total numeric(8,2));
  CREATE TABLE order_lines (order_id int NOT NULL REFERENCES orders, line_no int NOT NULL, product text NOT NULL, qty int,
    PRIMARY KEY (order_id, line_no));
  INSERT INTO customers SELECT 1000 + 7 * n, 'Customer ' || n, 'c' || n || '@shop.example' FROM generate_series(1, 200) n;
  INSERT INTO orders SELECT 50000 + n, 1007 + 7 * (n * 37 % 200), date '2024-01-01' + n % 300, n % 90 + 0.5 FROM generate_series(1, 1500) n;
  INSERT INTO order_lines SELECT 50001 + n / 2, n % 2, 'Product ' || n % 40, 1 + n % 3 FROM generate_series(0, 2999) n;
  ANALYZE`

/** Our own database, a shop to read, and a folder to do it in. */
const given = Effect.gen(function* () {
  const own = yield* TestDatabase.create
  const shop = yield* TestDatabase.create
  const sql = yield* TestDatabase.connect(shop)
  yield* sql.unsafe(SHOP)
  const url = Redacted.value(TestDatabase.as(shop, yield* TestDatabase.login("IN ROLE pg_read_all_data")))
  return { own, shop, sql, url, folder: yield* folder, environment: { DATABASE_URL: Redacted.value(own) } }
})

const json = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"))

/** Some tests start the program three times, and wait until a killed one counts as dead. */
const PATIENCE = 180_000

describe("The program", () => {
  it.scopedLive.skipIf(!existsSync("/dev/full"))("says that nobody got its output where the disk is full", () =>
    Effect.gen(function* () {
      const ended = yield* run(yield* folder, ["--help"], {}, '"$@" > /dev/full')
      expect(ended).toMatchObject({ status: 1, errors: expect.stringMatching(/^standard output cannot be written/) })
      expect(yield* run(yield* folder, ["--help"], {}, '"$@" | head -n 1')).toMatchObject({ status: 0, errors: "" })
    })
  )

  it.scopedLive(
    "has its database from the environment as well, which is not for our own tables, and warns of a superuser's login",
    () =>
      Effect.gen(function* () {
        const { environment, folder, shop, url } = yield* given
        const reader = new URL(url)
        const read = (more: Readonly<Record<string, string>>, ...options: ReadonlyArray<string>) =>
          run(folder, ["discover", ...options, "--only", "entities"], { ...environment, ...more })
        const named = { PGHOST: reader.hostname, PGPORT: reader.port, PGDATABASE: reader.pathname.slice(1) }
        const mine = { ...named, PGUSER: reader.username, PGPASSWORD: reader.password }
        expect(yield* read(mine, "--gentle")).toMatchObject({ status: 0, errors: "" })
        expect(yield* read({ ...mine, PGUSER: "nobody_else" })).toMatchObject({
          status: 1,
          errors: expect.stringContaining('user "nobody_else" was not let in')
        })
        expect(yield* read({})).toMatchObject({
          status: 2,
          errors: expect.stringMatching(/^Missing argument .*PGHOST/)
        })
        const warned = yield* read({}, Redacted.value(shop))
        expect(warned).toMatchObject({
          status: 0,
          errors: expect.stringMatching(/^The login "[^"]+" is a superuser: [^\n]*\n$/)
        })
      }),
    PATIENCE
  )

  it.scopedLive(
    "reads a database, prints a summary and writes its files",
    () =>
      Effect.gen(function* () {
        const { environment, folder, url } = yield* given
        const { errors, output, status } = yield* run(folder, ["discover", url, "--json", "result.json"], environment)
        expect({ status, errors }).toEqual({ status: 0, errors: "" })
        expect(output).toMatch(/^entities: started\nentities: done/)
        expect(output).toMatch(/3 tables with 4,700\s+rows/)
        expect(json(join(folder, "result.json"))).toMatchObject({
          entities: [
            { schema: "public", table: "customers", name: "Customer", keyColumns: ["customer_id"] },
            { schema: "public", table: "order_lines", keyColumns: ["order_id", "line_no"] },
            { schema: "public", table: "orders", name: "Order", keyColumns: ["order_id"] }
          ],
          relationships: [
            {
              from: { schema: "public", table: "order_lines", columns: ["order_id"] },
              to: { schema: "public", table: "orders", columns: ["order_id"] },
              ...{ status: "accepted", cardinality: "N:1", method: "foreign_key" }
            },
            {
              from: { schema: "public", table: "orders", columns: ["customer_id"] },
              to: { schema: "public", table: "customers", columns: ["customer_id"] },
              ...{ status: "accepted", cardinality: "N:1", method: "inferred" }
            }
          ],
          ontology: { domain: { businessDomains: [{}] } }
        })
        const written = readdirSync(join(folder, "out")).sort()
        expect(written).toEqual([
          "context.md",
          "discovery.json",
          "er-diagram.mmd",
          "ontology.md",
          "ontology.ttl",
          "questions.md",
          "report.html",
          "summary.txt"
        ])
        const named = output.match(/\bout\/[\w.-]+\w/g) ?? []
        expect(named.toSorted()).toEqual(written.map((name) => `out/${name}`))
      }),
    PATIENCE
  )

  it.scopedLive(
    "writes its files although nobody reads its output any more",
    () =>
      Effect.gen(function* () {
        const { environment, folder, url } = yield* given
        const { child, end } = yield* start(folder, ["discover", url, "--only", "entities"], environment)
        child.stdout?.destroy()
        const { errors, status } = yield* end
        expect({ status, errors }).toEqual({ status: 0, errors: "" })
        expect(existsSync(join(folder, "out/discovery.json"))).toBe(true)
      }),
    PATIENCE
  )

  it.scopedLive(
    "says in one line what it cannot do, with an exit code, and never a password",
    () =>
      Effect.gen(function* () {
        const { environment, folder, url } = yield* given
        const empty = Redacted.value(yield* TestDatabase.create)
        const cases: ReadonlyArray<readonly [args: ReadonlyArray<string>, status: number]> = [
          [["discover", "postgres://me:hunter2@127.0.0.1:1/shop"], 1],
          [["discover", url, "--json", folder], 1],
          [["discover", empty], 1],
          [["discover", url, "--exclude", "*"], 1],
          [["discover", "postgres://me:hunter2@db:port/shop"], 2]
        ]
        for (const [args, status] of cases) {
          const ended = yield* run(folder, args, environment)
          expect({ args, status: ended.status, output: ended.output }).toEqual({ args, status, output: "" })
          expect(ended.errors).toMatch(/^[^\n]{10,}\n$/)
          expect(ended.errors).not.toMatch(/hunter2|\bat .*:\d+:\d+/)
        }
        const ended = yield* run(folder, [], { DATABASE_URL: "postgres://me:hunter2@127.0.0.1:1/own" })
        expect(ended).toEqual({
          status: 1,
          output: "",
          errors: "DATABASE_URL (127.0.0.1:1/own): connect ECONNREFUSED 127.0.0.1:1\n"
        })
      }),
    PATIENCE
  )

  /** Starts it on a shop whose orders are locked, and waits until it is at them. */
  const heldBy = (throughShell: boolean) =>
    Effect.gen(function* () {
      const world = yield* given
      const own = yield* TestDatabase.connect(world.own)
      yield* world.sql`BEGIN`
      yield* world.sql`LOCK TABLE orders IN ACCESS EXCLUSIVE MODE`
      const environment = throughShell ? { ...world.environment, npm_lifecycle_event: "start" } : world.environment
      const args = ["discover", world.url, "--json", "result.json"]
      const program = yield* start(world.folder, args, environment, throughShell ? '"$@"; exit $?' : undefined)
      const running = own<{ state: string; attempt: number; epoch: number }>`
      SELECT state, attempt, epoch FROM engine.workflows WHERE kind = 'entities'`
      yield* eventually(
        "it waits for the table",
        Effect.orElseSucceed(
          own`SELECT FROM engine.workflow_tasks WHERE task_id = 'profile:public.orders' AND status = 'running'`,
          () => []
        ),
        (tasks) => tasks.length === 1
      )
      return { ...world, program, workflows: running, release: world.sql`ROLLBACK` }
    })

  const held = heldBy(false)

  it.scopedLive(
    "stops in order when npm is asked to, whose shell passes no signal on",
    () =>
      Effect.gen(function* () {
        const { program, workflows } = yield* heldBy(true)
        program.child.kill("SIGTERM")
        const { errors, output } = yield* program.end
        expect(errors).toBe("")
        expect(output).toContain("Stopped. The same command goes on from here.")
        expect(yield* workflows).toMatchObject([{ state: "pending", attempt: 0 }])
      }),
    PATIENCE
  )

  it.scopedLive(
    "stops in order when it is asked to",
    () =>
      Effect.gen(function* () {
        const { program, workflows } = yield* held
        program.child.kill("SIGTERM")
        const ended = yield* program.end
        expect({ status: ended.status, errors: ended.errors }).toEqual({ status: 143, errors: "" })
        expect(ended.output).toContain("Stopped. The same command goes on from here.")
        expect(yield* workflows).toMatchObject([{ state: "pending", attempt: 0 }])
      }),
    PATIENCE
  )

  it.scopedLive(
    "stops at Ctrl-C, and goes on when it is started again",
    () =>
      Effect.gen(function* () {
        const { environment, folder, program, release, url, workflows } = yield* held
        program.child.kill("SIGINT")
        expect((yield* program.end).status).toBe(130)
        yield* release
        const again = yield* run(folder, ["discover", url], environment)
        expect(again.status).toBe(0)
        expect(yield* workflows).toMatchObject([{ state: "completed" }])
      }),
    PATIENCE
  )

  it.scopedLive(
    "that was killed goes on when it is started again, and ends with the same result",
    () =>
      Effect.gen(function* () {
        const { environment, folder, program, release, url, workflows } = yield* held
        program.child.kill("SIGKILL")
        expect((yield* program.end).status).toBe("SIGKILL")
        yield* release
        const again = yield* run(folder, ["discover", url, "--json", "again.json"], environment)
        expect({ status: again.status, errors: again.errors }).toEqual({ status: 0, errors: "" })
        expect(yield* workflows).toMatchObject([{ state: "completed" }])
        yield* run(folder, ["discover", url, "--json", "undisturbed.json"], environment)
        for (const [one, other] of [
          ["again.json", "undisturbed.json"],
          ["out/discovery.json", "undisturbed.json"]
        ] as const)
          expect(readFileSync(join(folder, one), "utf8")).toBe(readFileSync(join(folder, other), "utf8"))
        expect(yield* workflows).toHaveLength(2)
      }),
    PATIENCE
  )

  it.scopedLive(
    "does what it was asked for, and leaves another command's interrupted work alone",
    () =>
      Effect.gen(function* () {
        const { environment, folder, program, release, url, workflows } = yield* held
        program.child.kill("SIGKILL")
        yield* program.end
        yield* release
        const other = yield* TestDatabase.create
        yield* Effect.flatMap(TestDatabase.connect(other), (sql) => sql.unsafe(SHOP))
        const reader = TestDatabase.as(other, new URL(url).username)
        const args = ["discover", Redacted.value(reader), "--only", "entities"]
        const { errors, status } = yield* run(folder, args, environment)
        expect({ status, errors }).toEqual({ status: 0, errors: "" })
        const states = Effect.map(workflows, (rows) => rows.map((row) => row.state).toSorted())
        // The first one as it was left, though its owner may have been found dead.
        expect(yield* states).toEqual(["completed", expect.stringMatching(/pending|running/)])
        const again = yield* run(folder, ["discover", url], environment)
        expect(again.status).toBe(0)
        expect(yield* states).toEqual(["completed", "completed"])
      }),
    PATIENCE
  )
})
