import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Activity, DurableClock, DurableDeferred, Workflow } from "@effect/workflow"
import { Duration, Effect, Layer, Schema } from "effect"
import { InfraWorkflowEngine } from "workflow-infra/effect-workflow"
import { Database, Projects, TenantContext, WorkflowInfra } from "workflow-infra"

class Declined extends Schema.TaggedError<Declined>()("Declined", { reason: Schema.String }) {}

/** Somebody has to approve an order, from wherever. */
const Approval = DurableDeferred.make("Approval", { success: Schema.Boolean })

const Order = Workflow.make({
  name: "Order",
  payload: { number: Schema.String, cents: Schema.Int },
  success: Schema.Struct({ receipt: Schema.String, parcel: Schema.String }),
  error: Declined,
  // The same order again is the same execution, and gives the same result.
  idempotencyKey: ({ number }) => number
})

/** A child: it has an execution of its own, and its parent has no owner while it waits for it. */
const Shipping = Workflow.make({
  name: "Shipping",
  payload: { number: Schema.String },
  success: Schema.String,
  idempotencyKey: ({ number }) => number
})

const ShippingLayer = Shipping.toLayer(
  Effect.fnUntraced(function* ({ number }) {
    // For days, it would cost no more: a row, which nobody owns. Less than a minute sleeps in memory unless told otherwise.
    yield* DurableClock.sleep({ name: "packing", duration: "1 second", inMemoryThreshold: Duration.zero })
    return yield* Activity.make({
      name: "ship",
      success: Schema.String,
      execute: Effect.as(Effect.log(`ships order ${number}`), `parcel of ${number}`)
    })
  })
)

const OrderLayer = Order.toLayer(
  Effect.fnUntraced(function* ({ cents, number }) {
    // What an activity returned is stored under the fence: kill the program after it, and it does not run again.
    const receipt = yield* Activity.make({
      name: "charge",
      success: Schema.String,
      error: Declined,
      execute: Effect.gen(function* () {
        const attempt = yield* Activity.CurrentAttempt
        yield* Effect.log(`charges order ${number}, attempt ${attempt}`)
        if (attempt === 1) return yield* new Declined({ reason: "the line is busy" })
        return `${cents} cents`
      })
    }).pipe(
      Activity.retry({ times: 3 }),
      // Only when the whole workflow fails.
      Order.withCompensation((paid) => Effect.log(`gives back ${paid}`))
    )
    if (!(yield* DurableDeferred.await(Approval))) return yield* new Declined({ reason: "not approved" })
    return { receipt, parcel: yield* Shipping.execute({ number }) }
  })
)

/** Approves an order: a web hook, in this program or any other one on the database. */
const approve = (number: string, isApproved: boolean) =>
  Effect.gen(function* () {
    const executionId = yield* Order.executionId({ number, cents: 0 })
    const token = DurableDeferred.tokenFromExecutionId(Approval, { workflow: Order, executionId })
    yield* DurableDeferred.succeed(Approval, { token, value: isApproved })
  })

const program = Effect.gen(function* () {
  yield* Effect.fork(Effect.delay(approve("A-1", true), "1 second"))
  const { parcel, receipt } = yield* Order.execute({ number: "A-1", cents: 4_200 })
  yield* Effect.log(`order A-1: ${receipt}, ${parcel}`)

  yield* Effect.fork(approve("A-2", false))
  const error = yield* Effect.flip(Order.execute({ number: "A-2", cents: 100 }))
  yield* Effect.log(`order A-2: ${error.reason}`)
})

/** The engine, for the executions of one project (tenant). */
const Engine = Layer.unwrapEffect(
  Effect.flatMap(Projects, (projects) =>
    Effect.map(projects.ensure("example"), (projectId) => InfraWorkflowEngine.layer({ projectId }))
  )
).pipe(
  Layer.provide(WorkflowInfra.layer()),
  Layer.provide([Projects.layer, TenantContext.layer]),
  Layer.provide(Database.layerConfig)
)

NodeRuntime.runMain(
  program.pipe(Effect.provide(Layer.mergeAll(OrderLayer, ShippingLayer).pipe(Layer.provideMerge(Engine))))
)
