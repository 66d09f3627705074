import { describe, expect, it } from "@effect/vitest"
import { Effect, Exit, Fiber, FastCheck as fc, Option, TestClock } from "effect"
import { settle } from "../workqueue/support.ts"
import { away, run, world, write } from "./CommitsWorld.ts"

const LONG = "10 minutes"

/** The answers to a COMMIT, and then to four looks at what it had marked: none is the commit's fault. */
const FIVE_ANSWERS_LOST: Happening = {
  tasks: [
    { after: 0, does: "completes", steps: 0, withdrawnAfter: undefined },
    { after: 0, does: "completes", steps: 0, withdrawnAfter: 0 }
  ],
  events: Array.from({ length: 5 }, () => ({ after: 0, is: "an answer is lost" })),
  takes: 0
}

/** What happens, and when, in steps of the scheduler. */
interface Happening {
  readonly tasks: ReadonlyArray<{
    readonly after: number
    readonly does: string
    readonly steps: number
    readonly withdrawnAfter: number | undefined
  }>
  readonly events: ReadonlyArray<{ readonly after: number; readonly is: string }>
  readonly takes: number
}

/** That it leaves each task committed once or failed, as it was told. */
const holds = ({ events, takes, tasks }: Happening) =>
  Effect.gen(function* () {
    const { database, submit, told, writer } = yield* world()
    const yields = (times: number) => Effect.replicateEffect(Effect.yieldNow(), times, { discard: true })
    database.beginning = yields(takes)
    database.ending = yields(takes)
    const commitOf = (id: string, { does, steps }: Happening["tasks"][number]) => {
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
  }).pipe(run)

describe("commits, whatever comes between", () => {
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
    holds,
    { fastCheck: { numRuns: 100 } }
  )

  it.effect("what is committed is not told as failed, however many answers are lost after it", () =>
    holds(FIVE_ANSWERS_LOST)
  )
})
