import { Cause, Data, type Duration, type Effect, Inspectable, type Option, Predicate } from "effect"

/** What a task spends: `llm` calls a language model, `data` reads a database. Concurrency is bounded per class. */
export type TaskClass = "llm" | "data"

/**
 * Where a task is. `pending`, `running` and `paused` are unfinished; `completed`, `failed` and `cancelled` are final. A
 * task that has executed and waits for the tasks it enqueued is still `running`.
 */
export type TaskStatus = "pending" | "running" | "completed" | "failed" | "cancelled" | "paused"

/**
 * A piece of work with a stable id, in two halves.
 *
 * `execute` computes, outside any transaction, in the context in which the task was enqueued. It may enqueue further
 * tasks, and may run more than once (retry, pause, another owner), so its own effects should bear repetition.
 *
 * `commit` writes the result. It runs after the tasks that `execute` enqueued are completed, and takes effect together
 * with the task's `completed` mark, so exactly once.
 */
export interface Task<A, E, R, E2 = never, R2 = never> {
  /** Unique within the queue, the same on every run: `profile:public.orders`. 1 to 1,000 bytes of text; another one is a defect. */
  readonly id: string
  /** For people. */
  readonly name: string
  readonly class: TaskClass
  readonly execute: Effect.Effect<A, E, R>
  /** How long one try of `execute` may take before the task fails; what then still runs is left to itself. Default: as long as it likes. */
  readonly timeout?: Duration.DurationInput | undefined
  readonly commit?: ((result: A) => Effect.Effect<void, E2, R2>) | undefined
}

/** A task as it stands at one moment. Immutable. */
export interface TaskState {
  readonly id: string
  readonly name: string
  readonly class: TaskClass
  /** Position in the order of enqueueing, from 0. */
  readonly ordinal: number
  readonly status: TaskStatus
  /** Retries so far, of `execute` and `commit` together, over all runs in this queue. */
  readonly retryCount: number
  /** One line: why it failed or, while it runs, why it was last retried. */
  readonly error: Option.Option<string>
  /** When it first started, epoch milliseconds. */
  readonly startedAt: Option.Option<number>
  /** When it completed, failed or was cancelled, epoch milliseconds. */
  readonly completedAt: Option.Option<number>
}

/** How many tasks are in each status, and altogether. */
export interface TaskCounts extends Readonly<Record<TaskStatus, number>> {
  readonly total: number
}

/** A task failed for good: it was not retryable, its retries were used up, it died, or it interrupted itself. */
export class TaskFailed extends Data.TaggedError("TaskFailed")<{
  readonly taskId: string
  readonly taskName: string
  /** One readable line. */
  readonly message: string
  /** What `execute` or `commit` ended with, for logs and for matching. */
  readonly cause: Cause.Cause<unknown>
}> {}

/** Characters an error text is cut to: enough to recognise the error; the whole of it is in `TaskFailed.cause`. */
export const MAX_ERROR_LENGTH = 2_000

const messageOf = (error: unknown): string => {
  if (error instanceof Error) return error.message === "" ? error.name : error.message
  if (Predicate.hasProperty(error, "message") && Predicate.isString(error.message)) return error.message
  return Inspectable.toStringUnknown(error, 0)
}

/** A message may be computed, and that may fail. */
const safeMessageOf = (error: unknown): string => {
  try {
    return `${messageOf(error)}`
  } catch {
    return "an error whose message cannot be read"
  }
}

/** A task's id in bytes of UTF-8, at the most: it is a key in a database. */
export const MAX_ID_BYTES = 1_000

/** Why a text is no task id; undefined where it is one. */
export const invalidId = (id: string): string | undefined => {
  if (id === "") return "it is empty"
  if (/\0|\p{Surrogate}/u.test(id)) return "it has characters that are no text (NUL, or half a surrogate pair)"
  const bytes = new TextEncoder().encode(id).length
  return bytes > MAX_ID_BYTES ? `it has ${bytes} bytes, and ${MAX_ID_BYTES} is the most` : undefined
}

/** The first error of a cause as one readable line of at most {@link MAX_ERROR_LENGTH} characters. */
export const describeCause = (cause: Cause.Cause<unknown>): string => {
  const message = Cause.isInterruptedOnly(cause) ? "The task interrupted itself" : safeMessageOf(Cause.squash(cause))
  const line = message.replaceAll(/[\s\p{Cc}]+/gu, " ").trim()
  if (line.length <= MAX_ERROR_LENGTH) return line
  const halfPair = /[\uD800-\uDBFF]$/
  return `${line.slice(0, MAX_ERROR_LENGTH - 1).replace(halfPair, "")}…`
}
