import { byText } from "../../datasource/byText.ts"
import { grouped } from "../../datasource/grouped.ts"
import type { Steps } from "../../steps/Steps.ts"
import type { ContextJoin, ContextTable, Facts } from "./Facts.ts"
import type { PageLine } from "./Page.ts"
import { line, type Said, saidSql } from "./Prose.ts"

/** Lines that the page has at most, and how long a line becomes before the next begins, in characters. */
const LINES = 6
const LENGTH = 150
/** Tables of a chain at most. */
const LONGEST = 6

/** Ways over several joins between tables with rows, `a -> b -> c`, the longest first, each join in one of them, as far as lines go. */
export function* chains(facts: Facts): Steps<ReadonlyArray<PageLine>> {
  const open = new Set(facts.joins.filter(isMain))
  const from = grouped(open, (join) => join.from.id)
  const starts = [...new Set([...open].map((join) => join.from.id))].sort(byText)
  const found: Array<ReadonlyArray<ContextJoin>> = []
  while (open.size > 0 && found.length < 4 * LINES) {
    const known = new Map<string, ReadonlyArray<ContextJoin>>()
    let best: ReadonlyArray<ContextJoin> = []
    for (const id of starts) {
      yield
      const path = longest(id, LONGEST - 1, from, open, known)
      if (path.length > best.length || (path.length === best.length && weight(path) > weight(best))) best = path
    }
    // A single join stands at its column.
    if (best.length < 2) break
    found.push(best)
    for (const join of best) open.delete(join)
  }
  const lines: Array<PageLine> = []
  let current: Array<Said> = []
  const flush = () => {
    if (current.length > 0) lines.push(joined(current))
    current = []
  }
  for (const path of found) {
    const chain = written(path)
    if (current.length > 0 && joined([...current, chain]).text.length > LENGTH) flush()
    current.push(chain)
  }
  flush()
  return lines.slice(0, LINES)
}

const isMain = ({ byName, columns, from, isDead, relationship, to, toOne }: ContextJoin): boolean =>
  // Of several columns only where they do not refer alone as well.
  (columns.length === 1 ||
    !columns.every((column) => from.joins.some((join) => join.columns.length === 1 && join.columns[0] === column))) &&
  from.rows > 0 &&
  to.rows > 0 &&
  toOne &&
  !byName &&
  !isDead &&
  relationship.when === undefined &&
  from.subject.entity.verdict !== "technical"

/** The longest way from a table over open joins, of at most `left` steps, that comes to no table twice. Those that `known` holds are not looked for again. */
const longest = (
  id: string,
  left: number,
  from: (id: string) => ReadonlyArray<ContextJoin>,
  open: ReadonlySet<ContextJoin>,
  known: Map<string, ReadonlyArray<ContextJoin>>
): ReadonlyArray<ContextJoin> => {
  const place = `${left} ${id}`
  const found = known.get(place)
  if (found !== undefined || left === 0) return found ?? []
  let best: ReadonlyArray<ContextJoin> = []
  for (const join of from(id)) {
    if (!open.has(join)) continue
    const rest = join.to === join.from ? [] : longest(join.to.id, left - 1, from, open, known)
    if (rest.length + 1 > best.length && !rest.some(({ to }) => to === join.from || to === join.to))
      best = [join, ...rest]
  }
  known.set(place, best)
  return best
}

const weight = (path: ReadonlyArray<ContextJoin>): number =>
  path.reduce((sum, { from }) => sum + Math.log(from.rows + 1), 0)

const written = (path: ReadonlyArray<ContextJoin>): Said => {
  const tables: Array<ContextTable> = path.flatMap(({ from }, place) => (place === 0 ? [from] : []))
  let text = tables[0]?.name ?? ""
  for (const { columns, from, targets, to } of path) {
    const names = columns.map(({ name }) => name).join(", ")
    const others = from.joins.filter((join) => join.to === to && isMain(join))
    const same = others.length < 2 || columns.every((column, place) => column.name === targets[place]?.name)
    text += ` -> ${to.name}${same ? "" : ` (${names})`}`
    tables.push(to)
  }
  return saidSql(text, tables)
}

const joined = (all: ReadonlyArray<Said>): PageLine => {
  const [first, ...more] = all
  if (first === undefined) return line``
  return more.reduce<PageLine>(
    (sum, each) => ({
      text: `${sum.text}; ${each.text}`,
      tables: [...new Set([...sum.tables, ...each.tables])],
      columns: sum.columns
    }),
    first
  )
}
