import { Effect, Schema } from "effect"
import { DatasourceError } from "../../datasource/DatasourceError.ts"
import { READING_LOGIN, warningOf } from "../../datasource/DatasourceLogin.ts"
import { quoteLiteral } from "../../datasource/Identifier.ts"
import { ontology } from "./Found.ts"
import * as McpTool from "./McpTool.ts"
import { calledBy, personalOutput, PlanNode, tablesOf } from "./PersonalOutput.ts"
import { reading } from "./ValueTools.ts"

/** The most rows of an answer, and those of one that says no number. */
const MOST_ROWS = 500
const ROWS = 50
/** Characters of an answer's text; a longer one is cut at a row. */
const LONGEST = 40_000
/** Maximum number of bytes that the database sends of an answer, as JSON: rows beyond it would not fit in the text either. */
const MOST_BYTES = 8 * LONGEST
/** What stands for a value that is not shown. */
const HIDDEN = "(personal data)"

const Plans = Schema.Array(Schema.Struct({ Plan: Schema.Unknown }))
const PlanRow = Schema.Struct({ "QUERY PLAN": Schema.Union(Plans, Schema.parseJson(Plans)) })
const planOf = Schema.decodeUnknown(PlanNode)

/**
 * Functions that anybody may call in a read-only transaction, and whose effects its ROLLBACK does not undo: locks of the session, other
 * sessions of the same login, messages to replicas, other databases. PostgreSQL prints a plan's functions by these names, however a query
 * spells them.
 */
const LASTING =
  /\b(?:pg_(?:try_)?advisory_\w+|pg_terminate_backend|pg_cancel_backend|pg_logical_emit_message|dblink\w*)(?=\()/

/** Names and values of a row, in order; null for a row without columns, and where it does not fit any more. */
const ResultRow = Schema.Struct({
  row: Schema.NullOr(Schema.parseJson(Schema.Array(Schema.Tuple(Schema.String, Schema.Unknown)))),
  fits: Schema.Boolean
})
/** A row as JSON: a list and not an object, which would lose one of two columns of one name. */
const AS_LIST = `(SELECT pg_catalog.json_agg(pg_catalog.json_build_array(f.key, f.value) ORDER BY f.ordinality)
  FROM pg_catalog.json_each(pg_catalog.row_to_json(answer)) WITH ORDINALITY AS f)::text`

/** The rows of a query, as long as they fit: the window reads each once, and keeps none. */
const listed = (sql: string, limit: number) => `SELECT CASE WHEN fits THEN row END AS row, fits FROM (
    SELECT row, coalesce(pg_catalog.sum(pg_catalog.octet_length(row)) OVER (ROWS UNBOUNDED PRECEDING), 0) <= ${MOST_BYTES} AS fits
    FROM (SELECT ${AS_LIST} AS row FROM (${sql}) AS answer LIMIT ${limit}) AS answers) AS measured`

/** Characters of a plan as JSON: a hundred joins have as many. PostgreSQL computes constants when it plans, and prints them. */
const LONGEST_PLAN = 1_000_000
const TOO_LONG = "the query's plan is too long: select shorter constants, and join fewer tables"

const FunctionRow = Schema.Struct({ schema: Schema.String, name: Schema.String, isOurs: Schema.Boolean })
/** Functions of these names that are not PostgreSQL's own, and may read rows. */
const readingFunctions = (
  names: ReadonlySet<string>
) => `SELECT DISTINCT n.nspname::text AS schema, p.proname::text AS name,
    EXISTS (SELECT FROM pg_catalog.pg_proc o WHERE o.proname = p.proname AND o.pronamespace = 'pg_catalog'::pg_catalog.regnamespace) AS "isOurs"
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  WHERE n.nspname <> 'pg_catalog' AND p.provolatile <> 'i' AND p.proname::text IN (${["", ...names].map(quoteLiteral).join(", ")})`

const PartitionRow = Schema.Struct({
  schema: Schema.String,
  table: Schema.String,
  rootSchema: Schema.String,
  root: Schema.String
})
/** The partitions of these names, and the tables that they are parts of: a plan names partitions, an ontology the whole. */
const partitions = (names: ReadonlySet<string>) => `SELECT n.nspname::text AS schema, c.relname::text AS table,
    m.nspname::text AS "rootSchema", r.relname::text AS root
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_class r ON r.oid = pg_catalog.pg_partition_root(c.oid) JOIN pg_catalog.pg_namespace m ON m.oid = r.relnamespace
  WHERE c.relispartition AND c.relname::text IN (${["", ...names].map(quoteLiteral).join(", ")})`

/** Errors of a query that runs quote what it has read: `relation "…" does not exist` is what a cast to regclass says of a value. */
const withoutValues = (error: DatasourceError) =>
  new McpTool.ToolError({ message: error.said.replace(/(?<![\p{L}\p{N}])["'„“«»].*$/su, '"…"') })

/** Runs a SELECT of the model's. */
export const runQuery = McpTool.make({
  name: "run_query",
  title: "Run a SELECT",
  description:
    "Runs one SELECT in a read-only transaction, for at most 10 seconds, and returns its first rows. Call get_context first. Columns that may show personal data are masked.",
  input: Schema.Struct({
    sql: Schema.NonEmptyTrimmedString.pipe(Schema.maxLength(20_000)).annotations({
      description: "One SELECT statement, without a semicolon"
    }),
    limit: Schema.optional(
      Schema.Int.pipe(Schema.between(1, MOST_ROWS)).annotations({ description: `The most rows. Default: ${ROWS}` })
    )
  }),
  hints: { readOnly: true },
  handle: ({ limit = ROWS, sql: given }) =>
    Effect.gen(function* () {
      const { entities } = yield* ontology
      // A comment at the end would swallow what follows it.
      const sql = `${given.replace(/;\s*$/, "")}\n`
      const { hidden, rows } = yield* reading(({ login, select }) =>
        Effect.gen(function* () {
          if (warningOf(login) !== null) return yield* refused(login.name)
          const [explained] = yield* select(PlanRow, `EXPLAIN (VERBOSE, FORMAT JSON) SELECT * FROM (${sql}) AS answer`)
          const whole = explained?.["QUERY PLAN"][0]?.Plan
          const printed = JSON.stringify(whole ?? null)
          if (printed.length > LONGEST_PLAN) return yield* new McpTool.ToolError({ message: TOO_LONG })
          const lasting = LASTING.exec(printed)?.[0]
          if (lasting !== undefined) return yield* new McpTool.ToolError({ message: `${lasting} does more than read` })
          const plan = yield* Effect.orDie(planOf(whole))
          const functions = yield* select(FunctionRow, readingFunctions(calledBy(plan)))
          const rows = yield* select(ResultRow, listed(sql, limit + 1)).pipe(
            Effect.mapError((error) => (error instanceof DatasourceError ? withoutValues(error) : error))
          )
          const parts = (yield* select(PartitionRow, partitions(tablesOf(plan)))).flatMap(
            ({ root, rootSchema, schema, table }) =>
              entities
                .filter((entity) => entity.schema === rootSchema && entity.table === root)
                .map((entity) => ({ ...entity, schema, table }))
          )
          const hidden = personalOutput(plan, [...entities, ...parts], functions)
          return { rows: rows.map(({ fits, row }) => (fits ? (row ?? []) : null)), hidden }
        })
      )
      const names = (rows[0] ?? []).map(([name]) => name)
      const asked = rows.slice(0, limit)
      const read = asked.flatMap((row) =>
        row === null ? [] : [row.map(([, value], place): unknown => (hidden(place) && value !== null ? HIDDEN : value))]
      )
      const lines = fitting(read.map((row) => row.map(cell).join(" | ")))
      const shown = read.slice(0, lines.length)
      const long = asked.length - shown.length
      const head = names.length === 0 ? [] : [names.map(cell).join(" | "), names.map(() => "---").join(" | ")]
      const said = [
        ...lines,
        ...(long > 0
          ? [`… ${long} ${long === 1 ? "row is" : "rows are"} too long to be shown: select less of them`]
          : []),
        ...(rows.length > limit ? ["… and more rows"] : [])
      ]
      return {
        text: asked.length === 0 ? "No rows." : [...head, ...said].join("\n"),
        data: { columns: names, rows: shown, more: rows.length > shown.length }
      }
    })
})

const refused = (login: string) =>
  new McpTool.ToolError({
    message: `queries are not run as "${login}", which may do more than read. Discover the database with a login that only reads: ${READING_LOGIN.join("; ")};`
  })

const cell = (value: unknown): string => {
  const text = typeof value === "string" ? value : value === null ? "NULL" : JSON.stringify(value)
  return text.replaceAll("\n", "\\n").replaceAll("|", "\\|")
}

/** The lines that fit into an answer. */
const fitting = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  let left = LONGEST
  const end = lines.findIndex((line) => (left -= line.length) < 0)
  return end < 0 ? lines : lines.slice(0, end)
}
