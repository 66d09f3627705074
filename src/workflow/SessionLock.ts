import { Clock, Context, Deferred, Duration, Effect, Layer, Option, Redacted, Ref, type Scope } from "effect"
import * as Pg from "pg"
import { Database } from "../database/Database.ts"
import { DatabaseError } from "../database/DatabaseError.ts"

/** How often the session that holds the lock is asked whether it is still there. */
const PING_INTERVAL = Duration.millis(500)
/** How long it may take to answer, or to connect. */
const PING_TIMEOUT = Duration.seconds(2)
/** How soon a lost session is replaced. */
const RELOCK_DELAY = Duration.millis(250)
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
  /** On a connection of its own, beside the pools. */
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

  const query = (client: Pg.Client, text: string, values: ReadonlyArray<string> = []) =>
    Effect.timeoutFail(Effect.tryPromise({ try: () => client.query(text, [...values]), catch: DatabaseError.from }), {
      duration: PING_TIMEOUT,
      onTimeout: () => new DatabaseError({ message: "the lock session does not answer", code: null, retryable: true })
    })

  const connect = Effect.acquireRelease(
    Effect.sync(() => {
      const client = new Pg.Client({
        connectionString: Redacted.value(url),
        application_name: "workflow-infra lock",
        connectionTimeoutMillis: Duration.toMillis(PING_TIMEOUT),
        keepAlive: true
      })
      // Without a listener the loss of the connection would end the process; the next ping finds it.
      client.on("error", () => {})
      return client
    }),
    (client) =>
      Effect.promise(() => client.end()).pipe(
        Effect.disconnect,
        Effect.interruptible,
        Effect.timeoutOption(PING_TIMEOUT)
      )
  ).pipe(Effect.tap((client) => Effect.tryPromise({ try: () => client.connect(), catch: DatabaseError.from })))

  /** One session, until it is lost. */
  const session = (serverId: string, held: Deferred.Deferred<boolean>) =>
    Effect.gen(function* () {
      const client = yield* connect
      yield* query(client, "SELECT pg_advisory_lock(hashtextextended($1, 0))", [serverId])
      yield* Ref.set(since, Option.some(yield* Clock.currentTimeNanos))
      yield* Deferred.succeed(held, true)
      return yield* Effect.forever(Effect.delay(query(client, "SELECT 1"), PING_INTERVAL))
    }).pipe(
      Effect.scoped,
      Effect.ensuring(Ref.set(since, Option.none())),
      Effect.catchAll((error) => Effect.logDebug("session lock lost", error))
    )

  return SessionLock.of({
    hold: (serverId) =>
      Effect.gen(function* () {
        const held = yield* Deferred.make<boolean>()
        yield* session(serverId, held).pipe(
          Effect.zipRight(Effect.sleep(RELOCK_DELAY)),
          Effect.forever,
          Effect.forkScoped
        )
        return yield* Deferred.await(held).pipe(
          Effect.timeoutTo({ duration: FIRST_LOCK_TIMEOUT, onSuccess: (is) => is, onTimeout: () => false })
        )
      }),
    age: Effect.zipWith(Ref.get(since), Clock.currentTimeNanos, (at, now) => Option.map(at, (start) => now - start))
  })
})
