import { Schema } from "effect"

/**
 * An owner of a workflow that died, or lost its lease, before it ended the run.
 *
 * @example
 * ```ts
 * for (const { epoch, lostAt, ownerId } of yield* infra.lostOwners(projectId, workflowId)) {
 *   yield* Effect.log(`${ownerId} had it in epoch ${epoch}, until ${lostAt.toISOString()}`)
 * }
 * ```
 */
export const LostOwner = Schema.Struct({
  /** The epoch that it held. */
  epoch: Schema.Int,
  ownerId: Schema.String,
  /** When the workflow was taken from it, by the database's clock: it had died some time before. */
  lostAt: Schema.DateFromSelf
})
/** @see LostOwner */
export type LostOwner = typeof LostOwner.Type

/** Workflows that ended in a minute. */
export const EndedInMinute = Schema.Struct({
  /** The beginning of the minute, by the database's clock. */
  at: Schema.DateFromSelf,
  completed: Schema.Int,
  failed: Schema.Int
})

/**
 * How many workflows of a project have ended in the last minutes.
 *
 * @example
 * ```ts
 * const { minutes } = yield* infra.throughput({ projectId, minutes: 10 })
 * for (const { at, completed, failed } of minutes) yield* Effect.log(at.toISOString(), completed, failed)
 * ```
 */
export const Throughput = Schema.Struct({
  /** The beginning of the first minute that was counted: later than asked for where more than `MOST_COUNTED` have ended since. */
  from: Schema.DateFromSelf,
  /** The beginning of the current minute. */
  to: Schema.DateFromSelf,
  /** Minutes in which some ended, the oldest first. */
  minutes: Schema.Array(EndedInMinute)
})
/** @see Throughput */
export type Throughput = typeof Throughput.Type

/** Which minutes to count. */
export interface ThroughputOptions {
  /** The id of the project (tenant), a UUID. */
  readonly projectId: string
  /** How many minutes, 1 to 1,440, of which the current one is the last. Default: 60. */
  readonly minutes?: number | undefined
}

/** Workflows that are counted at most: some 50 ms of the database's time. */
export const MOST_COUNTED = 100_000

const MINUTE = 60_000
const DEFAULT_MINUTES = 60
const MOST_MINUTES = 1_440

/** The number of minutes to count. */
export const minutesOf = ({ minutes = DEFAULT_MINUTES }: ThroughputOptions): number =>
  Math.min(Math.max(1, Math.floor(minutes) || 1), MOST_MINUTES)

/** What was counted; `all`: whether as many as are counted at most were, so that some of the oldest minute's are missing. */
export const throughputOf = (
  ended: ReadonlyArray<typeof EndedInMinute.Type>,
  { isCut, minutes, now }: { readonly isCut: boolean; readonly minutes: number; readonly now: Date }
): Throughput => {
  const to = Math.floor(Number(now) / MINUTE) * MINUTE
  const whole = isCut ? ended.slice(1) : ended
  const oldest = isCut ? Number(ended[0]?.at ?? to) + MINUTE : to - (minutes - 1) * MINUTE
  return { from: new Date(oldest), to: new Date(to), minutes: whole }
}

/** Those that have ended in the last minutes, by the minute. */
export const endedByMinute = (
  ended: ReadonlyArray<{ readonly at: Date; readonly state: string }>,
  { minutes, now }: { readonly minutes: number; readonly now: Date }
): ReadonlyArray<typeof EndedInMinute.Type> => {
  const minuteOf = (at: Date) => Math.floor(Number(at) / MINUTE) * MINUTE
  const from = minuteOf(now) - (minutes - 1) * MINUTE
  const found = new Map<number, { completed: number; failed: number }>()
  for (const { at, state } of ended) {
    const minute = minuteOf(at)
    const { completed, failed } = found.get(minute) ?? { completed: 0, failed: 0 }
    if (minute >= from) {
      found.set(
        minute,
        state === "completed" ? { completed: completed + 1, failed } : { completed, failed: failed + 1 }
      )
    }
  }
  return [...found].sort(([a], [b]) => a - b).map(([at, counts]) => ({ at: new Date(at), ...counts }))
}
