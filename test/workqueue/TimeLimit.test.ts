import { expect, it } from "@effect/vitest"
import { Effect, Fiber, Option, TestClock } from "effect"
import { WorkQueue } from "../../src/workqueue/WorkQueue.ts"
import { dataTask, stateOf } from "./support.ts"

it.scoped(
  "a task that never settles, not even when it is interrupted, fails when its time is over, and its place is free",
  () =>
    Effect.gen(function* () {
      const queue = yield* WorkQueue.make()
      const stuck = dataTask("stuck", Effect.uninterruptible(Effect.never))
      yield* queue.enqueue({ ...stuck, timeout: "1 minute" })
      const waiting = yield* Effect.fork(Effect.flip(queue.wait))
      yield* TestClock.adjust("59 seconds")
      expect((yield* stateOf(queue, "stuck")).status).toBe("running")
      yield* TestClock.adjust("1 second")
      expect((yield* Fiber.join(waiting)).message).toBe("timed out after 1m")
      expect((yield* stateOf(queue, "stuck")).error).toEqual(Option.some("timed out after 1m"))
    })
)

it.scoped("a task that is quick enough does not notice its limit", () =>
  Effect.gen(function* () {
    const queue = yield* WorkQueue.make()
    yield* queue.enqueue({ ...dataTask("quick", Effect.sleep("30 seconds")), timeout: "1 minute" })
    const waiting = yield* Effect.fork(queue.wait)
    yield* TestClock.adjust("30 seconds")
    yield* Fiber.join(waiting)
  })
)
