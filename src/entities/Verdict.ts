import { Array, Option } from "effect"
import { mayHideRows } from "../datasource/Catalog.ts"
import { listedFew } from "../language/Describing.ts"
import {
  type Evidence,
  isTime,
  type Judgement,
  ownColumns,
  realReferences,
  referring,
  type Rule,
  spelled
} from "./Evidence.ts"
import { wordSet } from "../language/wordSet.ts"
import { link, translation } from "./Links.ts"
import { lookup } from "./Lookup.ts"
import { aboutItself, copy, machinery, plumbing, settings, view } from "./Plumbing.ts"
import { isView } from "../schema/TableModel.ts"

const LOG_WORDS = wordSet("log logs logging audit audits history histories trail changelog tracking")
const EVENT_WORDS = wordSet("event events")
const HAPPENING = wordSet("type kind action operation message payload data details url ip level severity")

const log: Rule = ({ table, incoming, keyColumns, naming }) => {
  const times = table.columns.filter((column) => isTime(naming, table.table, column))
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
  // A period (two times and a composite key) is a fact about something, not a record of an event.
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

/** Whether a column is named as a foreign key to a table of the schema. */
const speaks = ({ naming, schema, table }: Evidence) =>
  table.columns.some(
    ({ name }) =>
      naming.keyWord(table.table, name) !== "" && schema.things.has(naming.columnWords(table.table, name).join(" "))
  )

const empty: Rule = (evidence) => {
  const { incoming, table } = evidence
  const { profile } = table
  if (profile === undefined || profile.rows > 0 || incoming.length > 0 || table.comment !== null) return undefined
  if (mayHideRows(table)) return undefined
  return realReferences(evidence).length > 0 || speaks(evidence)
    ? undefined
    : {
        verdict: "empty",
        reason: "It has no rows, and neither a declared key nor a name says what it refers to, or what refers to it."
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

/** In the order in which they are tried; the first that returns a verdict wins. */
const RULES: ReadonlyArray<Rule> = [
  view,
  copy,
  plumbing,
  machinery,
  settings,
  log,
  translation,
  link,
  empty,
  aboutItself,
  lookup
]

/** What a table stands for: the first rule that speaks, otherwise an entity. */
export const judge = (evidence: Evidence): Judgement => {
  const found = Option.getOrElse(
    Array.findFirst(RULES, (rule) => Option.fromNullable(rule(evidence))),
    () => entity(evidence)
  )
  if (evidence.table.profile !== undefined || isView(evidence.table)) return found
  return { ...found, reason: `${found.reason.slice(0, -1)}; nobody could look at its rows.` }
}
