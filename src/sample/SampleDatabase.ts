import { Data, Effect, Predicate, Redacted } from "effect"
import * as Pg from "pg"
import { sampleRows } from "./SampleRows.ts"
import { SAMPLE_SCHEMA } from "./SampleSchema.ts"

/** The sample's database on whatever server it is made. */
export const SAMPLE_DATABASE = "bike_shop_sample"
/** Grows with every change of tables or rows: a database of another version is made anew. */
const SAMPLE_VERSION = 1
/** Under this name until it is whole, so that a crash leaves nothing that looks finished. */
const UNFINISHED = `${SAMPLE_DATABASE}_unfinished`
/** Marks the database as ours; one without it is somebody else's, and is never touched. */
const MARK = "workflow-infra sample, version "
/** One process makes it, others wait. Any number that nobody else uses. */
const LOCK = 4_071_215_377
const CONNECT_TIMEOUT_MILLIS = 10_000

/** The sample database could not be made: `reason` says why, in one line. */
export class SampleDatabaseError extends Data.TaggedError("SampleDatabaseError")<{ readonly reason: string }> {
  override get message() {
    return `cannot make the sample database ${SAMPLE_DATABASE}: ${this.reason}`
  }
}

/** The sample database as it stands. */
export interface SampleDatabase {
  readonly url: Redacted.Redacted
  /** Whether this call made it: false where it was already there, in this version. */
  readonly created: boolean
}

/**
 * The sample database on the server that `server` points to (any database of it, a login that may create databases): made in some
 * two seconds where it is missing or another version's. Several processes may call this at the same time. Fails with
 * `SampleDatabaseError` where the server says no, or a database of that name is not ours.
 */
export const create = (server: Redacted.Redacted): Effect.Effect<SampleDatabase, SampleDatabaseError> =>
  Effect.gen(function* () {
    const url = onDatabase(server, SAMPLE_DATABASE)
    const admin = yield* connect(server)
    yield* query(admin, `SELECT pg_advisory_lock(${LOCK})`)
    const [found] = yield* query(
      admin,
      `SELECT shobj_description(oid, 'pg_database') AS mark FROM pg_database WHERE datname = '${SAMPLE_DATABASE}'`
    )
    const mark = found?.["mark"]
    if (mark === MARK + SAMPLE_VERSION) return { url, created: false }
    if (found !== undefined && !(Predicate.isString(mark) && mark.startsWith(MARK)))
      return yield* new SampleDatabaseError({ reason: "there is one of that name already, and it is not ours" })

    yield* query(admin, `DROP DATABASE IF EXISTS ${UNFINISHED} WITH (FORCE)`)
    yield* query(admin, `CREATE DATABASE ${UNFINISHED} TEMPLATE template0 ENCODING 'UTF8' STRATEGY wal_log`)
    yield* Effect.scoped(Effect.flatMap(connect(onDatabase(server, UNFINISHED)), fill))
    yield* query(admin, `COMMENT ON DATABASE ${UNFINISHED} IS '${MARK}${SAMPLE_VERSION}'`)
    yield* query(admin, `DROP DATABASE IF EXISTS ${SAMPLE_DATABASE} WITH (FORCE)`)
    yield* query(admin, `ALTER DATABASE ${UNFINISHED} RENAME TO ${SAMPLE_DATABASE}`)
    return { url, created: true }
  }).pipe(Effect.scoped, Effect.withSpan("SampleDatabase.create"))

const fill = (client: Pg.Client) =>
  Effect.gen(function* () {
    yield* query(client, "BEGIN")
    yield* query(client, SAMPLE_SCHEMA)
    for (const { rows, table } of sampleRows())
      yield* query(client, `INSERT INTO ${table} SELECT * FROM json_populate_recordset(NULL::${table}, $1)`, [
        JSON.stringify(rows)
      ])
    yield* query(client, "COMMIT")
    yield* query(client, "ANALYZE")
  })

/** The same server and login, another database. */
const onDatabase = (server: Redacted.Redacted, database: string): Redacted.Redacted => {
  const url = new URL(Redacted.value(server))
  url.pathname = `/${database}`
  return Redacted.make(url.href)
}

const connect = (url: Redacted.Redacted) =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: async () => {
        const client = new Pg.Client({
          connectionString: Redacted.value(url),
          application_name: "workflow-infra sample",
          connectionTimeoutMillis: CONNECT_TIMEOUT_MILLIS
        })
        // A connection that breaks fails the query that runs; as an event without a listener it would end the process.
        client.on("error", () => {})
        await client.connect()
        return client
      },
      catch: failed
    }),
    (client) => Effect.promise(() => client.end().catch(() => {}))
  )

const query = (client: Pg.Client, statement: string, values: ReadonlyArray<string> = []) =>
  Effect.tryPromise({
    try: async (): Promise<ReadonlyArray<Record<string, unknown>>> =>
      (await client.query(statement, [...values])).rows ?? [],
    catch: failed
  })

const failed = (error: unknown) =>
  new SampleDatabaseError({ reason: (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ") })
