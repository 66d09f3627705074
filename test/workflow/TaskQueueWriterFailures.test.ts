import { describe, expect, it } from "@effect/vitest"
import { Deferred, Effect, Option, TestClock } from "effect"
import { RELEASED } from "../../src/workflow/WorkflowRepository.ts"
import { outOfRange, run, type Save, unreachable, writing } from "../fixtures/TaskQueueWriting.ts"
import { task } from "../fixtures/TestWorkflows.ts"

describe("a database that fails", () => {
  it.scoped("delays the last update and does not lose it", () =>
    Effect.gen(function* () {
      let down = true
      const { stored, writer } = yield* writing((_, real) => (down ? Effect.fail(unreachable) : real))
      yield* writer.send([task("a", { status: "running" }), task("b")])
      yield* TestClock.adjust("1 minute")
      yield* writer.send([task("a", { status: "completed" })])
      yield* TestClock.adjust("1 minute")
      expect(yield* stored).toEqual({})
      down = false
      yield* TestClock.adjust("10 seconds")
      expect(yield* stored).toEqual({ a: "completed", b: "pending" })
    }).pipe(run)
  )

  it.scoped("sending never blocks while the database hangs", () =>
    Effect.gen(function* () {
      const { saved, writer } = yield* writing(() => Effect.never)
      yield* writer.send([task("a")])
      yield* TestClock.adjust("1 second")
      expect(saved.length).toBe(1)
      // Would wait for the test's time limit, were one of these to wait for the database.
      for (let n = 0; n < 10_000; n++) yield* writer.send([task("a", { retryCount: n })])
      yield* writer.progress({ message: "still here", done: 1, total: 2 })
    }).pipe(run)
  )

  it.scoped("a poisoned row is isolated, and the others arrive, and the progress with them", () =>
    Effect.gen(function* () {
      const { repository, stored, writer } = yield* writing((update, real) =>
        update.tasks.some(({ id }) => id === "bad") ? Effect.fail(outOfRange) : real
      )
      yield* writer.progress({ message: "half", done: 1, total: 2 })
      yield* writer.send([task("a"), task("bad"), task("c")])
      yield* TestClock.adjust("1 second")
      expect(yield* stored).toEqual({ a: "pending", c: "pending" })
      const workflow = Option.getOrThrow(yield* repository.get("project", "workflow"))
      expect(workflow.progress).toEqual(Option.some({ message: "half", done: 1, total: 2 }))
      yield* writer.send([task("d")])
      yield* TestClock.adjust("1 second")
      expect(yield* stored).toEqual({ a: "pending", c: "pending", d: "pending" })
    }).pipe(run)
  )

  it.scoped("an outage in the middle of isolating a row loses none of the others", () =>
    Effect.gen(function* () {
      let outages = 1
      const { stored, writer } = yield* writing((update, real) => {
        if (update.tasks.some(({ id }) => id === "bad")) return Effect.fail(outOfRange)
        return update.tasks.some(({ id }) => id === "c") && outages-- > 0 ? Effect.fail(unreachable) : real
      })
      yield* writer.send([task("a"), task("bad"), task("c")])
      yield* TestClock.adjust("10 seconds")
      expect(yield* stored).toEqual({ a: "pending", c: "pending" })
    }).pipe(run)
  )

  it.scoped("a writer whose workflow is somebody else's says so once and writes no more", () =>
    Effect.gen(function* () {
      const { lost, ownership, repository, saved, stored, writer } = yield* writing()
      yield* repository.end(ownership, RELEASED)
      yield* writer.send([task("a")])
      yield* TestClock.adjust("1 second")
      yield* Deferred.await(lost)
      yield* writer.send([task("b")])
      yield* TestClock.adjust("1 minute")
      expect(saved.length).toBe(1)
      yield* writer.stop
      expect(yield* stored).toEqual({})
    }).pipe(run)
  )

  const never: ReadonlyArray<readonly [string, Save]> = [
    ["is at fault", Effect.fail(outOfRange)],
    ["meets a mistake in the program", Effect.dieMessage("a mistake")]
  ]
  for (const [how, failure] of never) {
    it.scoped(`a row that ${how} is tried once with the others and once alone, and no more`, () =>
      Effect.gen(function* () {
        const { saved, stored, writer } = yield* writing((update, real) =>
          update.tasks.some(({ id }) => id === "bad") ? failure : real
        )
        yield* writer.send([task("a"), task("bad")])
        yield* TestClock.adjust("10 minutes")
        expect(saved.filter((update) => update.tasks.some(({ id }) => id === "bad")).length).toBe(2)
        expect(yield* stored).toEqual({ a: "pending" })
        yield* writer.send([task("b")])
        yield* TestClock.adjust("1 second")
        expect(yield* stored).toEqual({ a: "pending", b: "pending" })
      }).pipe(run)
    )

    it.scoped(`stop returns though every row ${how}`, () =>
      Effect.gen(function* () {
        const { saved, writer } = yield* writing(() => failure)
        yield* writer.send([task("a"), task("b")])
        yield* writer.stop
        expect(saved.length).toBeLessThanOrEqual(4)
      }).pipe(run)
    )
  }
})
