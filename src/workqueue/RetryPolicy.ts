import { Duration, Predicate, Schedule } from "effect"

/** An error that says that the same work may succeed later: a lost connection, a rate limit. */
export interface Retryable {
  readonly retryable: true
}

/** Whether an error says that it is retryable. One that says nothing is not. */
export const isRetryable = (error: unknown): error is Retryable =>
  Predicate.hasProperty(error, "retryable") && error.retryable === true

/** When failed work is tried again: a schedule that reads the error. Every task starts it anew. */
export interface RetryPolicy extends Schedule.Schedule<unknown, unknown> {}

/** 24 retries span some ten minutes, longer than most rate limits and restarts. */
export const DEFAULT_RETRIES = 24
/** Long enough for a connection to come back. */
export const DEFAULT_FIRST_DELAY = Duration.seconds(2)
/** Delays double up to here, so that nobody waits long for something that is back. */
export const DEFAULT_MAX_DELAY = Duration.seconds(30)
/** Share of a delay by which it varies up and down, so that tasks that failed together do not return together. */
export const DEFAULT_JITTER = 0.1

const make = ({
  firstDelay = DEFAULT_FIRST_DELAY,
  jitter = DEFAULT_JITTER,
  maxDelay = DEFAULT_MAX_DELAY,
  retries = DEFAULT_RETRIES
}: {
  /** Default: {@link DEFAULT_RETRIES}. */
  readonly retries?: number | undefined
  /** Default: {@link DEFAULT_FIRST_DELAY}. */
  readonly firstDelay?: Duration.DurationInput | undefined
  /** Before jitter. Default: {@link DEFAULT_MAX_DELAY}. */
  readonly maxDelay?: Duration.DurationInput | undefined
  /** 0 to 1. Default: {@link DEFAULT_JITTER}. */
  readonly jitter?: number | undefined
} = {}): RetryPolicy =>
  Schedule.exponential(firstDelay).pipe(
    Schedule.modifyDelay((_, delay) => Duration.min(delay, maxDelay)),
    Schedule.jitteredWith({ min: 1 - jitter, max: 1 + jitter }),
    Schedule.intersect(Schedule.recurs(retries)),
    Schedule.whileInput(isRetryable)
  )

/** Retries errors that say they are retryable, and no others; defects and interruption never. */
export const RetryPolicy = {
  /** Any numbers; what is left out is as in `default`. */
  make,
  /** 24 retries after 2 s, doubling to 30 s, each ±10 %. */
  default: make(),
  /** The first error counts. */
  none: Schedule.stop satisfies RetryPolicy
} as const
