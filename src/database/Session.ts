import { Duration, Effect, Redacted } from "effect"
import * as Pg from "pg"
import { DatabaseError } from "./DatabaseError.ts"
import { settingAll } from "./SessionSettings.ts"

/** How often a session is asked whether it is still there: a socket may be half open, and say nothing. */
const PING_INTERVAL = Duration.millis(500)
/** How long it may take to answer, or to connect. */
const PATIENCE = Duration.seconds(2)
/** How soon a lost session is replaced: after this long, doubling while that fails … */
const RECONNECT_DELAY = Duration.millis(250)
/** … to this long: sessions that were lost together are back together, before one takes the owner of another for dead. */
const LAST_RECONNECT_DELAY = Duration.seconds(2)

/** Runs a statement on a session: fails where it does not answer within two seconds. */
export type Query = (text: string, values?: ReadonlyArray<string>) => Effect.Effect<void, DatabaseError>

/** What a session is for. */
export interface SessionOptions {
  readonly url: Redacted.Redacted
  /** As the server shows it: "workflow-infra lock". */
  readonly name: string
  /** Called on every new session, before it counts as open. */
  readonly opened: (query: Query, client: Pg.Client) => Effect.Effect<void, DatabaseError>
  /** Called when a session has ended, and where one could not be opened. */
  readonly lost: Effect.Effect<void>
}

/**
 * A session of our own, beside the pools, for what belongs to a session: an advisory lock, LISTEN. It is asked twice a second whether it
 * is there, and replaced within a quarter of a second where it is not, or where its server has turned read only (a standby, or a primary
 * held still): after a failover the others are on another one. Goes on until it is interrupted, and then closes it.
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

const connection = (url: Redacted.Redacted, name: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const client = new Pg.Client({
        connectionString: Redacted.value(url),
        application_name: name,
        connectionTimeoutMillis: Duration.toMillis(PATIENCE),
        keepAlive: true
      })
      // Without a listener the loss of the connection would end the process; the next ping finds it.
      client.on("error", () => {})
      return client
    }),
    // Told, and not waited for: the server may be silent.
    (client) => Effect.sync(() => void client.end().catch(() => {}))
  ).pipe(Effect.tap((client) => Effect.tryPromise({ try: () => client.connect(), catch: DatabaseError.from })))
