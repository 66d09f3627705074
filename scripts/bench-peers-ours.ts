import { NodeRuntime } from "@effect/platform-node"
import { Duration, Effect, Layer, Queue, Redacted, Schedule, Schema, Stream } from "effect"
import { ConcurrencyStrategy, Database, Projects, TenantContext, WorkflowInfra, WorkflowKind } from "../src/index.ts"
import { uuidv7 } from "../src/database/Uuid.ts"
import { numberOf, recordStatements, session, takeStatements } from "./bench-infra/Server.ts"
import { percentile } from "./bench-infra/Figures.ts"
import { AT_ONCE, PART, PARTS, Request } from "./bench-peers/Protocol.ts"

/** Our engine among those of `bench-peers.ts`, in a process of its own as each of them; asked and answering over IPC. */

const url = process.env["DATABASE_URL"] ?? ""
/** As it comes, everything is a default: one data task at a time, 10 connections. */
const tuned = process.env["VARIANT"] === "tuned"
/** As many as the peers' tuned pools have. */
const TUNED_CONNECTIONS = 20
/** As many as DBOS is given steps in parallel. */
const TUNED_CONCURRENCY = 32
/** How often it is looked whether everything has ended: a small part of any measurement. */
const LOOK_AGAIN = Duration.millis(5)

const strategy = tuned ? ConcurrencyStrategy.serialized({ dataConcurrency: TUNED_CONCURRENCY }) : undefined
const options = strategy === undefined ? {} : { strategy }

const tasksKind = WorkflowKind.make("tasks", {
  config: Schema.Int,
  ...options,
  run: ({ config, queue }) =>
    Effect.gen(function* () {
      for (let task = 0; task < config; task++) {
        yield* queue.enqueue({ id: `${task}`, name: "nothing", class: "data", execute: Effect.void })
      }
    })
})

const insertsKind = WorkflowKind.make("inserts", {
  config: Schema.Int,
  ...options,
  run: ({ config, queue }) =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      for (let task = 0; task < config; task++) {
        yield* queue.enqueue({
          id: `${task}`,
          name: "an INSERT",
          class: "data",
          execute: Effect.void,
          commit: () => sql`INSERT INTO bench_results (task) VALUES (${task})`
        })
      }
    })
})

const oneKind = WorkflowKind.make("one", {
  config: Schema.Null,
  run: ({ queue }) => queue.enqueue({ id: "only", name: "nothing", class: "data", execute: Effect.void })
})

const longKind = WorkflowKind.make("long", {
  config: Schema.Int,
  run: ({ config, queue }) =>
    Effect.gen(function* () {
      const { work: sql } = yield* Database
      const mark = (what: string) =>
        Effect.orDie(sql`INSERT INTO bench_marks (pid, workflow, what) VALUES (${process.pid}, ${config}, ${what})`)
      yield* mark("began")
      for (let part = 0; part < PARTS; part++) {
        yield* queue.enqueue({
          id: `${part}`,
          name: `part ${part}`,
          class: "data",
          execute: Effect.sleep(PART)
        })
      }
      yield* queue.wait
      yield* mark("ended")
    })
})

const layer = WorkflowInfra.layerConfig.pipe(
  Layer.provideMerge(Projects.layer),
  Layer.provide(TenantContext.layer),
  Layer.provideMerge(Database.layer({ url: Redacted.make(url), ...(tuned ? { connections: TUNED_CONNECTIONS } : {}) }))
)

const project = Effect.flatMap(Projects, (projects) => projects.ensure("bench"))

/** Looks until it is so, at most until the deadline (ms, of `performance.now`): whether it is. */
const until = (deadline: number, look: Effect.Effect<boolean>) =>
  Effect.repeat(look, {
    until: (is) => is || performance.now() > deadline,
    schedule: Schedule.spaced(LOOK_AGAIN)
  }).pipe(Effect.zipRight(look))

const COMPLETED = "SELECT count(*) FROM engine.workflows WHERE state = 'completed'"
const COMPLETED_TASKS = "SELECT count(*) FROM engine.workflow_tasks WHERE status = 'completed'"

/** One workflow of many tasks: done when it is completed in the database, with each of its tasks. */
const oneOfMany = (kind: typeof tasksKind | typeof insertsKind, { limit, n, row, watchers }: Request) =>
  Effect.gen(function* () {
    const infra = yield* WorkflowInfra
    const { tenantRole, work: sql } = yield* Database
    const isInsert = row === "inserts"
    if (isInsert) {
      yield* sql`CREATE TABLE bench_results (task int NOT NULL)`
      yield* sql`GRANT INSERT ON bench_results TO ${sql(tenantRole)}`
    }
    const registered = yield* infra.register(kind)
    const projectId = yield* project
    const own = yield* session(url)
    yield* takeStatements
    const from = performance.now()
    const { id } = yield* registered.start({ projectId, datasourceId: yield* uuidv7, config: n })
    for (let watcher = 0; watcher < watchers; watcher++) {
      yield* Effect.forkScoped(Stream.runDrain(infra.changes(projectId, id)))
    }
    const ended = yield* until(
      from + limit * 1000,
      Effect.map(numberOf(own, COMPLETED), (completed) => completed === 1)
    )
    const seconds = (performance.now() - from) / 1000
    const statements = (yield* takeStatements).length
    const done = yield* numberOf(own, COMPLETED_TASKS)
    if (ended && done !== n) return yield* Effect.dieMessage(`completed with ${done} of ${n} tasks stored as completed`)
    if (ended && isInsert) {
      const lines = yield* numberOf(own, "SELECT count(*) FROM bench_results")
      const once = yield* numberOf(own, "SELECT count(DISTINCT task) FROM bench_results")
      if (lines !== n || once !== n) return yield* Effect.dieMessage(`${lines} INSERTs of ${n}, ${once} different`)
    }
    return { done, seconds, statements }
  })

/** Workflows of one task. */
const manyOfOne = ({ limit, n }: Request) =>
  Effect.gen(function* () {
    const infra = yield* WorkflowInfra
    const registered = yield* infra.register(oneKind)
    const projectId = yield* project
    const own = yield* session(url)
    const took: Array<number> = []
    yield* takeStatements
    const from = performance.now()
    yield* Effect.forEach(
      Array.from({ length: n }, (_, which) => which),
      () =>
        Effect.gen(function* () {
          const [elapsed] = yield* Effect.timed(
            registered.start({ projectId, datasourceId: yield* uuidv7, config: null })
          )
          took.push(Duration.toMillis(elapsed))
        }),
      { concurrency: AT_ONCE, discard: true }
    ).pipe(Effect.timeoutOption(Duration.seconds(limit)))
    yield* until(
      from + limit * 1000,
      Effect.map(numberOf(own, COMPLETED), (completed) => completed >= n)
    )
    const seconds = (performance.now() - from) / 1000
    const statements = (yield* takeStatements).length
    const done = yield* numberOf(own, COMPLETED)
    return { done, seconds, statements, p50: percentile(took, 0.5), p99: percentile(took, 0.99) }
  })

/** Starts workflows that are to be killed, and goes on. */
const running = ({ n }: Request) =>
  Effect.gen(function* () {
    const registered = yield* Effect.flatMap(WorkflowInfra, (infra) => infra.register(longKind))
    const projectId = yield* project
    yield* Effect.forEach(
      Array.from({ length: n }, (_, which) => which),
      (which) => Effect.flatMap(uuidv7, (datasourceId) => registered.start({ projectId, datasourceId, config: which })),
      { concurrency: AT_ONCE, discard: true }
    )
    return {}
  })

const standing = Effect.as(
  Effect.flatMap(WorkflowInfra, (infra) => infra.register(longKind)),
  {}
)

const served = (request: Request) => {
  switch (request.row) {
    case "tasks":
      return oneOfMany(tasksKind, request)
    case "inserts":
      return oneOfMany(insertsKind, request)
    case "workflows":
      return manyOfOne(request)
    case "run":
      return running(request)
    case "stand":
      return standing
  }
}

/** Answers a request, on a fresh database; an engine that is to be killed goes on after its answer. */
const serve = (request: Request) =>
  Effect.gen(function* () {
    const result = yield* served(request)
    yield* Effect.sync(() => process.send?.({ id: request.id, result }))
    if (request.row === "run" || request.row === "stand") return yield* Effect.never
  }).pipe(Effect.scoped, Effect.provide(layer))

const program = Effect.gen(function* () {
  yield* recordStatements
  const requests = yield* Queue.unbounded<unknown>()
  process.on("message", (message) => requests.unsafeOffer(message))
  // Nobody is left behind where the benchmark itself is killed.
  process.on("disconnect", () => process.exit(1))
  const one = Effect.gen(function* () {
    const request = yield* Schema.decodeUnknown(Request)(yield* Queue.take(requests))
    yield* Effect.catchAllCause(serve(request), (cause) =>
      Effect.sync(() => process.send?.({ id: request.id, error: String(cause) }))
    )
  })
  return yield* Effect.forever(one)
})

NodeRuntime.runMain(program)
