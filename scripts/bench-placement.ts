import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Context, Effect, Layer } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { WorkflowInfra } from "../src/index.ts"
import * as Engine from "./bench-infra/Engine.ts"
import { digits, table } from "./bench-infra/Figures.ts"
import { heldKind } from "./bench-infra/HeldKind.ts"
import { describe, drop, fresh, numberOf, server, session } from "./bench-infra/Server.ts"

/**
 * Where workflows run that several processes could claim, by placement: `node --import tsx scripts/bench-placement.ts [--processes 8]
 * [--workflows 10000] [--only none,hash,cluster] [--url URL]`.
 *
 * All of them are free at the same moment; when they run, one of the processes is killed. `--url`, or BENCH_DATABASE_URL, is a superuser's;
 * by default an embedded server starts and ends with this. Takes about 13 connections for each process.
 */
const { values } = parseArgs({
  options: {
    processes: { type: "string", default: "8" },
    workflows: { type: "string", default: "10000" },
    only: { type: "string", default: "none,hash,cluster" },
    url: { type: "string" }
  }
})
const PROCESSES = Number(values.processes)
const WORKFLOWS = Number(values.workflows)

/** Long enough for observers to be sure of what they see (5 s), and for shards to be acquired and kept: cluster settles within 10 s. */
const SETTLED = "15 seconds"
/** How long it is looked what processes send that have nothing to do. */
const IDLE_SECONDS = 10
const WITHIN = "3 minutes"

/** So many workflows that anybody may claim. */
const FILL = `INSERT INTO engine.workflows (project_id, id, kind, state, config, epoch)
  SELECT $1, gen_random_uuid(), 'held', 'pending', 'null', 1 FROM generate_series(1, $2::int)`

const program = fileURLToPath(new URL("bench-placement-server.ts", import.meta.url))

const answer = <A>(child: ChildProcess, decode: (message: unknown) => A) =>
  Effect.async<A>((resume) => {
    child.once("message", (message) => resume(Effect.succeed(decode(message))))
    child.once("exit", (status) => resume(Effect.dieMessage(`a server ended with ${status}`)))
  })

const run = (url: string, placement: string) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, ["--import", "tsx", program], {
        stdio: ["ignore", "ignore", "inherit", "ipc"],
        env: { ...process.env, DATABASE_URL: url, DATABASE_CONNECTIONS: "2", PLACEMENT: placement }
      })
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  ).pipe(Effect.flatMap((child) => Effect.map(answer(child, String), (id) => ({ child, id }))))

type Running = Effect.Effect.Success<ReturnType<typeof run>>

/** The number of statements that processes have sent since they were asked last. */
const statementsOf = (servers: ReadonlyArray<Running>) =>
  Effect.map(
    Effect.forEach(
      servers,
      ({ child }) => {
        const answered = answer(child, Number)
        return Effect.zipRight(
          Effect.sync(() => child.send("statements")),
          answered
        )
      },
      { concurrency: "unbounded" }
    ),
    (counts) => counts.reduce((sum, count) => sum + count, 0)
  )

const measure = (address: string, placement: string) =>
  Effect.gen(function* () {
    const url = yield* fresh(address, `bench_placement_${placement}`)
    // Runs nothing itself, and makes the schema before the others come.
    const context = yield* Layer.build(Engine.layer(url, { WORKFLOW_MAX_ACTIVE: "0" }))
    const held = yield* Context.get(context, WorkflowInfra).register(heldKind)
    const projectId = yield* Effect.provide(Engine.project, context)
    const own = yield* session(url)
    const servers = yield* Effect.forEach(Array.from({ length: PROCESSES }), () => run(url, placement), {
      concurrency: "unbounded"
    })
    yield* Effect.sleep(SETTLED)
    yield* statementsOf(servers)
    yield* Effect.sleep(`${IDLE_SECONDS} seconds`)
    const idle = (yield* statementsOf(servers)) / IDLE_SECONDS

    const owned = "SELECT count(*) FROM engine.workflows WHERE owner_id IS NOT NULL"
    const from = performance.now()
    // All at once, as after an outage: by a statement, because starting them takes longer than claiming them.
    yield* Effect.promise(() => own.query(FILL, [projectId, WORKFLOWS]))
    yield* held.start({ projectId, config: null })
    yield* Engine.eventually(
      "all run",
      Effect.map(numberOf(own, owned), (n) => n > WORKFLOWS),
      WITHIN
    )
    const all = (performance.now() - from) / 1000
    const statements = yield* statementsOf(servers)
    const perServer = yield* Effect.forEach(servers, ({ id }) =>
      numberOf(own, "SELECT count(*) FROM engine.workflows WHERE owner_id = $1", [id])
    )

    const [victim, ...left] = servers
    if (victim === undefined) return yield* Effect.dieMessage("there is no server")
    const moving = yield* numberOf(own, "SELECT count(*) FROM engine.workflows WHERE owner_id = $1", [victim.id])
    const moved = numberOf(own, "SELECT count(*) FROM engine.workflows WHERE epoch > 2 AND owner_id IS NOT NULL")
    const killed = performance.now()
    victim.child.removeAllListeners("exit")
    victim.child.kill("SIGKILL")
    yield* Engine.eventually(
      "the first has moved",
      Effect.map(moved, (n) => n > 0),
      WITHIN
    )
    const first = (performance.now() - killed) / 1000
    yield* Engine.eventually(
      "all have moved",
      Effect.map(moved, (n) => n >= moving),
      WITHIN
    )
    const last = (performance.now() - killed) / 1000
    const after = yield* Effect.forEach(left, ({ id }) =>
      numberOf(own, "SELECT count(*) FROM engine.workflows WHERE owner_id = $1 AND epoch > 2", [id])
    )
    return [
      placement,
      digits(all),
      perServer.toSorted((a, b) => a - b).join(" "),
      digits(statements / WORKFLOWS),
      digits(idle),
      `${digits(first)} / ${digits(last)}`,
      after.toSorted((a, b) => a - b).join(" ")
    ]
  }).pipe(Effect.scoped)

NodeRuntime.runMain(
  Effect.gen(function* () {
    const address = yield* server(values.url)
    yield* Console.log(
      `${PROCESSES} processes, ${WORKFLOWS.toLocaleString("en-US")} workflows; Node.js ${process.version}; ${yield* describe(address)}`
    )
    const rows = yield* Effect.forEach(values.only.split(","), (placement) =>
      Effect.tap(measure(address, placement), (row) => Console.log(row.join(" | ")))
    )
    yield* Console.log(
      table([
        [
          "placement",
          "all run, s",
          "per server",
          "statements per workflow",
          "statements/s when idle",
          "moved after kill -9: first / all, s",
          "to each of the others"
        ],
        ...rows
      ])
    )
    yield* Effect.forEach(values.only.split(","), (placement) => drop(address, `bench_placement_${placement}`))
  }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))
)
