import { Cause, Data, type Duration, type Effect, Inspectable, type Option, Predicate } from "effect"
import type { RetryPolicy } from "./RetryPolicy.ts"

/**
 * The classes of tasks where a strategy names no others, by the resource that they use: `llm` calls a language model, `data` reads
 * a database. Concurrency is limited per class.
 */
export type TaskClass = "llm" | "data"

/**
 * The status of a task. `pending`, `running` and `paused` are unfinished; `completed`, `failed` and `cancelled` are final. A
 * task that has executed and waits for the tasks it enqueued is still `running`.
 */
export type TaskStatus = "pending" | "running" | "completed" | "failed" | "cancelled" | "paused"

/**
 * A unit of work with a stable id, in two steps.
 *
 * `execute` computes, outside of every transaction, in the context in which the task was enqueued. It may enqueue further
 * tasks. It may run more than once (retry, pause, another owner), so its side effects should be idempotent.
 *
 * `commit` writes the result. It runs after all tasks that `execute` enqueued are completed, in the same transaction as the
 * task's `completed` mark, so it takes effect exactly once.
 */
export interface Task<A, E, R, E2 = never, R2 = never, Class extends string = TaskClass> {
  /**
   * Unique in the queue, the same in every run: `profile:public.orders`. 1 to 1,000 bytes of UTF-8; `enqueue` dies on an
   * invalid id.
   */
  readonly id: string
  /** A name for people. */
  readonly name: string
  /** One of the classes that the queue's strategy names: its limit is the task's. */
  readonly class: Class
  readonly execute: Effect.Effect<A, E, R>
  /**
   * When `execute` or `commit` is retried after an error. Default: the queue's policy, which is that of the workflow's kind.
   *
   * @example
   * ```ts
   * yield* queue.enqueue({
   *   id: "charge",
   *   name: "Charge the card",
   *   class: "data",
   *   retry: RetryPolicy.make({ retries: 2, firstDelay: "1 minute" }),
   *   execute: charge(4_200)
   * })
   * ```
   */
  readonly retry?: RetryPolicy | undefined
  /** Time limit of one attempt of `execute`, after which the task fails without waiting for it to stop. Default: none. */
  readonly timeout?: Duration.DurationInput | undefined
  readonly commit?: ((result: A) => Effect.Effect<void, E2, R2>) | undefined
}

/** A snapshot of a task. Immutable. */
export interface TaskState {
  readonly id: string
  readonly name: string
  readonly class: string
  /** Position in the order of enqueueing, from 0. */
  readonly ordinal: number
  readonly status: TaskStatus
  /** Number of retries of `execute` and `commit` so far, over all runs in this queue. */
  readonly retryCount: number
  /** One line: why the task failed or, while it runs, why it was last retried. */
  readonly error: Option.Option<string>
  /** When the task first started, in milliseconds since 1970. */
  readonly startedAt: Option.Option<number>
  /** When the task completed, failed or was cancelled, in milliseconds since 1970. */
  readonly completedAt: Option.Option<number>
}

/** The number of tasks in each status, and of all tasks. */
export interface TaskCounts extends Readonly<Record<TaskStatus, number>> {
  readonly total: number
}

/**
 * A task failed for good: its error was not retryable, its retries were used up, it died, or it interrupted itself.
 *
 * @example
 * ```ts
 * // In a kind's `run`: what goes on without a task that failed.
 * yield* queue.wait.pipe(Effect.catchTag("TaskFailed", ({ message, taskId }) => Effect.logWarning(`${taskId}: ${message}`)))
 * ```
 */
export class TaskFailed extends Data.TaggedError("TaskFailed")<{
  readonly taskId: string
  readonly taskName: string
  /** One line for people: the first error of `cause`. */
  readonly message: string
  /** The cause with which `execute` or `commit` ended, for logs and for matching. */
  readonly cause: Cause.Cause<unknown>
}> {}

/** Maximum length of an error line, in UTF-16 code units: enough to recognise the error. `TaskFailed.cause` has all of it. */
export const MAX_ERROR_LENGTH = 2_000

/** What `Schema.TaggedError` says of an error without a message of its own: its fields, and not what it is. */
const ONLY_FIELDS = /^\{ .* \}$/s

const messageOf = (error: unknown): string => {
  if (error instanceof Error) {
    if (error.message === "") return error.name
    const isNameless = Predicate.hasProperty(error, "_tag") && ONLY_FIELDS.test(error.message)
    return isNameless ? `${error.name}: ${error.message}` : error.message
  }
  if (Predicate.hasProperty(error, "message") && Predicate.isString(error.message)) return error.message
  return Inspectable.toStringUnknown(error, 0)
}

/** Like `messageOf`, for errors whose `message` throws when it is read. */
const safeMessageOf = (error: unknown): string => {
  try {
    return `${messageOf(error)}`
  } catch {
    return "an error whose message cannot be read"
  }
}

/** Maximum length of a task id, in bytes of UTF-8: it is part of an index key, which PostgreSQL limits to about 2,700 bytes. */
export const MAX_ID_BYTES = 1_000

/** The reason why PostgreSQL cannot store a text in this many bytes of UTF-8; undefined if it can. */
export const unstorable = (text: string, maxBytes: number): string | undefined => {
  if (/\0|\p{Surrogate}/u.test(text)) return "it has characters that are no text (NUL, or half a surrogate pair)"
  const bytes = new TextEncoder().encode(text).length
  return bytes > maxBytes ? `it has ${bytes} bytes, and ${maxBytes} is the most` : undefined
}

/** The reason why a text is not a valid task id; undefined if it is valid. */
export const invalidId = (id: string): string | undefined => (id === "" ? "it is empty" : unstorable(id, MAX_ID_BYTES))

/** A text without what could be a password: of a URL, of a connection string. */
export const withoutPasswords = (text: string): string =>
  text
    .replaceAll(/:\/\/\S*@/g, "://***@")
    .replaceAll(/(passw(?:ord|d)?)(\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s&]+)/gi, "$1$2***")

/** The first error of a cause as one readable line of at most {@link MAX_ERROR_LENGTH} characters, without passwords. */
export const describeCause = (cause: Cause.Cause<unknown>): string => {
  const message = Cause.isInterruptedOnly(cause) ? "The task interrupted itself" : safeMessageOf(Cause.squash(cause))
  // Cut first, too: a message of 10 MB takes seconds to search.
  const start = message.slice(0, 4 * MAX_ERROR_LENGTH).replaceAll(/[\s\p{Cc}]+/gu, " ")
  const line = withoutPasswords(start).trim()
  if (line.length <= MAX_ERROR_LENGTH) return line
  const halfPair = /[\uD800-\uDBFF]$/
  return `${line.slice(0, MAX_ERROR_LENGTH - 1).replace(halfPair, "")}…`
}
