import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { vi } from "vitest"
import * as Turns from "../../src/workflow/Turns.ts"

/** Until the event loop has come round: no turn that has begun by another clock goes on. */
const nextTurn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

/** Steps of a millisecond each, by a clock that only they move, between two turns of the event loop: how many, at the most. */
const measured = (work: (step: Effect.Effect<void>) => Effect.Effect<unknown>) =>
  Effect.gen(function* () {
    yield* nextTurn
    let now = 0
    let steps = 0
    let most = 0
    let isOver = false
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now)
    const turn = () => {
      most = Math.max(most, steps)
      steps = 0
      if (!isOver) setImmediate(turn)
    }
    setImmediate(turn)
    const step = Effect.sync(() => {
      now++
      steps++
    })
    yield* Effect.withScheduler(work(step), Turns.scheduler)
    isOver = true
    yield* nextTurn
    clock.mockRestore()
    return Math.max(most, steps)
  })

/** In ten milliseconds, and the step in which they are found to be over. */
const MOST = 11

describe("fibers that go on and on", () => {
  it.live("10,000 of them give the event loop its turn every 10 ms", () =>
    Effect.gen(function* () {
      const fiber = (step: Effect.Effect<void>) => Effect.repeatN(Effect.zipRight(step, Effect.yieldNow()), 2)
      const most = yield* measured((step) =>
        Effect.forEach(Array.from({ length: 10_000 }), () => fiber(step), { concurrency: "unbounded", discard: true })
      )
      expect(most).toBeLessThanOrEqual(MOST)
    })
  )

  it.live("and so does one", () =>
    Effect.gen(function* () {
      const most = yield* measured((step) => Effect.repeatN(Effect.zipRight(step, Effect.yieldNow()), 1_000))
      expect(most).toBeLessThanOrEqual(MOST)
    })
  )

  it.live("what they wait for comes within a turn, however many go on meanwhile", () =>
    Effect.gen(function* () {
      let rounds = 0
      let isThere = false
      const others = Effect.repeat(
        Effect.zipRight(
          Effect.sync(() => rounds++),
          Effect.yieldNow()
        ),
        { until: () => isThere }
      )
      const timer = Effect.zipRight(
        Effect.sleep("1 millis"),
        Effect.sync(() => (isThere = true))
      )
      // Would go on for ever, were the timer never called.
      yield* Effect.withScheduler(
        Effect.all([...Array.from({ length: 100 }, () => others), timer], { concurrency: "unbounded" }),
        Turns.scheduler
      )
      expect(rounds).toBeGreaterThan(0)
    })
  )
})

describe("their order", () => {
  it.live("is the one in which they became ready, and each has its step in each round", () =>
    Effect.gen(function* () {
      const order: Array<number> = []
      const fiber = (n: number) =>
        Effect.repeatN(
          Effect.zipRight(
            Effect.sync(() => order.push(n)),
            Effect.yieldNow()
          ),
          2
        )
      yield* Effect.withScheduler(Effect.forEach([0, 1, 2], fiber, { concurrency: "unbounded" }), Turns.scheduler)
      expect(order).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2])
    })
  )

  it.live("a fiber that dies keeps none of the others", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const dying = yield* Effect.fork(Effect.zipRight(Effect.yieldNow(), Effect.dieMessage("dead")))
        const other = yield* Effect.fork(Effect.as(Effect.repeatN(Effect.yieldNow(), 10), "through"))
        yield* Effect.ignore(Effect.sandbox(dying))
        return yield* other
      })
      expect(yield* Effect.withScheduler(program, Turns.scheduler)).toBe("through")
    })
  )
})
