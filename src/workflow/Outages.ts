import { Cause, Context, Duration, Effect, Exit, FiberRef, Layer, Metric, Option, Ref, Schedule } from "effect"
import { DatabaseError } from "../database/DatabaseError.ts"
import * as Metrics from "./WorkflowMetrics.ts"

/** Between tries of what our own database refuses: from here, doubling … */
const FIRST_RETRY = "250 millis"
/** … to here, so that a database that comes back is noticed soon. */
const LAST_RETRY = "5 seconds"

/** Reasons of one outage that are told, at the most: a message may name a file or a block, and then never comes twice. */
const MAX_REASONS = 10

/** Backoff while the database is away or refuses. */
const BACKOFF = Schedule.union(Schedule.exponential(FIRST_RETRY), Schedule.spaced(LAST_RETRY)).pipe(
  Schedule.jittered,
  // Whole milliseconds: a clock counts in whole nanoseconds.
  Schedule.modifyDelay((_, delay) => Duration.millis(Math.round(Duration.toMillis(delay))))
)

/** What `Outages` can do. `what` names a part of the engine in the plural: "heartbeats", "task states". */
export interface OutagesService {
  /**
   * Repeats an effect, with backoff, for as long as it fails with a `DatabaseError` that is not the statement's own fault. What our
   * own database refuses is never a workflow's failure.
   */
  readonly during: (
    what: string
  ) => <A, E, R>(effect: Effect.Effect<A, E | DatabaseError, R>) => Effect.Effect<A, E | DatabaseError, R>
  /**
   * Makes rounds of a loop in the background: none where one failed. A `DatabaseError` is an outage until a round succeeds, everything
   * else a mistake in the program, logged as an error.
   */
  readonly rounds: (
    what: string
  ) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<Option.Option<A>, never, R>
  /** What is refused now, and why; empty where all is well. */
  readonly current: Effect.Effect<ReadonlyArray<string>>
}

/** Those who meet one outage: how many wait, what was told of it already, and whether the database has answered since the latest. */
interface Outage {
  readonly waiting: number
  readonly latest: string
  readonly told: ReadonlySet<string>
  readonly hasAnswered: boolean
}

/**
 * What our own database refuses at the moment: away, read only after a failover, out of disk, a right taken away. An outage is told
 * once when it begins, once for each new reason and once when it ends, however many workflows meet it and however often they try.
 */
export class Outages extends Context.Tag("workflow-infra/workflow/Outages")<Outages, OutagesService>() {
  /** None at first. */
  static readonly layer = Layer.effect(
    Outages,
    Effect.suspend(() => make)
  )
}

const make = Effect.map(Ref.make<ReadonlyMap<string, Outage>>(new Map()), (outages) => {
  /** One who met no outage before (or did) meets one now. */
  const meet = (what: string, isNew: boolean, { message }: DatabaseError) =>
    Ref.modify(outages, (before) => {
      const { told = new Set<string>(), waiting = 0 }: Partial<Outage> = before.get(what) ?? {}
      const isNews = !told.has(message) && told.size < MAX_REASONS
      const outage = {
        waiting: waiting + (isNew ? 1 : 0),
        latest: message,
        told: isNews ? new Set(told).add(message) : told,
        hasAnswered: false
      }
      return [isNews, new Map(before).set(what, outage)]
    }).pipe(
      Effect.tap(Metric.increment(Metrics.refusals)),
      Effect.flatMap((isNews) =>
        isNews ? Effect.logWarning(`${what} wait for the database: ${message}`) : Effect.void
      )
    )

  /** One who met it does no longer: it was answered, or has given up. The outage ends with the last of them. */
  const leave = (what: string, isAnswered: boolean) =>
    Ref.modify(outages, (before) => {
      const outage = before.get(what)
      const after = new Map(before)
      if (outage === undefined) return [false, after]
      const hasAnswered = outage.hasAnswered || isAnswered
      if (outage.waiting <= 1) after.delete(what)
      else after.set(what, { ...outage, waiting: outage.waiting - 1, hasAnswered })
      return [hasAnswered && !after.has(what), after]
    }).pipe(
      Effect.flatMap((isOver) =>
        isOver ? Effect.logInfo(`${what} no longer wait: the database takes them`) : Effect.void
      )
    )

  const during: OutagesService["during"] = (what) => (noisy) =>
    Effect.suspend(() => {
      const effect = quietly(noisy)
      let isWaiting = false
      const told = (error: unknown) => {
        if (!isRefusal(error)) return Effect.void
        const isNew = !isWaiting
        isWaiting = true
        return meet(what, isNew, error)
      }
      // A schedule costs more to start than most statements: only what was refused pays for one.
      return Effect.catchIf(effect, isRefusal, (error) => {
        let tries = 0
        return Effect.suspend(() => (tries++ === 0 ? Effect.fail(error) : effect)).pipe(
          Effect.tapError(told),
          Effect.retry({ while: isRefusal, schedule: BACKOFF }),
          Effect.onExit((exit) => (isWaiting ? leave(what, isAnswer(exit)) : Effect.void))
        )
      })
    })

  const rounds: OutagesService["rounds"] = (what) => {
    let isWaiting = false
    return (effect) =>
      Effect.matchCauseEffect(quietly(effect), {
        onSuccess: (value) => {
          if (!isWaiting) return Effect.succeedSome(value)
          isWaiting = false
          return Effect.as(leave(what, true), Option.some(value))
        },
        onFailure: (cause) => {
          if (Cause.isInterruptedOnly(cause)) return Effect.succeedNone
          const failure = Cause.squash(cause)
          if (!(failure instanceof DatabaseError)) return Effect.zipRight(logDefect(what, cause), Effect.succeedNone)
          const isNew = !isWaiting
          isWaiting = true
          return Effect.zipRight(meet(what, isNew, failure), Effect.succeedNone)
        }
      })
  }

  return Outages.of({
    during,
    rounds,
    current: Effect.map(Ref.get(outages), (all) => [...all].map(([what, { latest }]) => `${what} wait: ${latest}`))
  })
})

/** Logs what nobody foresaw of a background loop, and counts it. */
export const logDefect = (what: string, cause: Cause.Cause<unknown>): Effect.Effect<void> =>
  Effect.zipRight(Metric.increment(Metrics.defects), Effect.logError(`${what}: a defect`, cause))

/** Whether the database has answered: with what was asked for, or with another failure than those that are repeated. */
const isAnswer = (exit: Exit.Exit<unknown, unknown>) =>
  Exit.isSuccess(exit) || Option.isSome(Cause.failureOption(exit.cause))

/** Without a line of Effect's own for each fiber that fails within a try: what is tried again is told when it changes. */
const quietly = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime((fiber) =>
    // A fiber that is quiet already need not be told: that would cost more than most tries.
    Option.isNone(fiber.getFiberRef(FiberRef.unhandledErrorLogLevel))
      ? effect
      : Effect.withUnhandledErrorLogLevel(effect, Option.none())
  )

/** Whether trying again is all that can be done: nobody's statement is at fault. */
const isRefusal = (error: unknown): error is DatabaseError => error instanceof DatabaseError && !error.isStatements
