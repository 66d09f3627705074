import { type Column, tableId } from "../datasource/Catalog.ts"
import { listedFew } from "../language/Describing.ts"
import {
  type Evidence,
  isBookkeeping,
  isFlag,
  isTime,
  ownColumns,
  realReferences,
  type Rule,
  tableNames
} from "./Evidence.ts"
import { wordSet } from "../language/wordSet.ts"
import { type Reference, SURE } from "./References.ts"

const ORDERING = wordSet("order position slot sequence sort rank index ordinal priority number no nr num display")
/** Words for how far apart or how alike two rows of one table are, in a table of related pairs (such as a closure table). */
const DISTANCE = wordSet(
  "min max minimum maximum level depth distance separation generation hop degree path length of weight similarity strength relevance"
)
/** What is said about a link: since when, why, whether it still holds. */
const REMARK = wordSet("reason comment note remark status state type kind source active valid invalid")
/** Names that end so say that a table joins others. */
const JOINING = wordSet(
  "map mapping link relation relationship rel association assoc member membership assignment xref crosswalk junction bridge"
)
const SMALL = wordSet("to of and in on for by with")
const WHICH = wordSet("id uuid guid oid fk")
const LANGUAGE = wordSet("language locale lang culture")

/** Whether a column says which one of something, though nobody knows of what: `subject_id`, `fact_id_1`. */
const saysWhich = ({ naming, table }: Evidence, { name }: Column) => WHICH.has(naming.keyWord(table.table, name))

/** Whether a table is called after what it joins, and nothing else: `dept_emp`, `friend_of_user`, `source_to_target_map`. */
const isCalledAfter = ({ naming, table }: Evidence, references: ReadonlyArray<Reference>) => {
  const joined = new Set(
    references.flatMap(({ from, to }) => [
      ...naming.words(to.table),
      ...from.columns.flatMap((column) => naming.columnWords(table.table, column))
    ])
  )
  return naming.words(table.table).every((word) => joined.has(word) || JOINING.has(word) || SMALL.has(word))
}

/** Whether the key is what it refers to, and the rest a single time: since when they belong together (`follows`, `bookmarks`). */
const isPair = (evidence: Evidence, references: ReadonlyArray<Reference>) => {
  const referring = new Set(references.flatMap(({ from }) => from.columns))
  const { keyColumns, naming, table } = evidence
  const times = ownColumns(evidence).filter((column) => isTime(naming, table.table, column))
  return keyColumns.length === referring.size && keyColumns.every((name) => referring.has(name)) && times.length === 1
}

/** What may stand in a link besides references: an order, yes or no; since when and why, where the name says that it is one. */
const isAncillary = (evidence: Evidence, references: ReadonlyArray<Reference>): ((column: Column) => boolean) => {
  const { keyColumns, naming, table } = evidence
  const calledAfter = isCalledAfter(evidence, references)
  const keyed = keyColumns.length === 1
  const joining = !keyed && JOINING.has(naming.words(table.table).at(-1) ?? "")
  const closure = new Set(references.map(({ to }) => to.table)).size === 1
  const pair = isPair(evidence, references)
  const own = new Set(naming.words(table.table))
  return (column) => {
    const words = naming.columnWords(table.table, column.name)
    // What repeats the table's name says nothing more: the `relation_type` of a relation.
    const more = words.filter((word) => !own.has(word))
    const said = words.length === 0 ? [naming.keyWord(table.table, column.name)] : more.length === 0 ? words : more
    const all = (words: ReadonlySet<string>) => said.every((word) => words.has(word))
    if (isFlag(column) || all(ORDERING)) return true
    if ((closure && all(DISTANCE)) || ((!keyed || calledAfter) && saysWhich(evidence, column))) return true
    if (column.typeClass === "text") return joining || (calledAfter && all(REMARK))
    if (isTime(naming, table.table, column)) return joining || calledAfter || pair
    return calledAfter && ORDERING.has(said.at(-1) ?? "")
  }
}

/** Pairs of columns that together refer to a row of any of several tables: `taggable_type`, `taggable_id`. */
const polymorphic = ({ naming, table }: Evidence): ReadonlyArray<readonly [string, string]> =>
  table.columns.flatMap(({ name, typeClass }): ReadonlyArray<readonly [string, string]> => {
    const words = naming.columnWords(table.table, name)
    if (typeClass !== "text" || words.length < 2 || words.at(-1) !== "type") return []
    const which = words.slice(0, -1).join(" ")
    const id = table.columns.find(
      (column) =>
        naming.keyWord(table.table, column.name) !== "" &&
        naming.columnWords(table.table, column.name).join(" ") === which
    )
    return id === undefined ? [] : [[name, id.name]]
  })

/** A table that joins others and says nothing else. */
export const link: Rule = (evidence) => {
  const { table, keyColumns, incoming } = evidence
  const references = realReferences(evidence)
  const known = new Set(references.flatMap(({ from }) => from.columns))
  const several = polymorphic(evidence).filter((pair) => !pair.some((column) => known.has(column)))
  const columns = new Set([...known, ...several.flat()])
  if (incoming.length > 0 || references.length === 0 || references.length + several.length < 2 || columns.size < 2)
    return undefined
  // Of what has no rows, names alone say what it joins: also its own.
  const isSeen = table.rows > 0 || table.profile === undefined
  const isDeclared = several.length === 0 && references.every(({ confidence }) => confidence === 1)
  if (!isSeen && !isDeclared && !isCalledAfter(evidence, references)) return undefined
  // A table that references itself is more than a link.
  if (references.some(({ to }) => tableId(to) === tableId(table))) return undefined
  const inKey = keyColumns.length > 1 ? keyColumns.filter((column) => !columns.has(column)) : []
  const own = [
    ...ownColumns(evidence).filter(({ name }) => !columns.has(name)),
    ...table.columns.filter(({ name }) => inKey.includes(name))
  ]
  if (!own.every(isAncillary(evidence, references))) return undefined
  const sure = references.every(({ confidence }) => confidence >= SURE)
  const joined = tableNames(
    evidence,
    references.map(({ to }) => to.table)
  ).concat(...several.map(([type]) => `, and to what ${type} says`))
  // If one reference alone contains a key, each of its targets is in at most one row: that is not many to many.
  const keys = [keyColumns, ...table.keys.map(({ columns }) => columns)].filter(({ length }) => length > 0)
  const many = !references.some(({ from }) => keys.some((key) => key.every((name) => from.columns.includes(name))))
  return {
    verdict: "link",
    reason:
      own.length === 0
        ? `All it holds ${sure ? "are" : "seem to be"} references (to ${joined}): ${many ? "many to many, " : ""}a row says that they belong together.`
        : `Besides ${sure ? "references" : "what seem to be references"} (to ${joined}) it only holds ${listedFew(
            own.map(({ name }) => name),
            "column"
          )}.`
  }
}

/** A table of what another one is called in each language. */
export const translation: Rule = (evidence) => {
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
  if (incoming.some(({ confidence }) => confidence >= SURE)) return undefined
  if (language === undefined || thing === undefined || others.length > 0) return undefined
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
