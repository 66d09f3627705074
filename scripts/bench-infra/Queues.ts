import { Effect } from "effect"
import { ConcurrencyStrategy, WorkQueue } from "../../src/index.ts"
import { file, install } from "../bench-peers/Engines.ts"
import { digits } from "./Figures.ts"
import type { Family, Row } from "./Row.ts"

/** The work queue in memory beside p-queue and fastq, which only run functions. */

/** Numbers of tasks, a row each. */
const SIZES = [1_000, 10_000, 100_000, 1_000_000]
/** Tasks that run at once. */
export const CONCURRENCY = 8
/** A small queue is run repeatedly until this many tasks have ended, so that the JIT compiler's warm-up does not dominate. */
const AT_LEAST = 20_000

type Run = (tasks: number, concurrency: number) => Promise<void>

/** Imported by its path: `queues.mjs` belongs to the peers' package, which has its own dependencies. */
const load = Effect.promise(async (): Promise<{ readonly pQueue: Run; readonly fastQueue: Run }> => {
  return await import(file("./queues.mjs"))
})

/** Runs `size` tasks that do nothing through our work queue. */
export const ours = (size: number) =>
  Effect.gen(function* () {
    const strategy = ConcurrencyStrategy.serialized({ dataConcurrency: CONCURRENCY })
    const queue = yield* WorkQueue.make({ strategy })
    for (let task = 0; task < size; task++) {
      yield* queue.enqueue({ id: `${task}`, name: "nothing", class: "data", execute: Effect.void })
    }
    yield* queue.wait
  }).pipe(Effect.scoped)

/** Tasks per second of an effect that runs `size` tasks. */
export const perSecond = <E, R>(size: number, run: Effect.Effect<void, E, R>) =>
  Effect.gen(function* () {
    const times = Math.ceil(AT_LEAST / size)
    const from = performance.now()
    for (let time = 0; time < times; time++) yield* run
    return { speed: (times * size) / ((performance.now() - from) / 1000) }
  })

const row = (size: number) =>
  Effect.gen(function* () {
    yield* install
    const { fastQueue, pQueue } = yield* load
    const result: Row = {
      title: `${size.toLocaleString("en-US")} tasks that do nothing through a queue in memory, ${CONCURRENCY} at once`,
      columns: { speed: "tasks/s" },
      sides: [
        { label: "ours: states, retries, parents, interruption", measure: perSecond(size, ours(size)) },
        {
          label: "p-queue",
          measure: perSecond(
            size,
            Effect.promise(() => pQueue(size, CONCURRENCY))
          )
        },
        {
          label: "fastq",
          measure: perSecond(
            size,
            Effect.promise(() => fastQueue(size, CONCURRENCY))
          )
        }
      ],
      judge: ([own, ...others]) =>
        others.map((other, which) => {
          const ratio = (own?.["speed"] ?? 0) / (other["speed"] ?? 0)
          const said = `ours ÷ ${["p-queue", "fastq"][which]}: ${digits(ratio)}`
          return ratio < 1 ? `LOSS  ${said}` : said
        })
    }
    return result
  })

/** The rows "queues". */
export const queues: Family = () => SIZES.map(row)
