import { Deferred, Duration, Effect, Exit, Option, Predicate, Random, Schema, type Scope } from "effect"
import type * as Pg from "pg"
import { DatasourceError, type DatasourceFailure, ofStatement } from "./DatasourceError.ts"
import { DatasourceLogin, LOGIN, searchPath } from "./DatasourceLogin.ts"
import * as Sessions from "./DatasourceSessions.ts"
import { type DatasourceUrl, displayOf } from "./DatasourceUrl.ts"
import { begin, CATALOG_ONLY, TransactionLimits } from "./ReadOnlyTransaction.ts"
import { decodeRows } from "./Rows.ts"
import { cancel, greet } from "./ServerSocket.ts"

/** After an interruption: how long until the server is asked once more to cancel, and how often at most. */
const CANCEL_PATIENCE = Duration.millis(500)
const CANCEL_ATTEMPTS = 4
/** How much longer than a statement may take its answer may: then it does not heed its cancel, or the connection is half open. */
const ANSWER_PATIENCE = Duration.seconds(5)
/** How often a statement is tried whose failure may pass within moments, by its reason; of all others once. */
const TRIES: Partial<Record<DatasourceFailure, number>> = {
  conflict: 5,
  "too-many-connections": 5,
  cancelled: 3,
  lost: 3
}
/** Before the second try; it doubles with each, and varies by half up and down. */
const FIRST_DELAY = Duration.millis(250)
/** A statement that so many connections broke under, one after the other, is what breaks them. */
const MOST_LOSSES = 2

/** What a pool needs to know. */
export interface PoolOptions {
  readonly url: DatasourceUrl
  readonly connections: number
  readonly statementTimeout: Duration.Duration
  readonly connectTimeout: Duration.Duration
  /** Whether to pause after each statement for as long as it took. */
  readonly gentle: boolean
}

type Query = <A, I>(
  schema: Schema.Schema<A, I>,
  text: string,
  values?: ReadonlyArray<unknown>
) => Effect.Effect<ReadonlyArray<A>, DatasourceError>

/** Statements on somebody else's database. */
export interface DatasourcePool {
  /**
   * Runs one statement over the system's catalogs in a read-only transaction of its own and decodes its rows. Interrupting it cancels it
   * on the server. What may pass within moments is tried again, with backoff. Rows that are not as `schema` says are a defect.
   */
  readonly query: Query
  /** The same for a statement over the rows of tables and views, which their policies and functions see as any statement of the login. */
  readonly rows: Query
  readonly login: DatasourceLogin
}

/** A bounded pool on one datasource, closed with the scope. It has fewer connections where the login or its database may have no more. */
export const make = (options: PoolOptions): Effect.Effect<DatasourcePool, DatasourceError, Scope.Scope> =>
  Effect.gen(function* () {
    const { gentle, url } = options
    const clock = yield* Effect.clock
    const sessions = yield* Sessions.make({
      url,
      connectTimeout: options.connectTimeout,
      silence: Duration.sum(options.statementTimeout, ANSWER_PATIENCE)
    })
    const most = gentle ? 1 : options.connections
    const places = yield* Effect.makeSemaphore(most)
    const losses = new Map<string, number>()
    // What hung, or broke its connection again and again, would do so for whoever asks next.
    const givenUp = new Map<string, DatasourceError>()

    /** What was done about a statement until it failed. */
    interface Attempt {
      session?: Sessions.Session
      limits?: TransactionLimits
      sent?: number
      isAbandoned: boolean
    }

    const run = (path: string, text: string, values: ReadonlyArray<unknown>) =>
      Effect.gen(function* () {
        const settled = yield* Deferred.make<void>()
        const attempt: Attempt = { isAbandoned: false }
        const statements = async () => {
          const session = await sessions.take()
          attempt.session = session
          let isReusable = false
          try {
            if (attempt.isAbandoned) return []
            attempt.limits = limitsOf(await session.client.query(begin(options.statementTimeout, path)))
            if (attempt.isAbandoned) return []
            attempt.sent = clock.unsafeCurrentTimeMillis()
            const { rows } = await session.client.query<Record<string, unknown>>(text, [...values])
            await session.client.query("COMMIT")
            isReusable = !attempt.isAbandoned
            return rows
          } finally {
            sessions.give(session, isReusable)
          }
        }
        return yield* Effect.async<ReadonlyArray<Record<string, unknown>>, unknown>((resume) => {
          statements()
            .then((rows) => resume(Effect.succeed(rows)))
            .catch((error: unknown) => resume(Effect.fail(error)))
            .finally(() => Deferred.unsafeDone(settled, Effect.void))
          return Effect.suspend(() => {
            attempt.isAbandoned = true
            return stop(() => attempt.session, settled)
          })
        }).pipe(Effect.catchAll((error) => Effect.flatMap(explain(error, attempt, text), Effect.fail)))
      })

    /** What an error means, given what it came in the middle of. */
    const explain = (error: unknown, { limits, sent, session }: Attempt, text: string) =>
      Effect.gen(function* () {
        const elapsed = sent === undefined ? 0 : clock.unsafeCurrentTimeMillis() - sent
        const timeout = limits?.timeout ?? Duration.toMillis(options.statementTimeout)
        const failure = ofStatement(error, {
          display: url.display,
          user: url.user,
          timeout,
          lockTimeout: limits?.lockTimeout ?? 0,
          elapsed
        })
        const make = (reason: DatasourceFailure, message: string) =>
          new DatasourceError({ reason, message: `${url.display}: ${message}`, code: failure.code })
        const giveUp = (reason: DatasourceFailure, message: string) => {
          const error = make(reason, message)
          givenUp.set(text, error)
          return error
        }
        if (session === undefined || failure.reason !== "lost") return failure
        if (sessions.isUnwanted(session, error)) {
          return make("ended", "an administrator ended our connection again: nothing more is read")
        }
        if (sent === undefined || failure.code !== null) return failure
        if (elapsed >= timeout) {
          const { endpoint } = session
          const display = displayOf(url, endpoint)
          const answers = yield* Effect.exit(greet(endpoint, display, options.connectTimeout))
          return Exit.isSuccess(answers)
            ? giveUp(
                "timeout",
                `a statement took longer than the ${timeout / 1000} s it may take and did not heed its cancel`
              )
            : make("unreachable", "the server does not answer any more: check the network")
        }
        const lost = (losses.get(text) ?? 0) + 1
        losses.set(text, lost)
        return lost < MOST_LOSSES
          ? failure
          : giveUp("broken", `the connection broke each time it was read (${failure.message})`)
      })

    /** A place is held while a statement runs; gently, for as long again. One that the server has no connection for is given up. */
    const placed: typeof run = (path, text, values) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          yield* restore(places.take(1))
          const [took, exit] = yield* Effect.timed(Effect.exit(restore(run(path, text, values))))
          if (gentle) yield* Effect.exit(restore(Effect.sleep(took)))
          const isTooMany = Exit.isFailure(exit) && isReason(exit, "too-many-connections") && sessions.count() > 0
          if (!isTooMany) yield* places.release(1)
          return isTooMany ? yield* restore(placed(path, text, values)) : yield* exit
        })
      )

    const tried = (path: string, text: string, values: ReadonlyArray<unknown>, tries = 1): ReturnType<typeof run> =>
      Effect.catchIf(
        Effect.suspend(() => givenUp.get(text) ?? placed(path, text, values)),
        ({ reason }) => tries < (TRIES[reason] ?? 1),
        () =>
          Effect.flatMap(Random.nextRange(0.5, 1.5), (jitter) =>
            Effect.delay(tried(path, text, values, tries + 1), Duration.times(FIRST_DELAY, jitter * 2 ** (tries - 1)))
          )
      )

    const ask =
      (pathOf: (text: string) => string): Query =>
      (schema, text, values = []) =>
        Effect.flatMap(tried(pathOf(text), text, values), decodeRows(schema))
    const query = ask(() => CATALOG_ONLY)

    const [login] = yield* query(DatasourceLogin, LOGIN)
    if (login === undefined) return yield* Effect.dieMessage("a login without a role")
    const allowed = Math.max(1, Math.min(most, login.connections ?? most))
    yield* places.take(most - allowed)
    return { query, rows: ask((text) => searchPath(login, text)), login }
  })

const isReason = (exit: Exit.Failure<unknown, DatasourceError>, reason: DatasourceFailure) =>
  exit.cause._tag === "Fail" && exit.cause.error.reason === reason

/** Reads the limits off the driver's results of `begin`, one for each of its statements. */
const limitsOf = (results: unknown): TransactionLimits => {
  const last: unknown = Array.isArray(results) ? results.at(-1) : results
  const rows: unknown = Predicate.hasProperty(last, "rows") ? last.rows : []
  const row: unknown = Array.isArray(rows) ? rows[0] : undefined
  return Option.getOrElse(decodeLimits(row), () => ({ timeout: 0, lockTimeout: 0 }))
}

const decodeLimits = Schema.decodeUnknownOption(TransactionLimits)

/** Ends an abandoned statement on the server. Its connection is closed, never used again: a cancellation that comes late hits nobody. */
const stop = (session: () => Sessions.Session | undefined, settled: Deferred.Deferred<void>) =>
  Effect.suspend(() => {
    const current = session()
    if (current === undefined) return Effect.void
    const { processId, secret } = numbers(current.client)
    return processId === undefined || secret === undefined ? Effect.void : cancel(current.endpoint, processId, secret)
  }).pipe(
    Effect.zipRight(Deferred.await(settled)),
    Effect.disconnect,
    Effect.interruptible,
    Effect.timeoutOption(CANCEL_PATIENCE),
    Effect.repeat({ until: (done) => done._tag === "Some", times: CANCEL_ATTEMPTS - 1 }),
    Effect.andThen((done) => (done._tag === "Some" ? Effect.void : Effect.promise(async () => session()?.client.end())))
  )

/** What the server gave this session for cancelling; the driver keeps it and does not declare it. */
const numbers = (client: Pg.Client) => {
  const [processId, secret]: ReadonlyArray<unknown> = [
    Reflect.get(client, "processID"),
    Reflect.get(client, "secretKey")
  ]
  return {
    processId: Predicate.isNumber(processId) ? processId : undefined,
    secret: Predicate.isNumber(secret) ? secret : undefined
  }
}
