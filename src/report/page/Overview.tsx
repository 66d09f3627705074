import type { ComponentChildren } from "preact"
import type { ReportRelationship } from "../Report.ts"
import { type Book, domainHref, tableHref } from "./Book.ts"
import { MiniDiagram } from "./MiniDiagram.tsx"
import { Needs } from "./Needs.tsx"
import { Section, ThemeButton } from "./Parts.tsx"
import { counted, figure, list } from "./Text.ts"

/** Tables that the first paragraph names: it stays within three lines. */
const HUBS = 4

/** What is in the database, what needs a person, and the domains. */
export const Overview = ({
  book,
  children
}: {
  readonly book: Book
  /** Buttons and links below the heading, where the page offers any. */
  readonly children?: ComponentChildren
}) => {
  const { report } = book
  return (
    <>
      <div class="hrow">
        <h1>{report.database}</h1>
        {children === undefined ? null : <span class="sp" />}
        {children}
        <ThemeButton />
      </div>
      <Lead book={book} />
      <Figures book={book} />
      <Needs book={book} />
      <Section title="Domains" detail="tables that belong together, by what refers to what">
        <div class="doms">
          {report.domains.map((domain, at) => (
            <DomainCard key={domain.id} book={book} at={at} />
          ))}
        </div>
      </Section>
      <Apart book={book} />
    </>
  )
}

const rowsOf = ({ report: { others, rows: together, tables } }: Book) => {
  const all = [...tables, ...others]
  return {
    rows: together,
    about: tables.some(({ rows, sampled }) => sampled && rows !== null),
    unknown: all.filter(({ rows }) => rows === null).length
  }
}

/** Whether some row has a counterpart. */
const isFoundInData = ({ join }: ReportRelationship) => join !== undefined && join.matched > 0

const Lead = ({ book }: { readonly book: Book }) => {
  const { others, tables } = book.report
  const of = (kind: string) => tables.filter((table) => table.kind === kind).length
  const kinds = [
    ["entity", "is what it is about", "are what it is about"],
    ["lookup", "is a lookup list", "are lookup lists"],
    ["link", "only links others", "only link others"],
    ["log", "is a log", "are logs"]
  ].flatMap(([kind = "", one, many]) => (of(kind) === 0 ? [] : [`${figure(of(kind))} ${of(kind) === 1 ? one : many}`]))
  const apart =
    others.length === 0 ? [] : [`${figure(others.length)} ${others.length === 1 ? "is" : "are"} empty or technical`]
  const hubs = tables
    .map((table, at) => ({
      table,
      by: new Set(
        book
          .referredBy(at)
          .flatMap(({ from, standing }) =>
            from === at || (standing !== "declared" && standing !== "inferred") ? [] : [from]
          )
      ).size
    }))
    .filter(({ by }) => by > 1)
    .sort((a, b) => b.by - a.by)
    .slice(0, HUBS)
  const { about, rows } = rowsOf(book)
  const declared = book.of("declared").length
  const [inferred, told] = [
    book.of("inferred").filter(isFoundInData).length,
    book.of("inferred").filter((each) => !isFoundInData(each)).length
  ]
  return (
    <p class="lead">
      <b>{counted(tables.length + others.length, "table")}</b> with {about ? "about " : ""}
      {counted(rows, "row")}: {list([...kinds, ...apart])}.{" "}
      {hubs.length === 0 ? null : (
        <>
          Most hangs on{" "}
          {hubs.map(({ table }, at) => (
            <>
              {at === 0 ? "" : at === hubs.length - 1 ? " and " : ", "}
              <a class="link" href={tableHref(table)}>
                {table.name}
              </a>
            </>
          ))}
          .{" "}
        </>
      )}
      {declared === 0
        ? "The schema declares no foreign key"
        : `The schema declares ${counted(declared, "foreign key")}`}
      ;{" "}
      <b>
        {inferred === 0 ? "no" : figure(inferred)} {declared > 0 ? "more " : ""}
        {inferred === 1 ? "relationship" : "relationships"}
      </b>{" "}
      {inferred === 1 ? "was" : "were"} found in the data
      {told === 0 ? "" : `, ${figure(told)} by name or comment`}.
    </p>
  )
}

const Figures = ({ book }: { readonly book: Book }) => {
  const { others, tables } = book.report
  const [declared, inferred, named] = [book.of("declared").length, book.of("inferred").length, book.of("named").length]
  const personal = tables
    .map(({ columns }) => columns.filter(({ personal }) => personal !== undefined).length)
    .filter((count) => count > 0)
  const { about, rows, unknown } = rowsOf(book)
  const shown: ReadonlyArray<readonly [string, string, string]> = [
    [
      "Tables",
      figure(tables.length + others.length),
      `${counted(tables.filter(({ kind }) => kind === "entity").length, "entity", "entities")}`
    ],
    [
      "Rows",
      (about ? "~" : "") + figure(rows),
      unknown > 0 ? `${counted(unknown, "table")} not read` : about ? "some tables by a sample" : "every row read"
    ],
    ["Relationships", figure(declared + inferred), `${figure(declared)} declared, ${figure(inferred)} found`],
    [
      "To decide",
      figure(book.toDecide.length),
      named > 0
        ? `${figure(named)} more by name only`
        : book.toDecide.length === 0
          ? "the data settle all"
          : "the data do not settle it"
    ],
    [
      "Orphans",
      figure(book.orphans.length),
      book.orphans.length === 1 ? "reference leads nowhere" : "references lead nowhere"
    ],
    [
      "Personal data",
      figure(personal.reduce((sum, count) => sum + count, 0)),
      `columns, in ${counted(personal.length, "table")}`
    ]
  ]
  return (
    <dl class="facts card">
      {shown.map(([name, value, detail]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {value}
            <small>{detail}</small>
          </dd>
        </div>
      ))}
    </dl>
  )
}

const DomainCard = ({ at, book }: { readonly book: Book; readonly at: number }) => {
  const { report } = book
  const domain = report.domains[at]
  if (domain === undefined) return null
  const rows = domain.tables.reduce((sum, table) => sum + (book.table(table).rows ?? 0), 0)
  const hidden = domain.tables.length - domain.overview.boxes.length
  return (
    <a class="card dom" href={domainHref(domain)}>
      <h3>{domain.name}</h3>
      <div class="pic">
        <MiniDiagram book={book} picture={domain.overview} />
      </div>
      <div class="ft">
        <span>
          {counted(domain.tables.length, "table")}
          {hidden > 0 ? `, ${hidden} not drawn here` : ""}
        </span>
        <svg class="share" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
          <rect class="all" width="100" height="4" />
          <rect class="part" width={Math.min(1, rows / Math.max(1, rowsOf(book).rows)) * 100} height="4" />
        </svg>
        <span>{counted(rows, "row")}</span>
      </div>
    </a>
  )
}

/** Rows of this list that are shown at once: about a screen. */
const APART = 40

const Apart = ({ book }: { readonly book: Book }) => {
  const { copies, others } = book.report
  if (others.length + copies.length === 0) return null
  return (
    <Section title="Not part of it">
      {others.length === 0 ? null : (
        <div class="card scroll" tabIndex={0} role="region" aria-label="Tables that are not part of it">
          <table class="tbl">
            <thead>
              <tr>
                <th>Table</th>
                <th>What it is</th>
                <th class="opt">Why</th>
                <th class="num">Rows</th>
              </tr>
            </thead>
            <tbody>
              {others.slice(0, APART).map(({ id, rows, what, why }) => (
                <tr key={id}>
                  <td>
                    <code>{id}</code>
                  </td>
                  <td>{what}</td>
                  <td class="opt soft">{why}</td>
                  <td class="num">{rows === null ? "not read" : figure(rows)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {others.length > APART ? <p class="below">And {counted(others.length - APART, "more table")}.</p> : null}
      {copies.map((copy) => (
        <p key={copy} class="below">
          {copy}
        </p>
      ))}
    </Section>
  )
}
