import { Array, Duration, Option, Schema } from "effect"
import { quoteLiteral } from "./Identifier.ts"

/** `lock_timeout`: how long a statement of ours waits for a lock. Longer waits would queue the application's own statements behind ours. */
const LOCK_TIMEOUT = Duration.seconds(5)
/** `idle_in_transaction_session_timeout`: the server ends a session of ours that holds a transaction open for longer, and so its snapshot. */
const IDLE_TIMEOUT = Duration.seconds(10)
/** `client_connection_check_interval` (14 and later): how soon the server notices that we disconnected, and stops the statement. */
const PRESENCE_CHECK = Duration.millis(500)
/** Platforms whose servers cannot see that a client has gone (macOS: 14 only), and refuse the setting with an error. */
const UNCHECKED = "visual c|msvc|mingw|windows|apple|darwin"
/** The most `work_mem` that we set, in bytes: with 4 connections and one sort each, 128 MiB of the server's memory. */
const WORK_MEMORY = 32 * 1024 * 1024

/** The search_path of statements over system catalogs: unqualified names are PostgreSQL's own, and never a user's function or operator. */
export const CATALOG_ONLY = "pg_catalog, pg_temp"

/** Settings that every transaction of ours has, whatever the server, database or role is configured to: they decide how values are printed. */
const FIXED: Readonly<Record<string, string>> = {
  // With "off", a statement over a table with a policy that applies fails instead of being filtered.
  row_security: "on",
  // `format_type` obeys it.
  quote_all_identifiers: "off",
  timezone: "UTC",
  datestyle: "ISO, YMD",
  intervalstyle: "postgres",
  bytea_output: "hex",
  extra_float_digits: "1",
  xmloption: "content",
  xmlbinary: "base64",
  array_nulls: "on",
  transform_null_equals: "off",
  gin_fuzzy_search_limit: "0",
  // One backend per connection, so that the number of connections bounds the load; and LIMIT returns the same rows each time.
  max_parallel_workers_per_gather: "0",
  synchronize_seqscans: "off",
  // From version 16 on, the planner sorts whole rows for count(DISTINCT column): that does not fit in work_mem.
  enable_presorted_aggregate: "off",
  // Compilation takes longer than it saves on a bounded number of rows.
  jit: "off"
}

/** The search_path is set first, because the following statements must not resolve names to a user's objects. */
const BEGIN = [
  "BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED READ ONLY",
  `SET LOCAL search_path = ${CATALOG_ONLY}`,
  "SET LOCAL standard_conforming_strings = on"
]

/** `statement_timeout` and `lock_timeout` of a transaction, in milliseconds. */
export const TransactionLimits = Schema.Struct({ timeout: Schema.Number, lockTimeout: Schema.Number })
/** @see TransactionLimits */
export type TransactionLimits = typeof TransactionLimits.Type

/**
 * The statements that begin a READ ONLY transaction. Timeouts are the smaller of ours and the ones configured for the role, database or
 * server, where 0 is no limit. `statementTimeout` and `lockTimeout` become `statement_timeout` and `lock_timeout`; `searchPath` is the SQL list for `search_path`. Every setting
 * is local to the transaction, because behind a transaction pooler a session's settings would reach other programs. The rows say
 * what was set, for `settingsOf`.
 */
export const begin = (
  statementTimeout: Duration.Duration,
  searchPath: string,
  lockTimeout: Duration.Duration = LOCK_TIMEOUT
): string => {
  const limits = {
    statement_timeout: statementTimeout,
    lock_timeout: lockTimeout,
    idle_in_transaction_session_timeout: IDLE_TIMEOUT,
    client_connection_check_interval: PRESENCE_CHECK
  }
  const settings = Object.entries({ ...FIXED, search_path: searchPath })
  const values = (rows: ReadonlyArray<readonly [string, string]>) =>
    rows.map(([name, value]) => `(${quoteLiteral(name)}, ${quoteLiteral(value)})`).join(", ")
  const durations = Object.entries(limits).map(([name, limit]) => [name, `${Duration.toMillis(limit)}ms`] as const)
  // `search_path` applies from the next statement on. `standard_conforming_strings` applies from the next message on only, because the
  // server lexes all statements of a message at once: literals here must not depend on it.
  return `${BEGIN.join(";")};
    SELECT s.name, set_config(s.name, CASE WHEN s.theirs::interval > '0' AND s.theirs::interval < s.ours::interval
        THEN s.theirs ELSE s.ours END, true) AS value
      FROM (SELECT v.name, v.ours, current_setting(v.name, true) AS theirs FROM (VALUES ${values(durations)}) v(name, ours)) s
      WHERE s.theirs IS NOT NULL AND NOT (s.name = 'client_connection_check_interval' AND version() ~* '${UNCHECKED}');
    SELECT 'work_mem' AS name, set_config('work_mem', least(${THEIR_MEMORY}, ${WORK_MEMORY}) / 1024 || 'kB', true) AS value;
    SELECT s.name, set_config(s.name, s.value, true) AS value FROM (VALUES ${values(settings)}) s(name, value)
      WHERE current_setting(s.name, true) IS NOT NULL;
    SELECT ${milliseconds("statement_timeout")} AS timeout, ${milliseconds("lock_timeout")} AS "lockTimeout"`
}

/** What the statements of `begin` have set, and the limits that result. */
export interface Settings {
  readonly values: ReadonlyArray<typeof SettingRow.Type>
  readonly limits: TransactionLimits
}

const SettingRow = Schema.Struct({ name: Schema.String, value: Schema.String })
const decodeSetting = Schema.decodeUnknownOption(SettingRow)
const decodeLimits = Schema.decodeUnknownOption(TransactionLimits)

/** Reads the settings off the rows of the statements of `begin`; none where there is no row of limits. */
export const settingsOf = (rows: ReadonlyArray<unknown>): Option.Option<Settings> =>
  Option.map(
    Array.findLast(rows, (row) => decodeLimits(row)),
    (limits) => ({
      values: Array.filterMap(rows, (row) => decodeSetting(row)),
      limits
    })
  )

/** The statements that begin such a transaction with known settings: nothing is looked up, and no rows are returned. */
export const beginWith = ({ values }: Settings, searchPath: string): ReadonlyArray<string> => {
  const calls = [
    ...values.filter(({ name }) => name !== "search_path"),
    { name: "search_path", value: searchPath }
  ].map(({ name, value }) => `set_config(${quoteLiteral(name)}, ${quoteLiteral(value)}, true)`)
  return [...BEGIN, `SELECT WHERE concat(${calls.join(", ")}) IS NULL`]
}

/** The `work_mem` that ALTER ROLE or ALTER DATABASE set for this login, in bytes; null where only the server's default applies. */
const THEIR_MEMORY = `(SELECT pg_size_bytes(current_setting('work_mem')) WHERE EXISTS (
  SELECT FROM pg_db_role_setting s, unnest(s.setconfig) AS given WHERE split_part(lower(given), '=', 1) = 'work_mem'
    AND s.setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = session_user))
    AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))))`

const milliseconds = (setting: string) => `(1000 * extract(epoch FROM current_setting('${setting}')::interval))::float8`
