import { Clock, Context, Deferred, Duration, Effect, Layer, Option, type Redacted, Ref, type Scope } from "effect"
import { Database } from "../database/Database.ts"
import * as Session from "../database/Session.ts"

/** How long a server waits for its lock at first; without it, it is left to its lease. */
const FIRST_LOCK_TIMEOUT = Duration.seconds(5)

/** What a session lock can do. */
export interface SessionLockService {
  /**
   * Holds the lock of a server id until the scope closes, over lost connections: whether it held it to begin with. Others see at
   * once, in `pg_locks`, that a holder's session is gone; they never try the lock themselves.
   */
  readonly hold: (serverId: string) => Effect.Effect<boolean, never, Scope.Scope>
  /** For how long this process's own session has stood, in nanoseconds: a young one knows nothing about others. */
  readonly age: Effect.Effect<Option.Option<bigint>>
}

/**
 * A hint, for speed, that a process is dead: it holds a session-level advisory lock for its server id on a session of its own, which
 * PostgreSQL drops with the process. The epoch stays the authority. Behind a pooler that breaks sessions use `layerOff`.
 */
export class SessionLock extends Context.Tag("workflow-infra/workflow/SessionLock")<SessionLock, SessionLockService>() {
  /** On a session of its own, beside the pools. */
  static readonly layer = Layer.effect(
    SessionLock,
    Effect.flatMap(Database, ({ url }) => make(url))
  )

  /** Without: a dead process is noticed when its lease expires. */
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
