import { FileSystem } from "@effect/platform"
import { Config, Context, Effect, Layer, Option, Redacted } from "effect"
import * as Pg from "pg"
import { EmbeddedPostgres } from "../../src/embedded/EmbeddedPostgres.ts"
import { embeddedAt } from "../../test/fixtures/embeddedAt.ts"

/** The PostgreSQL server that a benchmark runs on, and its databases. */

/** Sessions of the benchmark's own, whose statements do not count as anybody's. */
const own = new Set<unknown>()

/** A statement as the driver sent it. */
export interface Statement {
  readonly text: string
  /** How long until its answer was there, in ms; infinite until then. */
  readonly took: number
}

let statements: Array<{ readonly text: string; took: number }> = []

/**
 * Every statement that this process sends through the driver, from here on: BEGIN and COMMIT count as any other. What the benchmark
 * itself asks is left out.
 */
export const recordStatements = Effect.sync(() => {
  const { query } = Pg.Client.prototype
  Pg.Client.prototype.query = function (this: Pg.Client, ...args: Array<unknown>) {
    if (own.has(this)) return Reflect.apply(query, this, args)
    const [first] = args
    const text = typeof first === "object" && first !== null && "text" in first ? first.text : first
    const statement = { text: String(text), took: Number.POSITIVE_INFINITY }
    const from = performance.now()
    statements.push(statement)
    const answered = () => {
      statement.took = performance.now() - from
    }
    const last = args.at(-1)
    if (typeof last !== "function") {
      const answer: unknown = Reflect.apply(query, this, args)
      if (answer instanceof Promise) void answer.then(answered, answered)
      return answer
    }
    const callback = function (this: unknown, ...results: Array<unknown>) {
      answered()
      return Reflect.apply(last, this, results)
    }
    return Reflect.apply(query, this, [...args.slice(0, -1), callback])
  }
})

/** What was sent since it was taken last. */
export const sentStatements = Effect.sync((): ReadonlyArray<Statement> => statements)

/** The same, and forgets it. */
export const takeStatements = Effect.sync((): ReadonlyArray<Statement> => {
  const sent = statements
  statements = []
  return sent
})

/** A session of the benchmark's own. */
export const session = (url: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const client = new Pg.Client({ connectionString: url })
      client.on("error", () => {})
      own.add(client)
      await client.connect()
      return client
    }),
    (client) =>
      Effect.promise(async () => {
        own.delete(client)
        await client.end().catch(() => {})
      })
  )

/** What one column of a statement's first row is, as a number. */
export const numberOf = (client: Pg.Client, text: string, values: ReadonlyArray<unknown> = []) =>
  Effect.promise(async () => {
    const { rows } = await client.query<Record<string, unknown>>(text, [...values])
    return Number(Object.values(rows[0] ?? {})[0])
  })

/** The URL of another database of a server. */
export const urlOf = (server: string, database: string) => {
  const url = new URL(server)
  url.pathname = `/${database}`
  return url.href
}

const run = (url: string, texts: ReadonlyArray<string>) =>
  Effect.scoped(
    Effect.flatMap(session(url), (client) =>
      Effect.forEach(texts, (text) => Effect.promise(() => client.query(text)), { discard: true })
    )
  )

/** Makes a database of this name anew, empty, and then runs `texts` in it. Gives its URL. */
export const fresh = (server: string, name: string, texts: ReadonlyArray<string> = []) =>
  Effect.gen(function* () {
    yield* run(server, [
      `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`,
      `CREATE DATABASE ${name} TEMPLATE template0`,
      // What one engine has written is not to be paid for while the next one is measured.
      "CHECKPOINT"
    ])
    const url = urlOf(server, name)
    yield* run(url, texts)
    return url
  })

/** Drops a database, with whoever is still connected. */
export const drop = (server: string, name: string) => run(server, [`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`])

/** The settings that decide how much a commit costs; the same for everybody, for it is one server. */
const SETTINGS = ["server_version", "synchronous_commit", "fsync", "full_page_writes", "wal_level", "shared_buffers"]

/** The server's version and durability, in a line. */
export const describe = (server: string) =>
  Effect.scoped(
    Effect.flatMap(session(server), (client) =>
      Effect.promise(async () => {
        const { rows } = await client.query<{ name: string; setting: string }>(
          "SELECT name, current_setting(name) AS setting FROM unnest($1::text[]) name",
          [SETTINGS]
        )
        return rows.map(({ name, setting }) => `${name} ${setting}`).join(", ")
      })
    )
  )

/** The URL that was given, that of BENCH_DATABASE_URL (a superuser's, for it makes databases), or an embedded server's. */
export const server = Effect.fn("server")(function* (given: string | undefined) {
  const configured = yield* Config.option(Config.string("BENCH_DATABASE_URL"))
  const url = Option.orElse(Option.fromNullable(given), () => configured)
  if (Option.isSome(url)) return url.value
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "workflow-infra-bench-" })
  // Under root the server runs as another user, who has to pass through.
  yield* fs.chmod(directory, 0o711)
  const context = yield* Layer.build(embeddedAt(directory))
  return Redacted.value(Context.get(context, EmbeddedPostgres).url)
})

/** Where the WAL is, in bytes: as inserted, for what is written out of it lags behind by up to a buffer. */
export const walPosition = (client: Pg.Client) =>
  numberOf(client, "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS position")
