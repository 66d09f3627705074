import { describe, expect, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import * as RateLimit from "../../../src/serve/http/RateLimit.ts"

describe("A rate limit", () => {
  it.effect("lets five seconds' worth in at once, and then so many a second, for each sender", () =>
    Effect.gen(function* () {
      const { take } = RateLimit.make(2)
      const count = (sender: string, requests: number) =>
        Effect.map(Effect.replicateEffect(take(sender), requests), (taken) => taken.filter((isTaken) => isTaken).length)
      expect(yield* count("a", 20)).toBe(10)
      expect(yield* count("b", 20)).toBe(10)
      yield* TestClock.adjust("1 second")
      expect(yield* count("a", 20)).toBe(2)
      yield* TestClock.adjust("1 hour")
      expect(yield* count("a", 20)).toBe(10)
    })
  )

  it.effect("takes what a request costs, and remembers no more senders than it has room for", () =>
    Effect.gen(function* () {
      const { take } = RateLimit.make(2)
      expect(yield* take("a", 9)).toBe(true)
      expect(yield* take("a", 2)).toBe(false)
      yield* Effect.forEach(
        Array.from({ length: 10_000 }, (_, n) => n),
        (n) => take(String(n)),
        { discard: true }
      )
      // Forgotten, and so let in.
      expect(yield* take("a", 10)).toBe(true)
    })
  )
})
