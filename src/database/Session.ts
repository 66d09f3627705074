import { Duration, Effect, Redacted } from "effect"
import * as Pg from "pg"
import { DatabaseError } from "./DatabaseError.ts"
import { settingAll } from "./SessionSettings.ts"

/** How often a session is pinged. A half-open connection reports nothing by itself. */
const PING_INTERVAL = Duration.millis(500)
/** How long a connection attempt or a statement may take before the session counts as lost. */
const PATIENCE = Duration.seconds(2)
/** How long after a loss the session is opened again. Doubles with each failure, up to `LAST_RECONNECT_DELAY`. */
const RECONNECT_DELAY = Duration.millis(250)
/**
 * The longest delay between two attempts. A process takes another one without a session lock for dead only when its own session is 5 s old
 * (src/workflow/Takeover.ts). The delay is well below that, so that after an outage all processes have their locks back in time.
 */
const LAST_RECONNECT_DELAY = Duration.seconds(2)

/** Runs a statement on the session. Fails with `DatabaseError` when it fails, or does not answer within two seconds. */
export type Query = (text: string, values?: ReadonlyArray<string>) => Effect.Effect<void, DatabaseError>

/** What a session is for. */
export interface SessionOptions {
  readonly url: Redacted.Redacted
  /** `application_name`, as `pg_stat_activity` shows it: "workflow-infra lock". */
  readonly name: string
  /** Runs on every new session, before it counts as open. When it fails, the session is closed and opened again. */
  readonly opened: (query: Query, client: Pg.Client) => Effect.Effect<void, DatabaseError>
  /** Runs whenever a session has ended or could not be opened. */
  readonly lost: Effect.Effect<void>
}

/**
 * Keeps one session outside the pools open, for what PostgreSQL ties to a session: an advisory lock, LISTEN. Pings it every 500 ms, and
 * replaces it (first attempt after 250 ms) when it is lost, or when its server is read-only, because then a failover may have made another
 * server the primary. Runs until it is interrupted, and then closes the session.
 */
export const keep = ({ lost, name, opened, url }: SessionOptions): Effect.Effect<never> =>
  Effect.gen(function* () {
    let failures = 0
    const setting = settingAll()
    const session = Effect.gen(function* () {
      const client = yield* connection(url, name)
      const ask = (text: string, values: ReadonlyArray<string>) =>
        Effect.timeoutFail(
          Effect.tryPromise({ try: () => client.query<Answer>(text, [...values]), catch: DatabaseError.from }),
          { duration: PATIENCE, onTimeout: () => silent(name) }
        )
      const query: Query = (text, values = []) => Effect.asVoid(ask(text, values))
      const ping = Effect.filterOrFail(
        ask("SELECT pg_catalog.current_setting('transaction_read_only') AS \"readOnly\"", []),
        ({ rows }) => rows[0]?.readOnly !== "on",
        () => readOnly(name)
      )
      yield* query(setting)
      yield* ping
      yield* opened(query, client)
      failures = 0
      return yield* Effect.forever(Effect.delay(ping, PING_INTERVAL))
    })
    return yield* session.pipe(
      Effect.scoped,
      Effect.ensuring(lost),
      Effect.catchAll((error) => Effect.logDebug(`the session "${name}" was lost`, error)),
      Effect.zipRight(
        Effect.suspend(() =>
          Effect.sleep(Duration.min(Duration.times(RECONNECT_DELAY, 2 ** failures++), LAST_RECONNECT_DELAY))
        )
      ),
      Effect.forever
    )
  })

interface Answer {
  readonly readOnly?: string
}

const readOnly = (name: string) =>
  new DatabaseError({
    message: `the session "${name}" is with a server that is read only`,
    code: "25006",
    retryable: true
  })

const silent = (name: string) =>
  new DatabaseError({ message: `the session "${name}" does not answer`, code: null, retryable: true })

/** A connection outside the pools, with no settings of ours, until the scope closes. Fails with `DatabaseError` after two seconds. */
export const connection = (url: Redacted.Redacted, name: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const client = new Pg.Client({
        connectionString: Redacted.value(url),
        application_name: name,
        connectionTimeoutMillis: Duration.toMillis(PATIENCE),
        keepAlive: true
      })
      // An "error" event without a listener would end the process. The next ping detects the loss.
      client.on("error", () => {})
      return client
    }),
    // Not awaited: a server that does not answer would delay the shutdown.
    (client) => Effect.sync(() => void client.end().catch(() => {}))
  ).pipe(Effect.tap((client) => Effect.tryPromise({ try: () => client.connect(), catch: DatabaseError.from })))
