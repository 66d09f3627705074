import { describe, expect, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Option, Scope, TestClock } from "effect"
import { WorkQueue } from "../../src/workqueue/WorkQueue.ts"
import { dataTask, gate, recorded, settle, statuses } from "./support.ts"

describe("WorkQueue, controlled", () => {
  describe("pausing", () => {
    it.scoped("stops what runs, keeps what is left, and finishes after resume", () =>
      Effect.gen(function* () {
        const { of, queue } = yield* recorded()
        const first = yield* gate
        yield* queue.enqueue(dataTask("a", first.through))
        yield* queue.enqueue(dataTask("b", Effect.void))
        yield* settle
        yield* queue.pause
        expect(first.started).toEqual({ times: 1, interrupted: 1 })
        yield* queue.enqueue(dataTask("late", Effect.void))
        yield* settle
        expect(yield* statuses(queue)).toEqual({ a: "paused", b: "paused", late: "paused" })
        yield* first.open
        yield* queue.resume
        yield* queue.wait
        expect(first.started.times).toBe(2)
        expect(of("a")).toEqual(["pending", "running", "paused", "pending", "running", "completed"])
        expect(of("b")).toEqual(["pending", "paused", "pending", "running", "completed"])
        expect(of("late")).toEqual(["paused", "pending", "running", "completed"])
      })
    )

    it.scoped("wait goes on waiting while the queue is paused", () =>
      Effect.gen(function* () {
        const queue = yield* WorkQueue.make()
        yield* queue.pause
        yield* queue.enqueue(dataTask("a", Effect.void))
        const waiting = yield* Effect.fork(queue.wait)
        yield* settle
        expect(Option.isNone(yield* Fiber.poll(waiting))).toBe(true)
        yield* queue.resume
        yield* Fiber.join(waiting)
      })
    )

    it.scoped("a commit that is interrupted is done again, alone", () =>
      Effect.gen(function* () {
        const queue = yield* WorkQueue.make()
        const commit = yield* gate
        let executed = 0
        yield* queue.enqueue(
          dataTask(
            "a",
            Effect.sync(() => executed++),
            () => commit.through
          )
        )
        yield* settle
        yield* queue.pause
        expect(commit.started).toEqual({ times: 1, interrupted: 1 })
        yield* commit.open
        yield* queue.resume
        yield* queue.wait
        expect(commit.started.times).toBe(2)
        expect(executed).toBe(1)
      })
    )

    it.scoped("a task whose complete has got past the commit ends as completed", () =>
      Effect.gen(function* () {
        const marked: Array<string> = []
        const mark = yield* gate
        const queue = yield* WorkQueue.make({
          complete: (task, commit) =>
            Effect.zipRight(
              commit,
              Effect.zipRight(
                mark.through,
                Effect.sync(() => marked.push(task.status))
              )
            )
        })
        yield* queue.enqueue(dataTask("a", Effect.void, () => Effect.void))
        yield* settle
        const pausing = yield* Effect.fork(queue.pause)
        yield* settle
        yield* mark.open
        yield* Fiber.join(pausing)
        expect(marked).toEqual(["completed"])
        expect(mark.started).toEqual({ times: 1, interrupted: 0 })
        expect(yield* statuses(queue)).toEqual({ a: "completed" })
        yield* queue.wait
      })
    )

    it.scoped("resume before everything has stopped keeps within the strategy", () =>
      Effect.gen(function* () {
        const queue = yield* WorkQueue.make()
        const ending = yield* Deferred.make<void>()
        const active = { now: 0, most: 0 }
        const execute = Effect.acquireUseRelease(
          Effect.sync(() => (active.most = Math.max(active.most, ++active.now))),
          () => Effect.sleep("1 second"),
          () =>
            Effect.zipRight(
              Deferred.await(ending),
              Effect.sync(() => active.now--)
            )
        )
        yield* queue.enqueue(dataTask("a", execute))
        yield* queue.enqueue(dataTask("b", execute))
        yield* settle
        const pausing = yield* Effect.fork(queue.pause)
        yield* settle
        yield* queue.resume
        yield* settle
        yield* Deferred.succeed(ending, undefined)
        yield* Fiber.join(pausing)
        yield* settle
        yield* TestClock.adjust("2 seconds")
        yield* queue.wait
        expect(active.most).toBe(1)
      })
    )
  })

  describe("cancelling", () => {
    it.scoped("ends everything unfinished, interrupts who waits, and takes nothing in any more", () =>
      Effect.gen(function* () {
        const { of, queue } = yield* recorded()
        const running = yield* gate
        yield* queue.enqueue(dataTask("done", Effect.void))
        yield* queue.wait
        yield* queue.enqueue(dataTask("running", running.through))
        yield* queue.enqueue(dataTask("waiting", Effect.void))
        const waiting = yield* Effect.fork(queue.wait)
        yield* settle
        yield* queue.cancel
        expect(Exit.isInterrupted(yield* Fiber.await(waiting))).toBe(true)
        expect(Exit.isInterrupted(yield* Effect.exit(queue.wait))).toBe(true)
        yield* queue.enqueue(dataTask("late", Effect.void))
        yield* queue.resume
        yield* settle
        expect(running.started).toEqual({ times: 1, interrupted: 1 })
        expect(of("running")).toEqual(["pending", "running", "cancelled"])
        expect(yield* statuses(queue)).toEqual({
          done: "completed",
          running: "cancelled",
          waiting: "cancelled",
          late: "cancelled"
        })
        expect((yield* queue.snapshot).every((task) => Option.isSome(task.completedAt))).toBe(true)
      })
    )

    it.scoped("what a task fails with while it is being stopped no longer counts", () =>
      Effect.gen(function* () {
        const queue = yield* WorkQueue.make()
        const rest = yield* gate
        yield* queue.enqueue(
          dataTask("a", Effect.uninterruptible(Effect.zipRight(rest.through, Effect.dieMessage("not now"))))
        )
        yield* settle
        const cancelling = yield* Effect.fork(queue.cancel)
        yield* settle
        yield* rest.open
        yield* Fiber.join(cancelling)
        expect(yield* statuses(queue)).toEqual({ a: "cancelled" })
        expect(Exit.isInterrupted(yield* Effect.exit(queue.wait))).toBe(true)
      })
    )

    it.scoped("ends a paused queue too", () =>
      Effect.gen(function* () {
        const queue = yield* WorkQueue.make()
        yield* queue.enqueue(dataTask("a", Effect.never))
        yield* settle
        yield* queue.pause
        yield* queue.cancel
        expect(yield* statuses(queue)).toEqual({ a: "cancelled" })
      })
    )

    it.scoped("a task may pause or cancel its own queue, even uninterruptibly", () =>
      Effect.gen(function* () {
        for (const end of ["pause", "cancel"] as const) {
          const queue = yield* WorkQueue.make()
          yield* queue.enqueue(dataTask("a", Effect.uninterruptible(queue[end])))
          yield* settle
          yield* queue[end]
          expect((yield* queue.counts)[end === "pause" ? "paused" : "cancelled"]).toBe(1)
        }
      })
    )
  })

  describe("closing its scope", () => {
    it.effect("stops what runs, leaves it pending, and interrupts who waits", () =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const { of, queue } = yield* Scope.extend(recorded(), scope)
        const running = yield* gate
        yield* queue.enqueue(dataTask("running", running.through))
        yield* queue.enqueue(dataTask("waiting", Effect.void))
        const waiting = yield* Effect.fork(queue.wait)
        yield* settle
        yield* Scope.close(scope, Exit.void)
        expect(running.started).toEqual({ times: 1, interrupted: 1 })
        expect(of("running")).toEqual(["pending", "running", "pending"])
        expect(Exit.isInterrupted(yield* Fiber.await(waiting))).toBe(true)
        yield* queue.enqueue(dataTask("late", Effect.void))
        yield* settle
        expect(yield* statuses(queue)).toEqual({ running: "pending", waiting: "pending", late: "pending" })
      })
    )

    it.effect("leaves what is paused as it is", () =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const { of, queue } = yield* Scope.extend(recorded(), scope)
        yield* queue.enqueue(dataTask("a", Effect.never))
        yield* settle
        yield* queue.pause
        yield* Scope.close(scope, Exit.void)
        yield* queue.resume
        yield* settle
        expect(of("a")).toEqual(["pending", "running", "paused"])
      })
    )
  })
})
