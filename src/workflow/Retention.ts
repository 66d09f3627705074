import { Duration, Effect } from "effect"
import type { WorkflowRepositoryService } from "./WorkflowRepository.ts"
import type { WorkflowSettings } from "./WorkflowSettings.ts"

/** How often a process looks for workflows that have ended long ago; the first time after this long. */
const INTERVAL = Duration.minutes(10)
/** Workflows removed at a time, with their tasks: a short transaction … */
const BATCH = 100
/** … and a pause, so that nobody waits behind it. */
const PAUSE = Duration.seconds(1)

/**
 * Removes workflows that ended longer ago than the retention time, and their tasks, in small batches. The newest of each kind per
 * project and datasource stays: it says what is known now.
 */
export const make = (repository: WorkflowRepositoryService, settings: WorkflowSettings): Effect.Effect<never> =>
  repository.removeEnded(settings.retention, BATCH).pipe(
    Effect.tap((removed) => (removed === 0 ? Effect.void : Effect.logDebug(`${removed} old workflows removed`))),
    Effect.delay(PAUSE),
    Effect.repeat({ while: (removed) => removed === BATCH }),
    // Whoever closes does not wait for a database that hangs.
    Effect.disconnect,
    Effect.catchAllCause((cause) => Effect.logDebug("old workflows were not removed; the next time will do", cause)),
    Effect.delay(INTERVAL),
    Effect.forever
  )
