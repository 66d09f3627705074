import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { Sending } from "../../../src/serve/events/Sending.ts"

const nextTurn = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

describe("the turns of streams", () => {
  it.live("let the event loop continue after half a megabyte, whoever it was for, in the order of asking", () =>
    Effect.gen(function* () {
      const { turn } = yield* Sending
      const sent: Array<number> = []
      const clients = yield* Effect.forEach(
        [1, 2, 3, 4, 5],
        (client) => Effect.fork(Effect.map(turn(262_144), () => sent.push(client))),
        { concurrency: "unbounded" }
      )
      const seen: Array<number> = []
      while (sent.length < 5) {
        yield* nextTurn
        if (sent.length !== seen.at(-1)) seen.push(sent.length)
      }
      yield* Fiber.joinAll(clients)
      expect(sent).toEqual([1, 2, 3, 4, 5])
      expect(seen.filter((count) => count > 0)).toEqual([2, 4, 5])
    })
  )

  it.live("wait for nobody who has gone", () =>
    Effect.gen(function* () {
      const { turn } = yield* Sending
      const gone = yield* Effect.fork(turn(10_000_000))
      yield* Fiber.interrupt(gone)
      const sent = yield* Effect.fork(turn(1))
      yield* nextTurn
      yield* nextTurn
      expect((yield* Fiber.poll(sent))._tag).toBe("Some")
    })
  )
})
