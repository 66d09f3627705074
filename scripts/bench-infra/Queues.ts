import { Effect } from "effect"
import { ConcurrencyStrategy, WorkQueue } from "../../src/index.ts"
import { file, install } from "../bench-peers/Engines.ts"
import { digits } from "./Figures.ts"
import type { Family, Row } from "./Row.ts"

/** The queue in memory beside two that do nothing else. */

const SIZES = [1_000, 10_000, 100_000, 1_000_000]
const CONCURRENCY = 8
/** Small queues are run again and again until so many tasks have been through, so that it is not the compiler that is measured. */
const AT_LEAST = 20_000

type Run = (tasks: number, concurrency: number) => Promise<void>

/** Loaded by its place, for it belongs to a package of its own, with the two. */
const load = Effect.promise(async (): Promise<{ readonly pQueue: Run; readonly fastQueue: Run }> => {
  return await import(file("./queues.mjs"))
})

const ours = (size: number) =>
  Effect.gen(function* () {
    const strategy = ConcurrencyStrategy.serialized({ dataConcurrency: CONCURRENCY })
    const queue = yield* WorkQueue.make({ strategy })
    for (let task = 0; task < size; task++) {
      yield* queue.enqueue({ id: `${task}`, name: "nothing", class: "data", execute: Effect.void })
    }
    yield* queue.wait
  }).pipe(Effect.scoped)

const perSecond = <E, R>(size: number, run: Effect.Effect<void, E, R>) =>
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

/** Rows of queues in memory. */
export const queues: Family = () => SIZES.map(row)
