import { describe, expect, it } from "@effect/vitest"
import { Effect, Exit, FastCheck as fc, Scope } from "effect"
import * as StreamLimit from "../../../src/serve/events/StreamLimit.ts"

/** Opens as many streams for a sender as it may have, and says how many. */
const greedily = (limit: StreamLimit.StreamLimit, sender: string) =>
  Effect.gen(function* () {
    let count = 0
    while (yield* limit.hold(sender)) count++
    return count
  })

describe("A limit of streams", () => {
  it.scoped("lets a sender hold as many as it leaves free for others", () =>
    Effect.gen(function* () {
      const limit = StreamLimit.make(12)
      expect(yield* greedily(limit, "a")).toBe(6)
      expect(yield* greedily(limit, "b")).toBe(3)
      expect(yield* limit.hold("a")).toBe(false)
      expect(yield* limit.hold("c")).toBe(true)
    })
  )

  it.scoped("takes a stream as free again when its scope closes", () =>
    Effect.gen(function* () {
      const limit = StreamLimit.make(4)
      const scope = yield* Scope.make()
      expect(yield* greedily(limit, "a").pipe(Scope.extend(scope))).toBe(2)
      expect(yield* limit.hold("a")).toBe(false)
      yield* Scope.close(scope, Exit.void)
      expect(yield* greedily(limit, "a")).toBe(2)
    })
  )

  it.effect(
    "never gives more than there are, and always one to whoever has none until others have taken the rest",
    () =>
      Effect.promise(() =>
        fc.assert(
          fc.asyncProperty(fc.integer({ min: 1, max: 60 }), fc.array(fc.constantFrom("a", "b", "c")), (most, senders) =>
            Effect.gen(function* () {
              const limit = StreamLimit.make(most)
              const held = new Map<string, number>()
              let total = 0
              for (const sender of senders) {
                const before = held.get(sender) ?? 0
                const isGiven = yield* limit.hold(sender)
                expect(isGiven).toBe(before < most - total)
                if (!isGiven) continue
                held.set(sender, before + 1)
                total++
              }
              expect(total).toBeLessThanOrEqual(most)
            }).pipe(Effect.scoped, Effect.runPromise)
          )
        )
      )
  )
})
