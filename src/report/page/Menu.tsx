import { address } from "./Address.ts"
import { type Book, domainHref, tableHref, unreadCount } from "./Book.ts"
import { type Route, routeHref } from "./Route.ts"
import { Side, type SideItem } from "./Side.tsx"

/** With more tables than this, only the domain that one is in shows its tables: so many lines fit two screens. */
const ALL_SHOWN = 40

/** The side: the database, the search, the pages. */
export const Menu = ({
  book,
  onSearch,
  route
}: {
  readonly book: Book
  readonly route: Route
  readonly onSearch: () => void
}) => (
  <Side
    home={address("overview")}
    name={book.report.database}
    what="PostgreSQL"
    label="Report"
    items={fixed(book)}
    here={routeHref(route)}
    onSearch={onSearch}
  >
    <DomainItems book={book} route={route} />
  </Side>
)

/** The domains with their tables, as items of a side. */
export const DomainItems = ({ book, route }: { readonly book: Book; readonly route: Route }) => {
  const here = routeHref(route)
  const { domains, tables } = book.report
  const current =
    route.page === "domain"
      ? book.domainAt(route.id)
      : route.page === "entity"
        ? domains[tables[book.tableAt(route.id) ?? -1]?.domain ?? -1]
        : undefined
  return (
    <>
      {domains.map((domain) => (
        <>
          <a
            key={domain.id}
            class="hd"
            href={domainHref(domain)}
            aria-current={here === domainHref(domain) ? "page" : undefined}
          >
            <span class="t">{domain.name}</span>
            {tables.length > ALL_SHOWN && domain !== current ? <span class="n">{domain.tables.length}</span> : null}
          </a>
          {tables.length > ALL_SHOWN && domain !== current
            ? null
            : domain.tables.map((at) => {
                const href = tableHref(book.table(at))
                return (
                  <a key={href} class="sub" href={href} aria-current={here === href ? "page" : undefined}>
                    <span class="t">{book.table(at).name}</span>
                  </a>
                )
              })}
        </>
      ))}
    </>
  )
}

/** The report's fixed pages, as items of a side. */
export const fixed = (book: Book): ReadonlyArray<SideItem> => {
  const { asked, others, questions, tables } = book.report
  const all: ReadonlyArray<SideItem> = [
    { href: address("overview"), icon: "home", name: "Overview", count: 0 },
    { href: address("tables"), icon: "tables", name: "Tables", count: tables.length + others.length },
    {
      href: address("relationships"),
      icon: "relationships",
      name: "Relationships",
      count: book.of("declared").length + book.of("inferred").length
    },
    { href: address("decide"), icon: "check", name: "To decide", count: book.toDecide.length, warn: true },
    {
      href: address("orphans"),
      icon: "broken",
      name: "Orphans",
      count: book.orphans.length
    },
    { href: address("questions"), icon: "ask", name: "Questions", count: Math.min(asked, questions.length) },
    {
      href: address("personal"),
      icon: "person",
      name: "Personal data",
      count: tables.reduce(
        (sum, { columns }) => sum + columns.filter(({ personal }) => personal !== undefined).length,
        0
      )
    },
    {
      href: address("unread"),
      icon: "unread",
      name: "Not read",
      count: unreadCount(book) + tables.filter(({ notes }) => notes.length > 0).length,
      warn: true
    }
  ]
  return all.filter(({ count = 0, href }) => href !== address("unread") || count > 0)
}
