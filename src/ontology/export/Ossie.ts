import { columnSetId } from "../../datasource/ColumnSets.ts"
import { flatMapInSteps, mapInSteps, type Steps } from "../../steps/Steps.ts"
import { jsonText, type TextSteps } from "../../steps/TextSteps.ts"
import { identifier } from "../context/Spelling.ts"
import { oneLine } from "../Text.ts"
import {
  type ExportColumn,
  type ExportModel,
  type ExportReference,
  type ExportTable,
  isPlain,
  why
} from "./ExportModel.ts"
import { uniqueNames, wellFormed } from "./Names.ts"
import { toYaml, type YamlValue } from "./Yaml.ts"

/** The version that dbt reads, and the one that Apache Ossie's converters read. */
type Version = "0.1.1" | "0.2.0.dev0"

/** `ossie.json`: a semantic model as dbt reads it (`osi/` of a dbt project), in version 0.1.1 of the specification. */
export function* toOssieJson(model: ExportModel): TextSteps {
  yield* jsonText(yield* ossie(model, "0.1.1"), LONG_LISTS)
  yield "\n"
}

/** So deep the long lists are: fields of a dataset. */
const LONG_LISTS = 6

/** `ossie.yaml`: a semantic model as Apache Ossie's converters read it, in version 0.2.0.dev0 of the specification. */
export function* toOssieYaml(model: ExportModel): Steps<string> {
  return yield* toYaml(yield* ossie(model, "0.2.0.dev0"))
}

/** The tables with a place in the ontology as datasets, references by equal values as relationships, sums and averages as metrics. */
function* ossie(model: ExportModel, version: Version): Steps<YamlValue> {
  const { database, ontology, references, tables } = model
  const described = tables.filter(({ columns, entity }) => entity !== undefined && columns.length > 0)
  const several = new Set(described.map(({ schema }) => schema)).size > 1
  const unique = uniqueNames()
  const names = new Map(described.map((table) => [table.id, unique(clean(several ? table.id : table.table))]))
  const datasets = yield* mapInSteps(described, (table) => dataset(model, table, names.get(table.id) ?? "", version))
  const isSaid = (reference: ExportReference) =>
    isPlain(reference) && names.has(reference.source.id) && names.has(reference.target.id)
  const distinct = uniqueNames()
  const relationships = yield* flatMapInSteps(references.filter(isSaid), (reference) => {
    const { source, target } = reference
    const [from, to] = [names.get(source.id) ?? "", names.get(target.id) ?? ""]
    return [
      {
        name: distinct(`${from}_${reference.from.columns.map(clean).join("_")}_to_${to}`),
        from,
        to,
        from_columns: reference.from.columns.map(clean),
        to_columns: reference.to.columns.map(clean),
        ai_context: { instructions: `${oneLine(reference.label)}: ${oneLine(why(reference))}` },
        custom_extensions: [signals(reference)]
      }
    ]
  })
  const metrics = yield* flatMapInSteps(described, (table) => metricsOf(table, names.get(table.id) ?? "", version))
  const unsaid = references.filter((reference) => !isSaid(reference) && names.has(reference.source.id))
  const instructions = `Not among the relationships, because they are no joins by equal values alone: ${unsaid.map((reference) => oneLine(join(reference))).join("; ")}.`
  return {
    version,
    semantic_model: [
      {
        name: clean(database),
        description: clean(ontology.domain.summary),
        ai_context: {
          ...(unsaid.length === 0 ? {} : { instructions }),
          examples: ontology.domain.sampleQuestions.map(({ question }) => clean(question))
        },
        datasets,
        relationships,
        metrics: metrics.map((metric) => ({ ...metric, name: distinct(metric.name) }))
      }
    ]
  }
}

const clean = wellFormed

const join = ({ compared, from, to, when }: ExportReference): string =>
  `${columnSetId(from)} to ${columnSetId(to)}${when === undefined ? "" : ` where ${when.column} is ${when.value}`}${compared === undefined ? "" : `, ${compared}`}`

/** How sure a relationship is, and every signal that counted, as our extension of it. */
const signals = ({ cardinality, confidence, declared, evidence, optional }: ExportReference) => ({
  vendor_name: "COMMON",
  data: JSON.stringify({
    declared,
    confidence,
    cardinality,
    optional,
    signals: (evidence?.lines ?? []).map((line) => ({ ...line, why: clean(line.why) }))
  })
})

const dataset = (model: ExportModel, table: ExportTable, name: string, version: Version) => ({
  name,
  source: [model.database, table.schema, table.table].map((part) => identifier(clean(part))).join("."),
  ...(table.key.length === 0 ? {} : { primary_key: table.key.map(clean) }),
  ...(table.declaredKeys.length === 0 ? {} : { unique_keys: table.declaredKeys.map((key) => key.map(clean)) }),
  description: clean(table.description),
  ai_context: { synonyms: [table.name, ...(table.entity?.synonyms ?? [])].map(clean) },
  fields: table.columns.map((column) => field(column, version))
})

const field = ({ meaning, name, type }: ExportColumn, version: Version) => {
  const datatype = dataType(type)
  const isTime = /^(date|timestamp)/.test(type)
  return {
    name: clean(name),
    expression: ansi(identifier(clean(name))),
    ...(meaning?.role === "measure" && !isTime ? {} : { dimension: { is_time: isTime } }),
    label: clean(meaning?.label ?? name),
    description: clean(meaning?.description ?? ""),
    ...(version === "0.1.1" ? {} : { datatype }),
    ...((meaning?.synonyms ?? []).length === 0 ? {} : { ai_context: { synonyms: meaning?.synonyms.map(clean) ?? [] } })
  }
}

const ansi = (expression: string) => ({ dialects: [{ dialect: "ANSI_SQL", expression }] })

const metricsOf = (table: ExportTable, name: string, version: Version) =>
  table.columns.flatMap(({ meaning, name: column, type }) => {
    const aggregation = meaning?.aggregation ?? null
    if (meaning === undefined || aggregation === null) return []
    const [sql, word] = aggregation === "sum" ? ["SUM", "Sum"] : ["AVG", "Average"]
    return [
      {
        name: `${name}_${clean(column)}_${aggregation}`,
        expression: ansi(`${sql}(${identifier(name)}.${identifier(clean(column))})`),
        description: clean(`${word} of ${meaning.label}${meaning.unit === null ? "" : `, in ${meaning.unit}`}`),
        ...(version === "0.1.1" ? {} : { datatype: aggregation === "sum" ? dataType(type) : "Decimal" })
      }
    ]
  })

const DATA_TYPES: ReadonlyArray<readonly [RegExp, string]> = [
  [/^(smallint|integer|bigint)$/, "Integer"],
  [/^(numeric|money)\b(?!.*\[\])/, "Decimal"],
  [/^(real|double precision)$/, "Float"],
  [/^boolean$/, "Boolean"],
  [/^date$/, "Date"],
  [/^timestamp.* with time zone$/, "DateTimeTz"],
  [/^timestamp.* without time zone$/, "DateTime"],
  [/^time\b.*zone$/, "Time"],
  [/^(text|uuid|"char"|(character varying|character)(\(\d+\))?)$/, "String"]
]

const dataType = (type: string): string => DATA_TYPES.find(([pattern]) => pattern.test(type))?.[1] ?? "Opaque"
