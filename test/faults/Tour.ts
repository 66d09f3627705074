import { Activity, DurableClock, DurableDeferred, Workflow } from "@effect/workflow"
import { Duration, Effect, Schema } from "effect"
import { Database } from "../../src/database/Database.ts"

/** Every activity of a tour, in order; `child` is its child's. */
export const STEPS = ["first", "second", "third", "fourth", "child", "last"] as const
type Step = (typeof STEPS)[number]

/** A workflow of @effect/workflow that does what such a workflow can: activities, a clock, a deferred and a child. */
export const Tour = Workflow.make({
  name: "Tour",
  payload: { id: Schema.String },
  success: Schema.Array(Schema.String),
  idempotencyKey: ({ id }) => id
})
const Child = Workflow.make({
  name: "TourChild",
  payload: { tour: Schema.String },
  success: Schema.String,
  idempotencyKey: ({ tour }) => tour
})
export const Go = DurableDeferred.make("Go")

/** How long a tour sleeps. */
export const SLEEP = Duration.seconds(2)

/** Runs tours; `reach` is called in the middle of each step, and may hold it. Every execution of a step is a row. */
export const register = (reach: (step: Step) => Effect.Effect<void>) =>
  Effect.gen(function* () {
    const { work: sql } = yield* Database
    const step = (tour: string, name: Step) =>
      Activity.make({
        name,
        success: Schema.String,
        execute: Effect.gen(function* () {
          yield* Effect.orDie(sql`INSERT INTO steps (tour, step, pid) VALUES (${tour}, ${name}, ${process.pid})`)
          yield* reach(name)
          return name
        })
      })
    return [
      Tour.toLayer(
        Effect.fnUntraced(function* ({ id }) {
          const before = [yield* step(id, "first"), yield* step(id, "second")]
          yield* DurableClock.sleep({ name: "rest", duration: SLEEP, inMemoryThreshold: Duration.zero })
          const third = yield* step(id, "third")
          yield* DurableDeferred.await(Go)
          const fourth = yield* step(id, "fourth")
          const child = yield* Child.execute({ tour: id })
          return [...before, third, fourth, child, yield* step(id, "last")]
        })
      ),
      Child.toLayer(
        Effect.fnUntraced(function* ({ tour }) {
          yield* DurableClock.sleep({ name: "nap", duration: "200 millis", inMemoryThreshold: Duration.zero })
          return yield* step(tour, "child")
        })
      )
    ] as const
  })

/** Makes the table of the executions of steps. */
export const create = Effect.flatMap(
  Database,
  ({ work: sql }) =>
    sql`CREATE TABLE steps (position bigserial PRIMARY KEY, tour text NOT NULL, step text NOT NULL, pid int NOT NULL)`
)

/** The steps of a tour that were begun, in order. */
export const begun = (tour: string) =>
  Effect.flatMap(Database, ({ work: sql }) =>
    Effect.map(sql<{ step: string }>`SELECT step FROM steps WHERE tour = ${tour} ORDER BY position`, (rows) =>
      rows.map(({ step }) => step)
    )
  )
