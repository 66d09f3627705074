import { quoteIdentifier, quoteLiteral, quoteTable } from "../../datasource/Identifier.ts"
import { flatMapInSteps, type Steps } from "../../steps/Steps.ts"
import { figure, oneLine } from "../Text.ts"
import type { ExportModel, ExportTable } from "./ExportModel.ts"
import { wellFormed } from "./Names.ts"
import { remark } from "./SqlText.ts"

const OBJECTS: Record<ExportTable["kind"], string> = {
  table: "TABLE",
  view: "VIEW",
  "materialized view": "MATERIALIZED VIEW",
  "foreign table": "FOREIGN TABLE"
}

/**
 * `comments.sql`: the descriptions of tables and columns as `COMMENT ON`, where the database has no comment of its own. For people to read
 * and run; the program never does.
 */
export function* toComments({ database, tables }: ExportModel): Steps<string> {
  const statements = yield* flatMapInSteps(tables, (table) => {
    if (table.entity === undefined) return []
    const own = table.commented
      ? []
      : [`COMMENT ON ${OBJECTS[table.kind]} ${quoteTable(table)} IS ${text(table.description)};`]
    const columns = table.columns.flatMap(({ commented, meaning, name }) =>
      commented || meaning === undefined
        ? []
        : [`COMMENT ON COLUMN ${quoteTable(table)}.${quoteIdentifier(name)} IS ${text(meaning.description)};`]
    )
    return own.length + columns.length === 0 ? [] : [[...own, ...columns].join("\n")]
  })
  const head = remark(
    `Comments for the database ${oneLine(database)}, for ${figure(statements.length)} of its tables; what has a comment keeps it.\nRead before you run it: with psql -v ON_ERROR_STOP=1 -1 -f, as the tables' owner.`
  )
  return `${[head, ...statements].join("\n\n")}\n`
}

const text = (description: string): string => quoteLiteral(wellFormed(description))
