import { Clock, Context, Deferred, Duration, Effect, Layer, Metric, Option, Ref, Schedule } from "effect"
import { DatabaseError } from "../database/DatabaseError.ts"
import { uuidv7 } from "../database/Uuid.ts"
import { logDefect, Outages } from "./Outages.ts"
import { type Server, ServerRepository } from "./ServerRepository.ts"
import { SessionLock } from "./SessionLock.ts"
import { ShutdownDeadline } from "./ShutdownDeadline.ts"
import * as Metrics from "./WorkflowMetrics.ts"
import { leaseDuration, workingTime, type WorkflowSettings } from "./WorkflowSettings.ts"

/** Between two tries of one beat, and of taking a new lease. */
const RETRY = Schedule.spaced("250 millis")
/** What of the engine's work this is, for those who look at its health. */
const HEARTBEATS = "heartbeats"
const LEASES = "leases"

const ROW_GONE = "its row is gone"

/** One lease of this process: its id as an owner, and when it has come to its end. */
export interface Lease {
  readonly serverId: string
  /** Completes when the lease is lost: from then on nothing may be written under it, and its work must stop. */
  readonly lost: Deferred.Deferred<void>
  /** Says that its row was found gone: it is lost now, and not when the next beat finds out. */
  readonly giveUp: Effect.Effect<void>
}

/** What the lease can do. */
export interface ServerLeaseService {
  /** The lease that holds now; waits while a lost one is being replaced. */
  readonly current: Effect.Effect<Lease>
  /** When the beat was sent that renewed the lease last, on the monotonic clock in nanoseconds; none while there is no lease. */
  readonly renewedAt: Effect.Effect<Option.Option<bigint>>
}

/** Who this process says it is; the id is made anew for each lease. */
export type Introduction = Omit<Server, "id" | "usesSessionLock">

/**
 * This process's lease: one row that one heartbeat fiber renews, however many workflows the process runs.
 *
 * The lease lasts three times (interval + timeout) on the database's clock. The process counts from when a beat was *sent*, on the
 * monotonic clock, and stops a margin earlier, so that its work has ended before anybody else may start. A beat that finds no row, or
 * a deadline that passes, loses the lease; the process then goes on under a new one.
 */
export class ServerLease extends Context.Tag("workflow-infra/workflow/ServerLease")<ServerLease, ServerLeaseService>() {
  /** Takes a lease before anything starts, and gives it back when the scope closes. */
  static readonly layer = (settings: WorkflowSettings, introduction: Introduction) =>
    Layer.scoped(ServerLease, make(settings, introduction))
}

const make = Effect.fnUntraced(function* (settings: WorkflowSettings, introduction: Introduction) {
  const servers = yield* ServerRepository
  const sessionLock = yield* SessionLock
  const outages = yield* Outages
  const deadline = yield* ShutdownDeadline
  const { alone = false } = settings
  const duration = leaseDuration(settings)
  const working = Option.getOrElse(Duration.toNanos(workingTime(settings)), () => 0n)
  const current = yield* Ref.make(yield* Deferred.make<Lease>())
  const first = yield* Deferred.make<void, DatabaseError>()
  const renewedAt = yield* Ref.make(Option.none<bigint>())

  const take = Effect.gen(function* () {
    const serverId = yield* uuidv7
    const usesSessionLock = yield* sessionLock.hold(serverId)
    const sent = yield* Clock.currentTimeNanos
    yield* servers.register({ ...introduction, id: serverId, usesSessionLock }, duration).pipe(
      Effect.disconnect,
      Effect.timeoutFail({
        duration: settings.heartbeatTimeout,
        onTimeout: slow
      })
    )
    yield* Effect.logDebug("lease taken").pipe(Effect.annotateLogs({ serverId }))
    const gone = yield* Deferred.make<void>()
    const lease: Lease = {
      serverId,
      lost: yield* Deferred.make<void>(),
      giveUp: Effect.asVoid(Deferred.succeed(gone, undefined))
    }
    return { lease, gone, until: sent + working }
  })

  /** Keeps a lease as long as it can; returns why it was lost. */
  const keep = Effect.fnUntraced(function* (serverId: string, gone: Deferred.Deferred<void>, firstDeadline: bigint) {
    const deadline = yield* Ref.make(firstDeadline)

    const beat = Effect.gen(function* () {
      const sent = yield* Clock.currentTimeNanos
      const renewed = yield* servers.beat(serverId, duration, alone)
      if (renewed) {
        yield* Ref.set(deadline, sent + working)
        yield* Ref.set(renewedAt, Option.some(sent))
        yield* Metric.increment(Metrics.heartbeats)
      }
      return renewed
    }).pipe(
      // A statement on a dead connection is not waited for, not even for its cancellation.
      Effect.disconnect,
      Effect.timeoutFail({ duration: settings.heartbeatTimeout, onTimeout: slow }),
      outages.during(HEARTBEATS),
      Effect.filterOrFail(
        (renewed) => renewed,
        () => ROW_GONE
      )
    )
    const heartbeat = Effect.schedule(beat, Schedule.spaced(settings.heartbeatInterval))

    const expiry = Effect.gen(function* () {
      const left = (yield* Ref.get(deadline)) - (yield* Clock.currentTimeNanos)
      if (left <= 0n) return yield* Effect.fail("it could not be renewed in time")
      yield* Effect.sleep(Duration.nanos(left))
    }).pipe(Effect.forever)

    const found = Effect.zipRight(Deferred.await(gone), Effect.fail(ROW_GONE))
    // Where nobody else could take over, a beat may be as late as it likes.
    const untilLost = alone ? heartbeat : Effect.raceFirst(heartbeat, expiry)
    return yield* Effect.flip(Effect.raceFirst(untilLost, found))
  })

  const taking = outages.rounds(LEASES)
  const hold = Effect.gen(function* () {
    // The first one decides whether this process starts at all; every later one comes when it comes.
    const taken = yield* taking(Effect.tapErrorCause(take, (cause) => Deferred.failCause(first, cause)))
    if (Option.isNone(taken)) return
    const { gone, lease, until } = taken.value
    yield* Effect.flatMap(Ref.get(current), Deferred.succeed(lease))
    yield* Ref.set(renewedAt, Option.some(until - working))
    yield* Deferred.succeed(first, undefined)
    const reason = yield* keep(lease.serverId, gone, until)
    yield* Ref.set(current, yield* Deferred.make<Lease>())
    yield* Ref.set(renewedAt, Option.none())
    yield* Deferred.succeed(lease.lost, undefined)
    yield* Metric.increment(Metrics.leasesLost)
    yield* Effect.logWarning(`lease lost: ${reason}`).pipe(Effect.annotateLogs({ serverId: lease.serverId }))
  }).pipe(
    Effect.scoped,
    Effect.catchAllCause((cause) => logDefect(LEASES, cause))
  )

  // A lost lease's row is left to expire: nobody may start before its work here has surely stopped. One that is given back is removed.
  yield* Effect.addFinalizer(() =>
    Effect.flatMap(Ref.get(current), Deferred.poll).pipe(
      Effect.flatMap(
        Option.match({
          onNone: () => Effect.void,
          onSome: Effect.flatMap(({ lost, serverId }) =>
            Effect.ensuring(servers.remove(serverId), Deferred.succeed(lost, undefined))
          )
        })
      ),
      deadline.within,
      Effect.ignore
    )
  )
  yield* Effect.forkScoped(Effect.repeat(hold, RETRY))
  yield* Deferred.await(first)
  return ServerLease.of({ current: Effect.flatMap(Ref.get(current), Deferred.await), renewedAt: Ref.get(renewedAt) })
})

const slow = () => new DatabaseError({ message: "the database is slow to answer", code: null, retryable: true })
