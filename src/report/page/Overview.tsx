import { type Book, columnsText, domainHref, orphanRows, tableHref } from "./Book.ts"
import { Icon, type IconName } from "./Icon.tsx"
import { MiniDiagram } from "./MiniDiagram.tsx"
import { Section, ThemeButton } from "./Parts.tsx"
import { counted, figure, list, percent, plurals } from "./Text.ts"

/** Rows of one kind that need a person at most; further ones are behind a link. */
const NEEDS = 4
/** Tables that the first paragraph names. */
const HUBS = 4

/** What is in the database, what needs a person, and the domains. */
export const Overview = ({ book }: { readonly book: Book }) => {
  const { report } = book
  return (
    <>
      <div class="hrow">
        <h1>{report.database}</h1>
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

const rowsOf = ({ report: { others, tables } }: Book) => {
  const all = [...tables, ...others]
  return {
    rows: all.reduce((sum, { rows }) => sum + (rows ?? 0), 0),
    about: tables.some(({ rows, sampled }) => sampled && rows !== null),
    unknown: all.filter(({ rows }) => rows === null).length
  }
}

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
  const [declared, inferred] = [book.of("declared").length, book.of("inferred").length]
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
      {inferred === 1 ? "was" : "were"} found in the data.
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
      named === 0 ? "the data do not settle it" : `${figure(named)} more by name only`
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

interface Need {
  readonly icon: IconName
  readonly href: string
  readonly title: preact.ComponentChildren
  readonly detail: preact.ComponentChildren
  readonly chip: string
}

const Needs = ({ book }: { readonly book: Book }) => {
  const needs = needsOf(book)
  if (needs.length === 0) return null
  return (
    <Section title="Needs you">
      <div class="card needs">
        {needs.map(({ chip, detail, href, icon, title }, at) => (
          <a key={at} href={href}>
            <Icon name={icon} />
            <span>
              <b>{title}</b>
              <small>{detail}</small>
            </span>
            <span class={chip === "questions" ? "chip" : "chip review"}>{chip}</span>
            <Icon name="right" />
          </a>
        ))}
      </div>
    </Section>
  )
}

/** What only a person can settle, of each kind the weightiest. */
const needsOf = (book: Book): ReadonlyArray<Need> => {
  const { asked, notRead, questions } = book.report
  const review = book.toDecide
  const { orphans } = book
  const others = questions.filter(({ category }) => category !== "relationship" && category !== "orphans")
  const more = (count: number, href: string, icon: IconName, chip: string, what: string): ReadonlyArray<Need> =>
    count <= 0 ? [] : [{ icon, href, chip, title: `${figure(count)} more ${what}`, detail: "the list has them all" }]
  return [
    ...(notRead.length === 0
      ? []
      : [
          {
            icon: "unread" as const,
            href: "#/unread",
            chip: "not read",
            title: `${counted(notRead.length, "table")} could not be read`,
            detail: notRead[0]?.reason ?? ""
          }
        ]),
    ...review.slice(0, NEEDS).map((each): Need => {
      const [from, to] = [book.table(each.from), book.table(each.to)]
      const why = [...(each.lines ?? [])]
        .sort((a, b) => b.points - a.points)
        .slice(0, 2)
        .map(({ why }) => why)
      return {
        icon: "ask",
        href: "#/decide",
        chip: "to decide",
        title: (
          <>
            Does <code>{columnsText(from, each.columns)}</code> refer to <code>{to.table}</code>?
          </>
        ),
        detail: why.join("; ")
      }
    }),
    ...more(review.length - NEEDS, "#/decide", "ask", "to decide", "that the data alone do not settle"),
    ...orphans.slice(0, NEEDS).map((each): Need => {
      const [from, to] = [book.table(each.from), book.table(each.to)]
      const rows = orphanRows(each)
      return {
        icon: "broken",
        href: "#/orphans",
        chip: "orphans",
        title: `${figure(rows)} ${rows === 1 ? from.name : plurals(from.name)} refer to a ${to.name} that is not there`,
        detail: (
          <>
            A join on <code>{columnsText(from, each.columns)}</code> drops {percent(rows / (each.join?.rows ?? 1))} of
            them
          </>
        )
      }
    }),
    ...more(orphans.length - NEEDS, "#/orphans", "broken", "orphans", "relationships with rows that refer to nothing"),
    ...(others.length === 0
      ? []
      : [
          {
            icon: "ask" as const,
            href: "#/questions",
            chip: "questions",
            title: `${counted(Math.min(asked, others.length), "question")} that only somebody who knows the business can answer`,
            detail: others[0]?.question ?? ""
          }
        ])
  ]
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
          <rect class="part" width={(rows / Math.max(1, rowsOf(book).rows)) * 100} height="4" />
        </svg>
        <span>{counted(rows, "row")}</span>
      </div>
    </a>
  )
}

/** Rows of this list that are shown at once. */
const APART = 40

const Apart = ({ book }: { readonly book: Book }) => {
  const { copies, others } = book.report
  if (others.length + copies.length === 0) return null
  return (
    <Section title="Not part of it">
      {others.length === 0 ? null : (
        <div class="card scroll">
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
