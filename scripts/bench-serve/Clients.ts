import { Context, Deferred, Effect, Exit, Layer, Redacted, Ref, Schedule, Schema, Scope } from "effect"
import { fork } from "node:child_process"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { fileURLToPath } from "node:url"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { ConcurrencyStrategy, WorkflowInfra, WorkflowKind } from "../../src/index.ts"
import { Place, serverOn, servicesAt } from "../../test/serve/servicesAt.ts"
import * as Engine from "../bench-infra/Engine.ts"
import { digits } from "../bench-infra/Figures.ts"
import type { Family, Figures, Row } from "../bench-infra/Row.ts"
import { fresh, numberOf, session } from "../bench-infra/Server.ts"

/** What it costs that many follow, over server-sent events, a workflow of very many tasks and its project. */

const CLIENTS = 200
const TASKS = 10_000
const PLACES = 16
const WITHIN = "5 minutes"
/** The goal: so much of the speed is left, and a shutdown takes no longer than this. */
const LEFT = 0.9
const SHUTDOWN_MS = 3_000

const CLIENTS_PROGRAM = fileURLToPath(new URL("../bench-serve-clients.ts", import.meta.url))

/** The heap in MB, without what is garbage. */
const heap = Effect.sync(() => {
  setFlagsFromString("--expose-gc")
  runInNewContext("gc")()
  return process.memoryUsage().heapUsed / 1e6
})

/** So many clients, each on one of the paths, with what they have been sent; they go with the scope. */
const clients = (port: number, count: number, paths: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        fork(CLIENTS_PROGRAM, [String(port), String(count), ...paths], { execArgv: ["--import", "tsx"] })
      ),
      (running) => Effect.sync(() => running.kill("SIGKILL"))
    )
    const said = Effect.async<unknown>(
      (resume) => void child.once("message", (message) => resume(Effect.succeed(message)))
    )
    yield* said
    return Effect.zipRight(
      Effect.sync(() => child.send("bytes")),
      Effect.map(said, Number)
    )
  })

const row = (server: string, taskMillis: number) =>
  Effect.gen(function* () {
    const url = yield* fresh(server, "bench_serve_clients")
    const services = yield* Layer.build(Layer.orDie(servicesAt(Redacted.make(url), {})))
    const own = yield* session(url)
    const projectId = yield* Effect.provide(Engine.project, services)
    const infra = Context.get(services, WorkflowInfra)
    const gate = yield* Ref.make(yield* Deferred.make<void>())
    const kind = yield* infra.register(
      WorkflowKind.make("followed", {
        config: Schema.Null,
        strategy: ConcurrencyStrategy.serialized({ dataConcurrency: PLACES }),
        run: ({ queue }) =>
          Effect.gen(function* () {
            yield* Effect.flatMap(Ref.get(gate), Deferred.await)
            for (let task = 0; task < TASKS; task++) {
              yield* queue.enqueue({
                id: `profile:public.table_${task}`,
                name: `Profile table ${task}`,
                class: "data",
                execute: taskMillis === 0 ? Effect.void : Effect.sleep(taskMillis)
              })
            }
          })
      })
    )

    const side = (count: number) =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const api = yield* Layer.buildWithScope(Layer.orDie(serverOn("127.0.0.1")), scope).pipe(
          Effect.provide(services)
        )
        const { port } = Context.get(api, Place)
        const open = yield* Deferred.make<void>()
        yield* Ref.set(gate, open)
        const { id } = yield* kind.start({ projectId, config: null })
        const project = `/api/v1/projects/${projectId}`
        const paths = [`${project}/workflows/${id}/events`, `${project}/events`]
        const sent = count === 0 ? Effect.succeed(0) : yield* clients(port, count, paths)
        const before = yield* heap
        const peak = yield* Ref.make(0)
        yield* Ref.update(peak, (most) => Math.max(most, process.memoryUsage().rss / 1e6)).pipe(
          Effect.repeat(Schedule.spaced("100 millis")),
          Effect.forkScoped
        )
        const turns = monitorEventLoopDelay({ resolution: 1 })
        turns.enable()
        const from = performance.now()
        yield* Deferred.succeed(open, undefined)
        yield* Engine.eventually(
          "the workflow is completed",
          Effect.map(
            numberOf(own, "SELECT count(*) FROM engine.workflows WHERE id = $1 AND state = 'completed'", [id]),
            (n) => n === 1
          ),
          WITHIN
        )
        turns.disable()
        const speed = TASKS / ((performance.now() - from) / 1_000)
        // Until what comes last has been sent.
        yield* Effect.sleep("2 seconds")
        const bytes = (yield* sent) / 1e6
        const growth = (yield* heap) - before
        const closing = performance.now()
        yield* Scope.close(scope, Exit.void)
        const shutdown = performance.now() - closing
        const figures: Figures = { speed, held: turns.max / 1e6, bytes, growth, peak: yield* Ref.get(peak), shutdown }
        return figures
      })

    const result: Row = {
      title: `a workflow of ${TASKS.toLocaleString("en-US")} tasks of ${taskMillis} ms, ${PLACES} at once; half of the clients follow it, half its project`,
      columns: {
        speed: "tasks/s",
        held: "longest loop delay of the work, ms",
        bytes: "MB sent",
        growth: "MB more on the heap",
        peak: "MB at the most (RSS)",
        shutdown: "shutdown, ms"
      },
      sides: [
        { label: "nobody follows", measure: side(0) },
        { label: `${CLIENTS} clients`, measure: side(CLIENTS) }
      ],
      judge: ([alone, followed]) => {
        const left = (followed?.["speed"] ?? 0) / (alone?.["speed"] ?? 0)
        const shutdown = followed?.["shutdown"] ?? Number.NaN
        const said = `with ${CLIENTS} clients ${digits(left)} of the speed is left, and a shutdown takes ${digits(shutdown)} ms; goal: ${LEFT}, ${SHUTDOWN_MS} ms`
        return [left >= LEFT && shutdown <= SHUTDOWN_MS ? said : `GOAL MISSED: ${said}`]
      }
    }
    return result
  })

/** Rows of clients: of tasks that wait, as most do, and of tasks that do nothing, where every moment of the processor counts. */
export const clientRows: Family = (server) => [row(server, 10), row(server, 0)]
