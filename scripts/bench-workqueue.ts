import { Console, Duration, Effect, FiberSet } from "effect"
import { NodeRuntime } from "@effect/platform-node"
import { ConcurrencyStrategy } from "../src/workqueue/ConcurrencyStrategy.ts"
import { WorkQueue } from "../src/workqueue/WorkQueue.ts"

/** No-op tasks per second through a work queue, beside a fork and a semaphore for each, in turns on the same machine. */

const TASKS = 50_000
const CONCURRENCY = 8
const ROUNDS = 7

const forkAndSemaphore = Effect.gen(function* () {
  const semaphore = yield* Effect.makeSemaphore(CONCURRENCY)
  const fibers = yield* FiberSet.make<void>()
  for (let i = 0; i < TASKS; i++) yield* FiberSet.run(fibers, semaphore.withPermits(1)(Effect.void))
  yield* FiberSet.awaitEmpty(fibers)
}).pipe(Effect.scoped)

const queue = Effect.gen(function* () {
  const strategy = ConcurrencyStrategy.serialized({ dataConcurrency: CONCURRENCY })
  const tasks = yield* WorkQueue.make({ strategy })
  for (let i = 0; i < TASKS; i++) {
    yield* tasks.enqueue({ id: `${i}`, name: "nothing", class: "data", execute: Effect.void })
  }
  yield* tasks.wait
}).pipe(Effect.scoped)

const perSecond = <E>(run: Effect.Effect<void, E>) =>
  Effect.map(Effect.timed(run), ([elapsed]) => TASKS / Duration.toSeconds(elapsed))

const median = (values: ReadonlyArray<number>) => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

const round = Effect.all({ queue: perSecond(queue), forkAndSemaphore: perSecond(forkAndSemaphore) })

const program = Effect.gen(function* () {
  yield* round
  const rounds = yield* Effect.replicateEffect(round, ROUNDS)
  const ours = median(rounds.map((each) => each.queue))
  const theirs = median(rounds.map((each) => each.forkAndSemaphore))
  const ratio = median(rounds.map((each) => each.queue / each.forkAndSemaphore))
  yield* Console.log(
    [
      `${TASKS} no-op tasks at concurrency ${CONCURRENCY}, median of ${ROUNDS} rounds`,
      `work queue          ${Math.round(ours)} tasks/s`,
      `fork and semaphore  ${Math.round(theirs)} tasks/s`,
      `ratio               ${ratio.toFixed(2)}`
    ].join("\n")
  )
})

NodeRuntime.runMain(program)
