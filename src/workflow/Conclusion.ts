import { Cause, Duration, Exit, Option } from "effect"
import { DatabaseError } from "../database/DatabaseError.ts"
import { describeCause, TaskFailed } from "../workqueue/Task.ts"
import { OwnershipLost } from "./WorkflowError.ts"
import { CANCELLED, type Ending, PAUSED, RELEASED } from "./WorkflowRepository.ts"
import { MAX_ATTEMPTS, type Ownership, type Workflow } from "./WorkflowState.ts"

/** How long nobody takes a workflow whose run met a database that was there and took nobody's work (read only, full, a right missing). */
const REFUSAL_PAUSE = Duration.seconds(10)
/** How long nobody takes a workflow whose run failed on the database for the first time; twice as long each further time in a row. */
const ATTEMPT_PAUSE = Duration.seconds(1)

/** Why a run stops before it has ended by itself. */
export type Stop = "cancel" | "pause" | "shutdown" | "lost"

const COMPLETED: Ending = { state: "completed", errorMessage: Option.none(), unfinishedTasks: "unknown" }

/** The end of a run that failed. */
export const failed = (message: string): Ending => ({
  state: "failed",
  errorMessage: Option.some(message),
  unfinishedTasks: "pending"
})

/** How a workflow ends that is not to run at all: what was asked of it while it had no owner, or too many owners died of it. */
export const given = ({ attempt, errorMessage, requested }: Workflow): Ending | undefined => {
  if (Option.contains(requested, "cancel" as const)) return CANCELLED
  if (Option.contains(requested, "pause" as const)) return PAUSED
  if (attempt < MAX_ATTEMPTS) return undefined
  const last = Option.match(errorMessage, { onNone: () => "", onSome: (message) => `; the last one: ${message}` })
  return failed(`given up: ${attempt} owners in a row died without completing a task${last}`)
}

/** How a run ends that was stopped; undefined where its end is somebody else's to store. */
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
 * What a run's exit means. Our own database's failure is none of the workflow's: it is released and goes on later. Where the database
 * was there and takes work, that is an attempt: for ever nothing goes on of which nothing comes.
 */
export const of = (exit: Exit.Exit<void, unknown>, ownership: Ownership, { attempt }: Workflow): Ending | undefined => {
  if (Exit.isSuccess(exit)) return COMPLETED
  const errors = [...Cause.failures(exit.cause)].flatMap((error) =>
    error instanceof TaskFailed ? [error, ...Cause.failures(error.cause)] : [error]
  )
  if (errors.some((error) => error instanceof OwnershipLost && error.workflowId === ownership.workflowId))
    return undefined
  const [first] = errors
  const message = describeCause(exit.cause)
  const ours = errors.find((error) => error instanceof DatabaseError && error.retryable)
  if (ours instanceof DatabaseError) {
    const released = { ...RELEASED, errorMessage: Option.some(message) }
    if (ours.isOutage) return released
    if (ours.isRefusal) return { ...released, after: REFUSAL_PAUSE }
    return { ...released, isAttempt: true, after: Duration.times(ATTEMPT_PAUSE, 2 ** attempt) }
  }
  return failed(first instanceof TaskFailed ? `${first.taskName}: ${message}` : message)
}
