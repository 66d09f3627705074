import { Clock, Context, Deferred, Duration, Effect, Layer, Option, type Redacted, Ref, type Scope } from "effect"
import { Database } from "../database/Database.ts"
import * as Session from "../database/Session.ts"

/**
 * How long `hold` waits for the lock. After that the server starts without it, and its death is noticed when its lease expires.
 */
const FIRST_LOCK_TIMEOUT = Duration.seconds(5)

/** What `SessionLock` can do. */
export interface SessionLockService {
  /**
   * Holds the lock of a server id until the scope closes, and takes it again after a lost connection. Returns whether it was
   * taken within 5 s. Other processes read `pg_locks` to see that a holder's session is gone; they never try to take the lock.
   */
  readonly hold: (serverId: string) => Effect.Effect<boolean, never, Scope.Scope>
  /**
   * The age of this process's own session, in nanoseconds; none while it has no session. After a restart of the server all
   * sessions are young and locks are missing for a moment, so a process with a young session must not declare others dead.
   */
  readonly age: Effect.Effect<Option.Option<bigint>>
}

/**
 * Detects dead processes before their lease expires: each holds a session-level advisory lock for its server id, which
 * PostgreSQL releases when the process dies. Only a hint: correctness depends on the epoch. Behind a pooler in transaction mode
 * use `layerOff`.
 *
 * @example
 * ```ts
 * // Without session locks, a dead process is noticed when its lease expires.
 * const patient = WorkflowInfra.layerWith(WorkflowSettings.defaults).pipe(Layer.provide(SessionLock.layerOff))
 * ```
 */
export class SessionLock extends Context.Tag("workflow-infra/workflow/SessionLock")<SessionLock, SessionLockService>() {
  /** Holds the lock on a session of its own, outside of the pools. */
  static readonly layer = Layer.effect(
    SessionLock,
    Effect.flatMap(Database, ({ url }) => make(url))
  )

  /** Holds no lock: a dead process is noticed when its lease expires. */
  static readonly layerOff = Layer.succeed(SessionLock, {
    hold: () => Effect.succeed(false),
    age: Effect.succeedNone
  })
}

const make = Effect.fnUntraced(function* (url: Redacted.Redacted) {
  const since = yield* Ref.make(Option.none<bigint>())

  return SessionLock.of({
    hold: (serverId) =>
      Effect.gen(function* () {
        const held = yield* Deferred.make<boolean>()
        yield* Session.keep({
          url,
          name: "workflow-infra lock",
          opened: (query) =>
            query("SELECT pg_advisory_lock(hashtextextended($1, 0))", [serverId]).pipe(
              Effect.zipRight(Effect.flatMap(Clock.currentTimeNanos, (now) => Ref.set(since, Option.some(now)))),
              Effect.zipRight(Deferred.succeed(held, true))
            ),
          lost: Ref.set(since, Option.none())
        }).pipe(Effect.forkScoped)
        return yield* Deferred.await(held).pipe(
          Effect.timeoutTo({ duration: FIRST_LOCK_TIMEOUT, onSuccess: (is) => is, onTimeout: () => false })
        )
      }),
    age: Effect.zipWith(Ref.get(since), Clock.currentTimeNanos, (at, now) => Option.map(at, (start) => now - start))
  })
})
