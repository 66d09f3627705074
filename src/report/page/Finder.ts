import { address } from "./Address.ts"
import { type Book, columnsText, domainHref, HOW, relationshipHref, tableHref } from "./Book.ts"
import type { IconName } from "./Icon.tsx"

/** Something that can be found. */
export interface Hit {
  readonly name: string
  /** Other names of the same thing, which are searched as well. */
  readonly also?: ReadonlyArray<string>
  /** What is searched besides, and shown beside it. */
  readonly context: string
  readonly kind: string
  readonly icon: IconName
  readonly href: string
  /** What is added to its score, so that of equal hits tables come before columns. */
  readonly weight: number
}

const KINDS = { entity: "entity", lookup: "lookup list", link: "link table", log: "log" } as const
/** Values that are searched of a column, the most frequent first: a file of 400 tables is searched in a few milliseconds. */
const VALUES = 20
/** Hits that are shown: three screens of a phone; a longer list is narrowed by another letter. */
const MOST = 30

/** All that can be found in a report. */
export const indexOf = (book: Book): ReadonlyArray<Hit> => {
  const { domains, questions, relationships, tables } = book.report
  return [
    ...domains.map((domain): Hit => ({
      name: domain.name,
      context: domain.tables.map((at) => book.table(at).name).join(", "),
      kind: "domain",
      icon: "tables",
      href: domainHref(domain),
      weight: 0.6
    })),
    ...tables.map((table): Hit => ({
      name: table.name,
      also: [table.id, table.table, ...table.synonyms],
      context: [table.id, ...table.synonyms].join(", "),
      kind: KINDS[table.kind],
      icon: table.kind,
      href: tableHref(table),
      weight: 1
    })),
    ...tables.flatMap((table) =>
      table.columns.map((column): Hit => ({
        name: `${table.table}.${column.name}`,
        context:
          column.personal === undefined
            ? (column.values ?? [])
                .slice(0, VALUES)
                .map(({ label, value }) => (label === null ? value : `${value} ${label}`))
                .join(", ") ||
              (column.comment ?? "")
            : "personal data",
        kind: "column",
        icon: column.key === "primary" ? "key" : "lookup",
        href: tableHref(table, column.name),
        weight: 0
      }))
    ),
    ...relationships.flatMap((each): ReadonlyArray<Hit> =>
      each.standing === "rejected"
        ? []
        : [
            {
              name: `${columnsText(book.table(each.from), each.columns)} → ${book.table(each.to).table}`,
              context: each.when ?? "",
              kind: HOW[each.standing],
              icon: "relationships",
              href: relationshipHref(book, each),
              weight: -0.2
            }
          ]
    ),
    ...questions.map(({ question, why }): Hit => ({
      name: question,
      context: why,
      kind: "question",
      icon: "ask",
      href: address("questions"),
      weight: -0.5
    }))
  ]
}

/** Points for a name: 9 if it is the query, 7 if it begins with it, 5 if one of its words does, 4 if it contains it, otherwise 0. */
const fit = (name: string, query: string): number => {
  const text = name.toLowerCase()
  if (text === query) return 9
  if (text.startsWith(query)) return 7
  if ([" ", "_", "."].some((before) => text.includes(before + query))) return 5
  return text.includes(query) ? 4 : 0
}

/** Points for a hit: those of its name, or of another of its names less 0.5, or 2 if the query stands in its context; the most of these. */
const score = ({ also = [], context, name }: Hit, query: string): number =>
  Math.max(
    fit(name, query),
    ...also.map((other) => fit(other, query) - 0.5),
    context.toLowerCase().includes(query) ? 2 : 0
  )

/** The best hits for a query, best first; every word must be found. Without a query, the tables. */
export const find = (index: ReadonlyArray<Hit>, query: string): ReadonlyArray<Hit> => {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "")
  if (words.length === 0) return index.filter(({ weight }) => weight > 0.5).slice(0, 12)
  const whole = words.join(" ")
  return index
    .flatMap((hit) => {
      const full = score(hit, whole)
      const each = words.map((word) => score(hit, word))
      const points = full > 0 ? full : each.every((one) => one > 0) ? Math.min(...each) / 2 : 0
      return points > 0 ? [{ hit, points: points + hit.weight }] : []
    })
    .sort((a, b) => b.points - a.points || (a.hit.name < b.hit.name ? -1 : 1))
    .slice(0, MOST)
    .map(({ hit }) => hit)
}
