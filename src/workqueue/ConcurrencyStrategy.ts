import type { TaskClass } from "./Task.ts"

/** The maximum number of tasks of each class that run at the same time: whole numbers from 1, or `Infinity`. */
export type ConcurrencyStrategy<Class extends string = TaskClass> = Readonly<Record<Class, number>>

interface DataConcurrency {
  /** The maximum number of data tasks that run at the same time. Default: {@link DEFAULT_DATA_CONCURRENCY}. */
  readonly dataConcurrency?: number | undefined
}

/** Default limit of data tasks: 1, because they load a database that other programs use. */
export const DEFAULT_DATA_CONCURRENCY = 1

const limit = (what: string, value: number) => {
  if (value === Infinity || (Number.isSafeInteger(value) && value >= 1)) return value
  throw new RangeError(`${what} must be a whole number from 1, or Infinity, but is ${value}`)
}

const both = (
  llm: number,
  { dataConcurrency = DEFAULT_DATA_CONCURRENCY }: DataConcurrency = {}
): ConcurrencyStrategy => ({
  llm: limit("llm concurrency", llm),
  data: limit("dataConcurrency", dataConcurrency)
})

/**
 * One llm task and one data task at a time. Throws `RangeError` if `dataConcurrency` is not a whole number from 1, or
 * `Infinity`.
 */
const serialized = (options?: DataConcurrency): ConcurrencyStrategy => both(1, options)

/** Any number of llm tasks and one data task at a time. Throws `RangeError` if `dataConcurrency` is invalid. */
const parallelLlm = (options?: DataConcurrency): ConcurrencyStrategy => both(Infinity, options)

/** At most `llm` llm tasks and one data task at a time. Throws `RangeError` if `llm` or `dataConcurrency` is invalid. */
const throttledLlm = (llm: number, options?: DataConcurrency): ConcurrencyStrategy => both(llm, options)

/**
 * Classes of one's own, each with the maximum number of its tasks that run at the same time. A task of any other class does not
 * compile. Throws `RangeError` if a limit is not a whole number from 1, or `Infinity`, or if there is no class.
 *
 * @example
 * ```ts
 * const Render = WorkflowKind.make("render", {
 *   config: Schema.Struct({ url: Schema.String }),
 *   strategy: ConcurrencyStrategy.make({ gpu: 1, network: 8 }),
 *   run: ({ config, queue }) =>
 *     queue.enqueue({ id: "load", name: `Load ${config.url}`, class: "network", execute: load(config.url) })
 * })
 * ```
 */
const make = <Class extends string>(limits: Readonly<Record<Class, number>>): ConcurrencyStrategy<Class> => {
  const entries = Object.entries<number>(limits)
  if (entries.length === 0) throw new RangeError("a strategy without classes could run no task")
  for (const [name, value] of entries) limit(`the concurrency of class ${name}`, value)
  return { ...limits }
}

/**
 * The strategies. An invalid limit is a bug of the caller, so it is thrown and not an error of an effect.
 *
 * @example
 * ```ts
 * // At most four calls of a language model and two statements on a database at a time, in each workflow of the kind.
 * const Summary = WorkflowKind.make("summary", {
 *   config: Schema.Struct({ document: Schema.String }),
 *   strategy: ConcurrencyStrategy.throttledLlm(4, { dataConcurrency: 2 }),
 *   run: ({ queue }) => queue.wait
 * })
 * ```
 */
export const ConcurrencyStrategy = { make, serialized, parallelLlm, throttledLlm } as const
