import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { ConcurrencyStrategy } from "../../src/workqueue/ConcurrencyStrategy.ts"
import type { Task } from "../../src/workqueue/Task.ts"
import { WorkQueue } from "../../src/workqueue/WorkQueue.ts"
import { dataTask, gate, recorded, settle, statuses } from "./support.ts"

describe("WorkQueue, with tasks that enqueue tasks", () => {
  describe("parents and children", () => {
    it.scoped("a parent gives its place to its children, shows as running, and commits after the last of them", () =>
      Effect.gen(function* () {
        const { of, queue } = yield* recorded()
        const written: Array<string> = []
        const write = (id: string) => () => Effect.sync(() => written.push(id))
        const leaf = yield* gate
        yield* queue.enqueue(
          dataTask(
            "root",
            queue.enqueue(
              dataTask("child", queue.enqueue(dataTask("leaf", leaf.through, write("leaf"))), write("child"))
            ),
            write("root")
          )
        )
        yield* settle
        expect(yield* statuses(queue)).toEqual({ root: "running", child: "running", leaf: "running" })
        yield* leaf.open
        yield* queue.wait
        expect(written).toEqual(["leaf", "child", "root"])
        expect(of("root")).toEqual(["pending", "running", "completed"])
      })
    )

    it.scoped("a parent is not completed where a child fails", () =>
      Effect.gen(function* () {
        const queue = yield* WorkQueue.make()
        yield* queue.enqueue(dataTask("root", queue.enqueue(dataTask("child", Effect.fail("no")))))
        expect((yield* Effect.flip(queue.wait)).taskId).toBe("child")
        expect(yield* statuses(queue)).toEqual({ root: "pending", child: "failed" })
      })
    )

    it.scoped("a second parent waits for a child that is known already", () =>
      Effect.gen(function* () {
        const queue = yield* WorkQueue.make({ strategy: ConcurrencyStrategy.serialized({ dataConcurrency: 3 }) })
        const shared = yield* gate
        const child = dataTask("shared", shared.through)
        yield* queue.enqueue(dataTask("one", queue.enqueue(child)))
        yield* queue.enqueue(dataTask("two", queue.enqueue(child)))
        yield* settle
        expect(yield* statuses(queue)).toEqual({ one: "running", two: "running", shared: "running" })
        yield* shared.open
        yield* queue.wait
        expect(shared.started.times).toBe(1)
      })
    )

    it.scoped("a task that enqueues itself or what waits for it does not wait for ever", () =>
      Effect.gen(function* () {
        const queue = yield* WorkQueue.make()
        const runs: Array<string> = []
        const root: Task<void, never, never> = dataTask(
          "root",
          Effect.suspend(() => {
            runs.push("root")
            return Effect.zipRight(queue.enqueue(root), queue.enqueue(child))
          })
        )
        const child: Task<void, never, never> = dataTask(
          "child",
          Effect.suspend(() => {
            runs.push("child")
            return queue.enqueue(dataTask("grandchild", queue.enqueue(root)))
          })
        )
        yield* queue.enqueue(root)
        yield* queue.wait
        expect(runs).toEqual(["root", "child"])
      })
    )

    it.scoped("a parent that waits is paused with its children, and does not execute again", () =>
      Effect.gen(function* () {
        const { of, queue } = yield* recorded()
        const child = yield* gate
        let executed = 0
        const execute = Effect.zipRight(
          Effect.sync(() => executed++),
          queue.enqueue(dataTask("child", child.through))
        )
        yield* queue.enqueue(dataTask("root", execute))
        yield* settle
        yield* queue.pause
        expect(yield* statuses(queue)).toEqual({ root: "paused", child: "paused" })
        yield* child.open
        yield* queue.resume
        yield* queue.wait
        expect(executed).toBe(1)
        expect(of("root")).toEqual(["pending", "running", "paused", "running", "completed"])
      })
    )

    it.scoped("a parent that finishes executing during a pause waits for its children paused", () =>
      Effect.gen(function* () {
        const queue = yield* WorkQueue.make()
        const rest = yield* gate
        const execute = queue
          .enqueue(dataTask("child", Effect.void))
          .pipe(Effect.zipRight(rest.through), Effect.uninterruptible)
        yield* queue.enqueue(dataTask("root", execute))
        yield* settle
        const pausing = yield* Effect.fork(queue.pause)
        yield* settle
        yield* rest.open
        yield* Fiber.join(pausing)
        expect(yield* statuses(queue)).toEqual({ root: "paused", child: "paused" })
        yield* queue.resume
        yield* queue.wait
        expect(yield* statuses(queue)).toEqual({ root: "completed", child: "completed" })
      })
    )

    it.scoped("a parent waits also for what a fiber that it left behind enqueues before it could commit", () =>
      Effect.gen(function* () {
        const queue = yield* WorkQueue.make({ strategy: ConcurrencyStrategy.parallelLlm() })
        const [first, behind, second] = yield* Effect.all([gate, gate, gate])
        const llm = (id: string, execute: Effect.Effect<void>) =>
          queue.enqueue({ id, name: `Task ${id}`, class: "llm", execute })
        const leftBehind = Effect.zipRight(behind.through, llm("second", second.through))
        yield* queue.enqueue(
          dataTask("root", Effect.zipRight(llm("first", first.through), Effect.forkDaemon(leftBehind)))
        )
        yield* settle
        yield* behind.open
        yield* settle
        yield* first.open
        yield* settle
        const expected = { root: "running", first: "completed", second: "running" }
        expect(yield* statuses(queue)).toEqual(expected)
        yield* second.open
        yield* queue.wait
      })
    )

    it.scoped("a parent that enqueues the same child twice waits for it once", () =>
      Effect.gen(function* () {
        const queue = yield* WorkQueue.make()
        const child = queue.enqueue(dataTask("child", Effect.void))
        yield* queue.enqueue(dataTask("root", Effect.zipRight(child, child)))
        yield* queue.wait
        expect((yield* queue.counts).completed).toBe(2)
      })
    )

    it.scoped("a task that waits for its own queue is told so", () =>
      Effect.gen(function* () {
        const queue = yield* WorkQueue.make()
        yield* queue.enqueue(dataTask("a", queue.wait))
        expect((yield* Effect.flip(queue.wait)).message).toBe("Task a waits for the queue it is in")
      })
    )

    it.scoped("a task may wait for a queue of its own", () =>
      Effect.gen(function* () {
        const queue = yield* WorkQueue.make()
        const inner = Effect.scoped(
          Effect.gen(function* () {
            const own = yield* WorkQueue.make()
            yield* own.enqueue(dataTask("a", Effect.void))
            yield* own.wait
          })
        )
        yield* queue.enqueue(dataTask("a", inner))
        yield* queue.wait
      })
    )
  })

  describe("taking over", () => {
    it.scoped("what an earlier owner completed shows as completed, is not announced, and does not run", () =>
      Effect.gen(function* () {
        const { changes, queue } = yield* recorded({ completed: new Set(["a", "child"]) })
        const ran: Array<string> = []
        const run = (id: string) =>
          dataTask(
            id,
            Effect.sync(() => ran.push(id))
          )
        yield* queue.enqueue(run("a"))
        yield* queue.enqueue(
          dataTask("root", Effect.zipRight(queue.enqueue(run("child")), queue.enqueue(run("other child"))))
        )
        yield* queue.wait
        expect(ran).toEqual(["other child"])
        expect(new Set(changes.map(({ id }) => id))).toEqual(new Set(["root", "other child"]))
        expect((yield* queue.counts).completed).toBe(4)
      })
    )
  })
})
