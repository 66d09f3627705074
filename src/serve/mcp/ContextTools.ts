import { Effect, Schema } from "effect"
import { tableId } from "../../datasource/Catalog.ts"
import { context } from "../../ontology/context/Context.ts"
import { pathBetween } from "../../ontology/context/Selection.ts"
import type { Ontology, OntologyEntity, OntologyRelationship } from "../../ontology/Ontology.ts"
import { search as found } from "../../ontology/Search.ts"
import { joinCondition, tableAs } from "../../ontology/Sql.ts"
import { ontology, shortName, tableNamed } from "./Found.ts"
import * as McpTool from "./McpTool.ts"

const readOnly = { readOnly: true }

const tableField = Schema.NonEmptyTrimmedString.annotations({
  description: "A table, as `orders` or `schema.orders`, or the name of what it holds"
})

/** The least budget: below it, no page has room for more than its warnings. */
const LEAST_BUDGET = 500

/** The page of some tables, or the whole; within a budget where one is given. Fails with a `ToolError` where there is none. */
const pageOf = (about: Ontology, options: { readonly tables?: ReadonlyArray<string>; readonly budget?: number }) =>
  Effect.flatMap(
    Effect.mapError(context(about, options), ({ message }) => new McpTool.ToolError({ message })),
    (page) =>
      page === null
        ? new McpTool.ToolError({
            message: "the ontology was built before there was a context page: discover it again"
          })
        : Effect.succeed(page)
  )

/** What a query has to know, as one page. */
export const getContext = McpTool.make({
  name: "get_context",
  title: "What a query has to know",
  description:
    "Call this before you write SQL. One page on the database: what goes wrong easily, joins and what they cost, values to filter by, figures, and every table with its columns. `depth: overview` lists domains and tables only; `tables` gives some tables and what joins them; `budget` bounds the page.",
  input: Schema.Struct({
    depth: Schema.optional(
      Schema.Literal("overview", "full").annotations({
        description: "overview: domains and tables only. Default: full"
      })
    ),
    tables: Schema.optional(
      Schema.Array(tableField)
        .pipe(Schema.maxItems(50))
        .annotations({ description: "Only these tables, and the paths between them. Default: all" })
    ),
    budget: Schema.optional(
      Schema.Int.pipe(Schema.greaterThanOrEqualTo(LEAST_BUDGET)).annotations({
        description: "The most tokens (characters / 4); what is least useful is left out. Default: the whole page"
      })
    )
  }),
  hints: readOnly,
  handle: ({ budget, depth = "full", tables = [] }) =>
    Effect.gen(function* () {
      const about = yield* ontology
      const ids = (yield* Effect.forEach(tables, (name) => tableNamed(about, name))).map((table) => tableId(table))
      if (depth === "overview") return overview(about, new Set(ids))
      const page = yield* pageOf(about, { tables: ids, ...(budget === undefined ? {} : { budget }) })
      return { text: page.text, data: { tokens: page.tokens } }
    })
})

const overview = ({ domain, entities }: Ontology, wanted: ReadonlySet<string>) => {
  const byId = new Map(entities.map((entity) => [tableId(entity), entity]))
  const domains = domain.businessDomains.flatMap(({ description, name, tables }) => {
    const own = tables.flatMap((table) => {
      const id = tableId(table)
      const entity = wanted.size === 0 || wanted.has(id) ? byId.get(id) : undefined
      return entity === undefined ? [] : [entity]
    })
    return own.length === 0 ? [] : [{ name, description, tables: own }]
  })
  return {
    text: [
      `# ${domain.database}`,
      domain.summary,
      ...domains.flatMap(({ description, name, tables }) => [
        `\n## ${name}\n${description}`,
        ...tables.map((table) => `- ${shortName(table)} (${rowsOf(table)}): ${table.description}`)
      ])
    ].join("\n"),
    data: {
      database: domain.database,
      domains: domains.map(({ description, name, tables }) => ({
        name,
        description,
        tables: tables.map((table) => ({ table: tableId(table), name: table.name, rows: table.rows, kind: table.kind }))
      }))
    }
  }
}

const rowsOf = ({ rows, sampled }: OntologyEntity): string =>
  `${sampled ? "about " : ""}${rows.toLocaleString("en")} ${rows === 1 ? "row" : "rows"}`

/** The most hits of a search, and those of one that says no number. */
const MOST_HITS = 100
const HITS = 20

/** Finds tables and columns by words. */
export const search = McpTool.make({
  name: "search",
  title: "Find tables and columns",
  description:
    "Tables and columns in whose names, synonyms, values or descriptions all the words occur, best first. Use it when you know what is meant, and not what it is called here.",
  input: Schema.Struct({
    query: Schema.NonEmptyTrimmedString.annotations({ description: "One or more words: `ship region`, `overdue`" }),
    limit: Schema.optional(
      Schema.Int.pipe(Schema.between(1, MOST_HITS)).annotations({ description: `The most hits. Default: ${HITS}` })
    )
  }),
  hints: readOnly,
  handle: ({ limit = HITS, query }) =>
    Effect.map(ontology, (about) => {
      const all = found(about, query)
      const hits = all.slice(0, limit)
      const lines = hits.map(
        ({ description, id, kind, value }) =>
          `- ${id} (${kind})${value === undefined ? "" : `, has ${JSON.stringify(value)}`}: ${description}`
      )
      const left = all.length - hits.length
      const text =
        hits.length === 0
          ? `Nothing is called "${query}" here; try one word, or get_context with depth overview.`
          : [...lines, ...(left > 0 ? [`… and ${left} more`] : [])].join("\n")
      return { text, data: { hits, found: all.length } }
    })
})

/** All that is known of one table. */
export const describe = McpTool.make({
  name: "describe",
  title: "Describe a table",
  description:
    "What a row of a table is, its key, its references in both directions, and what each column means, with its values where there are few.",
  input: Schema.Struct({ table: tableField }),
  hints: readOnly,
  handle: ({ table }) =>
    Effect.gen(function* () {
      const about = yield* ontology
      const entity = yield* tableNamed(about, table)
      const page = yield* pageOf(about, { tables: [tableId(entity)] })
      const { columns, description, domain, keyColumns, kind, name, relations, rows, synonyms } = entity
      return {
        text: [
          `# ${tableId(entity)}: ${name} (${kind}, ${rowsOf(entity)})`,
          description,
          ...relations.map((sentence) => `- ${sentence}`),
          "\n## Its columns in words",
          ...columns.map((column) => `- ${column.name}: ${column.description}`),
          "\n## For SQL",
          page.text
        ].join("\n"),
        data: {
          ...{ table: tableId(entity), name, description, domain, kind, rows, synonyms, relations },
          key: keyColumns,
          columns: columns.map((column) => ({
            name: column.name,
            type: column.type,
            label: column.label,
            meaning: column.semanticType,
            role: column.role,
            unit: column.unit,
            personalData: column.personalData,
            references: column.references === null ? null : `${tableId(column.references)}.${column.references.column}`,
            values: column.values
          }))
        }
      }
    })
})

/** How to get from one table to another. */
export const joinPath = McpTool.make({
  name: "join_path",
  title: "Join two tables",
  description:
    "The shortest way of joins from one table to another, as a FROM clause with every condition spelled out.",
  input: Schema.Struct({ from: tableField, to: tableField }),
  hints: readOnly,
  handle: ({ from, to }) =>
    Effect.gen(function* () {
      const about = yield* ontology
      const [first, last] = yield* Effect.all([tableNamed(about, from), tableNamed(about, to)])
      const path = pathBetween(stepsOf(about), tableId(first), tableId(last))
      if (path === undefined) {
        return yield* new McpTool.ToolError({
          message: `no joins lead from ${shortName(first)} to ${shortName(last)}; list_relationships shows what is not decided`
        })
      }
      const joins = path.slice(1).map((id, i) => joinOf(about, path[i] ?? id, id, i))
      const text = [`FROM ${tableAs(first, "t0")}`, ...joins.map(({ sql }) => sql)].join("\n")
      const notes = joins.flatMap(({ note }) => note ?? [])
      return {
        text: ["```sql", text, "```", ...notes.map((note) => `- ${note}`)].join("\n"),
        data: { path, sql: text, notes }
      }
    })
})

const stepsOf = ({ domain }: Ontology) =>
  domain.relationships.map(({ declared, from, to }) => ({
    from: tableId(from),
    to: tableId(to),
    byName: !declared
  }))

/** The relationship of two tables that is the surest, declared ones first, as a JOIN of the second. */
const joinOf = ({ domain }: Ontology, left: string, right: string, place: number) => {
  const between = domain.relationships.filter(
    ({ from, to }) =>
      (tableId(from) === left && tableId(to) === right) || (tableId(from) === right && tableId(to) === left)
  )
  const [edge, ...others] = between.toSorted(
    (a, b) => Number(b.declared) - Number(a.declared) || b.confidence - a.confidence
  )
  if (edge === undefined) throw new Error(`no relationship between ${left} and ${right}`)
  const [own, next] = [`t${place}`, `t${place + 1}`]
  const forward = tableId(edge.from) === left
  const condition = forward ? joinCondition(edge, own, next) : joinCondition(edge, next, own)
  const optional = forward && edge.optional
  const kind = optional ? "LEFT JOIN" : "JOIN"
  const several = others.map((other) => `${other.from.columns.join(", ")} (${other.label})`)
  return {
    sql: `${kind} ${tableAs(forward ? edge.to : edge.from, next)} ON ${condition}`,
    note: [
      ...(forward ? [] : manyNote(edge, right)),
      ...(several.length === 0 ? [] : [`${left} and ${right} are also joined by ${several.join("; ")}`])
    ]
  }
}

/** What joining towards the referring side does to figures. */
const manyNote = ({ cardinality }: OntologyRelationship, right: string): ReadonlyArray<string> =>
  cardinality === "1:1" ? [] : [`${right} may have several rows for one before it: aggregate it first, or sums repeat`]
