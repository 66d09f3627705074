import { describe, expect, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, FastCheck as fc, Option, TestClock } from "effect"
import { DatabaseError } from "../../src/database/DatabaseError.ts"
import { OwnershipLost } from "../../src/workflow/WorkflowError.ts"
import { task } from "../fixtures/TestWorkflows.ts"
import * as TestInfra from "../fixtures/TestInfra.ts"
import { gate, settle } from "../workqueue/support.ts"
import { away, world, write } from "./CommitsWorld.ts"

const duplicate = new DatabaseError({ message: "duplicate key", code: "23505", retryable: false })
const noRight = new DatabaseError({ message: "permission denied for table words", code: "42501", retryable: true })
const readOnly = new DatabaseError({ message: "read-only transaction", code: "25006", retryable: true })

const run = <A, E>(test: Effect.Effect<A, E, TestInfra.Memory>) => Effect.provide(test, TestInfra.memory)

const all = (fibers: ReadonlyArray<Fiber.Fiber<void, unknown>>) => Effect.forEach(fibers, Fiber.await)
/** What it failed with; of interruptions, that it was one. */
const reason = (exit: Exit.Exit<unknown, unknown> | undefined) =>
  exit === undefined || Exit.isSuccess(exit) || Cause.isInterrupted(exit.cause) ? exit?._tag : exit
const isWithdrawn = (exit: Exit.Exit<unknown, unknown>) => Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause)

describe("commits that are ready together", () => {
  it.effect("are one transaction, in their order, and are told when it is stored", () =>
    Effect.gen(function* () {
      const { committed, database, submit, told } = yield* world()
      const open = yield* Effect.makeLatch()
      database.ending = open.await
      const fibers = yield* Effect.forEach(["a", "b", "c"], (id) => Effect.fork(submit(id)))
      yield* settle
      expect(told.size).toBe(0)
      yield* open.open
      yield* Fiber.join(Fiber.all(fibers))
      expect(database.tried).toEqual([["a", "b", "c"]])
      expect(database.written).toEqual(["a", "b", "c"])
      expect(committed()).toBe(1)
    }).pipe(run)
  )

  it.effect("while a transaction is on its way are the next one", () =>
    Effect.gen(function* () {
      const { database, submit } = yield* world()
      const open = yield* Effect.makeLatch()
      database.beginning = open.await
      const fibers = [yield* Effect.fork(submit("a"))]
      yield* settle
      for (const id of ["b", "c"]) fibers.push(yield* Effect.fork(submit(id)))
      yield* settle
      expect(database.tried).toEqual([["a"]])
      yield* open.open
      yield* Fiber.join(Fiber.all(fibers))
      expect(database.tried).toEqual([["a"], ["b", "c"]])
    }).pipe(run)
  )

  it.effect("are a hundred in a transaction at the most, however many there are", () =>
    Effect.gen(function* () {
      const { database, submit } = yield* world()
      const ids = Array.from({ length: 2_050 }, (_, n) => `t${n}`)
      yield* Effect.forEach(ids, (id) => submit(id), { concurrency: "unbounded" })
      expect(database.written).toEqual(ids)
      expect(database.tried.map((one) => one.length)).toEqual([...Array.from({ length: 20 }, () => 100), 50])
    }).pipe(run)
  )

  it.effect("take along the completed tasks that the writer has not yet written", () =>
    Effect.gen(function* () {
      const { database, submit, writer } = yield* world()
      writer.completed.push(task("child", { status: "completed" }))
      yield* submit("parent")
      expect(database.marked).toEqual(new Set(["parent", "child"]))
      expect(writer.settled).toEqual([[true]])
    }).pipe(run)
  )
})

describe("a commit that fails", () => {
  const failures: ReadonlyArray<readonly [string, Effect.Effect<never, unknown>]> = [
    ["fails", Effect.fail("not this one")],
    ["breaks a rule of its table", Effect.fail(duplicate)],
    ["has no right to its table", Effect.fail(noRight)],
    ["dies", Effect.dieMessage("a mistake")],
    ["interrupts itself", Effect.interrupt],
    ["lost another workflow", Effect.fail(new OwnershipLost({ workflowId: "another", epoch: 1 }))]
  ]
  for (const [how, failing] of failures) {
    it.effect(`because it ${how} fails alone, and what it wrote is gone`, () =>
      Effect.gen(function* () {
        const { database, submit, told, writer } = yield* world()
        const [a, bad, c] = yield* all([
          yield* Effect.fork(submit("a")),
          yield* Effect.fork(submit("bad", Effect.zipRight(write("bad"), failing))),
          yield* Effect.fork(submit("c"))
        ])
        expect([a, c]).toEqual([Exit.void, Exit.void])
        expect(reason(bad)).toEqual(reason(yield* Effect.exit(failing)))
        expect([...told.keys()].toSorted()).toEqual(["a", "c"])
        expect(database.written.toSorted()).toEqual(["a", "c"])
        expect(database.marked).toEqual(new Set(["a", "c"]))
        expect(writer.settled.filter((one) => one[0]).length).toBe(2)
      }).pipe(run)
    )
  }

  it.effect("puts back what the writer left, and so does a transaction that cannot even be written down", () =>
    Effect.gen(function* () {
      const throwing = () => {
        throw new Error("a mistake")
      }
      for (const { submit, writer } of [yield* world(), yield* world({ complete: throwing })]) {
        const child = task("child", { status: "completed" })
        writer.completed.push(child)
        expect(Exit.isFailure(yield* Effect.exit(submit("a", Effect.fail("no"))))).toBe(true)
        expect(writer.completed).toEqual([child])
        expect(writer.settled).toEqual([[false]])
      }
    }).pipe(run)
  )

  it.effect("that blocks keeps the others for ten seconds, and itself for as long as it likes", () =>
    Effect.gen(function* () {
      const { database, submit, told } = yield* world()
      const blocked = yield* gate
      const fibers = [
        yield* Effect.fork(submit("a")),
        yield* Effect.fork(submit("blocked", Effect.zipRight(write("blocked"), blocked.through))),
        yield* Effect.fork(submit("c"))
      ]
      yield* TestClock.adjust("9 seconds")
      expect(told.size).toBe(0)
      yield* TestClock.adjust("2 seconds")
      expect([...told.keys()]).toEqual(["a", "c"])
      yield* submit("later")
      expect(database.written).toEqual(["a", "c", "later"])
      yield* blocked.open
      yield* Fiber.join(Fiber.all(fibers))
      expect(database.written).toEqual(["a", "c", "later", "blocked"])
    }).pipe(run)
  )

  it.effect("alone and blocks keeps those that come after it for ten seconds", () =>
    Effect.gen(function* () {
      const { submit, told } = yield* world()
      yield* Effect.fork(submit("blocked", Effect.never))
      yield* settle
      yield* Effect.fork(submit("b"))
      yield* settle
      expect(told.size).toBe(0)
      yield* TestClock.adjust("11 seconds")
      expect([...told.keys()]).toEqual(["b"])
    }).pipe(run)
  )
})

describe("a database that is away", () => {
  for (const error of [away, readOnly, noRight]) {
    it.effect(`or refuses (${error.message}) is waited for, and no task hears of it`, () =>
      Effect.gen(function* () {
        const { database, submit, told } = yield* world()
        database.error = error
        const fibers = yield* Effect.forEach(["a", "b"], (id) => Effect.fork(submit(id)))
        yield* TestClock.adjust("2 minutes")
        expect(told.size).toBe(0)
        expect(new Set(database.tried.map(String))).toEqual(new Set(["a,b"]))
        database.error = undefined
        yield* TestClock.adjust("10 seconds")
        yield* Fiber.join(Fiber.all(fibers))
        expect(database.written).toEqual(["a", "b"])
      }).pipe(run)
    )
  }

  it.effect("while it commits is asked again, and what it had committed is not committed again", () =>
    Effect.gen(function* () {
      const { database, submit } = yield* world()
      database.answersToLose = 1
      const fibers = yield* Effect.forEach(["a", "b"], (id) => Effect.fork(submit(id)))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(Fiber.all(fibers))
      expect(database.written).toEqual(["a", "b"])
      // One by one: nobody knows which of them it was that lost the connection.
      expect(database.tried).toEqual([["a", "b"], ["a"], ["b"]])
    }).pipe(run)
  )

  it.effect("and has no connection free is waited for, and the group stays one", () =>
    Effect.gen(function* () {
      const { database, submit } = yield* world()
      database.beginning = Effect.sleep("1 minute")
      const fibers = yield* Effect.forEach(["a", "b"], (id) => Effect.fork(submit(id)))
      yield* TestClock.adjust("2 minutes")
      yield* Fiber.join(Fiber.all(fibers))
      expect(database.tried).toEqual([["a", "b"]])
    }).pipe(run)
  )
})

describe("a workflow that is somebody else's", () => {
  it.effect("is told to every task at once, without another try", () =>
    Effect.gen(function* () {
      const { database, submit } = yield* world()
      database.isOwned = false
      const exits = yield* all(yield* Effect.forEach(["a", "b"], (id) => Effect.fork(submit(id))))
      const lost = Exit.fail(new OwnershipLost({ workflowId: "workflow", epoch: 1 }))
      expect(exits).toEqual([lost, lost])
      expect(database.tried.length).toBe(1)
    }).pipe(run)
  )
})

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

const LONG = "10 minutes"

describe("whatever comes between", () => {
  it.effect.prop(
    "what is told as completed is committed exactly once, what failed or was withdrawn is not, and nothing hangs",
    {
      tasks: fc.array(
        fc.record({
          after: fc.nat(8),
          does: fc.constantFrom("completes", "completes", "completes", "fails", "dies", "gives up"),
          steps: fc.nat(4),
          withdrawnAfter: fc.option(fc.nat(25), { nil: undefined })
        }),
        { minLength: 1, maxLength: 12 }
      ),
      events: fc.array(
        fc.record({
          after: fc.nat(12),
          is: fc.constantFrom("away", "away", "there", "there", "an answer is lost", "a second", "a second", "lost")
        }),
        { maxLength: 8 }
      ),
      takes: fc.nat(3)
    },
    ({ events, takes, tasks }) =>
      Effect.gen(function* () {
        const { database, submit, told, writer } = yield* world()
        const yields = (times: number) => Effect.replicateEffect(Effect.yieldNow(), times, { discard: true })
        database.beginning = yields(takes)
        database.ending = yields(takes)
        const commitOf = (id: string, { does, steps }: (typeof tasks)[number]) => {
          const end: Effect.Effect<unknown, string> =
            does === "completes"
              ? Effect.void
              : does === "fails"
                ? Effect.fail(`${id} fails`)
                : does === "dies"
                  ? Effect.dieMessage(`${id} dies`)
                  : Effect.interrupt
          return write(id).pipe(Effect.zipRight(yields(steps)), Effect.zipRight(end))
        }
        const fibers: Array<Fiber.RuntimeFiber<void, unknown>> = []
        const happening = yield* Effect.fork(
          Effect.forEach(events, ({ after, is }) =>
            Effect.zipRight(
              yields(after),
              Effect.suspend(() => {
                if (is === "a second") return TestClock.adjust("1 second")
                if (is === "away") database.error = away
                if (is === "there") database.error = undefined
                if (is === "an answer is lost") database.answersToLose++
                if (is === "lost") database.isOwned = false
                return Effect.void
              })
            )
          )
        )
        for (const [n, each] of tasks.entries()) {
          yield* yields(each.after)
          const fiber = yield* Effect.fork(submit(`t${n}`, commitOf(`t${n}`, each)))
          if (each.withdrawnAfter !== undefined) {
            yield* Effect.fork(Effect.zipRight(yields(each.withdrawnAfter), Fiber.interruptFork(fiber)))
          }
          fibers.push(fiber)
        }
        yield* Fiber.join(happening)
        database.error = undefined
        yield* settle
        yield* TestClock.adjust(LONG)
        yield* settle

        const hasLostAnswer = events.some(({ is }) => is === "an answer is lost")
        for (const [n, { does, withdrawnAfter }] of tasks.entries()) {
          const id = `t${n}`
          const exit = Option.getOrElse(yield* Fiber.poll(fibers[n] ?? Fiber.never), () => Exit.die(`${id} hangs`))
          expect(exit).not.toEqual(Exit.die(`${id} hangs`))
          const times = database.written.filter((one) => one === id).length
          if (told.has(id)) expect([id, times, database.marked.has(id), does]).toEqual([id, 1, true, "completes"])
          else if (hasLostAnswer && (withdrawnAfter !== undefined || !database.isOwned)) {
            expect(times).toBeLessThanOrEqual(1)
          } else {
            expect([id, times, database.marked.has(id)]).toEqual([id, 0, false])
            // Only its own failure is told to it.
            const isOwn = does !== "completes" || withdrawnAfter !== undefined || !database.isOwned
            expect([id, isOwn, Exit.isFailure(exit)]).toEqual([id, true, true])
          }
        }
        expect(writer.settled.every((one) => one.length === 1)).toBe(true)

        // Whoever withdrew comes again, as after a pause: it is there once.
        if (!database.isOwned) return
        database.answersToLose = 0
        const again = tasks.flatMap(({ does, withdrawnAfter }, n) =>
          does === "completes" && withdrawnAfter !== undefined && !told.has(`t${n}`) ? [`t${n}`] : []
        )
        yield* Effect.forEach(again, (id) => submit(id), { concurrency: "unbounded" })
        for (const id of again) expect(database.written.filter((one) => one === id)).toEqual([id])
      }).pipe(run),
    { fastCheck: { numRuns: 100 } }
  )
})
