import { Cause, Context, Duration, Effect, Exit, FiberRef, Layer, Metric, Option, Ref, Schedule } from "effect"
import { DatabaseError } from "../database/DatabaseError.ts"
import * as Metrics from "./WorkflowMetrics.ts"

/** Delay before the first retry during an outage; it doubles with each retry. */
const FIRST_RETRY = "250 millis"
/** Maximum delay between two retries: how late the end of an outage is noticed. */
const LAST_RETRY = "5 seconds"

/**
 * Maximum number of different error messages logged for one outage: a message may name a file or a block, so that each one is
 * different.
 */
const MAX_REASONS = 10

/** Backoff during an outage, with a jitter of ±20 %. */
const BACKOFF = Schedule.union(Schedule.exponential(FIRST_RETRY), Schedule.spaced(LAST_RETRY)).pipe(
  Schedule.jittered,
  // Rounded, because jitter makes fractions of a nanosecond, which a `Clock` cannot count.
  Schedule.modifyDelay((_, delay) => Duration.millis(Math.round(Duration.toMillis(delay))))
)

/** What `Outages` can do. `what` names a part of the engine in the plural, for logs and `health`: "heartbeats", "task states". */
export interface OutagesService {
  /**
   * Retries an effect without end, with backoff (250 ms doubling to 5 s), while it fails with a `DatabaseError` that is not the
   * statement's own fault (`DatabaseError.isStatements`). All other errors pass.
   */
  readonly during: (
    what: string
  ) => <A, E, R>(effect: Effect.Effect<A, E | DatabaseError, R>) => Effect.Effect<A, E | DatabaseError, R>
  /**
   * Wraps each round of a background loop, so that a failure does not end the loop: none if the round failed. A `DatabaseError`
   * counts as an outage until a round succeeds; any other failure is logged as a defect. Make it once for each loop: it
   * remembers the last round.
   */
  readonly rounds: (
    what: string
  ) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<Option.Option<A>, never, R>
  /** One sentence for each part of the engine that is in an outage now, with its latest error; empty if there is none. */
  readonly current: Effect.Effect<ReadonlyArray<string>>
}

/** The outage of one part of the engine. */
interface Outage {
  /** The number of effects and loops that wait for its end. */
  readonly waiting: number
  /** The latest error message. */
  readonly latest: string
  /** The error messages that were logged. */
  readonly told: ReadonlySet<string>
  /** Whether any of those that waited has succeeded since the latest error. */
  readonly hasAnswered: boolean
}

/**
 * Retries over outages of the engine's own database: unavailable, read only after a failover, out of disk, a privilege revoked.
 * An outage is logged once when it begins, once for each new error message and once when it ends, however many workflows wait
 * and however often they retry.
 */
export class Outages extends Context.Tag("workflow-infra/workflow/Outages")<Outages, OutagesService>() {
  /** Without any outage at first. */
  static readonly layer = Layer.effect(
    Outages,
    Effect.suspend(() => make)
  )
}

const make = Effect.map(Ref.make<ReadonlyMap<string, Outage>>(new Map()), (outages) => {
  /** Records a failed attempt; `isNew`: of an effect or loop that did not wait yet. */
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

  /** Records that an effect or loop no longer waits: it succeeded, or was interrupted. The outage ends with the last one. */
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
        if (!isRetried(error)) return Effect.void
        const isNew = !isWaiting
        isWaiting = true
        return meet(what, isNew, error)
      }
      // A schedule takes longer to start than most statements take, so it starts after the first failure only.
      return Effect.catchIf(effect, isRetried, (error) => {
        let tries = 0
        return Effect.suspend(() => (tries++ === 0 ? Effect.fail(error) : effect)).pipe(
          Effect.tapError(told),
          Effect.retry({ while: isRetried, schedule: BACKOFF }),
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

/** Logs an unexpected failure of a background loop as an error, and counts it in `workflow_defects_total`. */
export const logDefect = (what: string, cause: Cause.Cause<unknown>): Effect.Effect<void> =>
  Effect.zipRight(Metric.increment(Metrics.defects), Effect.logError(`${what}: a defect`, cause))

/** Whether the database has answered: the effect succeeded, or failed with an error that is not retried. */
const isAnswer = (exit: Exit.Exit<unknown, unknown>) =>
  Exit.isSuccess(exit) || Option.isSome(Cause.failureOption(exit.cause))

/** Switches off Effect's log line for each fiber that fails inside an attempt: outages are logged by `meet` instead. */
const quietly = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime((fiber) =>
    // Setting a FiberRef takes longer than most attempts; most fibers are switched off already (`ActiveWorkflows`).
    Option.isNone(fiber.getFiberRef(FiberRef.unhandledErrorLogLevel))
      ? effect
      : Effect.withUnhandledErrorLogLevel(effect, Option.none())
  )

/** Whether the error is retried: a `DatabaseError` that is not the statement's own fault. */
const isRetried = (error: unknown): error is DatabaseError => error instanceof DatabaseError && !error.isStatements
