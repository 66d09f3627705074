import { describe, expect, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Logger, Metric, Option, TestClock } from "effect"
import { DatabaseError } from "../../src/database/DatabaseError.ts"
import { logDefect, Outages } from "../../src/workflow/Outages.ts"
import * as Metrics from "../../src/workflow/WorkflowMetrics.ts"
import { settle } from "../workqueue/support.ts"

const failing = (message: string, code: string | null = null) => new DatabaseError({ message, code, retryable: true })
const away = failing("connection refused")
const readOnly = failing("cannot execute UPDATE in a read-only transaction", "25006")
const outOfRange = new DatabaseError({ message: "value out of range", code: "22003", retryable: false })

/** Outages of one process, what it logs, and a database that fails with `error` while there is one. */
const world = Effect.gen(function* () {
  const outages = Context.get(yield* Layer.build(Layer.fresh(Outages.layer)), Outages)
  const told: Array<string> = []
  const log = Logger.make(({ logLevel, message }) => {
    told.push(`${logLevel.label}: ${Array.isArray(message) ? String(message[0]) : String(message)}`)
  })
  const database: { error: DatabaseError | undefined; asked: number } = { error: undefined, asked: 0 }
  const ask = Effect.suspend(() => {
    database.asked++
    return database.error === undefined ? Effect.succeed("done") : Effect.fail(database.error)
  })
  const logging = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.provide(effect, Logger.replace(Logger.defaultLogger, log))
  /** Writes until it gets through. */
  const write = Effect.fork(logging(outages.during("writes")(ask)))
  return { outages, told, database, ask, logging, write }
})

const BEGINS = "WARN: writes wait for the database: connection refused"
const ENDS = "INFO: writes no longer wait: the database takes them"

describe("what the database refuses", () => {
  it.scoped("is told of once when it begins and once when it ends, however many meet it and however often", () =>
    Effect.gen(function* () {
      const { database, outages, told, write } = yield* world
      database.error = away
      const writers = yield* Effect.replicateEffect(write, 20)
      yield* TestClock.adjust("1 minute")
      expect(told).toEqual([BEGINS])
      expect(yield* outages.current).toEqual(["writes wait: connection refused"])
      database.error = undefined
      yield* TestClock.adjust("10 seconds")
      expect(yield* Fiber.join(Fiber.all(writers))).toEqual(Array.from({ length: 20 }, () => "done"))
      expect(told).toEqual([BEGINS, ENDS])
      expect(yield* outages.current).toEqual([])
    })
  )

  it.scoped("is told of once for each new reason", () =>
    Effect.gen(function* () {
      const { database, outages, told, write } = yield* world
      database.error = away
      yield* Effect.replicateEffect(write, 3)
      yield* TestClock.adjust("1 minute")
      database.error = readOnly
      yield* TestClock.adjust("1 minute")
      expect(yield* outages.current).toEqual([`writes wait: ${readOnly.message}`])
      database.error = away
      yield* TestClock.adjust("1 minute")
      database.error = undefined
      yield* TestClock.adjust("10 seconds")
      expect(told).toEqual([BEGINS, `WARN: writes wait for the database: ${readOnly.message}`, ENDS])
    })
  )

  it.scoped("whose reasons are never the same is told of a few times, and not for ever", () =>
    Effect.gen(function* () {
      const { database, outages, told, write } = yield* world
      yield* Effect.iterate(0, {
        while: (n) => n < 50,
        body: (n) =>
          Effect.gen(function* () {
            database.error = failing(`no space left for block ${n}`)
            if (n === 0) yield* write
            yield* TestClock.adjust("6 seconds")
            return n + 1
          })
      })
      expect(told.length).toBeLessThanOrEqual(10)
      expect(yield* outages.current).toEqual(["writes wait: no space left for block 49"])
    })
  )

  it.scoped("is told of again when it comes again", () =>
    Effect.gen(function* () {
      const { database, told, write } = yield* world
      for (let n = 0; n < 2; n++) {
        database.error = away
        yield* write
        yield* TestClock.adjust("1 second")
        database.error = undefined
        yield* TestClock.adjust("10 seconds")
      }
      expect(told).toEqual([BEGINS, ENDS, BEGINS, ENDS])
    })
  )

  it.scoped("is one outage for each part of the engine", () =>
    Effect.gen(function* () {
      const { ask, database, logging, outages, told } = yield* world
      database.error = away
      yield* Effect.fork(logging(outages.during("writes")(ask)))
      yield* Effect.fork(logging(outages.during("reads")(ask)))
      yield* settle
      expect(yield* outages.current).toEqual(["writes wait: connection refused", "reads wait: connection refused"])
      expect(told.length).toBe(2)
    })
  )

  it.scoped("is over when somebody got through, though the last one who waited gave up", () =>
    Effect.gen(function* () {
      const { database, logging, outages, told, write } = yield* world
      database.error = away
      yield* write
      let tries = 0
      const slow = Effect.suspend(() => (tries++ === 0 ? Effect.fail(away) : Effect.never))
      const other = yield* Effect.fork(logging(outages.during("writes")(slow)))
      yield* settle
      database.error = undefined
      yield* TestClock.adjust("10 seconds")
      expect(told).toEqual([BEGINS])
      yield* Fiber.interrupt(other)
      expect(told).toEqual([BEGINS, ENDS])
      expect(yield* outages.current).toEqual([])
    })
  )

  it.scoped("is over when it answers, and be it with something else that fails", () =>
    Effect.gen(function* () {
      const { logging, outages, told } = yield* world
      let error: DatabaseError | "taken over" = away
      const asking = yield* Effect.fork(
        logging(outages.during("writes")(Effect.suspend((): Effect.Effect<void, typeof error> => Effect.fail(error))))
      )
      yield* settle
      error = "taken over"
      yield* TestClock.adjust("10 seconds")
      expect(yield* Fiber.await(asking)).toEqual(Exit.fail("taken over"))
      expect(told).toEqual([BEGINS, ENDS])
    })
  )
})

describe("who waits", () => {
  it.scoped("tries again at once, then less and less often, and every few seconds for as long as it takes", () =>
    Effect.gen(function* () {
      const { database, write } = yield* world
      database.error = away
      const writing = yield* write
      yield* settle
      expect(database.asked).toBe(1)
      yield* TestClock.adjust("1 second")
      expect(database.asked).toBeGreaterThanOrEqual(2)
      expect(database.asked).toBeLessThanOrEqual(4)
      yield* TestClock.adjust("90 minutes")
      const { asked } = database
      yield* TestClock.adjust("1 minute")
      expect(database.asked - asked).toBeGreaterThanOrEqual(9)
      expect(database.asked - asked).toBeLessThanOrEqual(16)
      database.error = undefined
      yield* TestClock.adjust("6 seconds")
      expect(yield* Fiber.join(writing)).toBe("done")
    })
  )

  it.scoped("leaves nothing behind when interrupted, and keeps what others wait for", () =>
    Effect.gen(function* () {
      const { database, outages, told, write } = yield* world
      database.error = away
      const [one, two] = [yield* write, yield* write]
      yield* settle
      yield* Fiber.interrupt(one)
      expect(yield* outages.current).toEqual(["writes wait: connection refused"])
      yield* Fiber.interrupt(two)
      expect(yield* outages.current).toEqual([])
      yield* TestClock.adjust("1 minute")
      expect(database.asked).toBe(2)
      expect(told).toEqual([BEGINS])
    })
  )

  it.scoped("leaves nothing behind at whichever step it is interrupted", () =>
    Effect.gen(function* () {
      const { database, logging, outages, write } = yield* world
      database.error = away
      const other = yield* write
      yield* settle
      for (let steps = 0; steps < 20; steps++) {
        const refused = Effect.zipRight(Effect.yieldNow(), Effect.fail(away))
        const one = yield* Effect.fork(logging(outages.during("writes")(refused)))
        yield* Effect.replicateEffect(Effect.yieldNow(), steps)
        yield* Fiber.interrupt(one)
        expect([steps, yield* outages.current]).toEqual([steps, ["writes wait: connection refused"]])
      }
      yield* Fiber.interrupt(other)
      expect(yield* outages.current).toEqual([])
    })
  )

  it.scoped("in the middle of a statement leaves nothing behind either", () =>
    Effect.gen(function* () {
      const { logging, outages } = yield* world
      let tries = 0
      const hanging = Effect.suspend(() => (tries++ === 0 ? Effect.fail(away) : Effect.never))
      const waiting = yield* Effect.fork(logging(outages.during("writes")(hanging)))
      yield* TestClock.adjust("1 minute")
      expect(tries).toBe(2)
      yield* Fiber.interrupt(waiting)
      expect(yield* outages.current).toEqual([])
    })
  )

  it.scoped("with a statement that is itself at fault hears of it, and nobody is told of an outage", () =>
    Effect.gen(function* () {
      const { database, outages, told, write } = yield* world
      database.error = outOfRange
      expect(yield* Fiber.await(yield* write)).toEqual(Exit.fail(outOfRange))
      expect(database.asked).toBe(1)
      expect(told).toEqual([])
      expect(yield* outages.current).toEqual([])
    })
  )

  it.scoped("with what is no statement hears of its failure, and of its defect", () =>
    Effect.gen(function* () {
      const { logging, outages, told } = yield* world
      const { during } = outages
      expect(yield* Effect.exit(logging(during("writes")(Effect.fail("not mine"))))).toEqual(Exit.fail("not mine"))
      expect(yield* Effect.exit(logging(during("writes")(Effect.die("a mistake"))))).toEqual(Exit.die("a mistake"))
      expect(told).toEqual([])
    })
  )

  it.scoped("counts each refusal", () =>
    Effect.gen(function* () {
      const { database, write } = yield* world
      const before = (yield* Metric.value(Metrics.refusals)).count
      database.error = away
      yield* write
      yield* TestClock.adjust("1 minute")
      expect((yield* Metric.value(Metrics.refusals)).count - before).toBe(database.asked)
    })
  )
})

describe("a loop in the background", () => {
  it.scoped("makes its rounds with what they come to, and none where one failed", () =>
    Effect.gen(function* () {
      const { ask, database, logging, outages, told } = yield* world
      const rounds = outages.rounds("writes")
      const round = logging(rounds(ask))
      expect(yield* round).toEqual(Option.some("done"))
      database.error = away
      expect(yield* round).toEqual(Option.none())
      expect(yield* round).toEqual(Option.none())
      expect(yield* outages.current).toEqual(["writes wait: connection refused"])
      database.error = undefined
      expect(yield* round).toEqual(Option.some("done"))
      expect(yield* round).toEqual(Option.some("done"))
      expect(told).toEqual([BEGINS, ENDS])
      expect(yield* outages.current).toEqual([])
    })
  )

  it.scoped("goes on after a mistake in the program, which is logged as an error and counted", () =>
    Effect.gen(function* () {
      const { ask, logging, outages, told } = yield* world
      const before = (yield* Metric.value(Metrics.defects)).count
      const rounds = outages.rounds("writes")
      for (const mistake of [Effect.die(new Error("a mistake")), Effect.fail("not foreseen")]) {
        expect(yield* logging(rounds(mistake))).toEqual(Option.none())
      }
      expect(told).toEqual(["ERROR: writes: a defect", "ERROR: writes: a defect"])
      expect((yield* Metric.value(Metrics.defects)).count - before).toBe(2)
      expect(yield* outages.current).toEqual([])
      expect(yield* logging(rounds(ask))).toEqual(Option.some("done"))
    })
  )

  it.scoped("that is interrupted ends, and nothing is told", () =>
    Effect.gen(function* () {
      const { logging, outages, told } = yield* world
      const started = yield* Deferred.make<void>()
      const rounds = outages.rounds("writes")
      const loop = yield* Effect.fork(
        Effect.forever(logging(rounds(Effect.zipRight(Deferred.succeed(started, undefined), Effect.never))))
      )
      yield* Deferred.await(started)
      yield* Fiber.interrupt(loop)
      expect(told).toEqual([])
    })
  )

  it.scoped("whose round gave itself up goes on", () =>
    Effect.gen(function* () {
      const { logging, outages, told } = yield* world
      expect(yield* logging(outages.rounds("writes")(Effect.interrupt))).toEqual(Option.none())
      expect(told).toEqual([])
    })
  )
})

it.effect("a defect is told with its cause", () =>
  Effect.gen(function* () {
    const causes: Array<string> = []
    const log = Logger.make(({ cause }) => {
      causes.push(String(cause))
    })
    const cause = yield* Effect.flip(Effect.sandbox(Effect.die(new Error("what nobody foresaw"))))
    yield* Effect.provide(logDefect("a loop", cause), Logger.replace(Logger.defaultLogger, log))
    expect(causes.join()).toContain("what nobody foresaw")
  })
)
