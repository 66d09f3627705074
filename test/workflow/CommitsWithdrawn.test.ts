import { describe, expect, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Option, TestClock } from "effect"
import { gate, settle } from "../workqueue/support.ts"
import { away, run, world, write } from "./CommitsWorld.ts"

const isWithdrawn = (exit: Exit.Exit<unknown, unknown>) => Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause)

describe("a commit that is withdrawn", () => {
  it.effect("while it waits for its group is not made", () =>
    Effect.gen(function* () {
      const { database, submit } = yield* world()
      const open = yield* Effect.makeLatch()
      database.beginning = open.await
      const first = yield* Effect.fork(submit("a"))
      yield* settle
      const waiting = yield* Effect.fork(submit("b"))
      yield* settle
      expect(isWithdrawn(yield* Fiber.interrupt(waiting))).toBe(true)
      yield* open.open
      yield* Fiber.join(first)
      expect(database.tried).toEqual([["a"]])
    }).pipe(run)
  )

  it.effect("while it is made is undone, and the others are committed", () =>
    Effect.gen(function* () {
      const { database, submit } = yield* world()
      const blocked = yield* gate
      const first = yield* Effect.fork(submit("a"))
      const withdrawn = yield* Effect.fork(submit("b", Effect.zipRight(write("b"), blocked.through)))
      const last = yield* Effect.fork(submit("c"))
      yield* settle
      expect(isWithdrawn(yield* Fiber.interrupt(withdrawn))).toBe(true)
      yield* Fiber.join(Fiber.all([first, last]))
      expect(database.written).toEqual(["a", "c"])
      expect(database.marked).toEqual(new Set(["a", "c"]))
    }).pipe(run)
  )

  it.effect("while one before it is made is not made, and that one is", () =>
    Effect.gen(function* () {
      const { database, submit } = yield* world()
      const slow = yield* gate
      const first = yield* Effect.fork(submit("a", Effect.zipRight(slow.through, write("a"))))
      const withdrawn = yield* Effect.fork(submit("b"))
      yield* settle
      const withdrawing = yield* Effect.fork(Fiber.interrupt(withdrawn))
      yield* settle
      yield* slow.open
      expect(isWithdrawn(yield* Fiber.join(withdrawing))).toBe(true)
      yield* Fiber.join(first)
      expect(database.written).toEqual(["a"])
    }).pipe(run)
  )

  it.effect("in the very COMMIT is completed all the same, and told so", () =>
    Effect.gen(function* () {
      const { database, submit, told } = yield* world()
      const open = yield* Effect.makeLatch()
      database.ending = open.await
      const late = yield* Effect.fork(submit("a"))
      yield* settle
      const withdrawing = yield* Effect.fork(Fiber.interrupt(late))
      yield* settle
      yield* open.open
      yield* Fiber.join(withdrawing)
      expect(told.get("a")).toBe("completed")
      expect(database.written).toEqual(["a"])
    }).pipe(run)
  )

  it.effect("while the database is away does not wait for it", () =>
    Effect.gen(function* () {
      const { database, submit } = yield* world()
      database.error = away
      const fibers = yield* Effect.forEach(["a", "b"], (id) => Effect.fork(submit(id)))
      yield* TestClock.adjust("1 minute")
      for (const exit of yield* Effect.forEach(fibers, Fiber.interrupt, { concurrency: "unbounded" })) {
        expect(isWithdrawn(exit)).toBe(true)
      }
      const { length } = database.tried
      database.error = undefined
      yield* TestClock.adjust("1 minute")
      expect(database.tried.length).toBe(length)
      expect(database.written).toEqual([])
    }).pipe(run)
  )

  it.effect("in the middle of a try that finds the database away does not wait for it either", () =>
    Effect.gen(function* () {
      const { database, submit } = yield* world()
      const open = yield* Effect.makeLatch()
      database.beginning = open.await
      database.error = away
      const fibers = yield* Effect.forEach(["a", "b"], (id) => Effect.fork(submit(id)))
      yield* settle
      const withdrawing = yield* Effect.fork(Effect.forEach(fibers, Fiber.interrupt, { concurrency: "unbounded" }))
      yield* settle
      expect(Option.isNone(yield* Fiber.poll(withdrawing))).toBe(true)
      yield* open.open
      yield* settle
      expect(Option.isSome(yield* Fiber.poll(withdrawing))).toBe(true)
      yield* TestClock.adjust("1 minute")
      expect(database.tried).toEqual([["a", "b"]])
    }).pipe(run)
  )

  it.effect("from a group that waits for the database leaves the others waiting for it", () =>
    Effect.gen(function* () {
      const { database, submit } = yield* world()
      database.error = away
      const [a, b] = [yield* Effect.fork(submit("a")), yield* Effect.fork(submit("b"))]
      yield* TestClock.adjust("1 second")
      const withdrawing = yield* Effect.fork(Fiber.interrupt(a))
      yield* TestClock.adjust("10 seconds")
      database.error = undefined
      yield* TestClock.adjust("10 seconds")
      expect(isWithdrawn(yield* Fiber.join(withdrawing))).toBe(true)
      yield* Fiber.join(b)
      expect(database.written).toEqual(["b"])
    }).pipe(run)
  )
})
