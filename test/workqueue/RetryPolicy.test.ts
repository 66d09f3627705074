import { describe, expect, it } from "@effect/vitest"
import { Clock, Duration, Effect, FastCheck as fc, Fiber, Random, TestClock } from "effect"
import { isRetryable, RetryPolicy } from "../../src/workqueue/RetryPolicy.ts"

const retryable = { _tag: "ConnectionLost", retryable: true } as const

/** The milliseconds after its start at which an effect that always fails so is attempted under a policy. */
const attemptsUnder = (policy: RetryPolicy, error: unknown = retryable) =>
  Effect.gen(function* () {
    const start = yield* Clock.currentTimeMillis
    const attempts: Array<number> = []
    const attempt = Effect.flatMap(Clock.currentTimeMillis, (now) => {
      attempts.push(now - start)
      return Effect.fail(error)
    })
    const fiber = yield* Effect.fork(Effect.exit(Effect.retry(attempt, policy)))
    yield* TestClock.adjust("1 hour")
    yield* Fiber.join(fiber)
    return attempts
  })

const delaysOf = (attempts: ReadonlyArray<number>) =>
  attempts.slice(1).map((time, index) => time - (attempts[index] ?? Number.NaN))

const expectedDelays = [2, 4, 8, 16, ...Array.from({ length: 20 }, () => 30)].map((seconds) => seconds * 1000)

describe("RetryPolicy", () => {
  it.effect("without jitter, retries 24 times after 2 s that double to 30 s", () =>
    Effect.gen(function* () {
      const attempts = yield* attemptsUnder(RetryPolicy.make({ jitter: 0 }))
      expect(delaysOf(attempts)).toEqual(expectedDelays)
    })
  )

  it.effect.prop(
    "by default, each of the 24 delays is within ten per cent of that",
    { seed: fc.integer() },
    ({ seed }) =>
      Effect.gen(function* () {
        const delays = delaysOf(yield* attemptsUnder(RetryPolicy.default).pipe(Effect.withRandom(Random.make(seed))))
        expect(delays.length).toBe(expectedDelays.length)
        for (const [index, expected] of expectedDelays.entries()) {
          expect(delays[index]).toBeGreaterThanOrEqual(Math.floor(expected * 0.9))
          expect(delays[index]).toBeLessThanOrEqual(Math.ceil(expected * 1.1))
        }
      }),
    { fastCheck: { numRuns: 10 } }
  )

  it.effect("delays differ, so that tasks that failed together do not return together", () =>
    Effect.gen(function* () {
      const delays = delaysOf(yield* attemptsUnder(RetryPolicy.default).pipe(Effect.withRandom(Random.make("seed"))))
      expect(new Set(delays.slice(4)).size).toBeGreaterThan(10)
    })
  )

  it.effect("takes other numbers", () =>
    Effect.gen(function* () {
      const policy = RetryPolicy.make({ retries: 3, firstDelay: "1 second", maxDelay: Duration.seconds(2), jitter: 0 })
      expect(delaysOf(yield* attemptsUnder(policy))).toEqual([1000, 2000, 2000])
    })
  )

  it.effect("does not retry what does not say it is retryable, and none retries nothing", () =>
    Effect.gen(function* () {
      expect(yield* attemptsUnder(RetryPolicy.default, new Error("syntax error"))).toEqual([0])
      expect(yield* attemptsUnder(RetryPolicy.none)).toEqual([0])
    })
  )

  it("only an object whose retryable is true is retryable", () => {
    expect([retryable, Object.assign(new Error("lost"), { retryable: true })].every(isRetryable)).toBe(true)
    expect([{ retryable: false }, { retryable: "yes" }, {}, null, undefined, "retryable"].some(isRetryable)).toBe(false)
  })
})

it("a policy of no number of retries, or of more jitter than delay, is refused", () => {
  for (const retries of [-1, 1.5, Number.NaN]) {
    expect(() => RetryPolicy.make({ retries })).toThrow(
      `retries must be a whole number from 0, or Infinity, but is ${retries}`
    )
  }
  for (const jitter of [-0.1, 1.1, Number.NaN]) {
    expect(() => RetryPolicy.make({ jitter })).toThrow(`jitter must be a number from 0 to 1, but is ${jitter}`)
  }
})
