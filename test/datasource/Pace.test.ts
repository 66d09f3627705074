import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber, Ref, TestClock } from "effect"
import * as Pace from "../../src/datasource/Pace.ts"

/** How many of four statements of one second each have ended after so many seconds, all of them given to the pool at once. */
const endedAfter = (
  seconds: number,
  pool: { readonly gentle: boolean; readonly others: Effect.Effect<number, unknown> }
) =>
  Effect.gen(function* () {
    const pace = yield* Pace.make({ ...pool, waited: () => false })
    const ended = yield* Ref.make(0)
    const statement = pace.keep(
      Effect.zipRight(
        Effect.sleep("1 second"),
        Ref.update(ended, (count) => count + 1)
      )
    )
    const running = yield* Effect.fork(
      Effect.all(
        Array.from({ length: 4 }, () => statement),
        { concurrency: 4 }
      )
    )
    yield* TestClock.adjust(`${seconds} seconds`)
    yield* Fiber.interrupt(running)
    return yield* Ref.get(ended)
  })

const NOBODY = Effect.succeed(0)
const OTHERS = Effect.succeed(3)

describe("a pool", () => {
  it.effect("reads as fast as it can where nobody else uses the server, or where the server does not say", () =>
    Effect.gen(function* () {
      expect(yield* endedAfter(1, { gentle: false, others: NOBODY })).toBe(4)
      expect(yield* endedAfter(1, { gentle: false, others: Effect.fail("permission denied") })).toBe(4)
    })
  )

  it.effect("reads one statement at a time, and pauses after each, while others use the server", () =>
    Effect.gen(function* () {
      expect(yield* endedAfter(3, { gentle: false, others: OTHERS })).toBe(1)
      expect(yield* endedAfter(9, { gentle: false, others: OTHERS })).toBe(4)
    })
  )

  it.effect("that is gentle pauses at any time, and longer while others use the server", () =>
    Effect.gen(function* () {
      expect(yield* endedAfter(3, { gentle: true, others: NOBODY })).toBe(2)
      expect(yield* endedAfter(9, { gentle: true, others: OTHERS })).toBe(2)
    })
  )

  it.effect("does not pause after a statement that only waited for somebody's lock", () =>
    Effect.gen(function* () {
      const pace = yield* Pace.make({ gentle: true, others: OTHERS, waited: (error) => error === "locked" })
      const failed = (error: string) => Effect.exit(pace.keep(Effect.delay(Effect.fail(error), "1 second")))
      const locked = yield* Effect.fork(Effect.all([failed("locked"), failed("locked")]))
      yield* TestClock.adjust("2 seconds")
      expect(locked.unsafePoll()).not.toBeNull()
      const broken = yield* Effect.fork(Effect.all([failed("broken"), failed("broken")]))
      yield* TestClock.adjust("2 seconds")
      expect(broken.unsafePoll()).toBeNull()
      yield* Fiber.interrupt(broken)
    })
  )

  it.effect("reads fast again once others have ended", () =>
    Effect.gen(function* () {
      const others = yield* Ref.make(3)
      const pace = yield* Pace.make({ gentle: false, waited: () => false, others: Ref.get(others) })
      const read = Effect.all(
        Array.from({ length: 4 }, () => pace.keep(Effect.sleep("1 second"))),
        { concurrency: 4 }
      )
      const first = yield* Effect.fork(read)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(first)
      yield* Ref.set(others, 0)
      // The average follows in a few looks.
      const next = yield* Effect.fork(Effect.zipRight(read, Effect.zipRight(read, read)))
      yield* TestClock.adjust("22 seconds")
      yield* Fiber.join(next)
      const fast = yield* Effect.fork(read)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fast)
    })
  )
})
