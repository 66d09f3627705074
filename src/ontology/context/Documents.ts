import { Effect } from "effect"
import type { DatasourceError } from "../../datasource/DatasourceError.ts"
import { pg } from "../../datasource/PgSql.ts"
import type { ContextColumn, ContextTable, Facts } from "./Facts.ts"
import { type Readable, rowsOf } from "./Measure.ts"
import { sensitiveByLook } from "../../language/SensitiveLooks.ts"
import { holdsSetting, sensitiveByName } from "../../language/SensitiveNames.ts"
import { literal } from "./Spelling.ts"

/** Maximum number of columns that are asked, of rows read of each, and of keys: more keys are data themselves, such as ids. Set by hand. */
const ASKED = 24
const ROWS = 2_000
const KEYS = 16

/** Maximum number of texts of a key that are listed, and the length of each, in characters: more, or longer ones, are no codes. Set by hand. */
const CODES = 8
const CODE_LENGTH = 20
/** Minimum number of documents for each text of a key, on average: texts that hardly repeat are no codes. */
const REPEATED = 5

/** A key of a JSON document that is the name of a field, and no data such as an id. */
const NAME = /^[A-Za-z_][\w-]{0,39}$/

/**
 * The keys of JSON documents, by the id of their column, and the codes that texts of a key are: `keys 'duration_ms', 'state' ('off', 'on')`.
 * Never of personal data.
 */
export const documents = (
  facts: Facts,
  readable: Readable
): Effect.Effect<ReadonlyMap<string, string>, DatasourceError> =>
  Effect.map(
    Effect.forEach(asked(facts), ({ column, table }) => {
      const type = column.source.type
      const read = pg`(SELECT ${column.sql} AS d FROM ${table.from} WHERE ${column.sql} IS NOT NULL LIMIT ${ROWS})`
      const none = pg`'{}'::${type}`
      return Effect.map(
        rowsOf(
          readable,
          pg`SELECT ARRAY[k] AS values FROM (SELECT DISTINCT pg_catalog.${type}_object_keys(CASE pg_catalog.${type}_typeof(d) WHEN 'object' THEN d ELSE ${none} END) AS k FROM ${read} documents LIMIT ${KEYS + 1}) keys ORDER BY k COLLATE pg_catalog."C"`
        ),
        (rows) => {
          const keys = rows.flatMap(([key]) => (typeof key === "string" ? [key] : []))
          const areNames = keys.length <= KEYS && keys.every((key) => NAME.test(key))
          return areNames && sensitiveByLook(keys) === undefined ? keys : []
        }
      ).pipe(
        Effect.flatMap((keys) =>
          keys.length === 0
            ? Effect.succeed([])
            : Effect.map(codesOf(readable, type, read), (codes) => [
                [column.id, `keys ${keys.map((key) => literal(key) + (codes.get(key) ?? "")).join(", ")}`] as const
              ])
        )
      )
    }),
    (found) => new Map(found.flat())
  )

/** The texts of each key that has few, ` ('off', 'on')`: those of all documents that `read` gives. */
const codesOf = (readable: Readable, type: string, read: string) =>
  Effect.map(
    rowsOf(
      readable,
      pg`SELECT ARRAY[k, pg_catalog.sum(n)::text] || pg_catalog.array_agg(v ORDER BY v COLLATE pg_catalog."C") AS values FROM (SELECT e.key AS k, e.value OPERATOR(pg_catalog.#>>) '{}' AS v, pg_catalog.count(*) AS n FROM (SELECT CASE pg_catalog.${type}_typeof(d) WHEN 'object' THEN d ELSE ${pg`'{}'::${type}`} END AS d FROM ${read} documents) objects CROSS JOIN LATERAL pg_catalog.${type}_each(d) AS e (key, value) WHERE pg_catalog.${type}_typeof(e.value) = 'string' GROUP BY e.key, e.value OPERATOR(pg_catalog.#>>) '{}') texts GROUP BY k HAVING pg_catalog.count(*) <= ${CODES} AND pg_catalog.max(pg_catalog.length(v)) <= ${CODE_LENGTH} ORDER BY k COLLATE pg_catalog."C"`
    ),
    (rows) =>
      new Map(
        rows.flatMap(([name, count, ...texts]): ReadonlyArray<readonly [string, string]> => {
          const codes = texts.flatMap((text) => (typeof text === "string" && text !== "" ? [text] : []))
          if (typeof name !== "string" || codes.length < 2 || Number(count) < REPEATED * codes.length) return []
          const column = { name, label: "", typeClass: "text", type: "text" }
          const isSensitive =
            // Which setting it is, another key says: that of a document may be a password.
            holdsSetting(name) ||
            sensitiveByName(column, { name: "", aboutPeople: true }) !== undefined ||
            sensitiveByLook(codes) !== undefined
          return isSensitive ? [] : [[name, ` (${codes.map((code) => literal(code)).join(", ")})`]]
        })
      )
  )

const asked = ({ tables }: Facts): ReadonlyArray<{ readonly table: ContextTable; readonly column: ContextColumn }> =>
  tables
    .filter(({ isMeasured }) => isMeasured)
    .flatMap((table) =>
      table.columns
        .filter(
          ({ nulls, personal, source }) =>
            !personal && nulls < table.rows && (source.type === "jsonb" || source.type === "json")
        )
        .map((column) => ({ table, column }))
    )
    .slice(0, ASKED)
