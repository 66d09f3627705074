/**
 * A task that fails for a moment is tried again; an error that the kind declares comes back as itself.
 * `DATABASE_URL=postgres://… npx tsx examples/retries-and-errors.ts`
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Layer, Ref, Schema } from "effect"
import { Database, Projects, RetryPolicy, TenantContext, WorkflowInfra, WorkflowKind } from "workflow-infra"

/** The payment service is busy. `retryable: true` says that the same task may succeed later. */
class Busy extends Schema.TaggedError<Busy>()("Busy", {}) {
  readonly retryable = true
}

/** The payment service has said no. It has no `retryable`, so the task fails at once, and the workflow with it. */
class Declined extends Schema.TaggedError<Declined>()("Declined", { reason: Schema.String }) {}

/** A payment service that is busy for the first two calls. */
const paymentService = Effect.map(Ref.make(0), (calls) => ({
  charge: (cents: number) =>
    Effect.gen(function* () {
      if ((yield* Ref.updateAndGet(calls, (n) => n + 1)) <= 2) return yield* new Busy()
      if (cents > 100_000) return yield* new Declined({ reason: "more than the card allows" })
    })
}))

const payment = Effect.map(paymentService, ({ charge }) =>
  WorkflowKind.make("payment", {
    config: Schema.Struct({ cents: Schema.Int }),
    success: Schema.String,
    error: Declined,
    // Without it: 24 retries, 2 s doubling up to 30 s.
    retry: RetryPolicy.make({ retries: 5, firstDelay: "100 millis" }),
    run: ({ config: { cents }, queue }) =>
      Effect.gen(function* () {
        yield* queue.enqueue({ id: "charge", name: "Charge the card", class: "data", execute: charge(cents) })
        yield* queue.wait
        return `paid ${cents} cents`
      })
  })
)

const program = Effect.gen(function* () {
  const infra = yield* WorkflowInfra
  const payments = yield* infra.register(yield* payment)
  const projectId = yield* Effect.flatMap(Projects, (projects) => projects.ensure("example"))

  for (const cents of [4_200, 420_000]) {
    const said = yield* payments
      .execute({ projectId, config: { cents } })
      .pipe(Effect.catchTag("Declined", ({ reason }) => Effect.succeed(`declined: ${reason}`)))
    yield* Effect.log(said)
  }

  for (const { id, state } of (yield* infra.list({ projectId, kind: "payment" })).workflows) {
    const [task] = yield* Effect.flatten(infra.loadQueue(projectId, id))
    yield* Effect.log(`${state} after ${task?.retryCount} retries`)
  }
}).pipe(Effect.scoped)

const Live = WorkflowInfra.layerConfig.pipe(
  Layer.provideMerge(Projects.layer),
  Layer.provide(TenantContext.layer),
  Layer.provideMerge(Database.layerConfig)
)

NodeRuntime.runMain(Effect.provide(program, Live))
