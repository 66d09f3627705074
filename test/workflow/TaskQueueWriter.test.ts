import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Option, TestClock } from "effect"
import { RELEASED } from "../../src/workflow/WorkflowRepository.ts"
import { defaults } from "../../src/workflow/WorkflowSettings.ts"
import { outOfRange, run, unreachable, writing } from "../fixtures/TaskQueueWriting.ts"
import { task } from "../fixtures/TestWorkflows.ts"

describe("what is stored", () => {
  it.scoped("the last of a burst is stored, and the rest is not", () =>
    Effect.gen(function* () {
      const { saved, stored, writer } = yield* writing()
      for (let n = 0; n < 1_000; n++) yield* writer.send([task("a", { status: "running", retryCount: n })])
      yield* writer.send([task("a", { status: "completed" })])
      yield* TestClock.adjust(Duration.times(defaults.writerDebounce, 2))
      expect(yield* stored).toEqual({ a: "completed" })
      expect(saved.length).toBeLessThanOrEqual(2)
    }).pipe(run)
  )

  it.scoped("of a long list only the tasks that changed are stored again", () =>
    Effect.gen(function* () {
      const { saved, writer } = yield* writing()
      const tasks = Array.from({ length: 500 }, (_, n) => task(`t${n}`))
      yield* writer.send(tasks)
      yield* TestClock.adjust("1 second")
      yield* writer.send(tasks.map((each) => ({ ...each, status: each.id === "t7" ? "running" : each.status })))
      yield* TestClock.adjust("1 second")
      expect(saved.map((update) => update.tasks.map(({ id }) => id).length)).toEqual([500, 1])
    }).pipe(run)
  )

  it.scoped("a list that says nothing new is not stored", () =>
    Effect.gen(function* () {
      const { saved, writer } = yield* writing()
      yield* writer.send([task("a")])
      yield* TestClock.adjust("1 second")
      yield* writer.send([task("a")])
      yield* TestClock.adjust("1 second")
      expect(saved.length).toBe(1)
    }).pipe(run)
  )

  it.scoped("a task that is stored as completed stays completed, whatever a late update says", () =>
    Effect.gen(function* () {
      const { stored, writer } = yield* writing()
      yield* writer.send([task("a", { status: "completed" })])
      yield* TestClock.adjust("1 second")
      yield* writer.send([task("a", { status: "running" })])
      yield* TestClock.adjust("1 second")
      expect(yield* stored).toEqual({ a: "completed" })
    }).pipe(run)
  )

  it.scoped("of what was said about progress, the last is stored", () =>
    Effect.gen(function* () {
      const { repository, writer } = yield* writing()
      for (let done = 0; done <= 10; done++) yield* writer.progress({ message: "counting", done, total: 10 })
      yield* TestClock.adjust("1 second")
      const workflow = Option.getOrThrow(yield* repository.get("project", "workflow"))
      expect(workflow.progress).toEqual(Option.some({ message: "counting", done: 10, total: 10 }))
    }).pipe(run)
  )
})

describe("stopping", () => {
  it.scoped("stop returns only after the last update is stored", () =>
    Effect.gen(function* () {
      const open = yield* Effect.makeLatch()
      const { stored, writer } = yield* writing((_, real) => open.whenOpen(real))
      yield* writer.send([task("a", { status: "running" })])
      yield* TestClock.adjust("1 second")
      yield* writer.send([task("a", { status: "completed" })])
      const stopping = yield* Effect.fork(writer.stop)
      yield* TestClock.adjust("1 minute")
      expect(yield* Fiber.poll(stopping)).toEqual(Option.none())
      yield* open.open
      yield* Fiber.join(stopping)
      expect(yield* stored).toEqual({ a: "completed" })
    }).pipe(run)
  )

  it.scoped("stop stores what was sent and not yet taken up", () =>
    Effect.gen(function* () {
      const { stored, writer } = yield* writing()
      yield* writer.send([task("a")])
      yield* TestClock.adjust("1 second")
      yield* writer.send([task("b")])
      yield* writer.stop
      expect(yield* stored).toEqual({ a: "pending", b: "pending" })
    }).pipe(run)
  )

  it.scoped("end hands over what is not stored yet, to be stored with the end", () =>
    Effect.gen(function* () {
      const { ownership, repository, saved, stored, writer, writers } = yield* writing()
      yield* writer.send([task("a", { status: "completed" }), task("b", { status: "running" })])
      yield* writer.progress({ message: "last", done: 1, total: 2 })
      yield* writer.end((last) => repository.end(ownership, RELEASED, last))
      expect(yield* stored).toEqual({ a: "completed", b: "pending" })
      const workflow = Option.getOrThrow(yield* repository.get("project", "workflow"))
      expect([workflow.state, Option.getOrNull(workflow.progress)?.message]).toEqual(["pending", "last"])
      expect([saved, writers.find("workflow")]).toEqual([[], Option.none()])
    }).pipe(run)
  )

  for (const [what, many, refused] of [
    ["a list that is too long for the end's statement", 1_000, false],
    ["what the end's statement cannot store", 3, true]
  ] as const) {
    it.scoped(`end writes ${what} before it`, () =>
      Effect.gen(function* () {
        const { ownership, repository, saved, writer } = yield* writing()
        yield* writer.send(Array.from({ length: many }, (_, n) => task(`t${n}`, { status: "completed" })))
        const ends: Array<number> = []
        yield* writer.end((last) => {
          ends.push(last.tasks.length)
          return refused && last.tasks.length > 0 ? Effect.fail(outOfRange) : repository.end(ownership, RELEASED, last)
        })
        expect([ends, saved.map(({ tasks }) => tasks.length)]).toEqual([refused ? [many, 0] : [0], [many]])
      }).pipe(run)
    )
  }

  it.scoped("discard forgets what was not stored, and does not wait for a database that hangs", () =>
    Effect.gen(function* () {
      const { saved, stored, writer, writers } = yield* writing(() => Effect.uninterruptible(Effect.never))
      yield* writer.send([task("a")])
      yield* TestClock.adjust("1 second")
      expect(saved.length).toBe(1)
      yield* writers.discard("workflow")
      expect(writers.find("workflow")).toEqual(Option.none())
      yield* TestClock.adjust("1 minute")
      expect(yield* stored).toEqual({})
    }).pipe(run)
  )

  it.scoped("a writer that a newer one has replaced takes only itself away", () =>
    Effect.gen(function* () {
      const { ownership, writer, writers } = yield* writing()
      const newer = yield* writers.start(ownership, Effect.void)
      yield* writer.stop
      yield* writer.discard
      expect(writers.find("workflow")).toEqual(Option.some(newer))
    }).pipe(run)
  )
})

describe("what is left to a transaction", () => {
  const inState = (id: string, status: "running" | "completed") => task(id, { status })

  it.scoped("is what was not yet written of its tasks; the other completed ones come along, and nothing else", () =>
    Effect.gen(function* () {
      const { saved, stored, writer } = yield* writing()
      yield* writer.send([inState("a", "running"), inState("b", "completed"), inState("c", "running")])
      const { completed, settle } = writer.leave([inState("a", "completed")])
      expect(completed).toEqual([inState("b", "completed")])
      settle(true)
      yield* TestClock.adjust("1 second")
      expect(saved.map((update) => update.tasks)).toEqual([[inState("c", "running")]])
      expect(yield* stored).toEqual({ c: "running" })
    }).pipe(run)
  )

  it.scoped("is not written again when it is stored, though the queue tells of it", () =>
    Effect.gen(function* () {
      const { saved, writer } = yield* writing()
      writer.leave([inState("a", "completed")]).settle(true)
      yield* writer.send([inState("a", "completed")])
      yield* TestClock.adjust("1 second")
      expect(saved).toEqual([])
    }).pipe(run)
  )

  it.scoped("is put back where it was not stored, and written then", () =>
    Effect.gen(function* () {
      const { stored, writer } = yield* writing()
      yield* writer.send([inState("a", "running"), inState("b", "completed")])
      const { settle } = writer.leave([inState("a", "completed")])
      yield* TestClock.adjust("1 second")
      expect(yield* stored).toEqual({})
      settle(false)
      yield* TestClock.adjust("1 second")
      expect(yield* stored).toEqual({ a: "running", b: "completed" })
    }).pipe(run)
  )

  it.scoped("is put back under what was said meanwhile", () =>
    Effect.gen(function* () {
      const { stored, writer } = yield* writing()
      yield* writer.send([inState("a", "running")])
      const { settle } = writer.leave([inState("a", "completed")])
      yield* writer.send([task("a", { status: "paused" })])
      settle(false)
      yield* writer.stop
      expect(yield* stored).toEqual({ a: "paused" })
    }).pipe(run)
  )

  it.scoped("is another's where two transactions are on their way", () =>
    Effect.gen(function* () {
      const { stored, writer } = yield* writing()
      yield* writer.send([inState("a", "completed")])
      const first = writer.leave([inState("b", "completed")])
      expect(writer.leave([inState("c", "completed")]).completed).toEqual([])
      first.settle(false)
      expect(writer.leave([inState("d", "completed")]).completed).toEqual([inState("a", "completed")])
      yield* TestClock.adjust("1 second")
      expect(yield* stored).toEqual({})
    }).pipe(run)
  )
})

describe("a writer that is stopped or discarded at any time", () => {
  it.scoped("stop lets a write in flight end, and writes what was said meanwhile after it", () =>
    Effect.gen(function* () {
      const open = yield* Effect.makeLatch()
      const { saved, stored, writer } = yield* writing((_, real) => open.whenOpen(real))
      yield* writer.send([task("a")])
      yield* TestClock.adjust("1 second")
      const stopping = yield* Effect.fork(writer.stop)
      yield* TestClock.adjust("1 second")
      yield* writer.send([task("b")])
      yield* open.open
      yield* Fiber.join(stopping)
      expect(saved.map((update) => update.tasks.map(({ id }) => id))).toEqual([["a"], ["b"]])
      expect(yield* stored).toEqual({ a: "pending", b: "pending" })
    }).pipe(run)
  )

  it.scoped("stop writes what a write in flight that fails puts back", () =>
    Effect.gen(function* () {
      const open = yield* Effect.makeLatch()
      let isFirst = true
      const { stored, writer } = yield* writing((_, real) => {
        if (!isFirst) return real
        isFirst = false
        return open.whenOpen(Effect.fail(unreachable))
      })
      yield* writer.send([task("a")])
      yield* TestClock.adjust("1 second")
      const stopping = yield* Effect.fork(writer.stop)
      yield* TestClock.adjust("1 second")
      yield* open.open
      yield* Fiber.join(stopping)
      expect(yield* stored).toEqual({ a: "pending" })
    }).pipe(run)
  )

  it.scoped("stop waits for a database that is away, and can be given up", () =>
    Effect.gen(function* () {
      const { writer } = yield* writing(() => Effect.fail(unreachable))
      yield* writer.send([task("a")])
      const stopping = yield* Effect.fork(writer.stop)
      yield* TestClock.adjust("10 minutes")
      expect(yield* Fiber.poll(stopping)).toEqual(Option.none())
      yield* Fiber.interrupt(stopping)
    }).pipe(run)
  )

  it.scoped("discard while it stops forgets what is left, and nothing is written any more", () =>
    Effect.gen(function* () {
      const open = yield* Effect.makeLatch()
      const { saved, writer } = yield* writing((_, real) => open.whenOpen(real))
      yield* writer.send([task("a")])
      yield* TestClock.adjust("1 second")
      const stopping = yield* Effect.fork(writer.stop)
      yield* writer.send([task("b")])
      yield* TestClock.adjust("1 second")
      yield* writer.discard
      yield* open.open
      yield* Fiber.join(stopping)
      expect(saved.map((update) => update.tasks.map(({ id }) => id))).toEqual([["a"]])
    }).pipe(run)
  )
})
