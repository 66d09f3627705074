import { describe, expect, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, TestClock } from "effect"
import { DatabaseError } from "../../src/database/DatabaseError.ts"
import { OwnershipLost } from "../../src/workflow/WorkflowError.ts"
import { task } from "../fixtures/TestWorkflows.ts"
import { gate, settle } from "../workqueue/support.ts"
import { away, run, world, write } from "./CommitsWorld.ts"

const duplicate = new DatabaseError({ message: "duplicate key", code: "23505", retryable: false })
const noRight = new DatabaseError({ message: "permission denied for table words", code: "42501", retryable: true })
const refused = new DatabaseError({ message: "permission denied for table words", code: "42501", retryable: false })
const readOnly = new DatabaseError({ message: "read-only transaction", code: "25006", retryable: true })

const all = (fibers: ReadonlyArray<Fiber.Fiber<void, unknown>>) => Effect.forEach(fibers, Fiber.await)
/** What it failed with; of interruptions, that it was one. */
const reason = (exit: Exit.Exit<unknown, unknown> | undefined) =>
  exit === undefined || Exit.isSuccess(exit) || Cause.isInterrupted(exit.cause) ? exit?._tag : exit

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
    ["has no right to its table", Effect.fail(refused)],
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
