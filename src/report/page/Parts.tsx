import type { ComponentChildren } from "preact"
import type { Question } from "../../ontology/Ontology.ts"
import { type Book, domainHref, tableHref } from "./Book.ts"
import { Icon } from "./Icon.tsx"
import { figure, rowsText } from "./Text.ts"
import { toggleTheme } from "./Theme.ts"

/** A page's first line: where one is, each with its address but the last, and the switch of light and dark. */
export const Top = ({ path }: { readonly path: ReadonlyArray<readonly [name: string, href?: string]> }) => (
  <div class="top">
    <nav class="crumbs" aria-label="Where you are">
      {path.map(([name, href], at) => (
        <>
          {at === 0 ? null : <span aria-hidden="true">/</span>}
          {href === undefined ? <span aria-current="page">{name}</span> : <a href={href}>{name}</a>}
        </>
      ))}
    </nav>
    <ThemeButton />
  </div>
)

/** The switch of light and dark. */
export const ThemeButton = () => (
  <button type="button" class="btn ghost icon theme" aria-label="Light or dark" onClick={toggleTheme}>
    <Icon name="theme" />
  </button>
)

/** A part of a page under a heading. */
export const Section = ({
  children,
  detail,
  title
}: {
  readonly title: string
  readonly detail?: string
  readonly children: ComponentChildren
}) => (
  <div class="sec">
    <div class="sech">
      <h2>{title}</h2>
      {detail === undefined ? null : <span class="muted">{detail}</span>}
    </div>
    {children}
  </div>
)

/** Tables with their rows and how they hang together. */
export const TableList = ({
  book,
  domains,
  tables
}: {
  readonly book: Book
  readonly tables: ReadonlyArray<number>
  readonly domains: boolean
}) => {
  const most = Math.max(1, ...tables.map((at) => book.table(at).rows ?? 0))
  const count = (value: number) => (value === 0 ? <span class="muted">—</span> : figure(value))
  return (
    <div class="card scroll" tabIndex={0} role="region" aria-label="Tables">
      <table class="tbl">
        <thead>
          <tr>
            <th>Name</th>
            <th class="opt">Table</th>
            {domains ? <th class="opt">Domain</th> : null}
            <th>Rows</th>
            <th class="num opt">Columns</th>
            <th class="num opt">Refers to</th>
            <th class="num opt">Referred by</th>
          </tr>
        </thead>
        <tbody>
          {tables.map((at) => {
            const table = book.table(at)
            const domain = book.report.domains[table.domain]
            return (
              <tr key={at}>
                <td>
                  <a class="names" href={tableHref(table)}>
                    <Icon name={table.kind} />
                    {table.name}
                  </a>
                </td>
                <td class="opt">
                  <code class="muted">{table.id}</code>
                </td>
                {domains ? (
                  <td class="opt">
                    {domain === undefined ? null : (
                      <a class="soft" href={domainHref(domain)}>
                        {domain.name}
                      </a>
                    )}
                  </td>
                ) : null}
                <td>
                  <span class="hb">
                    <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                      <rect
                        width={table.rows === null || table.rows === 0 ? 0 : Math.max(2, (table.rows / most) * 100)}
                        height="6"
                        rx="1"
                      />
                    </svg>
                    {rowsText(table)}
                  </span>
                </td>
                <td class="num opt">{table.columns.length}</td>
                <td class="num opt">
                  {count(book.refersTo(at).filter(({ standing }) => standing !== "rejected").length)}
                </td>
                <td class="num opt">{count(book.referredBy(at).length)}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

/** Columns that a question names, as in questions.md. */
const AFFECTED = 6

/** A question for the owner, why it is asked, and what it is about. */
export const QuestionRow = ({
  book,
  question: { affects, question, why }
}: {
  readonly book: Book
  readonly question: Question
}) => {
  const places = affects.flatMap(({ column, schema, table }) => {
    const at = book.report.tables.find((one) => one.schema === schema && one.table === table)
    return at === undefined
      ? []
      : [{ href: tableHref(at, column ?? undefined), name: column === null ? table : `${table}.${column}` }]
  })
  return (
    <div class="q">
      <Icon name="ask" />
      <div>
        <b>{question}</b>
        <p>{why}</p>
        <div class="cs">
          {places.slice(0, AFFECTED).map(({ href, name }) => (
            <a key={href} href={href}>
              {name}
            </a>
          ))}
          {places.length > AFFECTED ? <span class="muted tiny">and {places.length - AFFECTED} more</span> : null}
        </div>
      </div>
    </div>
  )
}

/** A query, on lines of its own. */
export const Sql = ({ text }: { readonly text: string }) => (
  <pre class="sql" tabIndex={0} aria-label="SQL">
    {text.replace(/ (FROM|(?:LEFT |INNER )?JOIN|WHERE|GROUP BY|ORDER BY|HAVING|LIMIT) /g, "\n$1 ")}
  </pre>
)

/** What is shown where there is nothing. */
export const Nothing = ({ children }: { readonly children: ComponentChildren }) => (
  <div class="card nothing">
    <Icon name="check" />
    <p>{children}</p>
  </div>
)
