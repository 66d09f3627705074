import { describe, expect, it } from "@effect/vitest"
import { Effect, FastCheck as fc, Fiber } from "effect"
import {
  atOnce,
  flatMapInSteps,
  indexInSteps,
  mapInSteps,
  sortInSteps,
  type Steps,
  stepwise
} from "../../src/steps/Steps.ts"

const twice = (n: number) => [n, n]
const some = Array.from({ length: 1200 }, (_, i) => i)

/** Does nothing for so many milliseconds, a step each. */
function* busyFor(millis: number): Steps<void> {
  for (let i = 0; i < millis; i++) {
    const end = performance.now() + 1
    while (performance.now() < end);
    yield
  }
}

describe("a computation in steps", () => {
  it("gives what it would give at once", () => {
    expect(atOnce(flatMapInSteps(some, twice))).toEqual(some.flatMap(twice))
    expect(atOnce(flatMapInSteps([], twice))).toEqual([])
    expect(atOnce(mapInSteps(some, (n) => n + 1))).toEqual(some.map((n) => n + 1))
    expect(atOnce(indexInSteps(some, (n) => [n % 7, n]))).toEqual(new Map(some.map((n) => [n % 7, n])))
  })

  it("sorts as the language does, equal items in their order", () => {
    const item = fc.record({ by: fc.integer({ min: 0, max: 50 }), id: fc.integer() })
    const byNumber = (a: { readonly by: number }, b: { readonly by: number }) => a.by - b.by
    fc.assert(
      fc.property(fc.array(item, { size: "max", maxLength: 9000 }), (items) => {
        expect(atOnce(sortInSteps(items, byNumber))).toEqual(items.toSorted(byNumber))
      }),
      { numRuns: 20 }
    )
  })

  it("sorts with a step for each item of each merge, whatever the order of the items", () => {
    const backwards = Array.from({ length: 4000 }, (_, i) => 4000 - i)
    const forwards = backwards.toReversed()
    for (const items of [backwards, forwards]) {
      const steps = [...sortInSteps(items, (a, b) => a - b)].length
      // Four parts of 1,000 items, then two rounds of merges over all 4,000 items.
      expect(steps).toBe(4 + 2 * 4000)
    }
  })

  it.live("lets timers and sockets have their turn, however many fibers only yield to each other meanwhile", () =>
    Effect.gen(function* () {
      let ticks = 0
      const timer = setInterval(() => ticks++, 1)
      const yielding = yield* Effect.fork(Effect.forever(Effect.yieldNow()))
      yield* Effect.all([stepwise(() => busyFor(200)), stepwise(() => busyFor(200))], { concurrency: "unbounded" })
      clearInterval(timer)
      yield* Fiber.interrupt(yielding)
      expect(ticks).toBeGreaterThanOrEqual(10)
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
