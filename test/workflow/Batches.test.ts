import { expect, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import * as Batches from "../../src/workflow/Batches.ts"

it.effect(
  "a request of which no statement can be made dies by itself; those with it and after it are carried out",
  () =>
    Effect.gen(function* () {
      const request = yield* Batches.make({
        capacity: 10,
        run: (numbers: ReadonlyArray<number>) => {
          if (numbers.includes(3)) throw new RangeError("too long")
          return Effect.succeed(numbers.map((n) => Exit.succeed(n)))
        }
      })
      const exits = yield* Effect.forEach([1, 2, 3, 4, 5], (n) => Effect.exit(request(n)), { concurrency: "unbounded" })
      expect(exits.map(Exit.isSuccess)).toEqual([true, true, false, true, true])
      expect(yield* request(6)).toBe(6)
    })
)
