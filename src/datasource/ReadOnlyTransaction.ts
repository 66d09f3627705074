import { Duration, Schema } from "effect"
import { quoteLiteral } from "./Identifier.ts"

/** How long a table that somebody else has locked is waited for. */
const LOCK_TIMEOUT = Duration.seconds(5)
/** How long a transaction of ours may stand still. */
const IDLE_TIMEOUT = Duration.seconds(10)
/** How often the server looks whether we are still there while it works. */
const PRESENCE_CHECK = Duration.millis(500)
/** Memory for one sort or hash of ours, per connection, in bytes. */
const WORK_MEMORY = 32 * 1024 * 1024

/** Where names are looked for that do not say their schema, by PostgreSQL's own first: nobody's function takes the place of one of those. */
export const CATALOG_ONLY = "pg_catalog, pg_temp"

/** What holds whatever the server, the database or the login are set to: what values look like, and that nothing is written. */
const FIXED: Readonly<Record<string, string>> = {
  // Policies apply, and do not fail the statement.
  row_security: "on",
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
  // The bound on connections is a bound on the server's work, and a scan reads the same rows first twice.
  max_parallel_workers_per_gather: "0",
  synchronize_seqscans: "off",
  // Counting the distinct values of one column must not sort whole rows.
  enable_presorted_aggregate: "off",
  // Compiling costs more than it saves for statements over bounded rows.
  jit: "off"
}

/** `statement_timeout` and `lock_timeout` of a transaction, in milliseconds. */
export const TransactionLimits = Schema.Struct({ timeout: Schema.Number, lockTimeout: Schema.Number })
/** @see TransactionLimits */
export type TransactionLimits = typeof TransactionLimits.Type

/**
 * Begins a transaction that cannot write, whoever the login is. Limits that the role or the database has are kept where they are the
 * smaller ones; 0 is none. Everything is set for the transaction alone: behind a transaction pooler a session's settings would stay
 * with connections that other programs get. The last statement's row is a `TransactionLimits`.
 */
export const begin = (statementTimeout: Duration.Duration, searchPath: string): string => {
  const limits = {
    statement_timeout: statementTimeout,
    lock_timeout: LOCK_TIMEOUT,
    idle_in_transaction_session_timeout: IDLE_TIMEOUT,
    client_connection_check_interval: PRESENCE_CHECK
  }
  const settings = Object.entries({ ...FIXED, search_path: searchPath })
  const values = (rows: ReadonlyArray<readonly [string, string]>) =>
    rows.map(([name, value]) => `(${quoteLiteral(name)}, ${quoteLiteral(value)})`).join(", ")
  const durations = Object.entries(limits).map(([name, limit]) => [name, `${Duration.toMillis(limit)}ms`] as const)
  // The first two count for what follows: names mean PostgreSQL's own, and a backslash is a character.
  return `BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED READ ONLY;
    SET LOCAL search_path = ${CATALOG_ONLY};
    SET LOCAL standard_conforming_strings = on;
    SELECT set_config(s.name, CASE WHEN s.theirs::interval > '0' AND s.theirs::interval < s.ours::interval
        THEN s.theirs ELSE s.ours END, true)
      FROM (SELECT v.name, v.ours, current_setting(v.name, true) AS theirs FROM (VALUES ${values(durations)}) v(name, ours)) s
      WHERE s.theirs IS NOT NULL;
    SELECT set_config('work_mem', least(${THEIR_MEMORY}, ${WORK_MEMORY}) / 1024 || 'kB', true);
    SELECT set_config(s.name, s.value, true) FROM (VALUES ${values(settings)}) s(name, value)
      WHERE current_setting(s.name, true) IS NOT NULL;
    SELECT ${milliseconds("statement_timeout")} AS timeout, ${milliseconds("lock_timeout")} AS "lockTimeout"`
}

/** The `work_mem` that somebody gave the login or the database, in bytes; null where it is only the server's default for everybody. */
const THEIR_MEMORY = `(SELECT pg_size_bytes(current_setting('work_mem')) WHERE EXISTS (
  SELECT FROM pg_db_role_setting s, unnest(s.setconfig) AS given WHERE split_part(lower(given), '=', 1) = 'work_mem'
    AND s.setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = session_user))
    AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))))`

const milliseconds = (setting: string) => `(1000 * extract(epoch FROM current_setting('${setting}')::interval))::float8`
