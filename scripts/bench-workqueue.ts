import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, FiberSet } from "effect"
import { digits, median } from "./bench-infra/Figures.ts"
import { CONCURRENCY, ours, perSecond } from "./bench-infra/Queues.ts"

/**
 * The work queue beside a fiber and a semaphore permit for each task, with tasks that do nothing: `npx tsx scripts/bench-workqueue.ts`.
 * Both are measured in turns; the first round is not counted.
 */
const TASKS = 50_000
const ROUNDS = 7

const forkAndSemaphore = Effect.gen(function* () {
  const semaphore = yield* Effect.makeSemaphore(CONCURRENCY)
  const fibers = yield* FiberSet.make<void>()
  for (let i = 0; i < TASKS; i++) yield* FiberSet.run(fibers, semaphore.withPermits(1)(Effect.void))
  yield* FiberSet.awaitEmpty(fibers)
}).pipe(Effect.scoped)

const round = Effect.all({ queue: perSecond(TASKS, ours(TASKS)), fibers: perSecond(TASKS, forkAndSemaphore) })

const program = Effect.gen(function* () {
  yield* round
  const rounds = yield* Effect.replicateEffect(round, ROUNDS)
  yield* Console.log(
    [
      `${TASKS} tasks that do nothing, ${CONCURRENCY} at once, median of ${ROUNDS} rounds`,
      `work queue           ${digits(median(rounds.map(({ queue }) => queue.speed)))} tasks/s`,
      `fiber and semaphore  ${digits(median(rounds.map(({ fibers }) => fibers.speed)))} tasks/s`,
      `ratio                ${digits(median(rounds.map(({ fibers, queue }) => queue.speed / fibers.speed)))}`
    ].join("\n")
  )
})

NodeRuntime.runMain(program)
