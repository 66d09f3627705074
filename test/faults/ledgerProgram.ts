import { NodeRuntime } from "@effect/platform-node"
import { Deferred, Effect, Layer, Logger, LogLevel, Metric, Queue, Schema } from "effect"
import { enableRuntimeMetrics } from "effect/RuntimeFlags"
import { Database } from "../../src/database/Database.ts"
import { TenantContext } from "../../src/tenant/TenantContext.ts"
import type { Registered } from "../../src/workflow/Registered.ts"
import { WorkflowInfra } from "../../src/workflow/WorkflowInfra.ts"
import * as Metrics from "../../src/workflow/WorkflowMetrics.ts"
import { task } from "../fixtures/TestWorkflows.ts"
import { type Asked, Question, type Said } from "./Asked.ts"
import { AskedToFail, ledger, type LedgerConfig, type Reach } from "./Ledger.ts"

const HOLD = process.env["LEDGER_HOLD"] ?? ""
/** The kinds it knows, all alike. */
const KINDS = (process.env["LEDGER_KINDS"] ?? "ledger").split(",")

/** How many workflows of each kind run at a time, in all processes together; any number unless it is set. */
const LIMIT = process.env["LEDGER_LIMIT"] === undefined ? undefined : Number(process.env["LEDGER_LIMIT"])

/** A server for tests that do to it what they cannot do to their own process. Does what it is asked over its IPC channel. */
const program = Effect.gen(function* () {
  const say = (said: Said) => Effect.sync(() => process.send?.(said))
  let holding = new Set(HOLD === "" ? [] : HOLD.split(","))
  let gate = yield* Deferred.make<void, AskedToFail>()
  const infra = yield* WorkflowInfra
  const reach: Reach = (point, workflowId) =>
    Effect.suspend(() => {
      if (!holding.has(point)) return Effect.void
      return Effect.zipRight(say({ reached: point, workflowId }), Deferred.await(gate))
    })
  const kinds = new Map<string, Registered<typeof LedgerConfig.Type, void, AskedToFail>>()
  for (const name of KINDS) kinds.set(name, yield* infra.register(ledger(reach, name, LIMIT)))

  const answer = (asked: Asked) =>
    Effect.gen(function* () {
      switch (asked.ask) {
        case "start":
          return (yield* start(kinds, asked)).id
        case "active":
          return (yield* Metric.value(Metrics.active)).value
        case "fibers":
          return (yield* Metric.value(fibers)).count
        case "heap":
          return heap()
        case "serverId":
          return yield* infra.serverInstanceId
        case "health":
          return JSON.stringify(yield* infra.health)
        case "hold":
          holding = new Set(asked.points)
          gate = yield* Deferred.make<void, AskedToFail>()
          return null
        case "go":
          holding = new Set()
          yield* asked.how === "on"
            ? Deferred.succeed(gate, undefined)
            : Deferred.fail(gate, new AskedToFail({ message: "asked to fail" }))
          return null
        case "block":
          setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, asked.millis))
          return null
        case "flood":
          for (let n = 0; n < asked.changes; n++) {
            const ordinal = n % asked.tasks
            const last = n >= asked.changes - asked.tasks
            yield* infra.sendTaskQueueUpdate(asked.workflowId, [
              task(`flood:${ordinal}`, {
                ordinal: 1_000 + ordinal,
                name: last ? asked.name : `change ${n}`,
                status: "running"
              })
            ])
          }
          return heap()
        default:
          yield* infra[asked.ask](asked.projectId, asked.workflowId)
          return null
      }
    })

  const questions = yield* Queue.unbounded<unknown>()
  process.on("message", (message) => void Queue.unsafeOffer(questions, message))
  yield* say({ ready: true })
  yield* Effect.addFinalizer(() => say({ reached: "closing", workflowId: "" }))
  return yield* Effect.forever(
    Effect.flatMap(Queue.take(questions), (message) =>
      Effect.flatMap(Schema.decodeUnknown(Question)(message), ({ asked, number }) =>
        Effect.matchEffect(answer(asked), {
          onSuccess: (answer) => say({ number, answer }),
          onFailure: (error) =>
            say({
              number,
              error: error._tag,
              message: error.message,
              workflowId: "workflowId" in error ? error.workflowId : undefined
            })
        })
      ).pipe(Effect.fork)
    )
  )
})

/** As Effect's runtime counts them, once it is told to. */
const fibers = Metric.counter("effect_fiber_active")

const heap = () => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

const start = (
  kinds: ReadonlyMap<string, Registered<typeof LedgerConfig.Type, void, AskedToFail>>,
  { config, datasourceId, exclusiveKey, kind = "ledger", projectId }: Extract<Asked, { readonly ask: "start" }>
) =>
  kinds.get(kind)?.start({
    projectId,
    config,
    ...(datasourceId === undefined ? {} : { datasourceId }),
    ...(exclusiveKey === undefined ? {} : { exclusiveKey })
  }) ?? Effect.dieMessage(`no kind ${kind}`)

const layer = WorkflowInfra.layerConfig.pipe(
  Layer.provide(TenantContext.layer),
  Layer.provideMerge(Database.layerConfig),
  Layer.provideMerge(enableRuntimeMetrics)
)

NodeRuntime.runMain(program.pipe(Effect.scoped, Effect.provide(layer), Logger.withMinimumLogLevel(LogLevel.Debug)), {
  disableErrorReporting: false
})
