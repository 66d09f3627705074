import { Command, FileSystem, Path } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Array, Config, Console, Duration, Effect, Option, Redacted, Ref, Schedule, Schema } from "effect"
import * as Pg from "pg"
import { beside, median } from "./bench-discovery/Beside.ts"
import { EmbeddedPostgres } from "../src/embedded/EmbeddedPostgres.ts"
import { embeddedAt } from "../test/fixtures/embeddedAt.ts"
import {
  type Generated,
  huge,
  keyed,
  large,
  many,
  star,
  tenants,
  texts,
  thousand,
  wide
} from "./bench-discovery/Generated.ts"
import { on, statements } from "./bench-discovery/Server.ts"

/**
 * Discovery (entities and relationships) beside the method of the Go original, in turns on the same databases: time, rows read from the
 * datasource, peak memory. `npx tsx scripts/bench-discovery.ts [DATABASE…]`
 *
 * The databases are generated (`star_small`, `star` of 10 million rows, `large` of 400 tables, `large_unnamed`), and those of `DATASETS`
 * without their foreign keys, where that is set; by default all of them. Others are made for their size: many tables with few rows (`keyed_id`,
 * `keyed_object_id`, `wide`, `tenants`, `many` of 30,000), one table with many columns (`texts`, `thousand`), and one of 26 million rows
 * (`huge`; `MILLIONS` makes it another number): there we run alone, to the end, with the ontology, and beside the last one pgbench runs, too,
 * if there is that program. `ROUNDS` is how often each is measured (5), `LIMIT` after how
 * many seconds the original is stopped (120): what it had not done by then is said. Everything is on an embedded server that starts and
 * ends with this.
 */
const generated = (millions: number): ReadonlyArray<Generated> => [
  ...[star(0.1), star(1), large(true), large(false)],
  ...[keyed("id"), keyed("object_id"), wide, tenants, many, texts, thousand, huge(millions)]
]
const VARIANT = "nofk"
/** How long the server takes at most to count what ended sessions have read. */
const SETTLE = Duration.seconds(2)

const wanted = process.argv.slice(2)
const settings = Config.all({
  rounds: Config.withDefault(Config.integer("ROUNDS"), 5),
  limit: Config.withDefault(Config.integer("LIMIT"), 120),
  millions: Config.withDefault(Config.number("MILLIONS"), 26),
  datasets: Config.option(Config.string("DATASETS"))
})

/** How long a program loads at most, in milliseconds: what holds the event loop until then is not measured. */
const LOADING = 2_000
/**
 * Writes what a process needed at most, in kilobytes, and for how long its event loop was held at most, in nanoseconds, into the file
 * that its environment names.
 */
const WATCH = `data:text/javascript,import{writeFileSync}from"node:fs";import{monitorEventLoopDelay}from"node:perf_hooks";
const delay=monitorEventLoopDelay({resolution:5});setTimeout(()=>delay.enable(),${LOADING}).unref();
process.on("exit",()=>writeFileSync(process.env.WATCH_FILE,JSON.stringify({peak:process.resourceUsage().maxRSS,held:delay.max})))`
const Watched = Schema.parseJson(Schema.Struct({ peak: Schema.Number, held: Schema.Number }))

interface Measured {
  readonly seconds: number
  /** Megabytes. */
  readonly peak: number
  /** Rows of tables read one after the other, and entries of indexes. */
  readonly rows: number
  /** Milliseconds for which the event loop was held at most; its timer alone takes some. */
  readonly held: number
  /** Scans of the table that was scanned most often. */
  readonly scans: number
  /** Bytes of temporary files of the server. */
  readonly temporary: number
  /** Milliseconds of the longest statement, as looked at ten times a second. */
  readonly longest: number
  /** Megabytes of the server's largest process for us, without shared memory; 0 where there is no `/proc`. */
  readonly theirPeak: number
}

const read = (url: string) =>
  Effect.map(
    statements(url, [
      `SELECT (SELECT coalesce(sum(seq_tup_read), 0) FROM pg_stat_user_tables) +
        (SELECT coalesce(sum(idx_tup_read), 0) FROM pg_stat_user_indexes) AS rows,
        (SELECT coalesce(max(seq_scan), 0) FROM pg_stat_user_tables) AS scans,
        (SELECT temp_bytes FROM pg_stat_database WHERE datname = current_database()) AS temporary`
    ]),
    ([read]) => {
      const of = (name: string) => Number(read?.rows[0]?.[name])
      return { rows: of("rows"), scans: of("scans"), temporary: of("temporary") }
    }
  )

const Session = Schema.Struct({ pid: Schema.Number, millis: Schema.Number })
const SESSIONS = `SELECT pid::float8 AS pid, CASE WHEN state = 'active'
    THEN coalesce(1000 * extract(epoch FROM clock_timestamp() - query_start), 0) ELSE 0 END::float8 AS millis
  FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`

/** Looks at a database's sessions ten times a second: the longest statement, and the largest process. The scope ends it. */
const watchedSessions = Effect.fn("watchedSessions")(function* (url: string) {
  const fs = yield* FileSystem.FileSystem
  const seen = yield* Ref.make({ longest: 0, theirPeak: 0 })
  const client = yield* Effect.acquireRelease(
    Effect.promise(async () => {
      // A name of ours: reading must not make room for this.
      const client = new Pg.Client({ connectionString: url, application_name: "workflow-infra bench" })
      await client.connect()
      return client
    }),
    (client) => Effect.promise(() => client.end())
  )
  const look = Effect.gen(function* () {
    const { rows } = yield* Effect.promise(() => client.query(SESSIONS))
    for (const { millis, pid } of yield* Schema.decodeUnknown(Schema.Array(Session))(rows)) {
      const status = yield* Effect.orElseSucceed(fs.readFileString(`/proc/${pid}/status`), () => "")
      const peak = Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
      yield* Ref.update(seen, ({ longest, theirPeak }) => ({
        longest: Math.max(longest, millis),
        theirPeak: Math.max(theirPeak, peak)
      }))
    }
  })
  yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced("100 millis")))
  return seen
})

/** Runs a program of this project to its end, and says what that took, and what it printed. */
const measure = Effect.fn("measure")(function* (
  url: string,
  args: ReadonlyArray<string>,
  environment: Record<string, string>
) {
  const fs = yield* FileSystem.FileSystem
  const file = yield* fs.makeTempFileScoped()
  const before = yield* read(url)
  const sessions = yield* watchedSessions(url)
  const command = Command.make("node", "--import", WATCH.replaceAll("\n", ""), ...args).pipe(
    Command.env({ ...environment, WATCH_FILE: file }),
    Command.stderr("inherit")
  )
  const [elapsed, said] = yield* Effect.timed(Command.string(command))
  yield* Effect.sleep(SETTLE)
  const { held, peak } = yield* Schema.decode(Watched)(yield* fs.readFileString(file))
  const after = yield* read(url)
  const measured: Measured = {
    seconds: Duration.toSeconds(elapsed),
    peak: peak / 1024,
    rows: after.rows - before.rows,
    held: held / 1e6,
    scans: after.scans - before.scans,
    temporary: after.temporary - before.temporary,
    ...(yield* Ref.get(sessions))
  }
  return { measured, said }
}, Effect.scoped)

const ours = Effect.fn("ours")(function* (server: string, url: string, steps: string) {
  const fs = yield* FileSystem.FileSystem
  const { join } = yield* Path.Path
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "bench-" })
  // A database of its own, empty: nothing is known from the round before.
  yield* statements(server, ["DROP DATABASE IF EXISTS bench_own WITH (FORCE)", "CREATE DATABASE bench_own"])
  const result = join(folder, "result.json")
  const { measured, said } = yield* measure(
    url,
    ["scripts/start.js", "discover", url, "--only", steps, "--json", result, "--out", folder],
    { DATABASE_URL: on(server, "bench_own"), WORKFLOW_INFRA_KEY_FILE: join(folder, "key") }
  )
  return (yield* fs.exists(result)) ? measured : yield* Effect.dieMessage(`${url} was not discovered: ${said}`)
}, Effect.scoped)

const Done = Schema.parseJson(
  Schema.Struct({ columns: Schema.Int, counted: Schema.Int, pairs: Schema.Int, joined: Schema.Int })
)

const theirs = Effect.fn("theirs")(function* (url: string, limit: number) {
  const { measured, said } = yield* measure(
    url,
    ["--import", "tsx", "scripts/benchOriginal.ts", url, String(limit)],
    {}
  )
  const { columns, counted, joined, pairs } = yield* Schema.decode(Done)(said)
  const unfinished =
    counted < columns
      ? `only ${counted} of ${columns} columns counted, nothing joined`
      : joined < pairs
        ? `only ${joined} of ${pairs} joins made`
        : null
  return { ...measured, unfinished }
})

const range = (values: ReadonlyArray<number>) => `${Math.min(...values).toFixed(1)}–${Math.max(...values).toFixed(1)}`

const line = (title: string, all: ReadonlyArray<Measured>) => {
  const of = (figure: (each: Measured) => number) => Math.round(median(all.map(figure)))
  const seconds = all.map((each) => each.seconds)
  return `  ${title}  ${median(seconds).toFixed(1)} s (${range(seconds)})  ${of(({ rows }) => rows)} rows read  ${of(({ peak }) => peak)} MB  event loop held for ${of(({ held }) => held)} ms at most
            ${of(({ scans }) => scans)} scans of a table at most  ${of(({ longest }) => longest)} ms the longest statement  ${of(({ temporary }) => temporary / 2 ** 20)} MB of temporary files  ${of(({ theirPeak }) => theirPeak)} MB in a process of the server`
}

/** One database, round after round, ours alone and to the end. */
const alone = Effect.fn("alone")(function* (server: string, database: string, tables: number, rounds: number) {
  const url = on(server, database)
  const results = yield* Effect.forEach(Array.range(1, rounds), () =>
    ours(server, url, "entities,relationships,ontology")
  )
  yield* Console.log([`${database}, ${tables} tables, median of ${rounds}`, line("ours    ", results)].join("\n"))
})

/** One database, round after round, ours and theirs in turns. */
const compare = Effect.fn("compare")(function* (server: string, database: string, rounds: number, limit: number) {
  const url = on(server, database)
  const results = yield* Effect.forEach(Array.range(1, rounds), () =>
    Effect.all({ ours: ours(server, url, "entities,relationships"), theirs: theirs(url, limit) })
  )
  const ratio = (of: (each: Measured) => number) =>
    median(results.map(({ ours, theirs }) => of(theirs) / of(ours))).toFixed(2)
  const unfinished = results.flatMap(({ theirs }) => theirs.unfinished ?? [])
  yield* Console.log(
    [
      `${database}, median of ${rounds}`,
      line(
        "ours    ",
        results.map((each) => each.ours)
      ),
      line(
        "original",
        results.map((each) => each.theirs)
      ),
      `  original / ours: ${ratio((each) => each.seconds)} of the time, ${ratio((each) => each.rows)} of the rows, ${ratio((each) => each.peak)} of the memory`,
      ...(unfinished[0] === undefined
        ? []
        : [
            `  the original did not finish in ${limit} s, and 60 s a statement, in ${unfinished.length} rounds: ${unfinished[0]}`
          ])
    ].join("\n")
  )
})

const program = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const { join } = yield* Path.Path
  const { datasets, limit, millions, rounds } = yield* settings
  const server = Redacted.value((yield* EmbeddedPostgres).url)
  const isWanted = (name: string) => wanted.length === 0 || wanted.includes(name)
  for (const { name, statements: texts, tables } of generated(millions)) {
    if (!isWanted(name)) continue
    yield* statements(server, [`CREATE DATABASE ${name}`])
    const [elapsed] = yield* Effect.timed(statements(on(server, name), texts))
    yield* Console.log(`${name} generated in ${Duration.format(elapsed)}`)
    yield* tables === undefined ? compare(server, name, rounds, limit) : alone(server, name, tables, rounds)
    if (name === "huge") {
      for (const args of [[], ["--gentle"]]) yield* beside(server, name, rounds, args)
    }
    yield* statements(server, [`DROP DATABASE ${name} WITH (FORCE)`])
  }
  if (Option.isNone(datasets)) return yield* Console.log("DATASETS is not set: generated databases only")
  for (const name of (yield* fs.readDirectory(datasets.value)).filter(isWanted).toSorted()) {
    if (!(yield* fs.exists(join(datasets.value, name, "foreign-keys.json")))) continue
    yield* Command.string(
      Command.make("bash", join(datasets.value, "load"), join(datasets.value, name), VARIANT, server)
    )
    yield* compare(server, `${name}_${VARIANT}`, rounds, limit)
  }
})

const onServer = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "bench-discovery-" })
  // Under root the server runs as another user, who has to pass through.
  yield* fs.chmod(directory, 0o711)
  yield* Effect.provide(program, embeddedAt(directory))
}).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

NodeRuntime.runMain(onServer)
