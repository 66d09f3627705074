import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { atOnce, flatMapInSteps, stepwise } from "../../src/relationships/Steps.ts"

const twice = (n: number) => [n, n]
const some = Array.from({ length: 1200 }, (_, i) => i)

describe("a computation in steps", () => {
  it("gives what it would give at once", () => {
    expect(atOnce(flatMapInSteps(some, twice))).toEqual(some.flatMap(twice))
    expect(atOnce(flatMapInSteps([], twice))).toEqual([])
  })

  it.live("lets timers and sockets have their turn between the steps", () =>
    Effect.gen(function* () {
      let turns = 0
      const count = () => {
        turns++
        next = setImmediate(count)
      }
      let next = setImmediate(count)
      const result = yield* stepwise(() => flatMapInSteps(some, twice, 100))
      clearImmediate(next)
      expect(result).toHaveLength(2400)
      expect(turns).toBeGreaterThanOrEqual(10)
    })
  )

  it.live("can be interrupted between the steps", () =>
    Effect.gen(function* () {
      const endless = function* () {
        while (some.length > 0) yield
      }
      const fiber = yield* Effect.fork(stepwise(endless))
      yield* Effect.yieldNow()
      expect((yield* Fiber.interrupt(fiber))._tag).toBe("Failure")
    })
  )
})
