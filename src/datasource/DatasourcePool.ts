import { Clock, Deferred, Duration, Effect, Predicate, Redacted, type Schema, type Scope } from "effect"
import { readFileSync } from "node:fs"
import * as Net from "node:net"
import * as Pg from "pg"
import * as SilentSocket from "../database/SilentSocket.ts"
import { DatasourceError, type FailedCall, fromDriver } from "./DatasourceError.ts"
import type { DatasourceUrl } from "./DatasourceUrl.ts"
import { decodeRows } from "./Rows.ts"

/** After an interruption: how long until the server is asked once more to cancel, and how often at most. */
const CANCEL_PATIENCE = Duration.millis(500)
const CANCEL_ATTEMPTS = 4
/** Connections that nobody uses go back to their owner after this long. */
const IDLE_TIMEOUT = Duration.seconds(10)
/** How long a table that somebody else has locked is waited for. */
const LOCK_TIMEOUT = Duration.seconds(5)
/** How much longer than a statement may take its answer may: then the connection is half open. */
const ANSWER_PATIENCE = Duration.seconds(5)
/** Memory for one sort or hash of ours, per connection. */
const WORK_MEMORY = "32MB"

/** What a pool needs to know. */
export interface PoolOptions {
  readonly url: DatasourceUrl
  readonly connections: number
  readonly statementTimeout: Duration.Duration
  readonly connectTimeout: Duration.Duration
}

/** Statements on somebody else's database. */
export interface DatasourcePool {
  /**
   * Runs one statement in a read-only transaction of its own and decodes its rows. Interrupting it cancels it on the server. Rows
   * that are not as `schema` says are a defect.
   */
  readonly query: <A, I>(
    schema: Schema.Schema<A, I>,
    text: string,
    values?: ReadonlyArray<unknown>
  ) => Effect.Effect<ReadonlyArray<A>, DatasourceError>
}

/**
 * A bounded pool on one datasource, closed with the scope. Everything is set per transaction, never for the session: behind a
 * transaction pooler a session's settings would stay with connections that other programs get.
 */
export const make = (options: PoolOptions): Effect.Effect<DatasourcePool, DatasourceError, Scope.Scope> =>
  Effect.gen(function* () {
    const { url } = options
    const timeout = Duration.toMillis(options.statementTimeout)
    const failure = (error: unknown, elapsed = 0): DatasourceError => {
      const call: FailedCall = { display: url.display, user: url.user, database: url.database, timeout, elapsed }
      return error instanceof DatasourceError ? error : fromDriver(error, call)
    }
    const encrypted = yield* Effect.mapError(greet(url, options.connectTimeout), failure)
    const ssl = yield* Effect.try({ try: () => tls(url, encrypted), catch: failure })
    const begin = beginReadOnly(timeout)
    const pool = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const made = new Pg.Pool({
          host: url.host,
          port: url.port,
          user: url.user,
          password: Redacted.value(url.password),
          database: url.database,
          ssl,
          max: options.connections,
          application_name: "workflow-infra",
          connectionTimeoutMillis: Duration.toMillis(options.connectTimeout),
          idleTimeoutMillis: Duration.toMillis(IDLE_TIMEOUT),
          keepAlive: true,
          stream: () => SilentSocket.endingAfter(Duration.sum(options.statementTimeout, ANSWER_PATIENCE))
        })
        // An idle connection that breaks is replaced when the next one is needed.
        made.on("error", () => {})
        return made
      }),
      (made) => Effect.promise(() => made.end()).pipe(Effect.interruptible, Effect.timeoutOption("1 second"))
    )
    // The pool's own waiting counts against its connection timeout: so nobody waits there.
    const places = yield* Effect.makeSemaphore(options.connections)

    const run = (text: string, values: ReadonlyArray<unknown>) =>
      Effect.gen(function* () {
        const started = yield* Clock.currentTimeMillis
        const settled = yield* Deferred.make<void>()
        let abandoned = false
        let client: Pg.PoolClient | undefined
        const statements = async () => {
          client = await pool.connect()
          // The driver also emits what it rejects a statement with, and an "error" that nobody hears ends the process.
          const ignore = () => {}
          client.on("error", ignore)
          let reusable = false
          try {
            if (abandoned) return []
            await client.query(begin)
            if (abandoned) return []
            const { rows } = await client.query<Record<string, unknown>>(text, [...values])
            await client.query("COMMIT")
            reusable = !abandoned
            return rows
          } finally {
            client.off("error", ignore)
            client.release(!reusable)
          }
        }
        return yield* Effect.async<ReadonlyArray<Record<string, unknown>>, unknown>((resume) => {
          statements()
            .then((rows) => resume(Effect.succeed(rows)))
            .catch((error: unknown) => resume(Effect.fail(error)))
            .finally(() => Deferred.unsafeDone(settled, Effect.void))
          return Effect.suspend(() => {
            abandoned = true
            return stop(url, () => client, settled)
          })
        }).pipe(
          Effect.catchAll((error) =>
            Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.fail(failure(error, now - started)))
          )
        )
      })

    return {
      query: (schema, text, values = []) =>
        places
          .withPermits(1)(run(text, values))
          .pipe(Effect.flatMap(decodeRows(schema)))
    }
  })

/** Begins a transaction that cannot write, whoever the login is, with everything fixed that could change what values look like. */
const beginReadOnly = (timeout: number) => {
  const settings = {
    statement_timeout: `${timeout}ms`,
    lock_timeout: `${Duration.toMillis(LOCK_TIMEOUT)}ms`,
    idle_in_transaction_session_timeout: "10s",
    client_connection_check_interval: "500ms",
    search_path: "pg_catalog",
    timezone: "UTC",
    datestyle: "ISO, YMD",
    intervalstyle: "postgres",
    bytea_output: "hex",
    extra_float_digits: "1",
    xmloption: "content",
    work_mem: WORK_MEMORY,
    // The bound on connections is a bound on the server's work, and a scan reads the same rows first twice.
    max_parallel_workers_per_gather: "0",
    synchronize_seqscans: "off",
    // Counting the distinct values of one column must not sort whole rows.
    enable_presorted_aggregate: "off",
    // Compiling costs more than it saves for statements over bounded rows.
    jit: "off"
  }
  const values = Object.entries(settings).map(([name, value]) => `('${name}', '${value}')`)
  return `BEGIN TRANSACTION READ ONLY; SELECT pg_catalog.set_config(s.name, s.value, true)
    FROM (VALUES ${values.join(", ")}) s(name, value) WHERE pg_catalog.current_setting(s.name, true) IS NOT NULL`
}

/** Ends an abandoned statement on the server. Its connection is closed, never used again: a cancellation that comes late hits nobody. */
const stop = (url: DatasourceUrl, client: () => Pg.PoolClient | undefined, settled: Deferred.Deferred<void>) =>
  Effect.suspend(() => {
    const current = client()
    return current === undefined ? Effect.void : cancel(url, current)
  }).pipe(
    Effect.zipRight(Deferred.await(settled)),
    Effect.disconnect,
    Effect.interruptible,
    Effect.timeoutOption(CANCEL_PATIENCE),
    Effect.repeat({ until: (done) => done._tag === "Some", times: CANCEL_ATTEMPTS - 1 }),
    Effect.andThen((done) => (done._tag === "Some" ? Effect.void : Effect.promise(async () => client()?.end())))
  )

/** PostgreSQL's own request for cancelling, on a connection of its own; it works without a free connection and through poolers. */
const cancel = (url: DatasourceUrl, client: Pg.PoolClient) =>
  Effect.async<void>((resume) => {
    const { processID, secretKey } = numbers(client)
    if (processID === undefined || secretKey === undefined) return resume(Effect.void)
    const request = Buffer.alloc(16)
    request.writeInt32BE(16, 0)
    request.writeInt32BE(80_877_102, 4)
    request.writeInt32BE(processID, 8)
    request.writeInt32BE(secretKey, 12)
    const socket = open(url)
    socket.on("connect", () => socket.end(request))
    socket.on("error", () => {})
    socket.on("close", () => resume(Effect.void))
    socket.resume()
    return Effect.sync(() => socket.destroy())
  })

/** What the server gave this session for cancelling; the driver keeps it and does not declare it. */
const numbers = (client: object) => ({
  processID:
    Predicate.hasProperty(client, "processID") && Predicate.isNumber(client.processID) ? client.processID : undefined,
  secretKey:
    Predicate.hasProperty(client, "secretKey") && Predicate.isNumber(client.secretKey) ? client.secretKey : undefined
})

const open = (url: DatasourceUrl) =>
  url.host.startsWith("/")
    ? Net.connect({ path: `${url.host}/.s.PGSQL.${url.port}` })
    : Net.connect({ host: url.host, port: url.port })

/**
 * Asks whether PostgreSQL listens there, and whether it can encrypt: true or false. The driver alone would wait for ever on a
 * server that speaks something else.
 */
const greet = (url: DatasourceUrl, timeout: Duration.Duration) =>
  Effect.async<boolean, unknown>((resume) => {
    const notPostgres = new DatasourceError({
      reason: "not-postgres",
      message: `${url.display}: something listens there, but it is not PostgreSQL: check host and port`,
      code: null
    })
    const socket = open(url)
    socket.on("connect", () => {
      const request = Buffer.alloc(8)
      request.writeInt32BE(8, 0)
      request.writeInt32BE(80_877_103, 4)
      socket.write(request)
    })
    socket.once("data", (answer) => {
      const said = answer.toString("latin1")
      resume(/^[SN]$|^E/.test(said) ? Effect.succeed(said === "S") : Effect.fail(notPostgres))
      socket.destroy()
    })
    socket.on("error", (error) => resume(Effect.fail(error)))
    socket.on("end", () => resume(Effect.fail(notPostgres)))
    return Effect.sync(() => socket.destroy())
  }).pipe(Effect.timeoutFail({ duration: timeout, onTimeout: () => new Error("connection timeout") }))

/** libpq's modes in the driver's words. */
const tls = (url: DatasourceUrl, available: boolean) => {
  if (url.sslMode === "disable" || (url.sslMode === "prefer" && !available)) return false
  const ca = url.sslRootCert === null ? {} : { ca: readFileSync(url.sslRootCert, "utf8") }
  if (url.sslMode === "verify-full") return { ...ca }
  if (url.sslMode === "verify-ca" || (url.sslMode === "require" && url.sslRootCert !== null)) {
    return { ...ca, checkServerIdentity: () => undefined }
  }
  return { rejectUnauthorized: false }
}
