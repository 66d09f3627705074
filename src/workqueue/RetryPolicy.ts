import { Duration, Predicate, Schedule } from "effect"

/** An error after which the same work may succeed later: a lost connection, a rate limit. */
export interface Retryable {
  readonly retryable: true
}

/** Whether an error has `retryable: true`. */
export const isRetryable = (error: unknown): error is Retryable =>
  Predicate.hasProperty(error, "retryable") && error.retryable === true

/** When failed work is retried: a schedule whose input is the error. Every task starts it from the beginning. */
export interface RetryPolicy extends Schedule.Schedule<unknown, unknown> {}

/** Default number of retries: 24, which take about ten minutes, longer than most rate limits and restarts. */
export const DEFAULT_RETRIES = 24
/** Default delay before the first retry: 2 s, enough to reconnect. It doubles with each retry. */
export const DEFAULT_FIRST_DELAY = Duration.seconds(2)
/** Default maximum delay: 30 s, which bounds how late a recovered service is noticed. */
export const DEFAULT_MAX_DELAY = Duration.seconds(30)
/**
 * Default jitter, as a fraction of the delay: ±10 %, so that tasks that failed at the same time do not retry at the same time.
 */
export const DEFAULT_JITTER = 0.1

const make = ({
  firstDelay = DEFAULT_FIRST_DELAY,
  jitter = DEFAULT_JITTER,
  maxDelay = DEFAULT_MAX_DELAY,
  retries = DEFAULT_RETRIES
}: {
  /** A whole number from 0, or `Infinity`. Default: {@link DEFAULT_RETRIES}. */
  readonly retries?: number | undefined
  /** Default: {@link DEFAULT_FIRST_DELAY}. */
  readonly firstDelay?: Duration.DurationInput | undefined
  /** Before jitter. Default: {@link DEFAULT_MAX_DELAY}. */
  readonly maxDelay?: Duration.DurationInput | undefined
  /** A fraction from 0 to 1. Default: {@link DEFAULT_JITTER}. */
  readonly jitter?: number | undefined
} = {}): RetryPolicy => {
  if (retries !== Infinity && !(Number.isInteger(retries) && retries >= 0)) {
    throw new RangeError(`retries must be a whole number from 0, or Infinity, but is ${retries}`)
  }
  if (!(jitter >= 0 && jitter <= 1)) throw new RangeError(`jitter must be a number from 0 to 1, but is ${jitter}`)
  return Schedule.exponential(firstDelay).pipe(
    Schedule.modifyDelay((_, delay) => Duration.min(delay, maxDelay)),
    Schedule.jitteredWith({ min: 1 - jitter, max: 1 + jitter }),
    Schedule.intersect(Schedule.recurs(retries)),
    Schedule.whileInput(isRetryable)
  )
}

/**
 * Policies that retry errors with `retryable: true`, and no other errors, defects or interruptions.
 *
 * @example
 * ```ts
 * class Busy extends Schema.TaggedError<Busy>()("Busy", {}) {
 *   readonly retryable = true
 * }
 *
 * const Import = WorkflowKind.make("import", {
 *   config: Schema.Struct({ file: Schema.String }),
 *   retry: RetryPolicy.make({ retries: 5, firstDelay: "1 second", maxDelay: "1 minute" }),
 *   run: ({ config, queue }) =>
 *     Effect.zipRight(
 *       queue.enqueue({ id: "read", name: `Read ${config.file}`, class: "data", execute: new Busy() }),
 *       queue.wait
 *     )
 * })
 * ```
 */
export const RetryPolicy = {
  /** Makes a policy; options that are left out are those of `default`. Throws `RangeError` if `retries` or `jitter` is out of its range. */
  make,
  /** 24 retries; the delay is 2 s, doubling up to 30 s, each ±10 %. */
  default: make(),
  /** No retries. */
  none: Schedule.stop satisfies RetryPolicy
} as const
