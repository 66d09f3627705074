import { NodeRuntime } from "@effect/platform-node"
import { Clock, Console, Duration, Effect } from "effect"
import * as Pg from "pg"

/**
 * The method of the Go original, for comparison: `node --import tsx scripts/benchOriginal.ts URL SECONDS`. Every column's
 * statistics by a query of its own with `COUNT(DISTINCT)`; then for every column and every unique column of the same kind of type a join.
 * As many connections as ours has, the server's own settings. It ends after SECONDS with what it has, and says how far it came: a line
 * of JSON.
 */
const CONNECTIONS = 4
/** As ours. */
const STATEMENT_TIMEOUT = Duration.toMillis("60 seconds")

const [url = "", limit = "600"] = process.argv.slice(2)

interface Column {
  readonly table: string
  readonly column: string
  readonly kind: string
}

const COLUMNS = `SELECT format('%I.%I', n.nspname, c.relname) AS table, quote_ident(a.attname) AS column,
    CASE WHEN t.typcategory = 'N' THEN 'number' WHEN t.typcategory = 'S' THEN 'text' ELSE t.typname::text END AS kind
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_type t ON t.oid = a.atttypid
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND n.nspname NOT LIKE 'pg\\_%' AND a.attnum > 0 AND NOT a.attisdropped
    AND (t.typcategory IN ('N', 'S') OR t.typname IN ('uuid', 'date', 'timestamp', 'timestamptz'))
  ORDER BY 1, a.attnum`

const program = Effect.gen(function* () {
  const pool = new Pg.Pool({ connectionString: url, max: CONNECTIONS, statement_timeout: STATEMENT_TIMEOUT })
  const end = (yield* Clock.currentTimeMillis) + Number(limit) * 1000
  const query = (text: string) =>
    Effect.map(
      Effect.promise(() => pool.query<Record<string, string>>(text).catch(() => ({ rows: [] }))),
      ({ rows }) => rows
    )
  /** In turn, until there is no time left; none for those that were not begun. */
  const each = <A, B>(items: ReadonlyArray<A>, f: (item: A) => Effect.Effect<B>) =>
    Effect.map(
      Effect.forEach(
        items,
        (item) =>
          Effect.flatMap(Clock.currentTimeMillis, (now) =>
            now > end ? Effect.succeed([]) : Effect.map(f(item), (made) => [made])
          ),
        { concurrency: CONNECTIONS }
      ),
      (made) => made.flat()
    )

  const columns: ReadonlyArray<Column> = (yield* query(COLUMNS)).map(({ column = "", kind = "", table = "" }) => ({
    table,
    column,
    kind
  }))
  const counted = yield* each(columns, (each) =>
    Effect.map(
      query(
        `SELECT count(*) AS rows, count(${each.column}) AS filled, count(DISTINCT ${each.column}) AS distinct FROM ${each.table}`
      ),
      ([row]) => ({ ...each, unique: row !== undefined && row["rows"] === row["distinct"] && row["rows"] !== "0" })
    )
  )
  const keys = counted.filter(({ unique }) => unique)
  const pairs = counted.flatMap((from) =>
    keys.filter((to) => to.kind === from.kind && to.table !== from.table).map((to) => ({ from, to }))
  )
  const joined = yield* each(pairs, ({ from, to }) =>
    query(`SELECT count(DISTINCT s.${from.column}) AS distinct,
        count(DISTINCT s.${from.column}) FILTER (WHERE t.${to.column} IS NOT NULL) AS matched, count(*) AS rows
      FROM ${from.table} s LEFT JOIN ${to.table} t ON t.${to.column} = s.${from.column} WHERE s.${from.column} IS NOT NULL`)
  )
  yield* Effect.promise(() => pool.end())
  yield* Console.log(
    JSON.stringify({
      columns: columns.length,
      counted: counted.length,
      pairs: pairs.length,
      joined: joined.filter(([row]) => row !== undefined).length
    })
  )
})

NodeRuntime.runMain(program)
