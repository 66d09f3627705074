import { describe, expect, it } from "@effect/vitest"
import { Cause, Context, Effect, Exit, Fiber, Option, Scope, TestClock } from "effect"
import { ConcurrencyStrategy } from "../../src/workqueue/ConcurrencyStrategy.ts"
import { MAX_COMMITTING } from "../../src/workqueue/TaskLanes.ts"
import { WorkQueue } from "../../src/workqueue/WorkQueue.ts"
import { dataTask, gate, recorded, retryable, settle, stateOf, statuses, two } from "./support.ts"

class Transaction extends Context.Tag("test/Transaction")<Transaction, string>() {}
class Place extends Context.Tag("test/Place")<Place, string>() {}

const noSuchTable = { message: "no such table" }

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

  it.scoped("a task that commits leaves its place to the next one", () =>
    Effect.gen(function* () {
      const queue = yield* WorkQueue.make()
      const [commit, next] = yield* Effect.all([gate, gate])
      yield* queue.enqueue(dataTask("a", Effect.void, () => commit.through))
      yield* queue.enqueue(dataTask("b", next.through))
      yield* settle
      expect([commit.started.times, next.started.times]).toEqual([1, 1])
      expect(yield* statuses(queue)).toEqual({ a: "running", b: "running" })
      yield* Effect.all([commit.open, next.open])
      yield* queue.wait
    })
  )

  it.scoped("no task starts while as many commits wait as may, and the next one starts when one is through", () =>
    Effect.gen(function* () {
      const queue = yield* WorkQueue.make({ strategy: ConcurrencyStrategy.serialized({ dataConcurrency: Infinity }) })
      const [first, others] = yield* Effect.all([gate, gate])
      yield* queue.enqueue(dataTask("first", Effect.void, () => first.through))
      for (let n = 1; n < MAX_COMMITTING; n++) yield* queue.enqueue(dataTask(`${n}`, Effect.void, () => others.through))
      yield* settle
      const late = yield* gate
      yield* queue.enqueue(dataTask("late", late.through))
      yield* settle
      expect([others.started.times, late.started.times]).toEqual([MAX_COMMITTING - 1, 0])
      yield* first.open
      yield* settle
      expect(late.started.times).toBe(1)
      yield* Effect.all([others.open, late.open])
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
        .pipe(Effect.provideService(Place, "the enqueuer's"), Effect.provideService(Transaction, "the enqueuer's"))
      yield* queue.wait.pipe(Effect.provideService(Place, "the waiter's"))
      expect(seen).toEqual(["the enqueuer's", "the enqueuer's", "opened by complete", "the enqueuer's"])
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
        yield* queue.enqueue(dataTask("broken", Effect.delay(Effect.fail(noSuchTable), "1 second")))
        yield* queue.enqueue(dataTask("waiting", Effect.fail("never runs")))
        const waiting = yield* Effect.fork(Effect.flip(queue.wait))
        yield* settle
        yield* TestClock.adjust("1 second")
        const failure = yield* Fiber.join(waiting)
        expect(failure).toMatchObject({ _tag: "TaskFailed", taskId: "broken", taskName: "Task broken" })
        expect(failure.message).toBe("no such table")
        expect(Cause.squash(failure.cause)).toBe(noSuchTable)
        expect(other.started).toEqual({ times: 1, interrupted: 1 })
        expect(of("running")).toEqual(["pending", "running", "pending"])
        expect(yield* statuses(queue)).toEqual({ running: "pending", broken: "failed", waiting: "pending" })
        expect((yield* stateOf(queue, "broken")).error).toEqual(Option.some("no such table"))
      })
    )

    it.scoped("wait does not fail before the others have cleaned up", () =>
      Effect.gen(function* () {
        const queue = yield* WorkQueue.make({ strategy: two })
        const cleaning = yield* gate
        yield* queue.enqueue(dataTask("slow to stop", Effect.ensuring(Effect.never, cleaning.through)))
        yield* queue.enqueue(dataTask("broken", Effect.fail("no")))
        const waiting = yield* Effect.fork(Effect.flip(queue.wait))
        yield* settle
        expect(cleaning.started.times).toBe(1)
        expect(Option.isNone(yield* Fiber.poll(waiting))).toBe(true)
        yield* cleaning.open
        expect((yield* Fiber.join(waiting)).taskId).toBe("broken")
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
    ])("a task that %s has failed, and the queue has not crashed", ([, execute, message]) =>
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
          [{ message: "rate limited" }, 1]
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
})
