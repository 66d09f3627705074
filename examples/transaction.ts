/**
 * A workflow that is started in a transaction of one's own is part of it: both the order and its workflow are there, or neither.
 * `DATABASE_URL=postgres://… npx tsx examples/transaction.ts`
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Layer, Option, Schema } from "effect"
import { Database, Projects, TenantContext, WorkflowInfra, WorkflowKind } from "workflow-infra"

class SoldOut extends Schema.TaggedError<SoldOut>()("SoldOut", { item: Schema.String }) {}

const Delivery = WorkflowKind.make("delivery", {
  config: Schema.Struct({ item: Schema.String }),
  run: ({ config, queue }) =>
    Effect.zipRight(
      queue.enqueue({
        id: "send",
        name: `Send the ${config.item}`,
        class: "data",
        execute: Effect.log(`the ${config.item} is on its way`)
      }),
      queue.wait
    )
})

const program = Effect.gen(function* () {
  const { work: sql } = yield* Database
  yield* sql`CREATE TABLE IF NOT EXISTS orders (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), item text)`

  const infra = yield* WorkflowInfra
  const deliveries = yield* infra.register(Delivery)
  const projectId = yield* Effect.flatMap(Projects, (projects) => projects.ensure("example"))

  const order = (item: string) =>
    Effect.gen(function* () {
      const [row] = yield* sql<{ id: string }>`INSERT INTO orders (item) VALUES (${item}) RETURNING id`
      const workflow = yield* deliveries.start({ projectId, idempotencyKey: `order ${row?.id}`, config: { item } })
      // Fails after the workflow was started: neither it nor the order is there.
      if (item === "unicorn") return yield* new SoldOut({ item })
      return workflow.id
    }).pipe(sql.withTransaction)

  const sold = yield* order("bicycle")
  yield* deliveries.join(projectId, sold)
  const soldOut = yield* Effect.flip(order("unicorn"))
  yield* Effect.log(`${soldOut._tag}, and nothing is left of it`)

  const { next, workflows } = yield* infra.list({ projectId, kind: "delivery" })
  const orders = yield* sql`SELECT FROM orders`
  yield* Effect.log(`orders: ${orders.length}, workflows: ${workflows.length}${Option.isSome(next) ? " and more" : ""}`)
}).pipe(Effect.scoped)

const Live = WorkflowInfra.layerConfig.pipe(
  Layer.provideMerge(Projects.layer),
  Layer.provide(TenantContext.layer),
  Layer.provideMerge(Database.layerConfig)
)

NodeRuntime.runMain(Effect.provide(program, Live))
