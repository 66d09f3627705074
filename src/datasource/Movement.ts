import { Duration, Effect, Schema, Struct } from "effect"
import { createHash } from "node:crypto"
import { stepwise, type Steps } from "../steps/Steps.ts"
import { type Catalog, mayHideRows, type Table, tableId } from "./Catalog.ts"
import type { DatasourceError } from "./DatasourceError.ts"
import type { DatasourcePool } from "./DatasourcePool.ts"

/**
 * What tells whether tables have moved: a text per table that changes when its rows, or what is read of them, change. A table without one
 * is read each time. `snapshot` changes with every transaction that writes anywhere in the cluster.
 */
export const Marks = Schema.Struct({
  snapshot: Schema.String,
  tables: Schema.Record({ key: Schema.String, value: Schema.String })
})
/** @see Marks */
export type Marks = typeof Marks.Type

/** Nothing is known. */
export const NO_MARKS: Marks = { snapshot: "", tables: {} }

/** The ids of tables that have not moved between two times. */
export const unmoved = (before: Marks, now: Marks): ReadonlyArray<string> =>
  Object.entries(now.tables).flatMap(([id, mark]) => (before.tables[id] === mark ? [id] : []))

/**
 * Seconds after which an idle session has reported all rows that it has written to the statistics (PGSTAT_IDLE_INTERVAL is 10 s, from
 * PostgreSQL 15 on), with half a second for the report itself.
 */
const REPORTED_AFTER = 10.5
/** The first `server_version_num` with that limit. Before, an idle session may keep counts to itself for as long as it is idle. */
const REPORTS_WHEN_IDLE = 150_000
/** Seconds until the collector of older versions has written what ended sessions have reported. */
const COLLECTED_AFTER = 1

const ServerRow = Schema.Struct({
  counted: Schema.Boolean,
  versionNumber: Schema.Number,
  generation: Schema.String,
  snapshot: Schema.String
})

/**
 * Whether writes are counted, which they are not on a standby or without `track_counts`, and what changes when the counters begin anew:
 * pg_stat_reset and its like, a crash, another server.
 */
const SERVER = `
  SELECT NOT pg_is_in_recovery() AND current_setting('track_counts') = 'on' AS counted,
    current_setting('server_version_num')::int4 AS "versionNumber", pg_current_snapshot()::text AS snapshot,
    json_build_array(current_setting('server_version_num'), d.oid, current_user, s.stats_reset, a.stats_reset, b.stats_reset)::text AS generation
  FROM pg_database d JOIN pg_stat_database s ON s.datid = d.oid, pg_stat_archiver a, pg_stat_bgwriter b
  WHERE d.datname = current_database()`

const TableRow = Schema.Struct({ schema: Schema.String, table: Schema.String, counters: Schema.String })

/**
 * The counters of rows written, the file, which TRUNCATE and rewrites replace, the number of columns ever made, which ALTER TABLE raises where
 * it writes no row, and the planner's figures, on which samples depend.
 */
const TABLES = `
  SELECT n.nspname AS schema, c.relname AS table, json_build_array(c.oid, c.relfilenode, c.relnatts, c.reltuples, c.relpages,
    pg_stat_get_tuples_inserted(c.oid), pg_stat_get_tuples_updated(c.oid), pg_stat_get_tuples_deleted(c.oid))::text AS counters
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't'
    AND n.nspname <> 'information_schema' AND NOT starts_with(n.nspname::text, 'pg_')`

const SessionsRow = Schema.Struct({ others: Schema.Number, wait: Schema.Number })

/** Other sessions of the database, and the seconds until they have reported what they wrote; of sessions that we may not see, all of them. */
const SESSIONS = `
  SELECT count(*)::float8 AS others, coalesce(max(CASE WHEN state = 'idle'
    THEN ${REPORTED_AFTER} - extract(epoch FROM clock_timestamp() - state_change) ELSE ${REPORTED_AFTER} END), 0)::float8 AS wait
  FROM pg_stat_activity WHERE datid = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND pid <> pg_backend_pid() AND usesysid IS NOT NULL AND application_name <> 'workflow-infra'`

/**
 * The marks of a catalog's tables. Statistics are reported late: where a table seems not to have moved since `before` although somebody
 * wrote, and sessions are there that may not have reported, waits until they have, at most 10.5 seconds. What is not reported even then is
 * what a session wrote within a second before a transaction that it has been in ever since. Views, foreign tables and tables under
 * row-level security have no marks, nor has any table of a standby.
 */
export const marksOf = (pool: DatasourcePool, catalog: Catalog, before: Marks): Effect.Effect<Marks, DatasourceError> =>
  Effect.gen(function* () {
    const read = Effect.gen(function* () {
      const [server] = yield* pool.query(ServerRow, SERVER)
      if (server?.counted !== true) return { marks: NO_MARKS, versionNumber: 0 }
      const rows = yield* pool.query(TableRow, TABLES)
      const tables = yield* stepwise(() => tableMarks(catalog, server.generation, rows))
      return { marks: { snapshot: server.snapshot, tables }, versionNumber: server.versionNumber }
    })
    const { marks, versionNumber } = yield* read
    if (marks.snapshot === before.snapshot || unmoved(before, marks).length === 0) return marks
    const [sessions] = yield* pool.query(SessionsRow, SESSIONS)
    const { others, wait } = sessions ?? { others: 0, wait: 0 }
    if (versionNumber < REPORTS_WHEN_IDLE) {
      if (others > 0) return { ...marks, tables: {} }
      yield* Effect.sleep(Duration.seconds(COLLECTED_AFTER))
    } else if (wait <= 0) return marks
    else yield* Effect.sleep(Duration.seconds(wait))
    return (yield* read).marks
  }).pipe(
    // A server without these views, or a name that cannot be sent: nothing is known.
    Effect.catchIf(
      ({ ofOneTable }) => ofOneTable,
      () => Effect.succeed(NO_MARKS)
    ),
    Effect.withSpan("Datasource.marks")
  )

function* tableMarks(
  catalog: Catalog,
  generation: string,
  rows: ReadonlyArray<typeof TableRow.Type>
): Steps<Record<string, string>> {
  const counters = new Map(rows.map((row) => [tableId(row), row.counters]))
  const marks: Record<string, string> = {}
  for (const table of catalog.tables) {
    yield
    const own = [table, ...(table.parts ?? [])].map((each) => counters.get(tableId(each)))
    if (!isCounted(table) || own.includes(undefined)) continue
    const described = Struct.omit(table, "estimatedRows")
    marks[tableId(table)] = createHash("sha256")
      .update(JSON.stringify([generation, own, described]))
      .digest("base64")
  }
  return marks
}

/** Whether the counters count all that is read of a table: policies depend on more than its rows. */
const isCounted = (table: Table): boolean =>
  (table.kind === "table" || table.kind === "materialized view") && !mayHideRows(table)
