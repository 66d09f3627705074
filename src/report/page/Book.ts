import { address } from "./Address.ts"
import { drawn, links, type Link } from "../layout/Links.ts"
import type { Report, ReportDomain, ReportRelationship, ReportTable } from "../Report.ts"

/** A report with what pages look up in it. */
export interface Book {
  readonly report: Report
  readonly table: (place: number) => ReportTable
  readonly tableAt: (id: string) => number | undefined
  readonly domainAt: (id: string) => ReportDomain | undefined
  /** Relationships of a table, rejected ones included. */
  readonly refersTo: (table: number) => ReadonlyArray<ReportRelationship>
  /** Relationships to a table, without rejected ones. */
  readonly referredBy: (table: number) => ReadonlyArray<ReportRelationship>
  /** The places of relationships that pictures show. */
  readonly drawn: ReadonlySet<number>
  readonly links: ReadonlyMap<number, Link>
  readonly of: (standing: ReportRelationship["standing"]) => ReadonlyArray<ReportRelationship>
  /** What a person should decide, the most probable first. */
  readonly toDecide: ReadonlyArray<ReportRelationship>
  /** Accepted relationships with rows that refer to nothing, most rows first. */
  readonly orphans: ReadonlyArray<ReportRelationship>
}

/** @see Book */
export const open = (report: Report): Book => {
  const { domains, relationships, tables } = report
  const byId = new Map(tables.map(({ id }, at) => [id, at]))
  const domainById = new Map(domains.map((domain) => [domain.id, domain]))
  const outgoing = tables.map((): Array<ReportRelationship> => [])
  const incoming = tables.map((): Array<ReportRelationship> => [])
  for (const each of relationships) {
    outgoing[each.from]?.push(each)
    if (each.standing !== "rejected") incoming[each.to]?.push(each)
  }
  const shown = drawn(relationships)
  const of = (standing: ReportRelationship["standing"]) => relationships.filter((each) => each.standing === standing)
  return {
    report,
    table: (place) => {
      const table = tables[place]
      if (table === undefined) throw new Error(`the report has no table ${place}`)
      return table
    },
    tableAt: (id) => byId.get(id),
    domainAt: (id) => domainById.get(id),
    refersTo: (table) => outgoing[table] ?? [],
    referredBy: (table) => incoming[table] ?? [],
    drawn: new Set(shown),
    links: links(tables, relationships, shown),
    of,
    toDecide: of("review")
      .filter(({ confidence }) => confidence >= WORTH_ASKING)
      .toSorted((a, b) => b.confidence - a.confidence),
    orphans: [...of("declared"), ...of("inferred")]
      .filter(({ join }) => (join?.orphanRows ?? 0) > 0)
      .sort((a, b) => (b.join?.orphanRows ?? 0) - (a.join?.orphanRows ?? 0))
  }
}

/** How a relationship is known, in words. */
export const HOW = {
  declared: "declared",
  inferred: "inferred",
  review: "to decide",
  named: "by name only",
  rejected: "rejected"
} as const

/** In review, but less probable than this, from 0 to 1: nobody needs to be asked. The same that makes a question's priority "low". */
const WORTH_ASKING = 0.05

/** Where a table's page is; `at` leads to a column or a relationship in it. */
export const tableHref = ({ id }: ReportTable, at?: string): string =>
  address(`entity/${encodeURIComponent(id)}${at === undefined ? "" : `/${encodeURIComponent(at)}`}`)

/** Where a domain's page is. */
export const domainHref = ({ id }: ReportDomain): string => address(`domain/${encodeURIComponent(id)}`)

/** Where a relationship's evidence stands: with the table that holds its columns. */
export const relationshipHref = (book: Book, each: ReportRelationship): string =>
  tableHref(book.table(each.from), each.id)

/** "web_orders.customer_id", "(a, b)" as "a + b". */
export const columnsText = (table: ReportTable, columns: ReadonlyArray<string>): string =>
  `${table.table}.${columns.join(" + ")}`

/** Tables that were not read. */
export const unreadCount = ({ report }: Book): number => report.notRead.reduce((sum, { count }) => sum + count, 0)

/** Rows that refer to nothing; 0 for what is rejected. */
export const orphanRows = ({ join, standing }: ReportRelationship): number =>
  standing === "rejected" ? 0 : (join?.orphanRows ?? 0)
