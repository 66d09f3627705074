import { Data, Either } from "effect"
import { grouped } from "../../datasource/grouped.ts"
import { nearest } from "../../language/Nearest.ts"
import type { ContextPage, PageColumn, PageStep, PageTable } from "./Page.ts"

/** The page has no table of this name. */
export class UnknownTable extends Data.TaggedError("UnknownTable")<{
  readonly table: string
  /** Names that are like it, the nearest first. */
  readonly nearest: ReadonlyArray<string>
}> {
  override get message() {
    return `there is no table ${this.table}${this.nearest.length === 0 ? "" : `; the nearest are ${this.nearest.join(", ")}`}`
  }
}

/**
 * The part of the page about some tables, by name or `schema.name`: these whole, the shortest way of joins between each two of them with the
 * tables on it reduced to key, joins and name, and of the other lines those that name no further table.
 */
export const selected = (page: ContextPage, names: ReadonlyArray<string>): Either.Either<ContextPage, UnknownTable> =>
  Either.map(Either.all(names.map((name) => find(page, name))), (found) => {
    const wanted = [...new Set(found.map(({ id }) => id))]
    const paths = wanted.flatMap((from, place) =>
      wanted.slice(place + 1).map((to) => ({ from, to, path: pathBetween(page.steps, from, to) }))
    )
    const all = new Set([...wanted, ...paths.flatMap(({ path }) => path ?? [])])
    const named = nameOf(page)
    const missing = paths
      .filter(({ path }) => path === undefined)
      .map(({ from, to }) => ({
        text: `No join between ${named(from)} and ${named(to)} was found.`,
        tables: [],
        columns: []
      }))
    const within = <A extends { readonly tables: ReadonlyArray<string> }>(lines: ReadonlyArray<A>) =>
      lines.filter(({ tables }) => tables.length > 0 && tables.every((id) => all.has(id)))
    const lookups = lookupsOf(page)
    return {
      ...page,
      traps: [...missing, ...within(page.traps)],
      chains: within(page.chains),
      figures: within(page.figures),
      domains: page.domains.flatMap(({ name, tables }) => {
        const kept = tables
          .filter(({ id }) => all.has(id))
          .map((table) => (wanted.includes(table.id) ? withLookups(table, all, lookups) : reduced(table)))
        return kept.length === 0 ? [] : [{ name, tables: kept }]
      })
    }
  })

const plainName = ({ head }: PageTable): string => head.replace(/ \([^(]*\).*$/s, "")

const nameOf = (page: ContextPage) => {
  const names = new Map(page.domains.flatMap(({ tables }) => tables.map((table) => [table.id, plainName(table)])))
  return (id: string) => names.get(id) ?? id
}

const find = (page: ContextPage, name: string): Either.Either<PageTable, UnknownTable> => {
  const tables = page.domains.flatMap((domain) => domain.tables)
  const asked = name.trim()
  const table =
    tables.find(({ id }) => id === asked) ??
    tables.find((each) => plainName(each) === asked || each.id.endsWith(`.${asked}`))
  if (table !== undefined) return Either.right(table)
  return Either.left(new UnknownTable({ table: asked, nearest: nearest(tables.map(plainName), asked) }))
}

/**
 * The ids of the tables on the shortest way of joins between two, both ends included: of those with as few steps, one with the fewest that rest
 * on names, then by name. Undefined where there is none.
 */
export const pathBetween = (
  steps: ReadonlyArray<PageStep>,
  from: string,
  to: string
): ReadonlyArray<string> | undefined => {
  const near = grouped(
    steps.flatMap(({ byName, from, to }) => [
      { from, id: to, byName },
      { from: to, id: from, byName }
    ]),
    (each) => each.from
  )
  let paths = new Map([[from, { path: [from], guesses: 0 }]])
  const seen = new Set([from])
  while (paths.size > 0) {
    const arrived = paths.get(to)
    if (arrived !== undefined) return arrived.path
    const next: typeof paths = new Map()
    for (const { guesses, path } of paths.values()) {
      for (const { byName, id } of near(path.at(-1) ?? "")) {
        if (seen.has(id)) continue
        const made = { path: [...path, id], guesses: guesses + (byName ? 1 : 0) }
        const other = next.get(id)
        const isBetter =
          other === undefined ||
          made.guesses < other.guesses ||
          (made.guesses === other.guesses && made.path.join() < other.path.join())
        if (isBetter) next.set(id, made)
      }
    }
    for (const id of next.keys()) seen.add(id)
    paths = next
  }
  return undefined
}

const reduced = (table: PageTable): PageTable => ({
  ...table,
  columns: table.columns.filter(({ id, join }) => join !== null || id === table.nameColumn)
})

/** The values of short lists, `1 = 'Eastern'`, by the id of their table. */
const lookupsOf = (page: ContextPage): ReadonlyMap<string, PageColumn["values"]> =>
  new Map(
    page.domains.flatMap(({ tables }) =>
      tables.flatMap(({ columns, id, nameColumn }): ReadonlyArray<readonly [string, PageColumn["values"]]> => {
        const values = columns.find((column) => column.id === nameColumn)?.values ?? []
        return values.length > 0 && values.every(({ literal }) => literal.includes(" = ")) ? [[id, values]] : []
      })
    )
  )

/** Lists that the selection leaves out stand at the columns that refer to them. */
const withLookups = (
  table: PageTable,
  all: ReadonlySet<string>,
  lookups: ReadonlyMap<string, PageColumn["values"]>
): PageTable => ({
  ...table,
  columns: table.columns.map((column) => {
    const values = column.to === null || all.has(column.to) ? undefined : lookups.get(column.to)
    return values === undefined ? column : { ...column, values }
  })
})
