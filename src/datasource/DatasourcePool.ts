import { Deferred, Duration, Effect, Exit, Option, Predicate, Random, type Schema, type Scope } from "effect"
import type * as Pg from "pg"
import { DatasourceError, type DatasourceFailure, ofStatement } from "./DatasourceError.ts"
import { DatasourceLogin, LOGIN, searchPath } from "./DatasourceLogin.ts"
import * as Pace from "./Pace.ts"
import * as Sessions from "./DatasourceSessions.ts"
import type { DatasourceUrl } from "./DatasourceUrl.ts"
import { oneTransaction } from "./OneTransaction.ts"
import {
  begin,
  beginWith,
  CATALOG_ONLY,
  type Settings,
  settingsOf,
  type TransactionLimits
} from "./ReadOnlyTransaction.ts"
import { decodeRows } from "./Rows.ts"
import { cancel } from "./ServerSocket.ts"

/** After an interruption: the wait between two cancel requests, and their number. Then the connection is closed, after 2 seconds. */
const CANCEL_PATIENCE = Duration.millis(500)
const CANCEL_ATTEMPTS = 4
/** Silence beyond `statement_timeout` that means that the statement ignores its cancel, or that the connection is half open. */
const ANSWER_PATIENCE = Duration.seconds(5)
/** How often a statement is tried in all, by the reason of its failure; one that is not named here is tried once. */
const TRIES: Partial<Record<DatasourceFailure, number>> = {
  conflict: 5,
  "too-many-connections": 5,
  cancelled: 3,
  lost: 3
}
/** The delay before the second try; it doubles with each further one, and is jittered by 50 % up or down. */
const FIRST_DELAY = Duration.millis(250)
/** Connections that may break under one statement; then it counts as the cause (it crashes its backend), and is not tried again. */
const MOST_LOSSES = 2
/** A statement that was given up with this many lists of values is given up with any: each try costs the server `statement_timeout`, or a hanging backend. */
const MOST_GIVEN_UP = 2

/**
 * `lock_timeout` of sessions that begin within `LOCKED_FOR` after somebody else's lock was in the way: a migration holds many tables, and to
 * wait for each of them would take minutes.
 */
const NEXT_LOCK_TIMEOUT = Duration.millis(500)
const LOCKED_FOR = Duration.minutes(1)
/** How long a session's settings are taken for known: a server that is configured anew, with lower limits, is heeded after that. */
const SETTLED_FOR = Duration.minutes(1)

/** How a pool is made. */
export interface PoolOptions {
  readonly url: DatasourceUrl
  /** The most connections at once; the login's or database's CONNECTION LIMIT may lower it. */
  readonly connections: number
  readonly statementTimeout: Duration.Duration
  readonly connectTimeout: Duration.Duration
  /** Whether to use one connection only, with a pause after each statement (see `Pace`). */
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
   * Runs one statement over system catalogs in a read-only transaction of its own, with `CATALOG_ONLY` as its search_path, and decodes the
   * rows. Interruption cancels the statement on the server. Transient failures are retried with backoff (`TRIES`). Rows that do not match
   * `schema` are a defect.
   */
  readonly query: Query
  /** The same for a statement over rows of tables and views, with a search_path that their policies and functions can rely on. */
  readonly rows: Query
  readonly login: DatasourceLogin
}

/**
 * Makes a pool of at most `connections` connections to one datasource, or as many as the CONNECTION LIMIT of the login or database allows;
 * it is closed with the scope. Connects once, to read the login. Fails with `DatasourceError` where that fails.
 */
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
    // By text and then values: statements that took too long or broke connections repeatedly, which fail at once from then on.
    const givenUp = new Map<string, Map<string, DatasourceError>>()
    const isGivenUp = (text: string, values: ReadonlyArray<unknown>) => {
      const known = givenUp.get(text)
      if (known === undefined) return undefined
      return known.size < MOST_GIVEN_UP ? known.get(JSON.stringify(values)) : [...known.values()].at(-1)
    }

    let lockedUntil = 0
    const settingsBy = new WeakMap<Sessions.Session, { readonly settings: Settings; readonly until: number }>()
    /** Begins a transaction, and keeps its settings for the next ones of the session. */
    const settle = async (session: Sessions.Session, path: string): Promise<Settings> => {
      const lockTimeout = clock.unsafeCurrentTimeMillis() < lockedUntil ? NEXT_LOCK_TIMEOUT : undefined
      const settings = Option.getOrElse(
        settingsOf(rowsOf(await session.client.query(begin(options.statementTimeout, path, lockTimeout)))),
        () => ({ values: [], limits: { timeout: 0, lockTimeout: 0 } })
      )
      const until = clock.unsafeCurrentTimeMillis() + Duration.toMillis(SETTLED_FOR)
      if (settings.values.length > 0) settingsBy.set(session, { settings, until })
      return settings
    }

    /** How far one try of a statement has come; `sent` is in milliseconds since the epoch. */
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
            const known = settingsBy.get(session)
            const isKnown = known !== undefined && clock.unsafeCurrentTimeMillis() < known.until
            const settings = isKnown ? known.settings : await settle(session, path)
            attempt.limits = settings.limits
            if (attempt.isAbandoned) return []
            attempt.sent = clock.unsafeCurrentTimeMillis()
            const before = isKnown ? beginWith(settings, path) : []
            const rows = await oneTransaction(session.client, before, text, values)
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
        }).pipe(Effect.catchAll((error) => Effect.flatMap(explain(error, attempt, text, values), Effect.fail)))
      })

    /**
     * Whether the server still works on the statement of a session that hangs; if not, only the connection is lost. Asked in a new session.
     * Behind a pooler that hides the process nobody can say, which counts as no.
     */
    const isAtWork = ({ client }: Sessions.Session) =>
      Effect.tryPromise(async () => {
        const other = await sessions.connect()
        try {
          const { rows } = await other.client.query<{ active: boolean }>(
            "SELECT state = 'active' AS active FROM pg_catalog.pg_stat_activity WHERE pid = $1",
            [numbers(client).processId ?? 0]
          )
          return rows[0]?.active === true
        } finally {
          sessions.give(other, false)
        }
      }).pipe(Effect.timeout(Duration.times(options.connectTimeout, 2)))

    /** Turns an error of a try into a `DatasourceError`, and records statements that are given up for the life of the pool. */
    const explain = (
      error: unknown,
      { limits, sent, session }: Attempt,
      text: string,
      values: ReadonlyArray<unknown>
    ) =>
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
          new DatasourceError({
            reason,
            message: `${url.display}: ${message}`,
            code: failure.code,
            datasource: url.display
          })
        const giveUp = (error: DatasourceError) => {
          givenUp.set(text, new Map(givenUp.get(text)).set(JSON.stringify(values), error))
          return error
        }
        if (failure.reason === "timeout") return giveUp(failure)
        if (failure.reason === "locked") lockedUntil = clock.unsafeCurrentTimeMillis() + Duration.toMillis(LOCKED_FOR)
        if (session === undefined || failure.reason !== "lost") return failure
        if (sessions.isUnwanted(session, error)) {
          return make("ended", "an administrator ended our connection again: nothing more is read")
        }
        if (sent === undefined || failure.code !== null) return failure
        if (elapsed >= timeout) {
          const isWorking = yield* Effect.option(isAtWork(session))
          if (Option.isNone(isWorking)) {
            return make("unreachable", "the server does not answer any more: check the network")
          }
          if (isWorking.value) {
            return giveUp(
              make(
                "timeout",
                `a statement took longer than the ${timeout / 1000} s it may take and did not heed its cancel`
              )
            )
          }
        }
        const lost = (losses.get(text) ?? 0) + 1
        losses.set(text, lost)
        return lost < MOST_LOSSES
          ? failure
          : giveUp(make("broken", `the connection broke each time it was read (${failure.message})`))
      })

    const pace = yield* Pace.make({
      gentle,
      others: Effect.flatMap(run(CATALOG_ONLY, Pace.OTHERS, []), decodeRows(Pace.OthersRow)).pipe(
        Effect.map(([row]) => row?.others ?? 0)
      ),
      waited: (error) => error instanceof DatasourceError && error.reason === "locked"
    })

    /**
     * Runs a statement at the pool's pace, while holding one of its permits. Where the server has no connection left and we have others, the
     * permit is never released: the pool stays smaller by one.
     */
    const placed: typeof run = (path, text, values) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          yield* restore(places.take(1))
          const exit = yield* Effect.exit(restore(pace.keep(run(path, text, values))))
          // Only losses in a row say that it is the statement that breaks connections.
          if (Exit.isSuccess(exit)) losses.delete(text)
          const isTooMany = Exit.isFailure(exit) && isReason(exit, "too-many-connections") && sessions.count() > 0
          if (!isTooMany) yield* places.release(1)
          return isTooMany ? yield* restore(placed(path, text, values)) : yield* exit
        })
      )

    const tried = (path: string, text: string, values: ReadonlyArray<unknown>, tries = 1): ReturnType<typeof run> =>
      Effect.catchIf(
        Effect.suspend(() => isGivenUp(text, values) ?? placed(path, text, values)),
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

/** The rows of all the driver's results of several statements. */
const rowsOf = (results: unknown): ReadonlyArray<unknown> =>
  (Array.isArray(results) ? results : [results]).flatMap((result: unknown): ReadonlyArray<unknown> =>
    Predicate.hasProperty(result, "rows") && Array.isArray(result.rows) ? result.rows : []
  )

/** Cancels the statement of an interrupted try on the server. Its connection is then closed, because a late cancel would hit the next statement. */
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

/** The session's BackendKeyData, which a cancel request must contain. The driver keeps it in undeclared fields. */
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
