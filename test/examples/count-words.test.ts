import { Command, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { expect, it } from "@effect/vitest"
import { Effect, type Redacted } from "effect"
import { eventually } from "../fixtures/eventually.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import { fileOf, program as programOf } from "./Program.ts"

const EXAMPLE = "count-words"
const program = (url: Redacted.Redacted) => programOf(EXAMPLE, url)

it.live("the README's program is this one", () =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const example = yield* files.readFileString(fileOf(EXAMPLE))
    expect(yield* files.readFileString("README.md")).toContain(example.trim())
  }).pipe(Effect.provide(NodeContext.layer))
)

it.scopedLive("the README's program does what it says, ends, and does it once however often it is started", () =>
  Effect.gen(function* () {
    const url = yield* TestDatabase.create
    expect(yield* Command.string(program(url))).toContain("5 words")
    expect(yield* Command.exitCode(program(url))).toBe(0)
    const sql = yield* TestDatabase.connect(url)
    expect(yield* sql`SELECT title, words FROM word_counts ORDER BY title`).toEqual([
      { title: "coda", words: 1 },
      { title: "haiku", words: 4 }
    ])
  }).pipe(Effect.provide(NodeContext.layer))
)

it.scopedLive("killed while it writes its last text, and started again, it goes on", () =>
  Effect.gen(function* () {
    const url = yield* TestDatabase.create
    const sql = yield* TestDatabase.connect(url)
    yield* sql.unsafe(`CREATE TABLE word_counts (project_id uuid, title text, words int);
      CREATE FUNCTION stand_still() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM pg_advisory_xact_lock(4712); RETURN NEW; END $$;
      CREATE TRIGGER stand_still BEFORE INSERT ON word_counts FOR EACH ROW
        WHEN (NEW.title = 'coda') EXECUTE FUNCTION stand_still()`)
    const holder = yield* Effect.flatMap(TestDatabase.connect(url), (client) => Effect.uninterruptible(client.reserve))
    const say = (text: string) => holder.executeUnprepared(text, [], undefined)
    yield* say("SELECT pg_advisory_lock(4712)")
    const running = yield* Command.start(program(url))
    const waiting = sql`SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 4712 AND NOT granted`
    yield* eventually("it stands still", waiting, ({ length }) => length === 1)
    yield* running.kill("SIGKILL")
    yield* eventually("its session is gone", waiting, ({ length }) => length === 0)
    yield* say("SELECT pg_advisory_unlock(4712)")
    expect(yield* Command.string(program(url))).toContain("5 words")
    expect(yield* sql`SELECT title, words FROM word_counts ORDER BY title`).toEqual([
      { title: "coda", words: 1 },
      { title: "haiku", words: 4 }
    ])
    const [row] = yield* sql<{ workflows: number; epoch: number }>`
      SELECT count(*)::int AS workflows, max(epoch) AS epoch FROM engine.workflows`
    // One workflow, which has had another owner.
    expect([row?.workflows, (row?.epoch ?? 0) > 2]).toEqual([1, true])
  }).pipe(Effect.provide(NodeContext.layer))
)
