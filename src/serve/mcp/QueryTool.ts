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
/** What stands for a value that is not shown. */
const HIDDEN = "(personal data)"

const PlanRow = Schema.Struct({
  "QUERY PLAN": Schema.Union(
    Schema.Array(Schema.Struct({ Plan: PlanNode })),
    Schema.parseJson(Schema.Array(Schema.Struct({ Plan: PlanNode })))
  )
})
/** Names and values of a row, in order; null for a row without columns. */
const ResultRow = Schema.Struct({
  row: Schema.NullOr(Schema.parseJson(Schema.Array(Schema.Tuple(Schema.String, Schema.Unknown))))
})
/** A row as JSON: a list and not an object, which would lose one of two columns of one name. */
const AS_LIST = `(SELECT pg_catalog.json_agg(pg_catalog.json_build_array(f.key, f.value) ORDER BY f.ordinality)
  FROM pg_catalog.json_each(pg_catalog.row_to_json(answer)) WITH ORDINALITY AS f)::text`

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
          const plan = explained?.["QUERY PLAN"][0]?.Plan
          if (plan === undefined) return yield* Effect.dieMessage("EXPLAIN gave no plan")
          const functions = yield* select(FunctionRow, readingFunctions(calledBy(plan)))
          const rows = yield* select(
            ResultRow,
            `SELECT ${AS_LIST} AS row FROM (${sql}) AS answer LIMIT ${limit + 1}`
          ).pipe(Effect.mapError((error) => (error instanceof DatasourceError ? withoutValues(error) : error)))
          const parts = (yield* select(PartitionRow, partitions(tablesOf(plan)))).flatMap(
            ({ root, rootSchema, schema, table }) =>
              entities
                .filter((entity) => entity.schema === rootSchema && entity.table === root)
                .map((entity) => ({ ...entity, schema, table }))
          )
          const hidden = personalOutput(plan, [...entities, ...parts], functions)
          return { rows: rows.map(({ row }) => row ?? []), hidden }
        })
      )
      const names = (rows[0] ?? []).map(([name]) => name)
      const shown = rows
        .slice(0, limit)
        .map((row) => row.map(([, value], place) => (hidden(place) && value !== null ? HIDDEN : value)))
      const lines = shown.map((row) => row.map(cell).join(" | "))
      const text = [names.map(cell).join(" | "), names.map(() => "---").join(" | "), ...fitting(lines)].join("\n")
      const more = rows.length > limit
      return {
        text: shown.length === 0 ? "No rows." : more ? `${text}\n… and more rows` : text,
        data: { columns: names, rows: shown, more }
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
  return end < 0 ? lines : [...lines.slice(0, end), `… ${lines.length - end} rows are too long to be shown`]
}
