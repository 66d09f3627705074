/**
 * A workflow for each tick of a cron expression, whatever the number of servers that have the schedule: start it as often as you like.
 * `DATABASE_URL=postgres://… npx tsx examples/cron.ts`
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Cron, Deferred, Effect, Layer, Schema } from "effect"
import { Database, Projects, TenantContext, WorkflowInfra, WorkflowKind } from "workflow-infra"

const TICKS = 3

const program = Effect.gen(function* () {
  const enough = yield* Deferred.make<void>()
  const seen: Array<number> = []

  const Tick = WorkflowKind.make("tick", {
    config: Schema.Struct({ clock: Schema.String }),
    // `startAt` is the tick, however late the workflow runs.
    run: ({ config, workflow: { startAt } }) =>
      Effect.gen(function* () {
        seen.push(startAt.getTime())
        if (seen.length <= TICKS) yield* Effect.log(`${config.clock}: tick ${seen.length}`)
        if (seen.length === TICKS) yield* Deferred.succeed(enough, undefined)
      })
  })

  const infra = yield* WorkflowInfra
  const ticks = yield* infra.register(Tick)
  const projectId = yield* Effect.flatMap(Projects, (projects) => projects.ensure("example"))

  // Every second; "0 3 * * *" is every night at three. Until the scope closes, and from where it was when the program starts again.
  const cron = Cron.unsafeParse("* * * * * *", "UTC")
  yield* ticks.schedule({ name: "every second", projectId, cron, missed: "skip", config: { clock: "the clock" } })

  yield* Deferred.await(enough)
  const isOncePerSecond = seen.every((time) => time % 1_000 === 0) && new Set(seen).size === seen.length
  yield* Effect.log(isOncePerSecond ? "one workflow for each second" : "a second was missed, or came twice")
}).pipe(Effect.scoped)

const Live = WorkflowInfra.layerConfig.pipe(
  Layer.provideMerge(Projects.layer),
  Layer.provide(TenantContext.layer),
  Layer.provideMerge(Database.layerConfig)
)

NodeRuntime.runMain(Effect.provide(program, Live))
