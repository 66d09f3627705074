import { columnSetId } from "../../datasource/ColumnSets.ts"
import { flatMapInSteps, type Steps } from "../../steps/Steps.ts"
import { oneLine } from "../Text.ts"
import {
  type ExportColumn,
  type ExportModel,
  type ExportReference,
  type ExportTable,
  hasKey,
  why
} from "./ExportModel.ts"
import { uniqueNames, wellFormed } from "./Names.ts"
import { tableId } from "../../datasource/Catalog.ts"

/** `schema.dbml`: tables, references and business domains in the Database Markup Language, for dbdiagram.io and its like. */
export function* toDbml({ database, ontology, references, tables }: ExportModel): Steps<string> {
  const shown = tables.filter(({ columns }) => columns.length > 0)
  const ids = new Set(shown.map(({ id }) => id))
  const blocks = yield* flatMapInSteps(shown, (table) => [tableBlock(table)])
  const ends = new Set<string>()
  const refs = yield* flatMapInSteps(references, (reference) => {
    if (!ids.has(reference.source.id) || !ids.has(reference.target.id)) return []
    const pair = [columnSetId(reference.from), columnSetId(reference.to)]
    // DBML takes a pair of ends once, in whatever direction.
    const id = JSON.stringify(pair.toSorted())
    const isJoin = reference.when === undefined && reference.compared === undefined && !ends.has(id)
    if (isJoin && pair[0] !== pair[1]) ends.add(id)
    return [refLine(reference, isJoin && pair[0] !== pair[1])]
  })
  const unique = uniqueNames()
  const groups = yield* flatMapInSteps(ontology.domain.businessDomains, ({ description, name, tables: members }) => {
    const held = members.filter((table) => ids.has(tableId(table)))
    if (held.length === 0) return []
    const lines = held.map((table) => `  ${quoted(table.schema)}.${quoted(table.table)}`)
    return [`TableGroup ${quoted(unique(name))} [note: ${text(description)}] {\n${lines.join("\n")}\n}`]
  })
  const project = `Project ${quoted(database)} {\n  database_type: 'PostgreSQL'\n  Note: ${text(ontology.domain.summary)}\n}`
  return `${[project, ...blocks, ...(refs.length === 0 ? [] : [refs.join("\n")]), ...groups].join("\n\n")}\n`
}

const tableBlock = (table: ExportTable): string => {
  const [only, ...more] = table.key
  const lines = table.columns.map((column) => columnLine(table, column, more.length === 0 ? only : undefined))
  const keys = [
    ...(more.length > 0 ? [`    (${table.key.map(quoted).join(", ")}) [pk]`] : []),
    ...table.declaredKeys
      .filter(
        (key) => key.length > 1 && !(key.length === table.key.length && key.every((name) => table.key.includes(name)))
      )
      .map((key) => `    (${key.map(quoted).join(", ")}) [unique]`)
  ]
  return [
    `Table ${quoted(table.schema)}.${quoted(table.table)} {`,
    ...lines,
    ...(keys.length === 0 ? [] : ["", "  indexes {", ...keys, "  }"]),
    "",
    `  Note: ${text(table.description)}`,
    "}"
  ].join("\n")
}

const columnLine = (
  table: ExportTable,
  { meaning, name, nullable, type }: ExportColumn,
  key: string | undefined
): string => {
  const settings = [
    ...(name === key ? ["pk"] : []),
    ...(name !== key && hasKey(table, [name]) ? ["unique"] : []),
    ...(nullable ? [] : ["not null"]),
    ...((meaning?.description ?? "") === "" ? [] : [`note: ${text(meaning?.description ?? "")}`])
  ]
  return `  ${quoted(name)} ${quoted(type)}${settings.length === 0 ? "" : ` [${settings.join(", ")}]`}`
}

const SIGNS: Record<ExportReference["cardinality"], string> = { "1:1": "-", "N:1": ">", "1:N": "<", "N:M": "<>" }

const refLine = (reference: ExportReference, isJoin: boolean): string => {
  const { cardinality, compared, from, to, when } = reference
  const end = (side: ExportReference["from"]) =>
    `${quoted(side.schema)}.${quoted(side.table)}.(${side.columns.map(quoted).join(", ")})`
  const condition = `${when === undefined ? "" : ` where ${when.column} is ${when.value}`}${compared === undefined ? "" : `, ${compared}`}`
  const head = `// ${oneLine(`${reference.label}${condition}: ${why(reference)}`)}`
  const line = `Ref: ${end(from)} ${SIGNS[cardinality]} ${end(to)}`
  return isJoin ? `${head}\n${line}` : `${head}\n// ${line}`
}

/** A name in double quotes. */
const quoted = (name: string): string => JSON.stringify(wellFormed(name))

const ESCAPES: Record<string, string> = { "'": "\\'", "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" }

/** A text in single quotes. */
const text = (value: string): string =>
  `'${wellFormed(value).replace(
    /['\\\u0000-\u001f\u007f]/g,
    (character) => ESCAPES[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  )}'`
