import { FileSystem } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { parseArgs } from "node:util"
import { Clock, Console, Duration, Effect, Layer, Option, Ref, Schedule } from "effect"
import { Database } from "../src/database/Database.ts"
import { uuidv7 } from "../src/database/Uuid.ts"
import { EmbeddedPostgres } from "../src/embedded/EmbeddedPostgres.ts"
import { embeddedAt } from "../test/fixtures/embeddedAt.ts"
import { Projects } from "../src/tenant/Projects.ts"
import { TenantContext } from "../src/tenant/TenantContext.ts"
import * as SqlWorkflowRepository from "../src/workflow/SqlWorkflowRepository.ts"
import { WorkflowRepository } from "../src/workflow/WorkflowRepository.ts"
import * as Outcome from "./soak/Outcome.ts"
import * as Servers from "./soak/Servers.ts"
import * as PgBouncer from "../test/faults/PgBouncer.ts"
import { createTables, soakKind, TASKS } from "./soak/SoakKind.ts"

/**
 * Runs workflows on three servers (processes of `soakServer.ts`), kills one at random every 10 s, and restarts the database twice:
 * `node --import tsx scripts/soak.ts [MINUTES] [--pgbouncer]`. Fails when an entry is lost or written twice, or when a workflow is taken
 * over late. With `--pgbouncer` there are two servers, behind a PgBouncer in transaction mode. There are no session locks then, so a dead
 * server is detected when its lease of 6 s ends.
 */
const {
  positionals: [given],
  values: { pgbouncer: pooled }
} = parseArgs({ allowPositionals: true, options: { pgbouncer: { type: "boolean", default: false } } })

/** Default duration of the faults, in minutes. */
const MINUTES = 10
/** Server processes. */
const SERVERS = pooled ? 2 : 3
/** 2,000 workflows in 10 minutes: as many as two cores can run while they also start the killed servers again. */
const WORKFLOWS_PER_MINUTE = 200
/** The pause between two kills: a start takes some seconds, and takes longer on a busy machine. */
const KILL_INTERVAL = Duration.seconds(10)
/** The longest time that a workflow may have no owner, not counting outages of the database. Behind a pooler it contains the lease of 6 s. */
const GOAL = Duration.seconds(pooled ? 10 : 4)
/** The environment of servers behind a pooler. A lease lasts three times the sum of the two durations. */
const POOLED_SETTINGS = {
  WORKFLOW_SESSION_LOCK: "false",
  WORKFLOW_HEARTBEAT_INTERVAL: "1 second",
  WORKFLOW_HEARTBEAT_TIMEOUT: "1 second"
}
/** The pooler's connections to the database: fewer than its clients have. */
const POOL = 20
/** The last workflow is stored this long before the faults end. A workflow takes 30 s, so some run until the end. */
const LAST_WORKFLOW = Duration.seconds(40)
/** How long after the last fault the soak waits until all workflows are completed. */
const GRACE = Duration.minutes(3)
/** Lines of progress that are printed over the whole time. */
const LINES = 10

const minutes = Number(given ?? MINUTES)
const faults = Duration.minutes(minutes)
const workflows = minutes * WORKFLOWS_PER_MINUTE

/** Measurements of one moment. */
interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number
  /** Resident memory of the largest server, in MB. */
  readonly memory: number
  /** Fibers of the server that has the most. */
  readonly fibers: number
  /** Workflows that run on all servers. */
  readonly active: number
  /** Client connections of the database. */
  readonly connections: number
  /** Transactions committed since the beginning. */
  readonly commits: number
}

const retried = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.orDie(Effect.retry(effect, Schedule.spaced("50 millis").pipe(Schedule.upTo("1 minute"))))

/** Stores the workflows at a constant rate. */
const storeWorkflows = (projectId: string, from: number) =>
  Effect.gen(function* () {
    const repository = yield* WorkflowRepository
    const pace = (Duration.toMillis(faults) - Duration.toMillis(LAST_WORKFLOW)) / workflows
    for (let n = 0; n < workflows; n++) {
      yield* Effect.sleep(Math.max(0, from + n * pace - (yield* Clock.currentTimeMillis)))
      const none = Option.none()
      yield* retried(
        repository.insert({
          id: yield* uuidv7,
          projectId,
          datasourceId: none,
          ontologyId: none,
          idempotencyKey: none,
          exclusiveKey: none,
          kind: soakKind.name,
          version: 1,
          config: null,
          ownerId: none,
          startAt: none,
          priority: 0
        })
      )
    }
  })

/** Stops PostgreSQL by a signal, and waits until it answers again. Gives the time of the outage. */
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

  // This process is almost idle, so a delay of its event loop shows that the machine is overloaded.
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
    // After a crash the database's counter begins at 0 again.
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

  // Kills only when all servers are up, so that a slow start does not count as a late takeover.
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
    // Under root PostgreSQL runs as another user, which has to be able to enter the folder.
    yield* fs.chmod(directory, 0o711)
    return embeddedAt(directory)
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
