import { expect, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { appendFile, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { EmbeddedPostgres } from "../../src/embedded/EmbeddedPostgres.ts"
import { embeddedAt } from "../fixtures/embeddedAt.ts"
import * as TestDatabase from "../fixtures/TestDatabase.ts"
import { eventually, folder, processesWith, serverPid } from "./Program.ts"

const embedded = (directory: string) =>
  Effect.map(Layer.build(embeddedAt(directory)), (context) => Context.get(context, EmbeddedPostgres))

const messageOf = (directory: string) => Effect.map(Effect.flip(Effect.scoped(embedded(directory))), (e) => e.message)

it.scopedLive("data and password are kept between runs, in files that are their owner's alone", () =>
  Effect.gen(function* () {
    const directory = yield* folder
    const first = yield* Effect.scoped(
      Effect.gen(function* () {
        const server = yield* embedded(directory)
        const sql = yield* TestDatabase.connect(server.url)
        yield* sql`CREATE TABLE kept AS SELECT 'über' AS word`
        expect(yield* sql`SELECT upper(word) AS word, current_setting('fsync') AS fsync FROM kept`).toEqual([
          { word: "ÜBER", fsync: "on" }
        ])
        return server
      })
    )
    expect(yield* processesWith(directory)).toEqual([])
    const second = yield* embedded(directory)
    expect(new URL(Redacted.value(second.url)).password).toBe(new URL(Redacted.value(first.url)).password)
    const sql = yield* TestDatabase.connect(second.url)
    expect(yield* sql`SELECT word FROM kept`).toEqual([{ word: "über" }])
    const cluster = dirname(second.dataDirectory)
    const modes = yield* Effect.promise(() => Promise.all([stat(cluster), stat(join(cluster, "password"))]))
    expect(modes.map(({ mode }) => mode & 0o777)).toEqual([0o700, 0o600])
  })
)

const withEnvironment = (values: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const before = Object.keys(values).map((name) => [name, process.env[name]] as const)
      Object.assign(process.env, values)
      return before
    }),
    (before) =>
      Effect.sync(() => {
        for (const [name, value] of before) {
          if (value === undefined) delete process.env[name]
          else process.env[name] = value
        }
      })
  )

it.scopedLive(
  "a commit does not wait for the disk; whatever a file or a shell sets, durability is else as it should be",
  () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* withEnvironment({
        ...{
          PGOPTIONS: "-c search_path=nowhere -c synchronous_commit=on",
          PGSSLMODE: "require",
          PGHOST: "nowhere.invalid"
        },
        ...{ PGPORT: "1", PGUSER: "nobody", PGPASSWORD: "wrong", PGDATABASE: "nowhere", PGCLIENT_ENCODING: "LATIN1" },
        ...{ PGDATA: "/nowhere", PGTZ: "Asia/Kathmandu", PGDATESTYLE: "German", PG_COLOR: "always", LC_ALL: "xx_XX" }
      })
      const { dataDirectory } = yield* Effect.scoped(embedded(directory))
      const auto = join(dataDirectory, "postgresql.auto.conf")
      yield* Effect.promise(() => appendFile(auto, "fsync = off\nfull_page_writes = off\nsynchronous_commit = on\n"))
      const sql = yield* TestDatabase.connect((yield* embedded(directory)).url)
      const settings = yield* sql`
      SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit',
        'wal_writer_delay', 'search_path', 'client_encoding', 'TimeZone', 'DateStyle') ORDER BY lower(name)`
      expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
        client_encoding: "UTF8",
        DateStyle: "ISO, MDY",
        fsync: "on",
        full_page_writes: "on",
        search_path: '"$user", public',
        synchronous_commit: "off",
        TimeZone: "UTC",
        wal_writer_delay: "200"
      })
    })
)

it.scopedLive("two folders have two servers at once", () =>
  Effect.gen(function* () {
    const [one, other] = yield* Effect.all([Effect.flatMap(folder, embedded), Effect.flatMap(folder, embedded)], {
      concurrency: 2
    })
    expect(one.port).not.toBe(other.port)
    yield* (yield* TestDatabase.connect(one.url))`CREATE TABLE mine (id int)`
    const there = yield* (yield* TestDatabase.connect(other.url))`SELECT to_regclass('mine') AS mine`
    expect(there).toEqual([{ mine: null }])
  })
)

it.scopedLive("a folder in use says by which process, and its server goes on undisturbed", () =>
  Effect.gen(function* () {
    const directory = yield* folder
    const server = yield* embedded(directory)
    const message = yield* messageOf(directory)
    expect(message).toContain(`in use by process ${process.pid}`)
    expect(message).not.toContain("\n")
    const sql = yield* TestDatabase.connect(server.url)
    expect(yield* sql`SELECT 1 AS one`).toEqual([{ one: 1 }])
  })
)

it.scopedLive("of many that start in the same empty folder at once, one gets it and the others say so", () =>
  Effect.gen(function* () {
    const directory = yield* folder
    const results = yield* Effect.all(
      Array.from({ length: 4 }, () => Effect.either(embedded(directory))),
      { concurrency: "unbounded" }
    )
    const lost = results.flatMap((result) => (result._tag === "Left" ? [result.left] : []))
    expect(lost.map(({ reason }) => reason)).toEqual(["InUse", "InUse", "InUse"])
    expect(yield* Effect.promise(() => readdir(directory))).toEqual(["postgres"])
  })
)

it.scopedLive("a server that is killed is started again on its port, with everything that was on disk", () =>
  Effect.gen(function* () {
    const server = yield* Effect.flatMap(folder, embedded)
    const sql = yield* TestDatabase.connect(server.url)
    yield* sql`SET synchronous_commit = on`
    yield* sql`CREATE TABLE kept AS SELECT generate_series(1, 1000) AS id`
    const killed = serverPid(server.dataDirectory)
    process.kill(killed, "SIGKILL")
    const count = Effect.scoped(
      Effect.flatMap(
        TestDatabase.connect(server.url),
        (again) => again<{ n: number }>`SELECT count(*)::int AS n FROM kept`
      )
    ).pipe(Effect.catchAllCause(() => Effect.succeed([])))
    yield* eventually(Effect.map(count, (rows) => rows[0]?.n === 1000 && serverPid(server.dataDirectory) !== killed))
  })
)

it.scopedLive("an initialisation that was cut short is forgotten and done again", () =>
  Effect.gen(function* () {
    const directory = yield* folder
    // No process has this pid: it is above every limit.
    const halfMade = join(directory, "postgres.new-99999999-0a0b0c0d", "data")
    yield* Effect.promise(async () => {
      await mkdir(halfMade, { recursive: true })
      await writeFile(join(halfMade, "PG_VERSION"), "18\n")
    })
    const server = yield* embedded(directory)
    const sql = yield* TestDatabase.connect(server.url)
    expect(yield* sql`SELECT 1 AS one`).toEqual([{ one: 1 }])
    expect(yield* Effect.promise(() => readdir(directory))).toEqual(["postgres"])
  })
)

it.scopedLive("a lock file whose pid is some other program's by now does not hold a start up", () =>
  Effect.gen(function* () {
    const directory = yield* folder
    const data = yield* Effect.scoped(Effect.map(embedded(directory), ({ dataDirectory }) => dataDirectory))
    yield* Effect.promise(() => writeFile(join(data, "postmaster.pid"), `${process.ppid}\n${data}\n0\n0\n\n\n\n`))
    const server = yield* embedded(directory)
    expect(serverPid(server.dataDirectory)).not.toBe(process.ppid)
  })
)

it.scopedLive("data of another major version are left alone, and the message names both", () =>
  Effect.gen(function* () {
    const directory = yield* folder
    const version = join(directory, "postgres", "data", "PG_VERSION")
    yield* Effect.promise(async () => {
      await mkdir(dirname(version), { recursive: true })
      await writeFile(version, "16\n")
    })
    expect(yield* messageOf(directory)).toMatch(/PostgreSQL 16's.*PostgreSQL 18.*DATABASE_URL/)
    expect(yield* Effect.promise(() => readFile(version, "utf8"))).toBe("16\n")
  })
)

it.scopedLive("what cannot work says so in one line", () =>
  Effect.gen(function* () {
    const directory = yield* folder
    yield* Effect.promise(() => writeFile(join(directory, "file"), ""))
    yield* Effect.promise(() => symlink(join(directory, "nowhere"), join(directory, "link")))
    const messages = yield* Effect.forEach(["file", "file/below", "link/below"], (name) =>
      messageOf(join(directory, name))
    )
    for (const message of messages) expect(message).toMatch(/^Cannot [^\n]+$/)
  })
)
