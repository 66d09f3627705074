import { Duration, Effect, Option, Ref } from "effect"
import type { OutagesService } from "./Outages.ts"
import type { EndedCursor, WorkflowRepositoryService } from "./WorkflowRepository.ts"
import type { WorkflowSettings } from "./WorkflowSettings.ts"

/** How often a process looks for workflows that have ended long ago; the first time after this long. */
const INTERVAL = Duration.minutes(10)
/**
 * Workflows looked at and perhaps removed at a time, with their tasks: a short statement. Where one takes too long, because they have
 * very many tasks, half as many are tried, down to one; where it succeeds, twice as many, up to this …
 */
const BATCH = 200
/** … and a pause, so that nobody waits behind it. */
const PAUSE = Duration.millis(500)

/**
 * Removes workflows that ended longer ago than the retention time, and their tasks, in small batches. The newest of each kind per
 * project and datasource stays: it says what is known now. Each pass goes once through all of them, oldest first.
 */
export const make = (
  repository: WorkflowRepositoryService,
  settings: WorkflowSettings,
  outages: OutagesService
): Effect.Effect<never> =>
  Effect.gen(function* () {
    const cursor = yield* Ref.make(Option.none<EndedCursor>())
    const size = yield* Ref.make(BATCH)
    const removing = outages.rounds("removals of old workflows")
    const batch = Effect.gen(function* () {
      const { next, removed } = yield* repository.removeEnded(
        settings.retention,
        yield* Ref.get(size),
        yield* Ref.get(cursor)
      )
      yield* Ref.set(cursor, next)
      yield* Ref.update(size, (before) => Math.min(2 * before, BATCH))
      if (removed > 0) yield* Effect.logDebug(`${removed} old workflows removed`)
      return Option.isSome(next)
    }).pipe(
      // Whoever closes does not wait for a database that hangs.
      Effect.disconnect,
      removing,
      // Whether there is more to do now: after a failure only as long as less can be tried.
      Effect.flatMap(
        Option.match({
          onNone: () => Ref.modify(size, (before) => [before > 1, Math.max(1, Math.floor(before / 2))]),
          onSome: Effect.succeed
        })
      )
    )
    return yield* Effect.forever(
      Effect.delay(Effect.repeat(Effect.zipLeft(batch, Effect.sleep(PAUSE)), { while: (more) => more }), INTERVAL)
    )
  })
