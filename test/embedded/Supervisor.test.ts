import { expect, it } from "@effect/vitest"
import { type Duration, Effect, Fiber, Option, Ref, TestClock } from "effect"
import { EmbeddedPostgresError } from "../../src/embedded/EmbeddedPostgresError.ts"
import type { Postmaster } from "../../src/embedded/Postmaster.ts"
import { keepRunning } from "../../src/embedded/Supervisor.ts"

const place = { folder: "/nowhere", owner: "postgres", log: "/nowhere/server.log" }

const error = (reason: EmbeddedPostgresError["reason"]) => new EmbeddedPostgresError({ reason, message: reason })

const runningFor = (duration: Duration.DurationInput): Effect.Effect<Postmaster> =>
  Effect.succeed({ port: 1, ended: Effect.as(Effect.sleep(duration), 1) })

type Start = Effect.Effect<Postmaster, EmbeddedPostgresError>

/** Starts in this order, the last one again and again, and how many there were. */
const supervise = (...starts: ReadonlyArray<Start>) =>
  Effect.gen(function* () {
    const count = yield* Ref.make(0)
    const start = Effect.flatMap(
      Ref.getAndUpdate(count, (n) => n + 1),
      (n) => starts[Math.min(n, starts.length - 1)] ?? Effect.never
    )
    const fiber = yield* Effect.fork(Effect.flip(keepRunning(place, start, () => Effect.void)))
    return { count: Ref.get(count), fiber }
  })

/** The same for as long as `duration`, by when it has ended; it may still read its log. */
const run = (duration: Duration.DurationInput, ...starts: ReadonlyArray<Start>) =>
  Effect.gen(function* () {
    const { count, fiber } = yield* supervise(...starts)
    yield* TestClock.adjust(duration)
    const { reason } = yield* Fiber.join(fiber)
    return { starts: yield* count, reason }
  })

it.effect("a first start that fails is the end", () =>
  Effect.gen(function* () {
    expect(yield* run("1 second", error("Failed"))).toEqual({ starts: 1, reason: "Failed" })
  })
)

it.effect("what may pass is tried for half a minute, what does not is the end at once", () =>
  Effect.gen(function* () {
    const ran = runningFor("2 minutes")
    expect(yield* run("3 minutes", ran, error("Failed"))).toEqual({ starts: 31, reason: "Failed" })
    for (const reason of ["Damaged", "Directory", "Password", "Version", "InUse"] as const) {
      expect(yield* run("3 minutes", ran, error(reason))).toEqual({ starts: 2, reason })
    }
  })
)

it.effect("a server that dies again and again is given up; one that runs steadily in between is not", () =>
  Effect.gen(function* () {
    expect(yield* run("10 minutes", runningFor("2 seconds"))).toEqual({ starts: 31, reason: "Failed" })
    const { count, fiber } = yield* supervise(runningFor("1 minute"))
    yield* TestClock.adjust("2 hours")
    expect(yield* count).toBeGreaterThan(100)
    expect(yield* Fiber.poll(fiber)).toEqual(Option.none())
    yield* Fiber.interrupt(fiber)
  })
)
