import { Cron, DateTime, Duration, Effect, Option, type Scope } from "effect"
import { dieInTransaction } from "../database/Database.ts"
import type { DatabaseError } from "../database/DatabaseError.ts"
import { Outages } from "./Outages.ts"
import { type ScheduleKey, type ScheduleProgress, ScheduleRepository } from "./ScheduleRepository.ts"
import type { InvalidConfig, InvalidKey, InvalidPriority, ProjectNotFound } from "./WorkflowError.ts"

/**
 * What happens to ticks at which no server could start a workflow, because none was there or the database was away.
 *
 * - `skip`: nothing. A tick is missed if no server has started its workflow a minute later.
 * - `once`: the last one of them is made up for, as soon as a server is there.
 * - `all`: all of them are made up for, the oldest first; the last 100 where there are more.
 */
export type MissedTicks = "skip" | "once" | "all"

/** When a schedule starts workflows. */
export interface ScheduleOptions {
  /** Names the schedule among those of its project and kind: in every process, and over restarts. Up to 400 bytes of UTF-8. */
  readonly name: string
  /**
   * When it ticks: `Cron.unsafeParse("0 3 * * MON-FRI", "Europe/Berlin")`. Without a time zone it is in UTC, and not in the
   * zone of the process, so that all servers tick at the same time. In a zone, a time that a change of clocks leaves out ticks an
   * hour later, and of the hour that comes twice only the first one ticks: what is to run every hour is better in UTC.
   */
  readonly cron: Cron.Cron
  /** What happens to missed ticks. Default: `once`. */
  readonly missed?: MissedTicks
}

/** Why a schedule is not registered. */
export type ScheduleError = ProjectNotFound | InvalidConfig | InvalidKey | InvalidPriority | DatabaseError

/** How late a tick may be before it is missed: longer than a restart of a server, or of the database, takes. */
const GRACE = Duration.minutes(1)
/** Maximum number of missed ticks that are made up for. */
const MOST_MISSED = 100
/** How far is looked back for missed ticks at first; it doubles until enough are found. */
const FIRST_LOOK_BACK = Duration.minutes(1)
/** Maximum delay between two looks at a schedule: timers last no longer than 24 days, and clocks are set. */
const LONGEST_SLEEP = Duration.hours(1)
/** Delay before the next look after one that failed. */
const RETRY_DELAY = Duration.seconds(5)
/** Maximum length of a name, in bytes of UTF-8: with a tick it is an idempotency key. */
export const MAX_NAME_BYTES = 400

/** The idempotency key of a tick's workflow. */
export const keyOf = (name: string, tick: Date): string => `schedule ${name} ${tick.toISOString()}`

/** The same times, in UTC if they are in no zone: otherwise they would be in the zone of the process. */
const zoned = (cron: Cron.Cron) =>
  Option.isSome(cron.tz) ? cron : Cron.make({ ...cron, tz: DateTime.zoneUnsafeMakeNamed("UTC") })

/** A cron as one line: seconds, minutes, hours, days, months, weekdays and zone. */
const textOf = (cron: Cron.Cron) => {
  const fields = [cron.seconds, cron.minutes, cron.hours, cron.days, cron.months, cron.weekdays]
  const zone = Option.match(cron.tz, { onNone: () => "", onSome: DateTime.zoneToString })
  return [...fields.map((values) => (values.size === 0 ? "*" : [...values].join(","))), zone].join(" ")
}

/** The ticks after a time, up to another one. */
function* ticksBetween(cron: Cron.Cron, after: number, upTo: number) {
  for (const tick of Cron.sequence(cron, new Date(after))) {
    if (Number(tick) > upTo) return
    yield tick
  }
}

/**
 * The last ticks up to now that have not been dealt with, at most so many, oldest first. Looks back a minute, and then further and
 * further: forwards from the last tick it would be millions after an outage of years, and `Cron.prev` stands still where clocks change.
 */
const lastTicks = (cron: Cron.Cron, most: number, { now, tickedAt }: ScheduleProgress) => {
  const [from, to] = [Number(tickedAt), Number(now)]
  for (let back = Duration.toMillis(FIRST_LOOK_BACK); ; back *= 2) {
    const after = Math.max(from, to - back)
    const ticks = [...ticksBetween(cron, after, to)]
    if (ticks.length >= most || after === from) return ticks.slice(-most)
  }
}

/** What there is to do for a schedule. */
interface Due {
  /** The ticks whose workflows are to be started, oldest first. */
  readonly ticks: ReadonlyArray<Date>
  /** The tick up to which everything is dealt with then; none: nothing is due. */
  readonly upTo: Option.Option<Date>
}

/** The ticks that are due by this rule. */
export const dueOf = (cron: Cron.Cron, missed: MissedTicks, progress: ScheduleProgress): Due => {
  const due = lastTicks(zoned(cron), missed === "all" ? MOST_MISSED : 1, progress)
  const newest = due.at(-1)
  if (newest === undefined) return { ticks: [], upTo: Option.none() }
  const isLate = Number(progress.now) - Number(newest) > Duration.toMillis(GRACE)
  return { ticks: missed === "skip" && isLate ? [] : due, upTo: Option.some(newest) }
}

interface Options {
  readonly key: ScheduleKey
  readonly cron: Cron.Cron
  readonly missed: MissedTicks | undefined
  /** Starts the workflow of a tick, unless there is one. Returns whether the schedule goes on. */
  readonly start: (tick: Date) => Effect.Effect<boolean, DatabaseError>
}

/**
 * Makes the function that registers a schedule and starts its workflows until the scope closes. Every server that has it does the same; a tick's workflow
 * has the tick in its idempotency key, so that one of them stores it.
 *
 * A server sleeps until the next tick, then reads the database's clock and the last tick that was dealt with: its own clock counts
 * only how long it sleeps.
 */
export const make = Effect.gen(function* () {
  const repository = yield* ScheduleRepository
  const outages = yield* Outages
  return ({
    cron: given,
    key,
    missed = "once",
    start
  }: Options): Effect.Effect<void, ProjectNotFound | DatabaseError, Scope.Scope> =>
    Effect.gen(function* () {
      yield* dieInTransaction("schedule")
      const cron = zoned(given)
      if (Option.isNone(Option.liftThrowable(Cron.next)(cron))) {
        return yield* Effect.dieMessage(
          `the cron expression "${textOf(cron)}" of schedule ${key.name} has no time at all`
        )
      }
      yield* repository.register(key, textOf(cron))

      /** Starts what is due. Returns how long to sleep; none: the schedule has ended. */
      const round = Effect.gen(function* () {
        const read = yield* repository.read(key)
        if (Option.isNone(read)) return Option.none()
        const { ticks, upTo } = dueOf(cron, missed, read.value)
        for (const tick of ticks) {
          if (!(yield* start(tick))) return Option.none()
        }
        if (Option.isSome(upTo)) yield* repository.advance(key, upTo.value)
        // Where a timer fires before the database's clock has reached the tick, nothing is due yet: the next round sleeps the rest.
        const untilNext = Duration.millis(Number(Cron.next(cron, read.value.now)) - Number(read.value.now))
        return Option.some(Duration.min(untilNext, LONGEST_SLEEP))
      })
      const attempt = round.pipe(Effect.disconnect, outages.rounds("schedules"))
      const loop: Effect.Effect<void> = Effect.flatMap(
        attempt,
        Option.match({
          onNone: () =>
            Effect.delay(
              Effect.suspend(() => loop),
              RETRY_DELAY
            ),
          onSome: Option.match({
            onNone: () => Effect.logInfo("the schedule has ended"),
            onSome: (sleep) =>
              Effect.delay(
                Effect.suspend(() => loop),
                sleep
              )
          })
        })
      )
      yield* Effect.forkScoped(Effect.annotateLogs(loop, { schedule: key.name, kind: key.kind }))
    })
})
