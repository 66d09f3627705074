import { FileSystem } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { parseArgs } from "node:util"
import { Clock, Console, Duration, Effect, Layer, Option, Ref, Schedule } from "effect"
import { Database } from "../src/database/Database.ts"
import { uuidv7 } from "../src/database/Uuid.ts"
import { EmbeddedPostgres } from "../src/embedded/EmbeddedPostgres.ts"
import { Projects } from "../src/tenant/Projects.ts"
import { TenantContext } from "../src/tenant/TenantContext.ts"
import * as SqlWorkflowRepository from "../src/workflow/SqlWorkflowRepository.ts"
import { WorkflowRepository } from "../src/workflow/WorkflowRepository.ts"
import * as Outcome from "./soak/Outcome.ts"
import * as Servers from "./soak/Servers.ts"
import * as PgBouncer from "../test/faults/PgBouncer.ts"
import { createTables, soakKind, TASKS } from "./soak/SoakKind.ts"

/**
 * Workflows on three servers while one after the other is killed and the database is restarted, twice:
 * `node --import tsx scripts/soak.ts [MINUTES] [--pgbouncer]`. Fails where anything is lost, done twice, or taken over late. With
 * `--pgbouncer` two servers reach the database through a PgBouncer in transaction mode: without session locks, so that who is dead is
 * known when its lease, here of six seconds, is over.
 */
const {
  positionals: [given],
  values: { pgbouncer: pooled }
} = parseArgs({ allowPositionals: true, options: { pgbouncer: { type: "boolean", default: false } } })

const MINUTES = 10
const SERVERS = pooled ? 2 : 3
/** 2,000 in the default time: as many as two busy cores do beside the servers' starts. */
const WORKFLOWS_PER_MINUTE = 200
const KILL_INTERVAL = Duration.seconds(10)
/** The longest that a workflow may be without an owner, the database's own outages aside. */
const GOAL = Duration.seconds(pooled ? 10 : 4)
/** What servers behind a pooler are given; a lease lasts three times the sum of the two durations. */
const POOLED_SETTINGS = {
  WORKFLOW_SESSION_LOCK: "false",
  WORKFLOW_HEARTBEAT_INTERVAL: "1 second",
  WORKFLOW_HEARTBEAT_TIMEOUT: "1 second"
}
/** Connections of the pooler to the database. */
const POOL = 20
/** Workflows are stored up to this long before the faults end, so that there is something to take over to the last. */
const LAST_WORKFLOW = Duration.seconds(40)
/** How long after the last fault everything has to be completed. */
const GRACE = Duration.minutes(3)
/** Lines of progress. */
const LINES = 10

const minutes = Number(given ?? MINUTES)
const faults = Duration.minutes(minutes)
const workflows = minutes * WORKFLOWS_PER_MINUTE

interface Sample {
  readonly at: number
  readonly memory: number
  readonly fibers: number
  readonly active: number
  readonly connections: number
  readonly commits: number
}

const retried = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.orDie(Effect.retry(effect, Schedule.spaced("50 millis").pipe(Schedule.upTo("1 minute"))))

/** Stores the workflows, evenly over the time there is. */
const storeWorkflows = (projectId: string, from: number) =>
  Effect.gen(function* () {
    const repository = yield* WorkflowRepository
    const pace = (Duration.toMillis(faults) - Duration.toMillis(LAST_WORKFLOW)) / workflows
    for (let n = 0; n < workflows; n++) {
      yield* Effect.sleep(Math.max(0, from + n * pace - (yield* Clock.currentTimeMillis)))
      const workflow = { id: yield* uuidv7, projectId, kind: soakKind.name, version: 1, config: null }
      const datasourceId = Option.some(yield* uuidv7)
      yield* retried(
        repository.insert({ ...workflow, datasourceId, ontologyId: Option.none(), ownerId: Option.none() })
      )
    }
  })

/** Stops the database, hard or softly, and waits until it is there again. */
const restartDatabase = (how: NodeJS.Signals) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const { dataDirectory } = yield* EmbeddedPostgres
    const { work: sql } = yield* Database
    const from = yield* Clock.currentTimeMillis
    const started = sql<{ at: Date }>`SELECT pg_postmaster_start_time() AS at`
    const [before] = yield* started
    const lockFile = yield* fs.readFileString(`${dataDirectory}/postmaster.pid`)
    yield* Effect.sync(() => process.kill(Number.parseInt(lockFile, 10), how))
    yield* Effect.retry(
      Effect.filterOrFail(
        started,
        ([now]) => now?.at.getTime() !== before?.at.getTime(),
        () => "the old one"
      ),
      Schedule.spaced("25 millis").pipe(Schedule.upTo("1 minute"))
    )
    return { from, to: yield* Clock.currentTimeMillis }
  })

const program = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const { url } = yield* EmbeddedPostgres
  const { control, work: sql } = yield* Database
  yield* createTables
  const projectId = yield* Effect.flatMap(Projects, (projects) => Effect.flatMap(uuidv7, projects.ensure))
  const log = yield* fs.makeTempFile({ prefix: "soak-", suffix: ".log" })
  yield* Console.log(
    `${workflows} workflows of ${TASKS} tasks on ${SERVERS} servers${pooled ? " behind PgBouncer" : ""}, ${Duration.format(faults)}; their log: ${log}`
  )

  const reached = pooled ? yield* PgBouncer.inFrontOf(url, POOL) : url
  const servers = yield* Servers.start(SERVERS, reached, log, pooled ? POOLED_SETTINGS : {})
  const registered = retried(control<{ id: string; pid: number }>`SELECT id, pid FROM engine.server_instances`)
  yield* Effect.repeat(registered, { until: (all) => all.length === SERVERS, schedule: Schedule.spaced("250 millis") })
  const from = yield* Clock.currentTimeMillis
  const until = from + Duration.toMillis(faults)
  const deaths: Array<Outcome.Death> = []
  const outages: Array<Outcome.Outage> = []
  const samples: Array<Sample> = []
  const commits = yield* Ref.make({ last: 0, sum: 0 })

  // This process does next to nothing: where it comes late, the machine has no time for anybody.
  const delay = yield* Effect.acquireRelease(
    Effect.sync(() => monitorEventLoopDelay({ resolution: 10 })),
    (monitor) => Effect.sync(() => monitor.disable())
  )
  yield* Effect.sync(() => delay.enable())

  const sample = Effect.gen(function* () {
    const vitals = yield* servers.vitals
    const [seen] = yield* sql<{ connections: number; commits: number }>`SELECT
      (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
      (SELECT xact_commit::int FROM pg_stat_database WHERE datname = current_database()) AS commits`
    const counted = seen?.commits ?? 0
    // A database that was killed counts from 0 again.
    const { sum } = yield* Ref.updateAndGet(commits, ({ last, sum }) => ({
      last: counted,
      sum: sum + (counted < last ? counted : counted - last)
    }))
    samples.push({
      at: yield* Clock.currentTimeMillis,
      memory: Math.max(0, ...vitals.map(({ memory }) => memory)) / 1e6,
      fibers: Math.max(0, ...vitals.map(({ fibers }) => fibers)),
      active: vitals.reduce((all, { active }) => all + active, 0),
      connections: seen?.connections ?? 0,
      commits: sum
    })
  })
  yield* Effect.forkScoped(Effect.repeat(Effect.ignore(sample), Schedule.spaced("1 second")))

  // Not before all are up, so that how long a slow machine takes to start one is not counted.
  const kill = Effect.gen(function* () {
    yield* Effect.repeat(servers.vitals, {
      until: (all) => all.length === SERVERS,
      schedule: Schedule.spaced("100 millis")
    })
    const { at, pid } = yield* servers.kill
    for (const server of yield* registered) if (server.pid === pid) deaths.push({ serverId: server.id, at })
  })
  const harm = Effect.gen(function* () {
    const restarts: ReadonlyArray<readonly [share: number, how: NodeJS.Signals]> = [
      [1 / 3, "SIGINT"],
      [2 / 3, "SIGKILL"]
    ]
    while ((yield* Clock.currentTimeMillis) < until - Duration.toMillis(KILL_INTERVAL)) {
      yield* Effect.sleep(KILL_INTERVAL)
      yield* kill
      const [share, how] = restarts[outages.length] ?? []
      if (
        share === undefined ||
        how === undefined ||
        (yield* Clock.currentTimeMillis) < from + share * (until - from)
      ) {
        continue
      }
      yield* Effect.sleep(Duration.unsafeDivide(KILL_INTERVAL, 2))
      outages.push(yield* restartDatabase(how))
    }
  })

  const line = Effect.gen(function* () {
    const { completed, doubled, entries } = yield* retried(Outcome.countEntries(workflows))
    const now = samples.at(-1)
    const passed = ((yield* Clock.currentTimeMillis) - from) / 60_000
    yield* Console.log(
      `${passed.toFixed(1).padStart(5)} min  ${completed} completed, ${now?.active ?? 0} running, ${entries} entries, ` +
        `${doubled} doubled; ${deaths.length} kills, ${outages.length} restarts of the database`
    )
    return completed
  })
  const lines = Effect.repeat(line, Schedule.spaced(Duration.unsafeDivide(faults, LINES)))
  yield* Effect.all([storeWorkflows(projectId, from), harm], { concurrency: "unbounded" }).pipe(
    Effect.raceFirst(
      Effect.zipRight(Effect.sleep(Duration.unsafeDivide(faults, LINES)), Effect.zipRight(lines, Effect.never))
    )
  )
  yield* Effect.retry(
    Effect.filterOrFail(
      retried(Outcome.countEntries(workflows)),
      ({ completed }) => completed === workflows,
      () => "not yet"
    ),
    Schedule.spaced("1 second").pipe(Schedule.upTo(GRACE))
  ).pipe(Effect.ignore)
  const elapsed = ((yield* Clock.currentTimeMillis) - from) / 1_000

  const { completed, doubled, entries, lost } = yield* retried(Outcome.countEntries(workflows))
  const times = (yield* retried(Outcome.takeovers(deaths, outages))).toSorted((a, b) => a - b)
  const late = times.filter((time) => time > Duration.toMillis(GOAL)).length
  const [largest] = yield* sql<{ size: string }>`SELECT pg_size_pretty(pg_database_size(current_database())) AS size`

  const seconds = (millis: number | undefined) => (millis === undefined ? "-" : `${(millis / 1_000).toFixed(2)} s`)
  const at = (share: number, of: (each: Sample) => number) => {
    const moment = from + share * (until - from)
    const near = samples
      .filter((each) => Math.abs(each.at - moment) < 10_000)
      .map(of)
      .toSorted((a, b) => a - b)
    return String(Math.round(near[Math.floor(near.length / 2)] ?? Number.NaN)).padStart(8)
  }
  const row = (name: string, of: (each: Sample) => number) =>
    `${name.padEnd(34)}${at(0.15, of)}${at(0.5, of)}${at(0.85, of)}`
  yield* Console.log(
    [
      "",
      `workflows    ${completed} of ${workflows} completed in ${Math.round(elapsed)} s`,
      `tasks        ${entries} entries in the ledger; lost ${lost}, doubled ${doubled}`,
      `servers      ${deaths.length} killed; ${times.length} workflows taken over: median ${seconds(times[Math.floor(times.length / 2)])}, ` +
        `worst ${seconds(times.at(-1))}; later than ${Duration.format(GOAL)}: ${late}`,
      `database     restarted ${outages.length} times, away for ${outages.map(({ from, to }) => seconds(to - from)).join(" and ")}; ${largest?.size ?? ""}`,
      `load         ${Math.round((samples.at(-1)?.commits ?? 0) / elapsed)} transactions a second; an idle process was late by ` +
        `${(delay.percentile(50) / 1e6).toFixed(0)} ms (median), ${(delay.percentile(99) / 1e6).toFixed(0)} ms (one time in 100)`,
      "",
      `${"".padEnd(34)}   start  middle     end`,
      row("memory of the largest server, MB", ({ memory }) => memory),
      row("fibers of the busiest server", ({ fibers }) => fibers),
      row("connections to the database", ({ connections }) => connections),
      row("workflows running", ({ active }) => active),
      "",
      completed === workflows && lost === 0 && doubled === 0 && late === 0 ? "passed" : "FAILED"
    ].join("\n")
  )
  if (completed < workflows || lost > 0 || doubled > 0 || late > 0) yield* Effect.sync(() => (process.exitCode = 1))
})

const embedded = Layer.unwrapScoped(
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectoryScoped({ prefix: "workflow-infra-soak-" })
    // Under root the server runs as another user, who has to pass through.
    yield* fs.chmod(directory, 0o711)
    return EmbeddedPostgres.layer({ directory })
  })
)

const database = Layer.unwrapEffect(Effect.map(EmbeddedPostgres, ({ url }) => Database.layer({ url })))

const layer = Layer.mergeAll(Projects.layer, SqlWorkflowRepository.layer).pipe(
  Layer.provide(TenantContext.layer),
  Layer.provideMerge(database),
  Layer.provideMerge(embedded),
  Layer.provideMerge(NodeContext.layer)
)

NodeRuntime.runMain(Effect.scoped(Effect.provide(program, layer)))
