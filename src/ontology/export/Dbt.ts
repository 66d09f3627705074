import { grouped } from "../../datasource/grouped.ts"
import { mapInSteps, type Steps } from "../../steps/Steps.ts"
import { quoteLiteral } from "../../datasource/Identifier.ts"
import { identifier } from "../context/Spelling.ts"
import {
  type ExportColumn,
  type ExportModel,
  type ExportReference,
  type ExportTable,
  hasKey,
  isPlain
} from "./ExportModel.ts"
import { uniqueNames, wellFormed } from "./Names.ts"
import { toYaml, type YamlValue } from "./Yaml.ts"

/**
 * `sources.yml`: the tables as dbt sources with descriptions, `unique` and `not_null` tests of their keys, and a `relationships` test per
 * reference of one column; with rows that refer to nothing it only warns.
 */
export function* toDbt(model: ExportModel): Steps<string> {
  const described = model.tables.filter(({ entity }) => entity !== undefined)
  const bySchema = grouped(described, ({ schema }) => schema)
  const sourceName = uniqueNames()
  const names = new Map<string, Place>()
  const schemas = [...new Set(described.map(({ schema }) => schema))].map((schema) => ({
    schema,
    source: sourceName(word(schema, "schema"))
  }))
  for (const { schema, source } of schemas) {
    const tableName = uniqueNames()
    for (const table of bySchema(schema)) names.set(table.id, { source, table: tableName(word(table.table, "table")) })
  }
  const sources: Array<YamlValue> = []
  for (const { schema, source } of schemas) {
    sources.push({
      name: source,
      ...(source === schema ? {} : { schema: jinja(schema) }),
      description: jinja(`Schema ${schema} of the database ${model.database}.`),
      quoting: { schema: true, identifier: true },
      tables: yield* mapInSteps(bySchema(schema), (table) => tableOf(model, table, names))
    })
  }
  return yield* toYaml({ version: 2, sources })
}

/** What `source()` finds a table by. */
interface Place {
  readonly source: string
  readonly table: string
}

/** A name as dbt wants it for itself: letters, digits and underscores. The database's own name stands beside it where it differs. */
const word = (name: string, otherwise: string): string =>
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
    ? name
    : name.replace(/[^A-Za-z0-9_]+/g, "_").replace(/^(?=\d|_?$)/, `${otherwise}_`)

/** Text that stays text: dbt reads names and descriptions as Jinja templates. */
const jinja = (text: string): string => {
  const plain = wellFormed(text)
  return /\{[{%#]|[}%#]\}/.test(plain) ? `{{ ${JSON.stringify(plain).replace(/[{}%#]/g, coded)} }}` : plain
}

const coded = (character: string) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`

const tableOf = (model: ExportModel, table: ExportTable, names: ReadonlyMap<string, Place>): YamlValue => {
  const name = names.get(table.id)?.table ?? table.table
  const outgoing = model.outgoing(table.id)
  return {
    name,
    ...(name === table.table ? {} : { identifier: jinja(table.table) }),
    description: jinja(table.description),
    columns: table.columns.map((column) => columnOf(table, column, outgoing, names))
  }
}

const columnOf = (
  table: ExportTable,
  column: ExportColumn,
  outgoing: ReadonlyArray<ExportReference>,
  names: ReadonlyMap<string, Place>
): YamlValue => {
  const tests = [
    ...(hasKey(table, [column.name]) || isOnlyKey(table, column) ? ["unique"] : []),
    ...(!column.nullable || table.key.includes(column.name) ? ["not_null"] : []),
    ...outgoing.flatMap((reference) => relationshipTest(reference, column, names))
  ]
  return {
    name: jinja(column.name),
    ...(identifier(column.name) === column.name ? {} : { quote: true }),
    description: jinja(column.meaning?.description ?? ""),
    data_type: jinja(column.type),
    ...(tests.length === 0 ? {} : { data_tests: tests })
  }
}

const isOnlyKey = ({ key }: ExportTable, { name }: ExportColumn) => key.length === 1 && key[0] === name

const relationshipTest = (
  reference: ExportReference,
  { name }: ExportColumn,
  names: ReadonlyMap<string, Place>
): ReadonlyArray<YamlValue> => {
  const { evidence, from, target, to, when } = reference
  const place = names.get(target.id)
  const [column, ...more] = from.columns
  const field = to.columns[0]
  const isTested = isPlain({ ...reference, when: undefined })
  if (column !== name || more.length > 0 || field === undefined || place === undefined || !isTested) return []
  const config = {
    ...((evidence?.inclusion?.orphanRows ?? 0) > 0 ? { severity: "warn" } : {}),
    ...(when === undefined ? {} : { where: jinja(`${identifier(when.column)} = ${quoteLiteral(when.value)}`) })
  }
  return [
    {
      relationships: {
        to: `source('${place.source}', '${place.table}')`,
        field: jinja(identifier(field)),
        ...(Object.keys(config).length === 0 ? {} : { config })
      }
    }
  ]
}
