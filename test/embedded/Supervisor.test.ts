import { expect, it } from "@effect/vitest"
import { type Duration, Effect, Fiber, Ref, TestClock } from "effect"
import { EmbeddedPostgresError } from "../../src/embedded/EmbeddedPostgresError.ts"
import type { Postmaster } from "../../src/embedded/Postmaster.ts"
import { keepRunning } from "../../src/embedded/Supervisor.ts"

const place = { folder: "/nowhere", owner: "postgres", log: "/nowhere/server.log" }

const error = (reason: EmbeddedPostgresError["reason"]) => new EmbeddedPostgresError({ reason, message: reason })

const runningFor = (duration: Duration.DurationInput): Effect.Effect<Postmaster> =>
  Effect.succeed({ port: 1, ended: Effect.as(Effect.sleep(duration), 1) })

/** Runs starts in this order, the last one again and again, for as long as `duration`; how often, and what it ended with. */
const run = (
  duration: Duration.DurationInput,
  ...starts: ReadonlyArray<Effect.Effect<Postmaster, EmbeddedPostgresError>>
) =>
  Effect.gen(function* () {
    const count = yield* Ref.make(0)
    const start = Effect.flatMap(
      Ref.getAndUpdate(count, (n) => n + 1),
      (n) => starts[Math.min(n, starts.length - 1)] ?? Effect.never
    )
    const fiber = yield* Effect.fork(Effect.flip(keepRunning(place, start, () => Effect.void)))
    yield* TestClock.adjust(duration)
    const ended = yield* Fiber.poll(fiber)
    const reason = ended._tag === "Some" && ended.value._tag === "Success" ? ended.value.value.reason : null
    yield* Fiber.interrupt(fiber)
    return { starts: yield* Ref.get(count), reason }
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
    const steady = yield* run("2 hours", runningFor("1 minute"))
    expect(steady.reason).toBe(null)
    expect(steady.starts).toBeGreaterThan(100)
  })
)
