import { grouped } from "../../datasource/grouped.ts"
import { flatMapInSteps, mapInSteps, type Steps } from "../../steps/Steps.ts"
import { oneLine } from "../Text.ts"
import {
  type ExportColumn,
  type ExportModel,
  type ExportReference,
  type ExportTable,
  isPlain,
  why
} from "./ExportModel.ts"
import { memberWord, typeWord, uniqueNames, wellFormed } from "./Names.ts"

/**
 * `schema.prisma`: a model per table with its relations, those that the database does not declare, too. What Prisma cannot say (tables
 * without a key, references that are no join by equal values of one type) is ignored or a comment.
 */
export function* toPrisma(model: ExportModel): Steps<string> {
  const shown = model.tables.filter(({ columns }) => columns.length > 0)
  const typed = uniqueNames(["PrismaClient"])
  const models = new Map<string, Model>()
  for (const table of shown) models.set(table.id, modelOf(table, typed(modelWord(table.table))))
  const related: Array<Related> = []
  const left: Array<string> = []
  const named = uniqueNames()
  for (const reference of model.references) {
    const [source, target] = [models.get(reference.source.id), models.get(reference.target.id)]
    if (source === undefined || target === undefined) continue
    const reason = unsaid(reference, source, target)
    if (reason !== null) left.push(`// No relation, because ${reason}: ${comment(reference)}`)
    else {
      const name = named(`${reference.from.table} ${reference.from.columns.join(" ")} ${reference.to.table}`)
      related.push({ reference, source, target, name })
      if (!isUnique(target, reference.to.columns)) target.uniques.push(reference.to.columns)
    }
    yield
  }
  // One relation may make columns unique, which makes another one of one to one: all are known before the first is written.
  const lines = yield* flatMapInSteps(related, (each) => relationLines(each))
  const own = grouped(lines, ([of]) => of)
  const texts = yield* mapInSteps([...models.values()], (each) =>
    modelText(
      each,
      own(each).map(([, line]) => line)
    )
  )
  const schemas = [...new Set(shown.map(({ schema }) => schema))].sort()
  const head = `// The database ${oneLine(wellFormed(model.database))} for Prisma, with relations that were found in its data.
datasource db {
  provider = "postgresql"
  schemas  = [${schemas.map(quoted).join(", ")}]
}`
  return `${[head, ...texts, ...(left.length === 0 ? [] : [left.join("\n")])].join("\n\n")}\n`
}

/** A table as a model: what it and its columns are called, and what makes a row unique. */
interface Model {
  readonly table: ExportTable
  readonly name: string
  readonly fields: ReadonlyMap<string, Field>
  readonly member: (wanted: string) => string
  /** The columns of its key; empty where Prisma has no type for one, or there is none: then the model is ignored. */
  readonly id: ReadonlyArray<string>
  /** Further unique columns, declared, or because something refers to them. */
  readonly uniques: Array<ReadonlyArray<string>>
}

interface Field {
  readonly name: string
  /** Prisma's type; undefined where it has none. */
  readonly type: string | undefined
  readonly attribute: string
  readonly optional: boolean
  readonly column: ExportColumn
}

/** A reference that becomes a relation. */
interface Related {
  readonly reference: ExportReference
  readonly source: Model
  readonly target: Model
  readonly name: string
}

const modelOf = (table: ExportTable, name: string): Model => {
  const member = uniqueNames()
  const inKey = new Set(table.key)
  const fields = new Map(
    table.columns.map((column): readonly [string, Field] => {
      const { attribute, type } = prismaType(column.type)
      const optional = column.nullable && !inKey.has(column.name)
      return [column.name, { name: member(memberWord(column.name, "c")), type, attribute, optional, column }]
    })
  )
  const isTyped = (columns: ReadonlyArray<string>) =>
    columns.length > 0 && columns.every((each) => isScalar(fields.get(each)?.type))
  const id = isTyped(table.key) ? table.key : []
  return {
    table,
    name,
    fields,
    member,
    id,
    uniques: table.declaredKeys.filter((key) => isTyped(key) && !isSame(key, id))
  }
}

/** Words that Prisma does not take as a model's name, which a model's name begins with capitals to avoid; a few of them are capitalised. */
const modelWord = (table: string): string => {
  const word = typeWord(table, "Table")
  return /^(String|Boolean|Int|BigInt|Float|Decimal|DateTime|Json|Bytes|Unsupported|Prisma.*|Async|Await|Using)$/.test(
    word
  )
    ? `${word}Model`
    : word
}

const isScalar = (type: string | undefined): type is string =>
  type !== undefined && !type.endsWith("[]") && type !== "Json"

const isSame = (one: ReadonlyArray<string>, other: ReadonlyArray<string>): boolean =>
  one.length === other.length && one.every((name) => other.includes(name))

const isUnique = ({ id, uniques }: Model, columns: ReadonlyArray<string>): boolean =>
  isSame(id, columns) || uniques.some((key) => isSame(key, columns))

/** Why Prisma cannot say a reference, in words; null where it can. */
const unsaid = (reference: ExportReference, source: Model, target: Model): string | null => {
  const { from, to } = reference
  if (!isPlain(reference)) return "it is no join by equal values alone"
  if (source.id.length === 0 || target.id.length === 0) return "a table has no key"
  const [near, far] = [
    from.columns.map((name) => source.fields.get(name)),
    to.columns.map((name) => target.fields.get(name))
  ]
  if (near.some((field, at) => !isScalar(field?.type) || field?.type !== far[at]?.type)) return "the types differ"
  return null
}

/** Both fields of a relation. */
const relationLines = (related: Related): ReadonlyArray<readonly [Model, string]> => {
  const { name, reference, source, target } = related
  const { from, label, to } = reference
  const optional = from.columns.some((column) => source.fields.get(column)?.optional)
  const one = isUnique(source, from.columns)
  const list = (model: Model, columns: ReadonlyArray<string>) =>
    columns.map((column) => model.fields.get(column)?.name ?? "").join(", ")
  return [
    [
      source,
      `  /// ${oneLine(wellFormed(why(reference)), Number.POSITIVE_INFINITY)}\n  ${source.member(memberWord(label, "refersTo"))} ${target.name}${optional ? "?" : ""} @relation(${quoted(name)}, fields: [${list(source, from.columns)}], references: [${list(target, to.columns)}], onDelete: NoAction, onUpdate: NoAction)`
    ],
    [
      target,
      `  ${target.member(memberWord(from.table, "referredToBy"))} ${source.name}${one ? "?" : "[]"} @relation(${quoted(name)})`
    ]
  ]
}

const modelText = (model: Model, relations: ReadonlyArray<string>): string => {
  const { fields, id, name, table, uniques } = model
  const [only, ...more] = id
  const lines = [...fields.values()].map((field) => {
    const { attribute, column, optional } = field
    const isList = field.type?.endsWith("[]") ?? false
    const type = field.type ?? `Unsupported(${quoted(column.type)})`
    const isId = more.length === 0 && column.name === only
    const isAlone = uniques.some((key) => key.length === 1 && key[0] === column.name)
    return `  ${field.name} ${type}${optional && !isList ? "?" : ""}${isId ? " @id" : ""}${isAlone && !isId ? " @unique" : ""}${attribute}${field.name === column.name ? "" : ` @map(${quoted(column.name)})`}`
  })
  const list = (columns: ReadonlyArray<string>) => columns.map((column) => fields.get(column)?.name ?? "").join(", ")
  return [
    `/// ${oneLine(wellFormed(table.description), Number.POSITIVE_INFINITY)}`,
    `model ${name} {`,
    ...lines,
    ...(relations.length === 0 ? [] : ["", ...relations]),
    "",
    ...(more.length === 0 ? [] : [`  @@id([${list(id)}])`]),
    ...uniques.filter((key) => key.length > 1).map((key) => `  @@unique([${list(key)}])`),
    ...(id.length === 0 ? ["  @@ignore"] : []),
    ...(name === table.table ? [] : [`  @@map(${quoted(table.table)})`]),
    `  @@schema(${quoted(table.schema)})`,
    "}"
  ].join("\n")
}

const TYPES: ReadonlyMap<string, readonly [type: string, attribute: string]> = new Map([
  ["smallint", ["Int", " @db.SmallInt"]],
  ["integer", ["Int", ""]],
  ["oid", ["Int", " @db.Oid"]],
  ["bigint", ["BigInt", ""]],
  ["boolean", ["Boolean", ""]],
  ["text", ["String", ""]],
  ["uuid", ["String", " @db.Uuid"]],
  ["inet", ["String", " @db.Inet"]],
  ["citext", ["String", " @db.Citext"]],
  ["xml", ["String", " @db.Xml"]],
  ["real", ["Float", " @db.Real"]],
  ["double precision", ["Float", ""]],
  ["money", ["Decimal", " @db.Money"]],
  ["date", ["DateTime", " @db.Date"]],
  ["json", ["Json", " @db.Json"]],
  ["jsonb", ["Json", ""]],
  ["bytea", ["Bytes", ""]]
])

const prismaType = (type: string): { readonly type: string | undefined; readonly attribute: string } => {
  const element = /^([^[\]]+)\[\]$/.exec(type)?.[1]
  if (element !== undefined) {
    const of = prismaType(element)
    return { type: of.type === undefined ? undefined : `${of.type}[]`, attribute: of.attribute }
  }
  const simple = TYPES.get(type)
  if (simple !== undefined) return { type: simple[0], attribute: simple[1] }
  const [, base = "", modifier] = /^(character varying|character|numeric)(?:\((\d+(?:,\d+)?)\))?$/.exec(type) ?? []
  // Prisma takes no scale above the precision: the type is then left to the database.
  const [precision, scale] = (modifier ?? "").split(",").map(Number)
  const size = modifier === undefined || (scale ?? 0) > (precision ?? 0) ? "" : `(${modifier.replace(",", ", ")})`
  if (base === "numeric") return { type: "Decimal", attribute: size === "" ? "" : ` @db.Decimal${size}` }
  if (base !== "")
    return { type: "String", attribute: base === "character" ? ` @db.Char${size}` : ` @db.VarChar${size}` }
  const [, time = "", digits, zone = ""] = /^(timestamp|time)(?:\((\d)\))? (with|without) time zone$/.exec(type) ?? []
  if (time === "") return { type: undefined, attribute: "" }
  const native = `${time === "timestamp" ? "Timestamp" : "Time"}${zone === "with" ? "tz" : ""}`
  return { type: "DateTime", attribute: ` @db.${native}(${digits ?? "6"})` }
}

const comment = (reference: ExportReference): string =>
  oneLine(
    wellFormed(
      `${reference.from.table}.${reference.from.columns.join(", ")} to ${reference.to.table}.${reference.to.columns.join(", ")}: ${why(reference)}`
    ),
    Number.POSITIVE_INFINITY
  )

/** A text in double quotes, with JSON's escapes. */
const quoted = (text: string): string => JSON.stringify(wellFormed(text))
