import type { ContextPage, PageLine, PageTable } from "./Page.ts"
import { type Cut, HEAD_ONLY, JOINS_ONLY, LEVELS, tableText } from "./TableText.ts"

/** Characters that count as a token. */
const CHARACTERS = 4
/** Figures and map lines that stay when a budget shortens the lists. */
const FIGURES = 5
const MAP_LINES = 6

/** Tokens of a text: code points / 4. */
export const tokensOf = (text: string): number => Math.ceil(Array.from(text).length / CHARACTERS)

/** A page as text, and what was left out of it to fit. */
export interface Written {
  readonly text: string
  readonly tokens: number
}

/**
 * The page within a budget of tokens; without one, whole. What is least useful goes first: what tables without rows say, then level by level
 * what the others say, the least referred to first. Header, warnings, tables with their keys, joins, and columns that a warning or figure
 * uses always stay: a text that these alone make longer is longer.
 */
export const withinBudget = (page: ContextPage, budget: number | undefined): Written => {
  const tables = page.domains.flatMap((domain) => domain.tables)
  const levels = new Map<string, number>()
  const kept = new Set([...page.traps, ...page.figures].flatMap(({ columns }) => columns))
  const texts = new Map(tables.map((table) => [table.id, tableText(table, 0, kept)]))
  let lists = { figures: page.figures, chains: page.chains }
  const write = () => pageText(page, texts, lists, budget)
  let whole = write()
  if (budget === undefined || tokensOf(whole) <= budget) return { text: whole, tokens: tokensOf(whole) }

  const limit = budget * CHARACTERS
  let length = Array.from(whole).length + leftOut(page, texts, lists, budget).length + 200
  const reduce = (table: PageTable, level: number) => {
    if (length <= limit || (levels.get(table.id) ?? 0) >= level) return
    const before = texts.get(table.id)?.text ?? ""
    const after = tableText(table, level, kept)
    levels.set(table.id, level)
    texts.set(table.id, after)
    length += Array.from(after.text).length - Array.from(before).length
  }
  const ordered = leastUsefulFirst(tables)
  for (const table of ordered) if (table.rows === 0) for (let level = 1; level < LEVELS; level++) reduce(table, level)
  for (let level = 1; level < LEVELS; level++) {
    if (level === JOINS_ONLY - 1 && length > limit) {
      const before = Array.from(write()).length
      lists = { figures: page.figures.slice(0, FIGURES), chains: page.chains.slice(0, MAP_LINES) }
      length += Array.from(write()).length - before
    }
    if (level === JOINS_ONLY) for (const table of ordered) if (table.joinsIn === 0) reduce(table, level)
    for (const table of ordered) reduce(table, level)
  }
  for (const table of ordered)
    if (table.rows === 0 && table.joinsIn === 0 && table.refersTo.length === 0) reduce(table, HEAD_ONLY)
  whole = write()
  return { text: whole, tokens: tokensOf(whole) }
}

const leastUsefulFirst = (tables: ReadonlyArray<PageTable>): ReadonlyArray<PageTable> => {
  const joins = ({ joinsIn, refersTo }: PageTable) => joinsIn + refersTo.length
  return [...tables].sort(
    (a, b) =>
      Number(a.rows > 0) - Number(b.rows > 0) ||
      Number(joins(a) > 0) - Number(joins(b) > 0) ||
      a.joinsIn - b.joinsIn ||
      a.rows - b.rows ||
      (a.id < b.id ? -1 : 1)
  )
}

type Texts = ReadonlyMap<string, { readonly text: string; readonly cut: Cut }>
type Lists = Pick<ContextPage, "figures" | "chains">

const pageText = (page: ContextPage, texts: Texts, lists: Lists, budget: number | undefined): string => {
  const tables = page.domains
    .filter((domain) => domain.tables.length > 0)
    .map(({ name, tables: all }) => [`== ${name}`, ...all.map(({ id }) => texts.get(id)?.text ?? "")].join("\n"))
  const left = leftOut(page, texts, lists, budget)
  return `${[
    page.header.join("\n"),
    ...section("Before you write SQL", page.traps),
    ...section("Map (in brackets: by which column)", lists.chains),
    ...section("Figures one can ask for (over all rows)", lists.figures),
    `## Tables\n\`\`\`text\n${tables.join("\n\n")}\n\`\`\``,
    ...(left === "" ? [] : [left])
  ].join("\n\n")}\n`
}

const section = (title: string, lines: ReadonlyArray<PageLine>): ReadonlyArray<string> =>
  lines.length === 0 ? [] : [`## ${title}\n${lines.map(({ text }) => `- ${text}`).join("\n")}`]

const leftOut = (page: ContextPage, texts: Texts, lists: Lists, budget: number | undefined): string => {
  if (budget === undefined) return ""
  const cuts = [...texts].map(([id, { cut }]) => ({ id, ...cut }))
  const columns = cuts.reduce((sum, cut) => sum + cut.columns, 0)
  const of = cuts.filter((cut) => cut.columns > 0).length
  const values = cuts.reduce((sum, cut) => sum + cut.values, 0)
  const figures = page.figures.length - lists.figures.length
  const parts = [
    ...(columns === 0 ? [] : [`${columns} columns of ${of} tables`]),
    ...(values === 0 ? [] : [`${values} value lists shortened`]),
    ...(figures === 0 ? [] : [`${figures} figures`])
  ]
  if (parts.length === 0) return ""
  return `## Left out (budget ${budget})\n${parts.join(", ")}. All of a table: \`--tables a,b\``
}
