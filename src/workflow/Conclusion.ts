import { Cause, Data, Duration, Effect, Exit, Option } from "effect"
import { DatabaseError } from "../database/DatabaseError.ts"
import { describeCause, TaskFailed } from "../workqueue/Task.ts"
import { OwnershipLost } from "./WorkflowError.ts"
import { CANCELLED, type Ending, PAUSED, RELEASED } from "./WorkflowRepository.ts"
import { defectOf, type ResultEncoder, type StoredResult } from "./WorkflowResult.ts"
import { MAX_ATTEMPTS, type Ownership, type Workflow } from "./WorkflowState.ts"

/**
 * Delay before a workflow may be claimed again after a run that the engine's database refused (read only, disk full, missing
 * privilege).
 */
const REFUSAL_PAUSE = Duration.seconds(10)
/**
 * Delay before a workflow may be claimed again after its first run that failed on the engine's database; doubles with each
 * attempt in a row.
 */
const ATTEMPT_PAUSE = Duration.seconds(1)

/** Why a run is stopped before it ends by itself; "lost": its lease or ownership was lost. */
export type Stop = "cancel" | "pause" | "shutdown" | "lost"

/**
 * A run fails with it to go without an owner: until a time, or else until somebody wakes the workflow. Then it runs again from its
 * beginning.
 */
export class Suspended extends Data.TaggedError("Suspended")<{
  /** When it goes on by itself, by the database's clock; none: only when it is woken. */
  readonly until: Option.Option<Date>
  /** The workflow's signals that the run has seen (`WorkflowHistory.signals`). */
  readonly signals: number
  /** Why it waits, for people; none if nothing is wrong. */
  readonly reason: Option.Option<string>
}> {}

const COMPLETED: Ending = { state: "completed", errorMessage: Option.none(), unfinishedTasks: "unknown" }

/** The ending of a run that failed with this message. */
export const failed = (message: string): Ending => ({
  state: "failed",
  errorMessage: Option.some(message),
  unfinishedTasks: "pending"
})

/**
 * The ending of a claimed workflow that must not run: it was cancelled or paused while it had no owner, or `MAX_ATTEMPTS`
 * owners died without completing a task. Undefined if it is to run.
 */
export const given = ({ attempt, errorMessage, requested }: Workflow): Ending | undefined => {
  if (Option.contains(requested, "cancel" as const)) return CANCELLED
  if (Option.contains(requested, "pause" as const)) return PAUSED
  if (attempt < MAX_ATTEMPTS) return undefined
  const last = Option.match(errorMessage, { onNone: () => "", onSome: (message) => `; the last one: ${message}` })
  return failed(`given up: ${attempt} owners in a row died without completing a task${last}`)
}

/**
 * The ending of a run that was stopped; undefined if the ownership was lost, because then only the new owner may store an end.
 */
export const endingOf = (stop: Stop, onShutdown: "release" | "fail"): Ending | undefined => {
  switch (stop) {
    case "cancel":
      return CANCELLED
    case "pause":
      return PAUSED
    case "shutdown":
      return onShutdown === "fail" ? failed("server shutdown") : RELEASED
    case "lost":
      return undefined
  }
}

/**
 * The ending that a run's exit leads to, with its result; undefined if the ownership was lost. A retryable failure of the
 * engine's database does not fail the workflow: it is released and continues later. If the database was neither unavailable nor
 * refusing all work, that counts as an attempt, so that a workflow that always fails this way ends after `MAX_ATTEMPTS`.
 */
export const of = (
  exit: Exit.Exit<unknown, unknown>,
  ownership: Ownership,
  { attempt }: Workflow,
  encoder: ResultEncoder
): Effect.Effect<Ending | undefined> => {
  if (Exit.isSuccess(exit)) {
    return Effect.match(encoder.success(exit.value), {
      onSuccess: (result) => withResult(COMPLETED, result),
      onFailure: (reason) => defective(new Error(`its result cannot be stored: ${reason}`))
    })
  }
  const errors = [...Cause.failures(exit.cause)].flatMap((error) =>
    error instanceof TaskFailed ? [error, ...Cause.failures(error.cause)] : [error]
  )
  if (errors.some((error) => error instanceof OwnershipLost && error.workflowId === ownership.workflowId))
    return Effect.succeed(endingOf("lost", "release"))
  const suspended = errors.find((error) => error instanceof Suspended)
  if (suspended !== undefined) return Effect.succeed(ofSuspended(suspended))
  const [first] = errors
  const message = describeCause(exit.cause)
  const ours = errors.find((error) => error instanceof DatabaseError && error.retryable)
  if (ours instanceof DatabaseError) {
    const released = { ...RELEASED, errorMessage: Option.some(message) }
    if (ours.isOutage) return Effect.succeed(released)
    if (ours.isRefusal) return Effect.succeed({ ...released, after: REFUSAL_PAUSE })
    return Effect.succeed({ ...released, isAttempt: true, after: Duration.times(ATTEMPT_PAUSE, 2 ** attempt) })
  }
  if (first === undefined && Cause.isDie(exit.cause)) return Effect.succeed(defective(Cause.squash(exit.cause)))
  const ending = failed(first instanceof TaskFailed ? `${first.taskName}: ${message}` : message)
  return Effect.map(encoder.error(errors), (result) => withResult(ending, result))
}

const ofSuspended = ({ reason, signals, until }: Suspended): Ending => ({
  state: Option.isSome(until) ? "pending" : "awaiting_input",
  errorMessage: reason,
  unfinishedTasks: "pending",
  signals,
  ...(Option.isSome(until) ? { until: until.value } : {})
})

const withResult = (ending: Ending, result: Option.Option<StoredResult>): Ending =>
  Option.match(result, { onNone: () => ending, onSome: (stored) => ({ ...ending, result: stored }) })

const defective = (defect: unknown): Ending => {
  const message = describeCause(Cause.die(defect))
  return { ...failed(message), result: defectOf(defect, message) }
}
