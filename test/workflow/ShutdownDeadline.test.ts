import { describe, expect, it } from "@effect/vitest"
import { Clock, Context, Duration, Effect, Exit, Fiber, Layer, Option, Scope, TestClock } from "effect"
import { EngineSettings } from "../../src/workflow/EngineSettings.ts"
import { ShutdownDeadline } from "../../src/workflow/ShutdownDeadline.ts"
import { defaults } from "../../src/workflow/WorkflowSettings.ts"

/** A process that may take so long to end. */
const processOf = (shutdownDeadline: Duration.Duration) =>
  Layer.build(
    Layer.fresh(ShutdownDeadline.layer).pipe(Layer.provide(EngineSettings.layer({ ...defaults, shutdownDeadline })))
  ).pipe(Effect.map(Context.get(ShutdownDeadline)))

/** A process that may take ten seconds to end. */
const process = processOf(Duration.seconds(10))

const seconds = Effect.map(Clock.currentTimeMillis, (millis) => millis / 1_000)
const left = Effect.flatMap(ShutdownDeadline, ({ timeLeft }) => Effect.map(timeLeft, Duration.toSeconds))

describe("one deadline", () => {
  it.scoped("is fixed by whoever closes first, and holds for all who close after", () =>
    Effect.gen(function* () {
      const deadline = yield* process
      yield* TestClock.adjust("1 hour")
      const ended = (nth: number) => Effect.zipRight(Effect.sleep("1 hour"), Effect.succeed(nth)).pipe(deadline.within)
      const closing = yield* Effect.fork(
        Effect.forEach([1, 2, 3], (nth) => Effect.zip(ended(nth), seconds)).pipe(Effect.zip(seconds))
      )
      yield* TestClock.adjust("10 seconds")
      const [parts] = yield* Fiber.join(closing)
      expect(parts).toEqual([1, 2, 3].map(() => [Option.none(), 3_610]))
    })
  )

  it.scoped("gives each part what the parts before it have left", () =>
    Effect.gen(function* () {
      const deadline = yield* process
      const closing = yield* Effect.fork(
        deadline
          .within(Effect.sleep("4 seconds"))
          .pipe(Effect.zipRight(Effect.provideService(left, ShutdownDeadline, deadline)))
      )
      yield* TestClock.adjust("4 seconds")
      expect(yield* Fiber.join(closing)).toBe(6)
    })
  )

  it.scoped("is the same for parts that close at the same time", () =>
    Effect.gen(function* () {
      const deadline = yield* process
      const at = (start: Duration.DurationInput) =>
        Effect.delay(
          Effect.suspend(() => deadline.within(Effect.never)),
          start
        ).pipe(Effect.zipRight(seconds))
      const closings = yield* Effect.forEach(["0 seconds", "3 seconds", "9 seconds"] as const, (start) =>
        Effect.fork(at(start))
      )
      yield* TestClock.adjust("11 seconds")
      expect(yield* Fiber.join(Fiber.all(closings))).toEqual([10, 10, 10])
    })
  )

  it.scoped("is a new one for a closing that comes long after, and not for one that follows within a second", () =>
    Effect.gen(function* () {
      const deadline = yield* process
      const remaining = Effect.provideService(left, ShutdownDeadline, deadline)
      yield* deadline.within(Effect.void)
      yield* TestClock.adjust("900 millis")
      yield* deadline.within(Effect.void)
      expect(yield* remaining).toBe(9.1)
      yield* TestClock.adjust("1001 millis")
      expect(yield* remaining).toBe(10)
    })
  )

  it.scoped("does not move while a part is still closing, however long that takes", () =>
    Effect.gen(function* () {
      const deadline = yield* process
      const closing = yield* Effect.fork(deadline.within(Effect.never))
      yield* TestClock.adjust("5 seconds")
      expect(yield* Effect.provideService(left, ShutdownDeadline, deadline)).toBe(5)
      yield* TestClock.adjust("5 seconds")
      expect(yield* Fiber.join(closing)).toEqual(Option.none())
      expect(yield* Effect.provideService(left, ShutdownDeadline, deadline)).toBe(0)
    })
  )
})

describe("a part of a closing", () => {
  it.scoped("gives what it came to", () =>
    Effect.gen(function* () {
      const { within } = yield* process
      expect(yield* within(Effect.succeed("closed"))).toEqual(Option.some("closed"))
      expect(yield* Effect.exit(within(Effect.fail("not closed")))).toEqual(Exit.fail("not closed"))
    })
  )

  it.scoped("that ends in time is let end, in a finalizer too", () =>
    Effect.gen(function* () {
      const { within } = yield* process
      const scope = yield* Scope.make()
      let isClosed = false
      const close = Effect.zipRight(
        Effect.sleep("3 seconds"),
        Effect.sync(() => (isClosed = true))
      )
      yield* Scope.addFinalizer(scope, within(close))
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* TestClock.adjust("3 seconds")
      yield* Fiber.join(closing)
      expect(isClosed).toBe(true)
    })
  )

  it.scoped("that cannot be interrupted is left behind in time, in a finalizer too", () =>
    Effect.gen(function* () {
      const { within } = yield* process
      const scope = yield* Scope.make()
      yield* Scope.addFinalizer(scope, within(Effect.uninterruptible(Effect.never)))
      const closing = yield* Effect.fork(Effect.zipRight(Scope.close(scope, Exit.void), seconds))
      yield* TestClock.adjust("10 seconds")
      expect(yield* Fiber.join(closing)).toBe(10)
    })
  )

  it.scoped("has no time after the deadline, and only as much of it is done as waits for nothing", () =>
    Effect.gen(function* () {
      const { within } = yield* process
      const first = yield* Effect.fork(within(Effect.never))
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(first)
      const late = yield* Effect.fork(within(Effect.never))
      yield* TestClock.adjust("0 seconds")
      expect(yield* Fiber.join(late)).toEqual(Option.none())
    })
  )

  it.scoped("that is interrupted counts as closed", () =>
    Effect.gen(function* () {
      const { timeLeft, within } = yield* process
      const closing = yield* Effect.fork(within(Effect.never))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.interrupt(closing)
      yield* TestClock.adjust("2 seconds")
      expect(yield* Effect.map(timeLeft, Duration.toSeconds)).toBe(10)
    })
  )
})

it.scoped("a process that may take as long as it likes is given as long as it likes", () =>
  Effect.gen(function* () {
    const { within } = yield* processOf(Duration.infinity)
    const closing = yield* Effect.fork(within(Effect.as(Effect.sleep("3 hours"), "closed")))
    yield* TestClock.adjust("3 hours")
    expect(yield* Fiber.join(closing)).toEqual(Option.some("closed"))
  })
)
