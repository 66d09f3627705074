import { flatMapInSteps, mapInSteps, type Steps } from "../../steps/Steps.ts"
import { oneLine } from "../Text.ts"
import { type ExportModel, type ExportReference, type ExportTable, hasKey, isPlain, why } from "./ExportModel.ts"
import { memberWord, uniqueNames, wellFormed } from "./Names.ts"

/** Words that TypeScript does not take as a name, and what the file itself imports. */
const TAKEN =
  "await break case catch class const continue debugger default delete do else enum export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof undefined var void while with yield arguments eval relations custom".split(
    " "
  )

/**
 * `drizzle.ts`: the tables and their relations for drizzle-orm (`drizzle(client, { schema })`), so that `db.query` follows what the database
 * does not declare. References by equal values only; the others are comments.
 */
export function* toDrizzle(model: ExportModel): Steps<string> {
  const shown = model.tables.filter(({ columns }) => columns.length > 0)
  const used = new Set<string>()
  const unique = uniqueNames([...TAKEN, ...BUILDERS])
  const members = new Map<string, TableMembers>()
  const schemas = new Map<string, string>()
  for (const { schema } of shown) {
    if (schema !== "public" && !schemas.has(schema))
      schemas.set(schema, unique(memberWord(`${schema} schema`, "schema")))
  }
  for (const table of shown) {
    const member = uniqueNames()
    const columns = new Map(table.columns.map(({ name }) => [name, member(memberWord(name, "c"))]))
    members.set(table.id, { variable: unique(memberWord(table.table, "table")), columns, member })
  }
  const tables = yield* mapInSteps(shown, (table) => tableText(table, members, schemas, used))
  const joined = model.references.filter(
    (reference) => members.has(reference.source.id) && members.has(reference.target.id)
  )
  const ends = relationsOf(joined.filter(isPlain), members)
  const relations = yield* flatMapInSteps(shown, (table) => relationsText(table, members, ends))
  const left = joined
    .filter((reference) => !isPlain(reference))
    .map((reference) => `// Not a relation, because it is no join by equal values alone: ${comment(reference)}`)
  if (schemas.size > 0) used.add("pgSchema")
  const head = [
    `// Tables and relations of the database ${oneLine(model.database)}, for drizzle-orm.`,
    ...(relations.length > 0 ? [`import { relations } from "drizzle-orm"`] : []),
    `import { ${[...used].sort().join(", ")} } from "drizzle-orm/pg-core"`
  ].join("\n")
  return `${[
    head,
    ...(used.has("customType") ? [CUSTOM] : []),
    ...[...schemas].map(([schema, variable]) => `export const ${variable} = pgSchema(${quoted(schema)})`),
    ...tables,
    ...relations,
    ...(left.length === 0 ? [] : [left.join("\n")])
  ].join("\n\n")}\n`
}

/** What a table and its columns are called in the file; `member` gives out further names among its columns. */
interface TableMembers {
  readonly variable: string
  readonly columns: ReadonlyMap<string, string>
  readonly member: (wanted: string) => string
}

/** A relation of a table: `customer: one(customers, { … })`. */
interface Relation {
  readonly table: string
  readonly line: string
  readonly isOne: boolean
}

const CUSTOM = `/** A type that drizzle-orm has no builder for. */
const custom = (type: string) => customType<{ data: unknown }>({ dataType: () => type })`

/** The builders that columns may use. */
const BUILDERS =
  "bigint boolean char cidr customType date doublePrecision inet integer interval json jsonb macaddr numeric pgSchema pgTable primaryKey real smallint text time timestamp uuid varchar".split(
    " "
  )

const SIMPLE: ReadonlyMap<string, string> = new Map([
  ["smallint", "smallint"],
  ["integer", "integer"],
  ["boolean", "boolean"],
  ["text", "text"],
  ["real", "real"],
  ["double precision", "doublePrecision"],
  ["date", "date"],
  ["interval", "interval"],
  ["json", "json"],
  ["jsonb", "jsonb"],
  ["uuid", "uuid"],
  ["inet", "inet"],
  ["cidr", "cidr"],
  ["macaddr", "macaddr"]
])

/** A column's builder, with those that it imports. */
const builder = (name: string, type: string, used: Set<string>): string => {
  const call = (of: string, options = "") => {
    used.add(of)
    return `${of}(${quoted(name)}${options})`
  }
  const element = /^(.+)\[\]$/.exec(type)?.[1]
  if (element !== undefined) return `${builder(name, element, used)}.array()`
  const simple = SIMPLE.get(type)
  if (simple !== undefined) return call(simple)
  if (type === "bigint") return call("bigint", `, { mode: "bigint" }`)
  const [, base = "", first, second] =
    /^(character varying|character|numeric)(?:\((\d+)(?:,(\d+))?\))?$/.exec(type) ?? []
  if (base === "numeric")
    return call(
      "numeric",
      first === undefined ? "" : `, { precision: ${first}${second === undefined ? "" : `, scale: ${second}`} }`
    )
  if (base !== "")
    return call(base === "character" ? "char" : "varchar", first === undefined ? "" : `, { length: ${first} }`)
  const [, time = "", precision, zone = ""] =
    /^(timestamp|time)(?:\((\d)\))? (with|without) time zone$/.exec(type) ?? []
  if (time !== "") {
    const options = [
      ...(precision === undefined ? [] : [`precision: ${precision}`]),
      ...(zone === "with" ? ["withTimezone: true"] : [])
    ]
    return call(time, options.length === 0 ? "" : `, { ${options.join(", ")} }`)
  }
  used.add("customType")
  return `custom(${quoted(type)})(${quoted(name)})`
}

const tableText = (
  table: ExportTable,
  members: ReadonlyMap<string, TableMembers>,
  schemas: ReadonlyMap<string, string>,
  used: Set<string>
): string => {
  const { columns, variable = "" } = members.get(table.id) ?? {}
  const [only, ...more] = table.key
  const lines = table.columns.map(({ name, nullable, type }) => {
    const isKey = more.length === 0 && name === only
    const rest = `${isKey ? ".primaryKey()" : nullable ? "" : ".notNull()"}${!isKey && hasKey(table, [name]) ? ".unique()" : ""}`
    return `  ${columns?.get(name) ?? ""}: ${builder(name, type, used)}${rest}`
  })
  if (more.length > 0) used.add("primaryKey")
  const key =
    more.length === 0
      ? ""
      : `, (table) => [primaryKey({ columns: [${table.key.map((name) => `table.${columns?.get(name) ?? ""}`).join(", ")}] })]`
  const schema = schemas.get(table.schema)
  if (schema === undefined) used.add("pgTable")
  const make = schema === undefined ? "pgTable" : `${schema}.table`
  return `/** ${docText(table.description)} */\nexport const ${variable} = ${make}(${quoted(table.table)}, {\n${lines.join(",\n")}\n}${key})`
}

/** Both ends of every reference, by table. */
const relationsOf = (
  references: ReadonlyArray<ExportReference>,
  members: ReadonlyMap<string, TableMembers>
): ReadonlyArray<Relation> => {
  const named = uniqueNames()
  return references.flatMap((reference) => {
    const { cardinality, from, label, source, target, to } = reference
    const [near, far] = [members.get(source.id), members.get(target.id)]
    if (near === undefined || far === undefined) return []
    const name = named(`${from.table} ${from.columns.join(", ")} to ${to.table}`)
    const list = ({ columns, variable }: TableMembers, names: ReadonlyArray<string>) =>
      `[${names.map((each) => `${variable}.${columns.get(each) ?? ""}`).join(", ")}]`
    const isOne = cardinality === "1:1"
    const one = (of: TableMembers, fields: string, references: string) =>
      `one(${of.variable}, { relationName: ${quoted(name)}, fields: ${fields}, references: ${references} })`
    const [here, there] = [list(near, from.columns), list(far, to.columns)]
    // Without fields drizzle-orm takes no name at the other end of one to one.
    const back = isOne ? one(near, there, here) : `many(${near.variable}, { relationName: ${quoted(name)} })`
    return [
      {
        table: source.id,
        isOne: true,
        line: `  /** ${docText(comment(reference))} */\n  ${near.member(memberWord(label, "refersTo"))}: ${one(far, here, there)}`
      },
      { table: target.id, isOne, line: `  ${far.member(memberWord(from.table, "referredToBy"))}: ${back}` }
    ]
  })
}

const relationsText = (
  table: ExportTable,
  members: ReadonlyMap<string, TableMembers>,
  all: ReadonlyArray<Relation>
): ReadonlyArray<string> => {
  const own = all.filter((relation) => relation.table === table.id)
  const variable = members.get(table.id)?.variable ?? ""
  if (own.length === 0) return []
  const helpers = [
    ...(own.some(({ isOne }) => isOne) ? ["one"] : []),
    ...(own.some(({ isOne }) => !isOne) ? ["many"] : [])
  ]
  return [
    `export const ${variable}Relations = relations(${variable}, ({ ${helpers.join(", ")} }) => ({\n${own.map(({ line }) => line).join(",\n")}\n}))`
  ]
}

const comment = (reference: ExportReference): string => {
  const { compared, from, to, when } = reference
  const condition = `${when === undefined ? "" : ` where ${when.column} is ${when.value}`}${compared === undefined ? "" : `, ${compared}`}`
  return oneLine(
    `${from.table}.${from.columns.join(", ")} to ${to.table}.${to.columns.join(", ")}${condition}: ${why(reference)}`,
    Number.POSITIVE_INFINITY
  )
}

/** Text in a documentation comment, which nothing in it ends. */
const docText = (text: string): string => oneLine(wellFormed(text), Number.POSITIVE_INFINITY).replaceAll("*/", "* /")

const quoted = (text: string): string =>
  JSON.stringify(wellFormed(text)).replace(
    /[\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16)}`
  )
