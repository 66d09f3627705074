import { Effect } from "effect"
import type { DatasourceError } from "../../datasource/DatasourceError.ts"
import { pg } from "../../datasource/PgSql.ts"
import type { ContextColumn, ContextTable, Facts } from "./Facts.ts"
import { type Readable, rowsOf } from "./Measure.ts"
import { literal } from "./Spelling.ts"

/** Maximum number of columns that are asked, of rows read of each, and of keys: more keys are data themselves, such as ids. Set by hand. */
const ASKED = 24
const ROWS = 2_000
const KEYS = 16

/** A key of a JSON document that is the name of a field, and no data such as an id. */
const NAME = /^[A-Za-z_][\w-]{0,39}$/

/** The keys of JSON documents, by the id of their column: `keys 'browser', 'duration_ms'`. Never of personal data. */
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
          return keys.length === 0 || keys.length > KEYS || !keys.every((key) => NAME.test(key))
            ? []
            : [[column.id, `keys ${keys.map((key) => literal(key)).join(", ")}`] as const]
        }
      )
    }),
    (found) => new Map(found.flat())
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
