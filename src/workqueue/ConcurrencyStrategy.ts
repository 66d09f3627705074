import type { TaskClass } from "./Task.ts"

/** How many tasks of each class run at the same time: whole numbers from 1, or `Infinity`. */
export interface ConcurrencyStrategy extends Readonly<Record<TaskClass, number>> {}

interface DataConcurrency {
  /** Lifts the limit on data tasks. Default: {@link DEFAULT_DATA_CONCURRENCY}. */
  readonly dataConcurrency?: number | undefined
}

/** One data task at a time: they load a database that belongs to somebody else. */
export const DEFAULT_DATA_CONCURRENCY = 1

const limit = (what: string, value: number) => {
  if (value === Infinity || (Number.isSafeInteger(value) && value >= 1)) return value
  throw new RangeError(`${what} must be a whole number from 1, or Infinity, but is ${value}`)
}

const make = (
  llm: number,
  { dataConcurrency = DEFAULT_DATA_CONCURRENCY }: DataConcurrency = {}
): ConcurrencyStrategy => ({
  llm: limit("llm concurrency", llm),
  data: limit("dataConcurrency", dataConcurrency)
})

/** One llm task and one data task at a time. Throws `RangeError` where `dataConcurrency` is no limit. */
const serialized = (options?: DataConcurrency): ConcurrencyStrategy => make(1, options)

/** Any number of llm tasks, one data task. Throws `RangeError` where `dataConcurrency` is no limit. */
const parallelLlm = (options?: DataConcurrency): ConcurrencyStrategy => make(Infinity, options)

/** At most `llm` llm tasks, one data task. Throws `RangeError` where a number is no limit. */
const throttledLlm = (llm: number, options?: DataConcurrency): ConcurrencyStrategy => make(llm, options)

/** The strategies. A number that is no limit is a mistake in the program, hence thrown. */
export const ConcurrencyStrategy = { serialized, parallelLlm, throttledLlm } as const
