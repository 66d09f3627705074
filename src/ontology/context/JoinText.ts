import { type Compared, castTo, isOfKey } from "../../datasource/Inclusion.ts"
import { type Hidden, hiddenIn } from "../../relationships/RelationshipWorkflowService.ts"
import { storedType } from "../Discovered.ts"
import type { ContextColumn, ContextJoin } from "./Facts.ts"
import type { FanOut } from "./FanOut.ts"
import { identifier, literal, share } from "./Spelling.ts"

/** Values without a counterpart that the page names. */
const ORPHANS = 2

/** All that the page says of a column's joins: `-> customers.customer_id (0…31); NULL 3 %: LEFT JOIN`. Null where it has none. */
export const joinText = (
  column: ContextColumn,
  joins: ReadonlyArray<ContextJoin>,
  fanOuts: ReadonlyMap<string, FanOut>
): string | null => {
  const own = joins.filter(({ columns }) => columns.at(-1) === column)
  if (own.length === 0) return null
  const targets = own.map((join, place) => {
    const fanOut = fanOuts.get(join.id)
    const rows = fanOut === undefined ? "" : ` (${fanOut.least}…${fanOut.most})`
    return `${place === 0 ? "" : "or "}${target(join)}${rows}${condition(join)}${remarks(join)}`
  })
  return targets.join(" ") + nulls(column, own)
}

const target = ({ columns, relationship, targets, to }: ContextJoin): string => {
  const { compared } = relationship
  const cast = castText(compared, isOfKey(compared) ? columns : targets)
  if (columns.length === 1) {
    const key = `${to.name}.${targets[0]?.name ?? ""}`
    return isOfKey(compared) ? `-> ${key} ${cast.trim()}` : `${cast}-> ${key}`
  }
  const names = (all: ReadonlyArray<ContextColumn>) => all.map(({ name }) => name).join(", ")
  const period = relationship.compared === "by overlapping periods" ? `, ${names(columns.slice(-1))} by &&` : ""
  return `${cast}(${names(columns)}) -> ${to.name}(${names(targets)})${period}`
}

/** The conversion in front of a join. */
const castText = (compared: Compared | undefined, [key]: ReadonlyArray<ContextColumn>): string => {
  const type = castTo(key === undefined ? "" : storedType(key.source))
  switch (compared) {
    case undefined:
    case "by overlapping periods":
      return ""
    case "as whole numbers":
    case "key as whole numbers":
    case "as uuids":
      return `::${type} `
    case "as whole numbers, where they are some":
    case "key as whole numbers, where they are some":
      return `where it is a number ::${type} `
    case "as uuids, where they are some":
      return `where it is a uuid ::${type} `
    case "element by element":
      return "each element "
  }
}

const condition = ({ relationship: { when } }: ContextJoin): string =>
  when === undefined ? "" : ` where ${identifier(when.column)} = ${literal(when.value)}`

/** Why a row may find nothing in a table, whatever the test join counted. */
const HIDDEN: Readonly<Record<Hidden, string>> = {
  policies: "row-level security may hide rows of",
  parts: "not all was read of"
}

const remarks = (join: ContextJoin): string => {
  const { byName, columns, from, isDead, relationship, to } = join
  if (byName) return from.rows === 0 || columns.some(({ nulls }) => nulls >= from.rows) ? "" : "; by name only"
  const { inclusion } = relationship.evidence
  const several = relationship.cardinality === "1:N" || relationship.cardinality === "N:M"
  const many = several && inclusion !== null ? `; up to ${inclusion.maxTo} rows there` : ""
  const hidden = hiddenIn(to.subject.table)
  if (hidden !== undefined) return `${many}; ${HIDDEN[hidden]} ${to.name}: LEFT JOIN`
  if (inclusion === null) return ""
  if (inclusion.orphanRows === 0) return many
  if (isDead) return "; all orphans: do not join"
  const quoted = columns.some(({ personal }) => personal) ? [] : inclusion.orphans.slice(0, ORPHANS)
  const examples = quoted.length === 0 ? "" : ` (${quoted.map((value) => spelled(columns, value)).join(", ")})`
  return `${many}; orphans ${share(inclusion.orphanRows, from.rows)}${examples}: LEFT JOIN`
}

/** One value as SQL needs it; those of several columns are a row's text. */
const spelled = ([column, ...more]: ReadonlyArray<ContextColumn>, value: string): string =>
  more.length === 0 && column !== undefined && isNumber(column, value) ? value : literal(value)

/** Whether a value is written without quotes. */
export const isNumber = ({ source }: ContextColumn, value: string): boolean =>
  (source.typeClass === "integer" || source.typeClass === "number") && /^-?\d+(?:\.\d+)?$/.test(value)

const nulls = ({ nulls, source }: ContextColumn, [join]: ReadonlyArray<ContextJoin>): string => {
  const { rows } = source.table
  if (nulls === 0 || rows === 0 || join === undefined) return ""
  if (nulls >= rows) return join.from.isWhole ? "; always NULL" : "; NULL in all rows that were read"
  const self = join.to === join.from && nulls <= 5
  return self ? `; NULL (${nulls}) = the top: LEFT JOIN` : `; NULL ${share(nulls, rows)}: LEFT JOIN`
}
