/**
 * A workflow that is to start later is a row that waits: no process has to be there until then, and any process with room runs it.
 * `DATABASE_URL=postgres://… npx tsx examples/start-at.ts`
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Clock, Effect, Layer, Option, Schema } from "effect"
import { Database, Projects, TenantContext, WorkflowInfra, WorkflowKind } from "workflow-infra"

const Reminder = WorkflowKind.make("reminder", {
  config: Schema.Struct({ text: Schema.String }),
  run: ({ config }) => Effect.log(config.text)
})

const program = Effect.gen(function* () {
  const infra = yield* WorkflowInfra
  const reminders = yield* infra.register(Reminder)
  const projectId = yield* Effect.flatMap(Projects, (projects) => projects.ensure("example"))

  const startAt = new Date((yield* Clock.currentTimeMillis) + 3_000)
  const { id, state } = yield* reminders.start({ projectId, startAt, config: { text: "the cake is done" } })
  yield* Effect.log(state)

  yield* reminders.join(projectId, id)
  const { startedAt } = yield* infra.get(projectId, id)
  const isInTime = Option.exists(startedAt, (time) => time >= startAt)
  yield* Effect.log(isInTime ? "completed, and not begun before its time" : "begun too early")
}).pipe(Effect.scoped)

const Live = WorkflowInfra.layerConfig.pipe(
  Layer.provideMerge(Projects.layer),
  Layer.provide(TenantContext.layer),
  Layer.provideMerge(Database.layerConfig)
)

NodeRuntime.runMain(Effect.provide(program, Live))
