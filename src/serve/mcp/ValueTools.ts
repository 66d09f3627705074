import { Duration, Effect, Option, Schema } from "effect"
import { tableId } from "../../datasource/Catalog.ts"
import type { Datasource } from "../../datasource/Datasource.ts"
import { DatasourceError } from "../../datasource/DatasourceError.ts"
import { Datasources } from "../../datasource/Datasources.ts"
import { quoteIdentifier, quoteLiteral, quoteTable } from "../../datasource/Identifier.ts"
import { pg } from "../../datasource/PgSql.ts"
import { EntityDiscoveryService } from "../../entities/EntityDiscoveryService.ts"
import { columnNamed, ontology, shortName, tableNamed } from "./Found.ts"
import * as McpTool from "./McpTool.ts"
import { Subject } from "./Subject.ts"

/** The most values of one answer, and those of one that says no number. */
const MOST_VALUES = 200
const VALUES = 20
/** Characters of a value that are shown. */
const WIDTH = 200
/** How long a statement of a tool may take: a model waits for it, and the database is somebody's production server. */
const PATIENCE = Duration.seconds(10)

/** Classes of types whose values can be listed; of others, PostgreSQL would call a function of the type's owner. */
const LISTED: ReadonlyArray<string> = ["integer", "number", "text", "uuid", "boolean", "time"]

/** Uses the subject's database, which is only read; nothing of what it answers is stored. Its errors are told. */
export const reading = <A, E, R>(use: (datasource: Datasource) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const { target } = yield* Subject
    const { open } = yield* Datasources
    const { datasourceId, projectId } = yield* target
    return yield* Effect.flatMap(open(projectId, datasourceId, { remember: false }), use)
  }).pipe(
    Effect.scoped,
    Effect.catchIf(
      (error) => error instanceof DatasourceError,
      ({ said }) => new McpTool.ToolError({ message: said })
    ),
    Effect.timeoutFail({
      duration: PATIENCE,
      onTimeout: () =>
        new McpTool.ToolError({ message: `it took longer than ${Duration.format(PATIENCE)}, and was cancelled` })
    })
  )

/** Looks for values in a column. */
export const probeColumn = McpTool.make({
  name: "probe_column",
  title: "Look for values in a column",
  description:
    "The most frequent values of a column, with their numbers of rows, read now; with `like`, those that contain a text in any case. Use it to find how a value is spelled before you filter by it. Personal data and secrets are never shown.",
  input: Schema.Struct({
    table: Schema.NonEmptyTrimmedString.annotations({ description: "As `orders` or `schema.orders`" }),
    column: Schema.NonEmptyTrimmedString,
    like: Schema.optional(
      Schema.NonEmptyString.pipe(Schema.maxLength(200)).annotations({ description: "A part of the value, in any case" })
    ),
    limit: Schema.optional(
      Schema.Int.pipe(Schema.between(1, MOST_VALUES)).annotations({
        description: `The most values. Default: ${VALUES}`
      })
    )
  }),
  hints: { readOnly: true },
  handle: ({ column: asked, like, limit = VALUES, table }) =>
    Effect.gen(function* () {
      const entity = yield* tableNamed(yield* ontology, table)
      const column = yield* columnNamed(entity, asked)
      const named = `${shortName(entity)}.${column.name}`
      if (column.personalData) {
        const why = column.personalDataReason ?? "personal data"
        return yield* new McpTool.ToolError({ message: `${named} is ${why}: its values are not shown` })
      }
      const typeClass = yield* typeClassOf(tableId(entity), column.name)
      if (!LISTED.includes(typeClass)) {
        return yield* new McpTool.ToolError({
          message: `${named} is of type ${column.type}: its values are not listed`
        })
      }
      const name = quoteIdentifier(column.name)
      const condition =
        like === undefined ? "" : pg`AND pg_catalog.strpos(lower(${name}::text), lower(${quoteLiteral(like)})) > 0`
      const found = yield* reading(({ select }) =>
        select(
          ValueRow,
          pg`SELECT left(${name}::text, ${WIDTH}) AS value, count(*)::int4 AS rows FROM ${quoteTable(entity)}
            WHERE ${name} IS NOT NULL ${condition} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${limit + 1}`
        )
      )
      const values = found.slice(0, limit)
      const more = found.length > limit
      const lines = values.map(({ rows, value }) => `- ${JSON.stringify(value)}: ${rows}`)
      const none = `${named} has no value${like === undefined ? "" : ` with ${JSON.stringify(like)} in it`}`
      return {
        text: values.length === 0 ? none : [...lines, ...(more ? ["… and others"] : [])].join("\n"),
        data: { values, more }
      }
    })
})

const ValueRow = Schema.Struct({ value: Schema.String, rows: Schema.Int })

/** The class of a column's type. */
const typeClassOf = (table: string, column: string) =>
  Effect.gen(function* () {
    const { target } = yield* Subject
    const { catalog } = yield* EntityDiscoveryService
    const { datasourceId, projectId } = yield* target
    return Option.match(yield* catalog(projectId, datasourceId), {
      onNone: () => "other",
      onSome: ({ tables }) =>
        tables.find((each) => tableId(each) === table)?.columns.find(({ name }) => name === column)?.typeClass ??
        "other"
    })
  })
