import { describe, expect, it } from "@effect/vitest"
import { Cause, Context, Deferred, Effect, Exit, Fiber, Option, Scope, TestClock } from "effect"
import { ConcurrencyStrategy } from "../../src/workqueue/ConcurrencyStrategy.ts"
import type { Task, TaskState } from "../../src/workqueue/Task.ts"
import { WorkQueue, type WorkQueueOptions } from "../../src/workqueue/WorkQueue.ts"

class Transaction extends Context.Tag("test/Transaction")<Transaction, string>() {}
class Place extends Context.Tag("test/Place")<Place, string>() {}

const dataTask = <A, E, R, E2 = never, R2 = never>(
  id: string,
  execute: Effect.Effect<A, E, R>,
  commit?: (result: A) => Effect.Effect<void, E2, R2>
): Task<A, E, R, E2, R2> => ({ id, name: `Task ${id}`, class: "data", execute, commit })

const statuses = (queue: WorkQueue) =>
  Effect.map(queue.snapshot, (tasks) => Object.fromEntries(tasks.map(({ id, status }) => [id, status])))

const stateOf = (queue: WorkQueue, id: string) =>
  Effect.flatMap(queue.snapshot, (tasks) => Option.fromNullable(tasks.find((task) => task.id === id)))

/** Lets everything run that does not wait for anything. */
const settle = Effect.replicateEffect(Effect.yieldNow(), 50, { discard: true })

/** Work that says how often it has started and waits until it may go on. */
const gate = Effect.gen(function* () {
  const open = yield* Deferred.make<void>()
  const started = { times: 0, interrupted: 0 }
  const through = Effect.zipRight(
    Effect.sync(() => started.times++),
    Effect.onInterrupt(Deferred.await(open), () => Effect.sync(() => started.interrupted++))
  )
  return { open: Deferred.succeed(open, undefined), started, through }
})

const two = ConcurrencyStrategy.serialized({ dataConcurrency: 2 })

const retryable = (message: string) => ({ message, retryable: true }) as const

/** A queue that keeps every change it announces. */
const recorded = (options: WorkQueueOptions = {}) =>
  Effect.gen(function* () {
    const changes: Array<TaskState> = []
    const queue = yield* WorkQueue.make({ ...options, onChange: (task) => Effect.sync(() => changes.push(task)) })
    const of = (id: string) => changes.filter((task) => task.id === id).map(({ status }) => status)
    return { changes, of, queue }
  })

describe("WorkQueue", () => {
  it.scoped("runs a task and commits its result", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_000)
      const queue = yield* WorkQueue.make()
      const written: Array<number> = []
      yield* queue.enqueue(
        dataTask("answer", Effect.delay(Effect.succeed(42), "3 seconds"), (result) =>
          Effect.sync(() => written.push(result))
        )
      )
      yield* settle
      yield* TestClock.adjust("3 seconds")
      yield* queue.wait
      expect(written).toEqual([42])
      expect(yield* queue.snapshot).toEqual([
        {
          id: "answer",
          name: "Task answer",
          class: "data",
          ordinal: 0,
          status: "completed",
          retryCount: 0,
          error: Option.none(),
          startedAt: Option.some(1_000),
          completedAt: Option.some(4_000)
        }
      ])
    })
  )

  it.scoped("waits again for what is enqueued after a wait, and not at all where nothing is", () =>
    Effect.gen(function* () {
      const queue = yield* WorkQueue.make()
      yield* queue.wait
      yield* queue.enqueue(dataTask("a", Effect.void))
      yield* queue.wait
      yield* queue.enqueue(dataTask("b", Effect.void))
      yield* queue.wait
      expect(yield* queue.counts).toEqual({
        pending: 0,
        running: 0,
        completed: 2,
        failed: 0,
        cancelled: 0,
        paused: 0,
        total: 2
      })
    })
  )

  it.scoped("takes a task with the same id once", () =>
    Effect.gen(function* () {
      const queue = yield* WorkQueue.make()
      let runs = 0
      const task = dataTask(
        "a",
        Effect.sync(() => runs++)
      )
      yield* queue.enqueue(task)
      yield* queue.enqueue(task)
      yield* queue.wait
      yield* queue.enqueue(task)
      yield* queue.wait
      expect(runs).toBe(1)
    })
  )

  it.scoped("keeps a class that waits from holding up the other", () =>
    Effect.gen(function* () {
      const queue = yield* WorkQueue.make()
      const data = yield* gate
      yield* queue.enqueue(dataTask("data", data.through))
      yield* queue.enqueue(dataTask("data behind", Effect.void))
      yield* queue.enqueue({ id: "llm", name: "LLM", class: "llm", execute: Effect.void })
      yield* settle
      expect(yield* statuses(queue)).toEqual({ data: "running", "data behind": "pending", llm: "completed" })
      yield* data.open
      yield* queue.wait
    })
  )

  it.scoped("executes in the context of the enqueuer, and commits also in what complete provides", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const queue = yield* WorkQueue.make<Transaction>({
        complete: (_, commit) => Effect.provideService(commit, Transaction, "opened by complete")
      })
      yield* queue
        .enqueue(
          dataTask("a", Effect.serviceOption(Transaction).pipe(Effect.zip(Place)), ([transaction, place]) =>
            Effect.gen(function* () {
              seen.push(
                Option.getOrElse(transaction, () => "none"),
                place,
                yield* Transaction,
                yield* Place
              )
            })
          )
        )
        .pipe(Effect.provideService(Place, "the enqueuer's"))
      yield* queue.wait.pipe(Effect.provideService(Place, "the waiter's"))
      expect(seen).toEqual(["none", "the enqueuer's", "opened by complete", "the enqueuer's"])
    }).pipe(Effect.provideService(Place, "the queue's"))
  )

  it.scoped("asks admit at each enqueue, in the context of the enqueuer", () =>
    Effect.gen(function* () {
      const queue = yield* WorkQueue.make({
        admit: Effect.flatMap(Effect.serviceOption(Transaction), (transaction) =>
          Option.isSome(transaction) ? Effect.dieMessage("Not in a transaction") : Effect.void
        )
      })
      yield* queue.enqueue(dataTask("outside", Effect.void))
      const refused = yield* queue
        .enqueue(dataTask("inside", Effect.void))
        .pipe(Effect.provideService(Transaction, "open"), Effect.exit)
      expect(Exit.isFailure(refused) && Cause.isDie(refused.cause)).toBe(true)
      yield* queue.wait
      expect(yield* statuses(queue)).toEqual({ outside: "completed" })
    })
  )

  it.effect("runs tasks interruptibly, even where it is made in an uninterruptible region", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const queue = yield* Effect.uninterruptible(Scope.extend(WorkQueue.make(), scope))
      yield* queue.enqueue(dataTask("endless", Effect.never))
      yield* settle
      yield* queue.pause
      expect(yield* statuses(queue)).toEqual({ endless: "paused" })
      yield* Scope.close(scope, Exit.void)
    })
  )

  it.scoped("ends the fibers that a task forked with the task", () =>
    Effect.gen(function* () {
      const queue = yield* WorkQueue.make()
      const forked = yield* gate
      yield* queue.enqueue(dataTask("a", Effect.zipRight(Effect.fork(forked.through), Effect.yieldNow())))
      yield* queue.wait
      expect(forked.started).toEqual({ times: 1, interrupted: 1 })
    })
  )

  describe("failing", () => {
    it.scoped("wait fails with the first error, when everything else has stopped and is pending again", () =>
      Effect.gen(function* () {
        const { of, queue } = yield* recorded({ strategy: two })
        const other = yield* gate
        yield* queue.enqueue(dataTask("running", other.through))
        yield* queue.enqueue(dataTask("broken", Effect.delay(Effect.fail(new Error("no such table")), "1 second")))
        yield* queue.enqueue(dataTask("waiting", Effect.fail("never runs")))
        const waiting = yield* Effect.fork(Effect.flip(queue.wait))
        yield* settle
        yield* TestClock.adjust("1 second")
        const failure = yield* Fiber.join(waiting)
        expect(failure).toMatchObject({ _tag: "TaskFailed", taskId: "broken", taskName: "Task broken" })
        expect(failure.message).toBe("no such table")
        expect(Cause.squash(failure.cause)).toEqual(new Error("no such table"))
        expect(other.started).toEqual({ times: 1, interrupted: 1 })
        expect(of("running")).toEqual(["pending", "running", "pending"])
        expect(yield* statuses(queue)).toEqual({ running: "pending", broken: "failed", waiting: "pending" })
        expect((yield* stateOf(queue, "broken")).error).toEqual(Option.some("no such table"))
      })
    )

    it.scoped("nothing runs after a failure, every wait says the same, and cancel ends the rest", () =>
      Effect.gen(function* () {
        const queue = yield* WorkQueue.make()
        yield* queue.enqueue(dataTask("broken", Effect.fail("first")))
        yield* queue.enqueue(dataTask("b", Effect.fail("second")))
        yield* Effect.flip(queue.wait)
        yield* queue.enqueue(dataTask("late", Effect.fail("third")))
        yield* queue.resume
        yield* queue.pause
        yield* settle
        expect((yield* Effect.flip(queue.wait)).message).toBe("first")
        expect(yield* statuses(queue)).toEqual({ broken: "failed", b: "pending", late: "pending" })
        yield* queue.cancel
        expect(yield* statuses(queue)).toEqual({ broken: "failed", b: "cancelled", late: "cancelled" })
        expect((yield* Effect.flip(queue.wait)).message).toBe("first")
      })
    )

    it.scoped.each<[string, Effect.Effect<void>, string]>([
      ["dies", Effect.die(new TypeError("x is undefined")), "x is undefined"],
      ["interrupts itself", Effect.interrupt, "The task interrupted itself"]
    ])("a task that %s has failed, and the queue has not crashed", ([_, execute, message]) =>
      Effect.gen(function* () {
        const queue = yield* WorkQueue.make()
        yield* queue.enqueue(dataTask("a", execute))
        expect((yield* Effect.flip(queue.wait)).message).toBe(message)
        expect((yield* queue.counts).failed).toBe(1)
      })
    )

    it.scoped("a commit that throws or fails fails the task", () =>
      Effect.gen(function* () {
        for (const commit of [() => Effect.fail("refused"), () => Effect.die("refused")]) {
          const queue = yield* WorkQueue.make()
          yield* queue.enqueue(dataTask("a", Effect.void, commit))
          expect((yield* Effect.flip(queue.wait)).message).toBe("refused")
        }
        const queue = yield* WorkQueue.make()
        const commit = (): Effect.Effect<void> => {
          throw new Error("thrown")
        }
        yield* queue.enqueue(dataTask("a", Effect.void, commit))
        expect((yield* Effect.flip(queue.wait)).message).toBe("thrown")
      })
    )
  })

  describe("retrying", () => {
    it.scoped("retries what is retryable, counts it, and says why in the meantime", () =>
      Effect.gen(function* () {
        const { changes, queue } = yield* recorded()
        let attempts = 0
        const execute = Effect.suspend(() =>
          ++attempts < 3 ? Effect.fail(retryable(`connection lost ${attempts}`)) : Effect.void
        )
        yield* queue.enqueue(dataTask("a", execute))
        yield* settle
        expect(yield* stateOf(queue, "a")).toMatchObject({
          status: "running",
          retryCount: 1,
          error: Option.some("connection lost 1")
        })
        yield* TestClock.adjust("1 minute")
        yield* queue.wait
        expect(changes.map(({ error, retryCount, status }) => [status, retryCount, Option.getOrNull(error)])).toEqual([
          ["pending", 0, null],
          ["running", 0, null],
          ["running", 1, "connection lost 1"],
          ["running", 2, "connection lost 2"],
          ["completed", 2, null]
        ])
      })
    )

    it.scoped("retries a commit without executing again", () =>
      Effect.gen(function* () {
        const queue = yield* WorkQueue.make()
        const times = { executed: 0, committed: 0 }
        yield* queue.enqueue(
          dataTask(
            "a",
            Effect.sync(() => times.executed++),
            () => Effect.suspend(() => (++times.committed < 4 ? Effect.fail(retryable("deadlock")) : Effect.void))
          )
        )
        yield* settle
        yield* TestClock.adjust("1 minute")
        yield* queue.wait
        expect(times).toEqual({ executed: 1, committed: 4 })
        expect((yield* stateOf(queue, "a")).retryCount).toBe(3)
      })
    )

    it.scoped("gives up after 24 retries, or at once where the error does not say that it is retryable", () =>
      Effect.gen(function* () {
        for (const [error, expected] of [
          [retryable("rate limited"), 25],
          [new Error("rate limited"), 1]
        ] as const) {
          const queue = yield* WorkQueue.make()
          let attempts = 0
          yield* queue.enqueue(
            dataTask(
              "a",
              Effect.suspend(() => {
                attempts++
                return Effect.fail(error)
              })
            )
          )
          yield* settle
          yield* TestClock.adjust("1 hour")
          expect((yield* Effect.flip(queue.wait)).message).toBe("rate limited")
          expect(attempts).toBe(expected)
          expect((yield* stateOf(queue, "a")).retryCount).toBe(expected - 1)
        }
      })
    )
  })

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
        yield* queue.enqueue(dataTask("a", Effect.void))
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

  describe("tasks that enqueue tasks", () => {
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

  describe("announcing", () => {
    it.scoped("tells every change in order although each telling takes a while, and wait waits for that", () =>
      Effect.gen(function* () {
        const changes: Array<string> = []
        const queue = yield* WorkQueue.make({
          strategy: ConcurrencyStrategy.serialized({ dataConcurrency: 5 }),
          onChange: ({ id, status }) =>
            Effect.zipRight(
              Effect.yieldNow(),
              Effect.sync(() => changes.push(`${id} ${status}`))
            )
        })
        for (const id of ["a", "b", "c"]) yield* queue.enqueue(dataTask(id, Effect.yieldNow()))
        yield* queue.wait
        for (const id of ["a", "b", "c"]) {
          expect(changes.filter((change) => change.startsWith(id))).toEqual(
            ["pending", "running", "completed"].map((status) => `${id} ${status}`)
          )
        }
      })
    )

    it.scoped("a listener that dies does not stop the queue, and is told the next change", () =>
      Effect.gen(function* () {
        let told = 0
        const queue = yield* WorkQueue.make({
          onChange: () => Effect.suspend(() => (++told === 1 ? Effect.die("listener") : Effect.void))
        })
        yield* queue.enqueue(dataTask("a", Effect.void))
        yield* queue.wait
        expect(told).toBe(3)
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
