import { Command, FileSystem, Path } from "@effect/platform"
import { Array, Console, Duration, Effect, Option, Stream } from "effect"
import { on, statements } from "./Server.ts"

/** What pgbench reads and writes: 100,000 accounts for each of this number. */
const SCALE = 10
/** As many clients as pgbench keeps busy: more than most servers have cores. */
const CLIENTS = 4
/** Seconds that pgbench runs in each half of a round: long beside a look of `Pace`, which is every half second. */
const SECONDS = 5
/** How long discovery has run before pgbench starts beside it: until then the program is loaded. */
const AHEAD = Duration.seconds(2)
const DATABASE = "bench_application"

/** Transactions per second of `pgbench`; none where there is no such program. */
const rate = (server: string, ...args: ReadonlyArray<string>) =>
  Command.string(Command.make("pgbench", ...args, on(server, DATABASE))).pipe(
    Effect.map((said) => Option.fromNullable(/tps = ([\d.]+)/.exec(said)?.[1]).pipe(Option.map(Number))),
    Effect.catchTag("SystemError", () => Effect.succeedNone)
  )

/** The time that the server has spent on statements over a database, in milliseconds. */
const busy = (url: string) =>
  Effect.map(
    statements(url, ["SELECT active_time FROM pg_stat_database WHERE datname = current_database()"]),
    ([read]) => Number(read?.rows[0]?.["active_time"])
  )

/**
 * Runs pgbench in turns alone and beside a discovery, which goes on in each round where it was, and begins anew when it has ended. The
 * rates are printed as medians, with the median of the rounds' quotients, and how busy the server was with the discovery.
 */
export const beside = Effect.fn("beside")(function* (
  server: string,
  database: string,
  rounds: number,
  args: ReadonlyArray<string>
) {
  const fs = yield* FileSystem.FileSystem
  const { join } = yield* Path.Path
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "bench-" })
  const url = on(server, database)
  yield* statements(server, [`DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`, `CREATE DATABASE ${DATABASE}`])
  const anew = statements(server, ["DROP DATABASE IF EXISTS bench_own WITH (FORCE)", "CREATE DATABASE bench_own"])
  yield* rate(server, "-i", "-q", "-s", String(SCALE))
  yield* anew
  const run = ["-c", String(CLIENTS), "-T", String(SECONDS)]
  const discovery = Command.make("node", "scripts/start.js", "discover", url, "--out", folder, ...args).pipe(
    Command.env({ DATABASE_URL: on(server, "bench_own"), WORKFLOW_INFRA_KEY_FILE: join(folder, "key") }),
    Command.stderr("inherit")
  )
  const round = Effect.gen(function* () {
    const alone = yield* rate(server, ...run)
    const before = yield* busy(url)
    const [elapsed, both] = yield* Effect.timed(
      Effect.gen(function* () {
        const process = yield* Command.start(discovery)
        yield* Effect.forkScoped(Stream.runDrain(process.stdout))
        yield* Effect.sleep(AHEAD)
        const both = yield* rate(server, ...run)
        return { both, isRunning: yield* Effect.orElseSucceed(process.isRunning, () => false) }
      }).pipe(Effect.scoped)
    )
    if (!both.isRunning) yield* anew
    // Sessions tell the server at their end how busy they were, and it takes a second to count that.
    yield* Effect.sleep("2 seconds")
    const share = ((yield* busy(url)) - before) / Duration.toMillis(elapsed)
    return Option.all({ alone, both: both.both, share: Option.some(share), wasRunning: Option.some(both.isRunning) })
  })
  const measured = Array.getSomes(yield* Effect.forEach(Array.range(1, rounds), () => round))
  yield* statements(server, [`DROP DATABASE ${DATABASE} WITH (FORCE)`])
  if (measured.length === 0) return yield* Console.log(`  there is no pgbench to run beside ${database}`)
  const middle = (of: (each: (typeof measured)[number]) => number) => median(measured.map(of))
  const quotients = measured.map(({ alone, both }) => (100 * both) / alone)
  yield* Console.log(
    `  pgbench${args.map((arg) => ` ${arg}`).join("")}  ${middle(({ alone }) => alone).toFixed(0)} transactions a second alone, ${middle(({ both }) => both).toFixed(0)} beside, ${median(quotients).toFixed(0)} % (${quotients.map((each) => each.toFixed(0)).join(", ")}); the server was busy with discovery for ${(100 * middle(({ share }) => share)).toFixed(0)} % of the time; it had not ended in ${measured.filter(({ wasRunning }) => wasRunning).length} of ${measured.length} rounds`
  )
}, Effect.scoped)

/** The middle one of some numbers. */
export const median = (values: ReadonlyArray<number>) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
