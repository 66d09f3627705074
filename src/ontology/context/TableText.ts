import type { PageColumn, PageTable } from "./Page.ts"

/**
 * How much of a table is written, from all of it to its joins alone. Each level leaves out more than the one before: counts, formats and
 * comments; values beyond 8, then 5, where none has a meaning; ranges; the rows of a join, parts of keys and types of other columns; most names of other columns; columns without a join.
 */
export const LEVELS = 8

const WITHOUT_NOTES = 1
const EIGHT_VALUES = 2
const FIVE_VALUES = 3
const WITHOUT_RANGES = 4
const WITHOUT_FAN_OUT = 5
const REST_COUNTED = 6
export const JOINS_ONLY = 7
/** The head line alone. */
export const HEAD_ONLY = 8

/** Names of other columns that stay where the rest is counted: a count is no shorter. */
const FEW_NAMES = 2

/** Names that stand beside their numbers, `1 = 'North'`, at most. */
const NUMBERED = 12
const NUMBERED_NAME = /^-?\d+ = (?=')/

/** What a level left out of a table. */
export interface Cut {
  readonly columns: number
  readonly values: number
}

/** A table at a level; columns whose ids are in `kept` stay, whatever the level. */
export const tableText = (
  table: PageTable,
  level: number,
  kept: ReadonlySet<string>
): { readonly text: string; readonly cut: Cut } => {
  if (level >= HEAD_ONLY) return { text: table.head, cut: { columns: table.columns.length, values: 0 } }
  let values = 0
  let dropped = 0
  const rest: Array<PageColumn> = []
  // Columns of which the same is said share a line.
  const names = new Map<string, Array<string>>()
  for (const column of table.columns) {
    if (column.place !== "line") rest.push(column)
    else if (level < JOINS_ONLY || column.join !== null || kept.has(column.id)) {
      const shown = columnText(column, level)
      values += shown.isShortened ? 1 : 0
      names.set(shown.text, [...(names.get(shown.text) ?? []), column.name])
    } else dropped++
  }
  const lines = [table.head, ...[...names].map(([text, all]) => `  ${all.join(", ")} ${text}`)]
  const isCounted = level >= JOINS_ONLY || (level >= REST_COUNTED && rest.length > FEW_NAMES)
  const stay = isCounted ? rest.filter(({ id, keyPart }) => keyPart || kept.has(id)) : rest
  const left = rest.length - stay.length + dropped
  const parts = [restText(stay, level >= WITHOUT_FAN_OUT), ...(left === 0 ? [] : [`${left} more`])].filter(
    (part) => part !== ""
  )
  if (parts.length > 0) lines.push(`  + ${parts.join("; ")}`)
  return { text: lines.join("\n"), cut: { columns: left, values } }
}

/** What stands behind a column's name. */
const columnText = (column: PageColumn, level: number): { readonly text: string; readonly isShortened: boolean } => {
  const { dead, join, keyPart, more, notes, range, remarks, type } = column
  // Of a long list one joins the names, and numbers beside them say nothing.
  const isLong = join === null && column.values.length > NUMBERED
  const values =
    isLong && column.values.every(({ literal }) => NUMBERED_NAME.test(literal))
      ? column.values.map((each) => ({ ...each, literal: each.literal.replace(NUMBERED_NAME, "") }))
      : column.values
  if (dead && join !== null && values.length === 0) return { text: join, isShortened: false }
  const isListed = column.values.some(({ literal, meaning }) => meaning !== "" || literal.includes(" = "))
  const most = isListed || level < EIGHT_VALUES ? Number.POSITIVE_INFINITY : level < FIVE_VALUES ? 8 : 5
  const kept = values.slice(0, values.length <= most + 1 ? values.length : most)
  const left = more + values.length - kept.length
  const list = kept.map(
    ({ count, literal, meaning }) =>
      `${literal}${meaning}${count === null || level >= WITHOUT_NOTES ? "" : ` (${count})`}`
  )
  const filter = [
    ...(kept.length === 0 ? [] : [list.join(", ") + (left === 0 ? "" : `, … ${left} more`)]),
    ...(range === null || (level >= WITHOUT_RANGES && !/^(?:always|only)/.test(range)) ? [] : [range])
  ]
  const written = level >= WITHOUT_FAN_OUT ? (join?.replaceAll(/ \(\d+…\d+\)/g, "") ?? null) : join
  const isApart = written?.includes(";") === true
  const facts = [
    ...filter.slice(isApart ? 0 : 1),
    ...(keyPart && level < WITHOUT_FAN_OUT ? ["key"] : []),
    ...remarks,
    ...(level >= WITHOUT_NOTES ? [] : notes)
  ]
  const head = [...(written === null ? [type] : [written]), ...(isApart ? [] : filter.slice(0, 1))]
  return { text: [head.join(" "), ...facts].join("; "), isShortened: kept.length < values.length }
}

const PARTS = [
  ["rest", ""],
  ["empty", "always NULL: "],
  ["blank", "always '': "],
  ["personal", "personal: "],
  ["secret", "secret: "]
] as const

const restText = (columns: ReadonlyArray<PageColumn>, bare: boolean): string =>
  PARTS.flatMap(([place, title]) => {
    const all = columns.filter((column) => column.place === place)
    return all.length === 0
      ? []
      : [
          title +
            (bare || place === "empty" || place === "blank" ? all.map(({ name }) => name).join(", ") : byType(all))
        ]
  }).join("; ")

const saidOf = ({ keyPart, notes, remarks }: Pick<PageColumn, "keyPart" | "notes" | "remarks">): string =>
  [...(keyPart ? ["key"] : []), ...remarks, ...notes].map((each) => ` ${each}`).join("")

/** Names with their type after the last of those that share it. */
const byType = (columns: ReadonlyArray<PageColumn>): string =>
  columns
    .map(({ name, type, ...column }, place) => {
      const [next] = columns.slice(place + 1)
      const said = saidOf(column)
      const isShared = next?.type === type && said === "" && saidOf(next) === ""
      return `${name}${isShared || type === "" ? "" : ` ${type}`}${said}`
    })
    .join(", ")
