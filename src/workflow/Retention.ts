import { Duration, Effect, Layer, Option, Ref, Schedule } from "effect"
import { EngineSettings } from "./EngineSettings.ts"
import { Outages } from "./Outages.ts"
import { type EndedCursor, WorkflowRepository } from "./WorkflowRepository.ts"

/** Delay before the first pass and between two passes of a process. */
const INTERVAL = Duration.minutes(10)
/** The same where polls are rarer than that, as in memory, where each pass is a step of `TestClock`. */
const RARE_INTERVAL = Duration.hours(1)
/**
 * Maximum number of workflows that one statement examines and removes, with their tasks. If the statement fails (too many tasks
 * for the statement timeout), the number is halved, down to 1; if it succeeds, it is doubled, up to this maximum.
 */
const BATCH = 200
/** Pause between two statements, so that removal takes a small part of the database's time. */
const PAUSE = Duration.millis(500)

const make = Effect.gen(function* () {
  const settings = yield* EngineSettings
  const repository = yield* WorkflowRepository
  const outages = yield* Outages
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
    // Interruption at shutdown does not wait for a statement that hangs.
    Effect.disconnect,
    removing,
    // Whether the pass continues: after a failure only if a smaller batch can be tried.
    Effect.flatMap(
      Option.match({
        onNone: () => Ref.modify(size, (before) => [before > 1, Math.max(1, Math.floor(before / 2))]),
        onSome: Effect.succeed
      })
    )
  )
  if (!Duration.isFinite(settings.retention)) return yield* Effect.never
  const interval = Duration.clamp(settings.pollInterval, { minimum: INTERVAL, maximum: RARE_INTERVAL })
  return yield* Effect.forever(
    Effect.delay(Effect.repeat(batch, { while: (more) => more, schedule: Schedule.spaced(PAUSE) }), interval)
  )
})

/**
 * Removes workflows that ended longer ago than the retention time, with their tasks, in small batches. The newest workflow of
 * each kind per project and datasource is kept, because its results are the current ones. A pass visits each of them once,
 * oldest first.
 */
export const layer = Layer.scopedDiscard(Effect.forkScoped(make))
