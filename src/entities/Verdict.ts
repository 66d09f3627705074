import { Array, Option } from "effect"
import { type Column, type Table, tableId } from "../datasource/Catalog.ts"
import type { TableProfile } from "../datasource/TableProfile.ts"
import { count, listedFew } from "../language/Describing.ts"
import type { Naming } from "../language/Naming.ts"
import type { EntityVerdict } from "./Entity.ts"
import { isView, type Reference, SURE } from "./References.ts"

/** The names of all tables of a catalog, cut into words once. */
export interface SchemaWords {
  /** Each table with its name as spelled, in words. */
  readonly tables: ReadonlyArray<{ readonly table: Table; readonly spelled: ReadonlyArray<string> }>
  /** What the tables are called, as one string each. */
  readonly things: ReadonlySet<string>
}

/** What a verdict rests on. */
export interface Evidence {
  readonly table: Table
  readonly profile: TableProfile | undefined
  readonly keyColumns: ReadonlyArray<string>
  readonly keyDeclared: boolean
  /** From this table, and to it from others. */
  readonly outgoing: ReadonlyArray<Reference>
  readonly incoming: ReadonlyArray<Reference>
  readonly schema: SchemaWords
  readonly naming: Naming
}

/** A verdict and, in one sentence, why. */
export interface Judgement {
  readonly verdict: EntityVerdict
  readonly reason: string
}

/** A list that others refer to is a lookup up to this many rows: what a person can still look through. */
const LOOKUP_ROWS = 150
/** And up to this many columns of its own, besides its key and its references. */
const LOOKUP_COLUMNS = 4
/** A copy shares this share of its columns with the table it is named after. */
const COPY_SHARE = 0.8
/** Tables with fewer columns look alike by chance. */
const COPY_COLUMNS = 2

const words = (text: string) => new Set(text.split(" "))
const LOG_WORDS = words("log logs logging audit audits history histories trail changelog tracking")
const EVENT_WORDS = words("event events")
const STAGING_WORDS = words("tmp temp staging stg bak bkp backup scratch trash")
const COPY_WORDS = words(
  "old new copy orig original archive archived bak backup bkp tmp temp staging stg dup save saved"
)
/** The bookkeeping of tools that migrate, queue or lock, which nobody's database is about. */
const PLUMBING =
  /^(.*schema_?(version|migrations?|history)s?|migrations?|.*_migrations?(_lock)?|databasechangelog(lock)?|alembic_version|sysdiagrams|__efmigrationshistory|ar_internal_metadata|flyway_.*|spatial_ref_sys)$/i

const BOOKKEEPING = words(
  "created create creation updated update modified modification changed inserted insert deleted write written edited last timestamp"
)
const ORDERING = words("order position slot sequence sort rank index ordinal priority number")
const NAMING = words("name title label code identifier description abbreviation symbol text value")
const PERSONAL = words("first last full given family middle sur")
const HAPPENING = words("type kind action operation message payload data details url ip level severity")
const LANGUAGE = words("language locale lang culture")
const PEOPLE = words("by user uid who")

/** Whether a column says when or by whom its row was written: nothing about the thing itself. */
export const isBookkeeping = (naming: Naming, table: string, column: Column): boolean => {
  const said = naming.columnWords(table, column.name)
  if (!said.some((word) => BOOKKEEPING.has(word))) return false
  return (
    column.typeClass === "time" || said.some((word) => PEOPLE.has(word)) || naming.keyWord(table, column.name) !== ""
  )
}

/** The columns that are a table's own: neither key nor reference nor bookkeeping. */
export const ownColumns = ({ table, keyColumns, outgoing, naming }: Evidence): ReadonlyArray<Column> => {
  const taken = new Set([...keyColumns, ...outgoing.flatMap(({ from }) => from.columns)])
  return table.columns.filter((column) => !taken.has(column.name) && !isBookkeeping(naming, table.table, column))
}

type Rule = (evidence: Evidence) => Judgement | undefined

/** "A and B refer", "A seems to refer": what refers to it, as sure as it is. */
const referring = (evidence: Evidence): string => {
  const tables = new Set(evidence.incoming.map(({ from }) => from.table))
  const sure = evidence.incoming.every(({ confidence }) => confidence >= SURE)
  const verb = tables.size === 1 ? (sure ? "refers" : "seems to refer") : sure ? "refer" : "seem to refer"
  return tables.size === 0 ? "" : `${names(evidence, tables)} ${verb}`
}

const names = (evidence: Evidence, ids: Iterable<string>) =>
  listedFew([...new Set(ids)].map(evidence.naming.table), "table")

/** What it refers to, bookkeeping (who wrote a row) left out. */
const realReferences = ({ table, outgoing, naming }: Evidence) =>
  outgoing.filter(
    ({ from }) =>
      !table.columns.some((column) => from.columns.includes(column.name) && isBookkeeping(naming, table.table, column))
  )

const view: Rule = ({ table }) =>
  isView(table) ? { verdict: "technical", reason: "It is a view: it shows rows that other tables hold." } : undefined

const spelled = (table: string) =>
  table
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, "$1_$2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+|(?<=\p{L})(?=\p{N})/u)
    .filter((word) => word !== "")

const saysCopy = (word: string) => COPY_WORDS.has(word) || /^\d+$/.test(word)

/** Cuts the names of a catalog's tables into words. */
export const schemaWords = (tables: ReadonlyArray<Table>, naming: Naming): SchemaWords => ({
  tables: tables.map((table) => ({ table, spelled: spelled(table.table) })),
  things: new Set(tables.map(({ table }) => naming.words(table).join(" ")))
})

const plumbing: Rule = ({ table, incoming }) => {
  if (incoming.length > 0) return undefined
  if (PLUMBING.test(table.table)) {
    return { verdict: "technical", reason: "It is the bookkeeping of a tool that changes the schema." }
  }
  const said = spelled(table.table)
  const word = [said[0], said.at(-1)].find((each) => each !== undefined && STAGING_WORDS.has(each))
  return word === undefined || said.length < 2
    ? undefined
    : { verdict: "technical", reason: `Its name says "${word}", and nothing refers to it.` }
}

const copy: Rule = ({ table, schema, incoming }) => {
  if (incoming.length > 0 || table.columns.length < COPY_COLUMNS) return undefined
  const said = spelled(table.table)
  if (!said.some(saysCopy)) return undefined
  const original = schema.tables.find(({ table: other, spelled: base }) => {
    if (other === table || base.length >= said.length || base.some((word) => !said.includes(word))) return false
    if (!said.every((word) => base.includes(word) || saysCopy(word))) return false
    const columns = new Set(other.columns.map(({ name }) => name))
    return table.columns.filter(({ name }) => columns.has(name)).length >= COPY_SHARE * table.columns.length
  })
  return original === undefined
    ? undefined
    : {
        verdict: "technical",
        reason: `It has the columns of ${tableId(original.table)}, and its name says that it is a copy.`
      }
}

const log: Rule = ({ table, incoming, keyColumns, naming }) => {
  const times = table.columns.filter((column) => column.typeClass === "time")
  const [time] = times
  if (incoming.length > 0 || time === undefined) return undefined
  const key = table.columns.filter((column) => keyColumns.includes(column.name))
  const counted = key.some(
    (column) =>
      column.sequence ||
      column.typeClass === "time" ||
      column.typeClass === "uuid" ||
      naming.keyWord(table.table, column.name) !== ""
  )
  // A period has two ends and belongs to something: a fact about that, not a record of what happened.
  const period = times.length > 1 && key.length > 1
  if (period || (key.length > 0 && !counted)) return undefined
  const said = spelled(table.table)
  const about = new Set(table.columns.flatMap((column) => naming.columnWords(table.table, column.name)))
  const happens = [...HAPPENING].some((each) => about.has(each)) && !about.has("name") && !about.has("title")
  const word = said.find((each) => LOG_WORDS.has(each) || (EVENT_WORDS.has(each) && said.length > 1 && happens))
  return word === undefined
    ? undefined
    : {
        verdict: "log",
        reason: `Its name says "${word}", its rows carry a time (${time.name}), and nothing refers to it.`
      }
}

const translation: Rule = (evidence) => {
  const { table, keyColumns, keyDeclared, incoming, naming } = evidence
  const references = realReferences(evidence)
  const isLanguage = (column: string) => naming.columnWords(table.table, column).some((word) => LANGUAGE.has(word))
  const isLanguages = (table: string) => naming.words(table).some((word) => LANGUAGE.has(word))
  const language = table.columns.find(({ name }) => {
    if (!isLanguage(name)) return false
    const reference = references.find(({ from }) => from.columns.includes(name))
    return reference === undefined ? keyColumns.includes(name) : isLanguages(reference.to.table)
  })
  const [thing, ...others] = references.filter(
    ({ from }) => language === undefined || !from.columns.includes(language.name)
  )
  if (incoming.length > 0 || language === undefined || thing === undefined || others.length > 0) return undefined
  const subject = new Set([language.name, ...thing.from.columns])
  const first = table.columns[0]?.name ?? ""
  // What has a key of its own is a thing that has a language.
  if (keyDeclared ? !keyColumns.every((column) => subject.has(column)) : !subject.has(first)) return undefined
  const texts = table.columns.filter(
    (column) => !subject.has(column.name) && !isBookkeeping(naming, table.table, column)
  )
  return texts.length > 0 && texts.every((column) => column.typeClass === "text")
    ? {
        verdict: "link",
        reason: `It holds nothing but texts of ${naming.table(thing.to.table)}, a row for each language.`
      }
    : undefined
}

const link: Rule = (evidence) => {
  const { table, keyColumns, incoming, naming } = evidence
  const references = realReferences(evidence)
  const columns = new Set(references.flatMap(({ from }) => from.columns))
  if (incoming.length > 0 || references.length < 2 || columns.size < 2) return undefined
  const isAncillary = (column: Column) =>
    column.typeClass === "boolean" ||
    naming.columnWords(table.table, column.name).every((word) => ORDERING.has(word)) ||
    /^(is|has)_/.test(column.name)
  const inKey = keyColumns.length > 1 ? keyColumns.filter((column) => !columns.has(column)) : []
  const own = [...ownColumns(evidence), ...table.columns.filter(({ name }) => inKey.includes(name))]
  if (!own.every(isAncillary)) return undefined
  const sure = references.every(({ confidence }) => confidence >= SURE)
  const joined = names(
    evidence,
    references.map(({ to }) => to.table)
  )
  return {
    verdict: "link",
    reason:
      own.length === 0
        ? `All it holds ${sure ? "are" : "seem to be"} references (to ${joined}): a row says that they belong together.`
        : `Besides ${sure ? "references" : "what seem to be references"} (to ${joined}) it only holds ${listedFew(
            own.map(({ name }) => name),
            "column"
          )}.`
  }
}

/** Columns that by their names say which one of another table, or of this: nobody can look whether it is true. */
const speaks = ({ naming, schema, table }: Evidence) =>
  table.columns.some(
    ({ name }) =>
      naming.keyWord(table.table, name) !== "" && schema.things.has(naming.columnWords(table.table, name).join(" "))
  )

const empty: Rule = (evidence) => {
  const { incoming, profile, table } = evidence
  if (profile === undefined || profile.rows > 0 || incoming.length > 0 || table.comment !== null) return undefined
  return realReferences(evidence).length > 0 || speaks(evidence)
    ? undefined
    : { verdict: "empty", reason: "It has no rows, refers to nothing and nothing refers to it." }
}

const lookup: Rule = (evidence) => {
  const { table, profile, incoming, naming, keyColumns } = evidence
  const own = ownColumns(evidence)
  const named = table.columns.some(
    (column) =>
      column.typeClass === "text" && naming.columnWords(table.table, column.name).some((word) => NAMING.has(word))
  )
  const isCode =
    keyColumns.length === 1 &&
    table.columns.some((column) => column.name === keyColumns[0] && column.typeClass === "text")
  if (incoming.length === 0 || keyColumns.length !== 1 || !(named || isCode)) return undefined
  // People have names too, and are no values.
  const person = table.columns.some((column) => {
    const said = naming.columnWords(table.table, column.name)
    return said.at(-1) === "name" && said.some((word) => PERSONAL.has(word))
  })
  if (person) return undefined
  if (own.length > LOOKUP_COLUMNS || own.some((column) => column.typeClass === "time")) return undefined
  if (profile === undefined || profile.rows > LOOKUP_ROWS || realReferences(evidence).length > 1) return undefined
  const rows = profile.rows === 0 ? "It is made for a short list" : `It is a short list (${count(profile.rows)} rows)`
  return {
    verdict: "lookup",
    reason: `${rows} of named values that ${referring(evidence)} to.`
  }
}

const entity = (evidence: Evidence): Judgement => {
  const { table, keyColumns, incoming, naming } = evidence
  const own = ownColumns(evidence).map((column) => naming.column(table.table, column.name))
  const because = [
    keyColumns.length === 0 ? "" : `its rows are told apart by ${listedFew(keyColumns, "column")}`,
    own.length === 0 ? "" : `it has attributes of its own (${listedFew(own, "column")})`,
    incoming.length === 0 ? "" : `${referring(evidence)} to it`
  ].filter((each) => each !== "")
  const reason = because.length === 0 ? "nothing says that it is anything else" : because.join(", ")
  return { verdict: "entity", reason: `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.` }
}

/** From what says most against a table to the benefit of the doubt. */
const RULES: ReadonlyArray<Rule> = [view, copy, plumbing, log, translation, link, empty, lookup]

/** What a table stands for: the first rule that speaks, otherwise an entity. */
export const judge = (evidence: Evidence): Judgement => {
  const found = Option.getOrElse(
    Array.findFirst(RULES, (rule) => Option.fromNullable(rule(evidence))),
    () => entity(evidence)
  )
  if (evidence.profile !== undefined || isView(evidence.table)) return found
  return { ...found, reason: `${found.reason.slice(0, -1)}; nobody could look at its rows.` }
}
