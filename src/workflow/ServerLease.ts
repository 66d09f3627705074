import { hostname } from "node:os"
import { Context, Deferred, Duration, Effect, Layer, Metric, Option, Ref, Schedule } from "effect"
import { DatabaseError } from "../database/DatabaseError.ts"
import { uuidv7 } from "../database/Uuid.ts"
import { EngineSettings } from "./EngineSettings.ts"
import * as Monotonic from "./Monotonic.ts"
import { logDefect, Outages } from "./Outages.ts"
import { ServerRepository } from "./ServerRepository.ts"
import { SessionLock } from "./SessionLock.ts"
import { ShutdownDeadline } from "./ShutdownDeadline.ts"
import * as Metrics from "./WorkflowMetrics.ts"
import { leaseDuration, workingTime } from "./WorkflowSettings.ts"

/** Delay before a new lease is taken, after a lost one or a failed attempt. */
const NEW_LEASE = Schedule.spaced("250 millis")
/** Names of this work in logs and in `health`. */
const HEARTBEATS = "heartbeats"
const LEASES = "leases"

const ROW_GONE = "its row is gone"

/** One lease of this process. */
export interface Lease {
  /** The process's id as an owner under this lease, a UUID; each lease has a new one. */
  readonly serverId: string
  /**
   * Completes when the lease is lost or given back: from then on nothing may be written under it, and its workflows must stop.
   */
  readonly lost: Deferred.Deferred<void>
  /** Reports that the lease's row was found deleted: the lease is lost at once, not at the next heartbeat. */
  readonly giveUp: Effect.Effect<void>
}

/** What `ServerLease` can do. */
export interface ServerLeaseService {
  /** The current lease; waits while a lost one is being replaced. */
  readonly current: Effect.Effect<Lease>
  /** When the last successful heartbeat was sent (`Monotonic.now`); none while there is no lease. */
  readonly renewedAt: Effect.Effect<Option.Option<Duration.Duration>>
}

/** What this process stores about itself with each lease. */
const INTRODUCTION = { host: hostname(), pid: process.pid, version: process.version }

/**
 * This process's lease: one row, renewed by one heartbeat fiber, however many workflows the process runs.
 *
 * The lease lasts 3 × (heartbeat interval + heartbeat timeout) on the database's clock. The process measures from when a
 * heartbeat was *sent*, on the monotonic clock, and stops working a margin earlier (`workingTime`), so that its work has ended
 * before another process may take over. The lease is lost when a heartbeat finds no row or when that deadline passes; the
 * process then takes a new lease with a new id.
 */
export class ServerLease extends Context.Tag("workflow-infra/workflow/ServerLease")<ServerLease, ServerLeaseService>() {
  /**
   * Takes a lease, and deletes its row when the scope closes. Fails with `DatabaseError` if the first attempt fails; later
   * leases are retried every 250 ms.
   */
  static readonly layer = Layer.scoped(
    ServerLease,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const settings = yield* EngineSettings
  const servers = yield* ServerRepository
  const sessionLock = yield* SessionLock
  const outages = yield* Outages
  const deadline = yield* ShutdownDeadline
  const { alone = false } = settings
  const duration = leaseDuration(settings)
  const working = workingTime(settings)
  const current = yield* Ref.make(yield* Deferred.make<Lease>())
  const first = yield* Deferred.make<void, DatabaseError>()
  const renewedAt = yield* Ref.make(Option.none<Duration.Duration>())

  const take = Effect.gen(function* () {
    const serverId = yield* uuidv7
    const usesSessionLock = yield* sessionLock.hold(serverId)
    const sent = yield* Monotonic.now
    yield* servers.register({ ...INTRODUCTION, id: serverId, usesSessionLock }, duration).pipe(
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
    return { lease, gone, sent }
  })

  /** Renews a lease until it is lost; returns the reason. */
  const keep = Effect.fnUntraced(function* (serverId: string, gone: Deferred.Deferred<void>, taken: Duration.Duration) {
    const lastSent = yield* Ref.make(taken)

    const beat = Effect.gen(function* () {
      const sent = yield* Monotonic.now
      const renewed = yield* servers.beat(serverId, duration, alone)
      if (renewed) {
        yield* Ref.set(lastSent, sent)
        yield* Ref.set(renewedAt, Option.some(sent))
        yield* Metric.increment(Metrics.heartbeats)
      }
      return renewed
    }).pipe(
      // Does not wait for the cancellation of a statement on a dead connection.
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
      const left = Duration.subtract(working, yield* Monotonic.since(yield* Ref.get(lastSent)))
      if (Duration.equals(left, Duration.zero)) return yield* Effect.fail("it could not be renewed in time")
      yield* Effect.sleep(left)
    }).pipe(Effect.forever)

    const found = Effect.zipRight(Deferred.await(gone), Effect.fail(ROW_GONE))
    // If no other process can take over, a late heartbeat does not lose the lease.
    const untilLost = alone ? heartbeat : Effect.raceFirst(heartbeat, expiry)
    return yield* Effect.flip(Effect.raceFirst(untilLost, found))
  })

  const taking = outages.rounds(LEASES)
  const hold = Effect.gen(function* () {
    // A failure to take the first lease fails the layer; a later one is retried.
    const taken = yield* taking(Effect.tapErrorCause(take, (cause) => Deferred.failCause(first, cause)))
    if (Option.isNone(taken)) return
    const { gone, lease, sent } = taken.value
    yield* Effect.flatMap(Ref.get(current), Deferred.succeed(lease))
    yield* Ref.set(renewedAt, Option.some(sent))
    yield* Deferred.succeed(first, undefined)
    const reason = yield* keep(lease.serverId, gone, sent)
    yield* Ref.set(current, yield* Deferred.make<Lease>())
    yield* Ref.set(renewedAt, Option.none())
    yield* Deferred.succeed(lease.lost, undefined)
    yield* Metric.increment(Metrics.leasesLost)
    yield* Effect.logWarning(`lease lost: ${reason}`).pipe(Effect.annotateLogs({ serverId: lease.serverId }))
  }).pipe(
    Effect.scoped,
    Effect.catchAllCause((cause) => logDefect(LEASES, cause))
  )

  // Only the row of a lease that still holds is deleted. The row of a lost lease expires by itself, after its work here has stopped.
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
  yield* Effect.forkScoped(Effect.repeat(hold, NEW_LEASE))
  yield* Deferred.await(first)
  return ServerLease.of({ current: Effect.flatMap(Ref.get(current), Deferred.await), renewedAt: Ref.get(renewedAt) })
})

const slow = () => new DatabaseError({ message: "the database is slow to answer", code: null, retryable: true })
