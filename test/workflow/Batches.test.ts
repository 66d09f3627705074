import { describe, expect, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, FastCheck as fc } from "effect"
import { DatabaseError } from "../../src/database/DatabaseError.ts"
import * as Batches from "../../src/workflow/Batches.ts"
import { settle } from "../workqueue/support.ts"

const away = new DatabaseError({ message: "connection refused", code: null, retryable: true })
const outOfRange = new DatabaseError({ message: "value out of range", code: "22003", retryable: false })
const deadlock = new DatabaseError({ message: "deadlock detected", code: "40P01", retryable: true })

type Run = Batches.BatchOptions<number, string, string>["run"]

const answer: Run = (requests) => Effect.succeed(requests.map((n) => Exit.succeed(`done ${n}`)))

/** Batches of numbers that keep what was run. */
const batching = (run: Run = answer, options: Partial<Batches.BatchOptions<number, string, string>> = {}) =>
  Effect.gen(function* () {
    const batches: Array<ReadonlyArray<number>> = []
    const ask = yield* Batches.make<number, string, string>({
      capacity: 100,
      run: (requests) => {
        batches.push(requests)
        return run(requests)
      },
      ...options
    })
    const askAll = (requests: ReadonlyArray<number>) =>
      Effect.forEach(requests, (n) => Effect.exit(ask(n)), { concurrency: "unbounded" })
    return { ask, askAll, batches }
  })

const done = (...requests: ReadonlyArray<number>) => requests.map((n) => Exit.succeed(`done ${n}`))

/** Fails a batch with a request that is not to be carried out, and lets every other one through. */
const refusing =
  (bad: number, error: DatabaseError): Run =>
  (requests) =>
    requests.includes(bad) ? Effect.fail(error) : answer(requests)

describe("what is carried out together", () => {
  it.effect("a request alone is carried out at once", () =>
    Effect.gen(function* () {
      const { ask, batches } = yield* batching()
      expect(yield* ask(1)).toBe("done 1")
      expect(batches).toEqual([[1]])
    })
  )

  it.effect("what is asked in one turn is one batch, in its order, and each hears of its own", () =>
    Effect.gen(function* () {
      const { askAll, batches } = yield* batching()
      expect(yield* askAll([3, 1, 2])).toEqual(done(3, 1, 2))
      expect(batches).toEqual([[3, 1, 2]])
    })
  )

  it.effect("what is asked while a batch is on its way is the next one", () =>
    Effect.gen(function* () {
      const open = yield* Effect.makeLatch()
      const { askAll, batches } = yield* batching((requests) => open.whenOpen(answer(requests)))
      const first = yield* Effect.fork(askAll([1]))
      yield* settle
      const others = yield* Effect.fork(askAll([2, 3]))
      yield* settle
      expect(batches).toEqual([[1]])
      yield* open.open
      expect([...(yield* Fiber.join(first)), ...(yield* Fiber.join(others))]).toEqual(done(1, 2, 3))
      expect(batches).toEqual([[1], [2, 3]])
    })
  )

  it.effect("a batch weighs no more than it may, but for one request that is heavier than that", () =>
    Effect.gen(function* () {
      const { askAll, batches } = yield* batching(answer, { capacity: 10, weigh: (n) => n })
      yield* askAll([4, 6, 1, 50, 2, 9])
      expect(batches).toEqual([[4, 6], [1], [50], [2], [9]])
    })
  )

  it.effect("5,000 batches follow each other without a stack that grows", () =>
    Effect.gen(function* () {
      const { askAll, batches } = yield* batching(answer, { capacity: 1 })
      const requests = Array.from({ length: 5_000 }, (_, n) => n)
      expect(yield* askAll(requests)).toEqual(done(...requests))
      expect(batches.length).toBe(5_000)
    })
  )
})

describe("a request of its own outcome", () => {
  it.effect("fails with it, and the others succeed", () =>
    Effect.gen(function* () {
      const { askAll } = yield* batching((requests) =>
        Effect.succeed(requests.map((n) => (n === 2 ? Exit.fail("not this one") : Exit.succeed(`done ${n}`))))
      )
      expect(yield* askAll([1, 2, 3])).toEqual([...done(1), Exit.fail("not this one"), ...done(3)])
    })
  )

  it.effect("for which there is no answer dies of it", () =>
    Effect.gen(function* () {
      const { askAll } = yield* batching(() => Effect.succeed([Exit.succeed("done 1")]))
      const [first, second] = yield* askAll([1, 2])
      expect(first).toEqual(Exit.succeed("done 1"))
      expect(second).toMatchObject({ _tag: "Failure", cause: { _tag: "Die" } })
    })
  )
})

describe("a batch that fails", () => {
  it.effect("because of one of its requests is done again one by one: only that one fails", () =>
    Effect.gen(function* () {
      for (const error of [outOfRange, deadlock]) {
        const { askAll, batches } = yield* batching(refusing(2, error))
        expect(yield* askAll([1, 2, 3])).toEqual([...done(1), Exit.fail(error), ...done(3)])
        expect(batches).toEqual([[1, 2, 3], [1], [2], [3]])
      }
    })
  )

  it.effect("because the database is away fails as a whole", () =>
    Effect.gen(function* () {
      const { askAll, batches } = yield* batching(() => Effect.fail(away))
      expect(yield* askAll([1, 2])).toEqual([Exit.fail(away), Exit.fail(away)])
      expect(batches).toEqual([[1, 2]])
    })
  )

  it.effect("holds up none that comes after it, even where it hangs one by one", () =>
    Effect.gen(function* () {
      const { ask, askAll } = yield* batching((requests) => {
        if (requests.length > 1) return Effect.fail(outOfRange)
        return requests.includes(7) ? answer(requests) : Effect.never
      })
      yield* Effect.fork(askAll([1, 2, 3]))
      yield* settle
      expect(yield* ask(7)).toBe("done 7")
    })
  )

  for (const [how, run] of [
    ["dies", () => Effect.dieMessage("a mistake")],
    [
      "throws",
      () => {
        throw new Error("a mistake")
      }
    ],
    ["interrupts itself", () => Effect.interrupt]
  ] satisfies ReadonlyArray<readonly [string, Run]>) {
    it.effect(`because it ${how} keeps nobody waiting, and the next ones are carried out`, () =>
      Effect.gen(function* () {
        let isMistaken = true
        const { ask, askAll } = yield* batching((requests) => (isMistaken ? run() : answer(requests)))
        for (const exit of yield* askAll([1, 2])) expect(Exit.isFailure(exit)).toBe(true)
        isMistaken = false
        expect(yield* ask(3)).toBe("done 3")
      })
    )
  }
})

describe("who gives up", () => {
  it.effect("leaves the batch that is on its way as it is", () =>
    Effect.gen(function* () {
      const open = yield* Effect.makeLatch()
      const through = yield* Deferred.make<void>()
      const { ask, batches } = yield* batching((requests) =>
        open.whenOpen(answer(requests)).pipe(Effect.tap(Deferred.succeed(through, undefined)))
      )
      const asking = yield* Effect.fork(ask(1))
      const other = yield* Effect.fork(ask(2))
      yield* settle
      yield* Fiber.interrupt(asking)
      yield* open.open
      yield* Deferred.await(through)
      expect(yield* Fiber.join(other)).toBe("done 2")
      expect(batches).toEqual([[1, 2]])
    })
  )
})

describe("whatever is asked, whenever", () => {
  it.effect.prop(
    "each request hears of its own outcome, and succeeds at most once",
    {
      requests: fc.array(fc.record({ after: fc.nat(6), isBad: fc.boolean(), gaveUp: fc.boolean() }), { maxLength: 40 }),
      capacity: fc.integer({ min: 1, max: 10 }),
      takes: fc.nat(4)
    },
    ({ capacity, requests, takes }) =>
      Effect.gen(function* () {
        const carried: Array<number> = []
        const { ask } = yield* batching(
          (batch) =>
            Effect.replicateEffect(Effect.yieldNow(), takes).pipe(
              Effect.flatMap(() => {
                if (batch.some((n) => requests[n]?.isBad)) return Effect.fail(outOfRange)
                carried.push(...batch)
                return answer(batch)
              })
            ),
          { capacity }
        )
        const fibers = yield* Effect.forEach(requests, ({ after }, n) =>
          Effect.zipRight(
            Effect.replicateEffect(Effect.yieldNow(), after),
            Effect.fork(Effect.map(Effect.exit(ask(n)), (exit) => [n, exit] as const))
          )
        )
        for (const [n, fiber] of fibers.entries()) if (requests[n]?.gaveUp) yield* Fiber.interruptFork(fiber)
        for (const [n, fiber] of fibers.entries()) {
          if (requests[n]?.gaveUp) continue
          expect(yield* Fiber.join(fiber)).toEqual([
            n,
            requests[n]?.isBad ? Exit.fail(outOfRange) : Exit.succeed(`done ${n}`)
          ])
        }
        yield* settle
        expect(carried.length).toBe(new Set(carried).size)
      })
  )
})
