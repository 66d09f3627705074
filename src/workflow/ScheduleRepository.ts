import { Clock, Context, Effect, Layer, Option } from "effect"
import type { DatabaseError } from "../database/DatabaseError.ts"
import type { ProjectNotFound } from "./WorkflowError.ts"

/** What names a schedule. */
export interface ScheduleKey {
  readonly projectId: string
  readonly kind: string
  readonly name: string
}

/** How far a schedule has come. Both times are of the store's clock. */
export interface ScheduleProgress {
  /** The last tick that was dealt with; before the first one, when the schedule was registered. */
  readonly tickedAt: Date
  /** When this was read. */
  readonly now: Date
}

/** What storage must do for schedules. All times are of the store's clock, or ticks. */
export interface ScheduleRepositoryService {
  /**
   * Stores a schedule that begins now, or begins again if its cron expression has changed; otherwise it goes on where it was.
   * Fails with `ProjectNotFound` if the project does not exist.
   */
  readonly register: (key: ScheduleKey, cron: string) => Effect.Effect<void, ProjectNotFound | DatabaseError>
  /** Reads a schedule; none if it was removed, with its project. */
  readonly read: (key: ScheduleKey) => Effect.Effect<Option.Option<ScheduleProgress>, DatabaseError>
  /** Notes that a schedule's ticks up to this one are dealt with. No effect if a later one is. */
  readonly advance: (key: ScheduleKey, tick: Date) => Effect.Effect<void, DatabaseError>
}

/**
 * The stored schedules. Implemented by `SqlScheduleRepository.layer` and in memory.
 *
 * @example
 * ```ts
 * const { read } = yield* ScheduleRepository
 * const progress = yield* read({ projectId, kind: "import", name: "nightly" })
 * yield* Effect.log(Option.map(progress, ({ tickedAt }) => tickedAt.toISOString()))
 * ```
 */
export class ScheduleRepository extends Context.Tag("workflow-infra/workflow/ScheduleRepository")<
  ScheduleRepository,
  ScheduleRepositoryService
>() {
  /** In memory, with times of `Clock`, for tests. Every project exists. */
  static readonly layerMemory = Layer.sync(ScheduleRepository, () => {
    const rows = new Map<string, { readonly cron: string; readonly tickedAt: Date }>()
    const idOf = ({ kind, name, projectId }: ScheduleKey) => JSON.stringify([projectId, kind, name])
    const now = Effect.map(Clock.currentTimeMillis, (millis) => new Date(millis))
    return {
      register: (key, cron) =>
        Effect.map(now, (at) => {
          if (rows.get(idOf(key))?.cron !== cron) rows.set(idOf(key), { cron, tickedAt: at })
        }),
      read: (key) =>
        Effect.map(now, (at) =>
          Option.map(Option.fromNullable(rows.get(idOf(key))), ({ tickedAt }) => ({ tickedAt, now: at }))
        ),
      advance: (key, tick) =>
        Effect.sync(() => {
          const row = rows.get(idOf(key))
          if (row !== undefined && row.tickedAt < tick) rows.set(idOf(key), { ...row, tickedAt: tick })
        })
    }
  })
}
