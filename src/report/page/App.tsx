import type { ComponentChildren } from "preact"
import { useEffect, useMemo, useRef, useState } from "preact/hooks"
import type { Book } from "./Book.ts"
import { DomainPage } from "./DomainPage.tsx"
import { EntityPage } from "./EntityPage.tsx"
import { indexOf } from "./Finder.ts"
import { KeyHelp } from "./Keys.tsx"
import { Orphans, Personal, Questions, Unread } from "./Gaps.tsx"
import { Decide, Relationships, Tables } from "./Lists.tsx"
import { Menu } from "./Menu.tsx"
import { Overview } from "./Overview.tsx"
import { Nothing } from "./Parts.tsx"
import { KEYS, useReportKeys } from "./ReportKeys.tsx"
import { parse, type Route, routeHref } from "./Route.ts"
import { Search } from "./Search.tsx"
import { Skip } from "./Side.tsx"

/** The report: the side, and the page that the address says. */
export const App = ({ book }: { readonly book: Book }) => {
  const [route, setRoute] = useState(() => parse(location.hash))
  const [dialog, setDialog] = useState<"search" | "help" | undefined>(undefined)
  const main = useRef<HTMLElement>(null)
  const first = useRef(true)
  useEffect(() => {
    const change = () => setRoute(parse(location.hash))
    addEventListener("hashchange", change)
    return () => removeEventListener("hashchange", change)
  }, [])
  const { name, page } = pageOf(book, route)
  useEffect(() => {
    document.title = name === book.report.database ? name : `${name} · ${book.report.database}`
    const at = route.page === "entity" ? route.at : undefined
    const target = at === undefined ? null : document.querySelector<HTMLElement>(`[data-at="${CSS.escape(at)}"]`)
    if (target === null) {
      scrollTo(0, 0)
      if (!first.current) main.current?.focus({ preventScroll: true })
    } else {
      if (target instanceof HTMLDetailsElement) target.open = true
      target.scrollIntoView({ block: "center" })
      ;(target.querySelector("summary") ?? target).focus({ preventScroll: true })
    }
    first.current = false
    document.querySelector(".nav [aria-current]")?.scrollIntoView({ block: "nearest" })
  }, [route])
  const search = () => setDialog("search")
  useReportKeys(book, route, { search, help: () => setDialog("help") })
  const close = () => setDialog(undefined)
  const isSearching = dialog === "search"
  // Made when it is searched first: of a large database it takes a moment.
  const index = useMemo(() => (isSearching ? indexOf(book) : []), [book, isSearching])
  return (
    <>
      <Skip to={main} />
      <div class="frame">
        <Menu book={book} route={route} onSearch={search} />
        <main class="page" id="main" tabIndex={-1} ref={main} key={routeHref(route)}>
          <div>{page}</div>
        </main>
      </div>
      {isSearching ? (
        <Search
          index={index}
          what="A table, a column, a value, a question"
          go={(href) => void (location.hash = href)}
          onClose={close}
        />
      ) : null}
      {dialog === "help" ? <KeyHelp keys={KEYS} onClose={close} /> : null}
    </>
  )
}

const pageOf = (book: Book, route: Route): { readonly name: string; readonly page: ComponentChildren } => {
  switch (route.page) {
    case "overview":
      return { name: book.report.database, page: <Overview book={book} /> }
    case "tables":
      return { name: "Tables", page: <Tables book={book} /> }
    case "relationships":
      return { name: "Relationships", page: <Relationships book={book} /> }
    case "decide":
      return { name: "To decide", page: <Decide book={book} /> }
    case "orphans":
      return { name: "Orphans", page: <Orphans book={book} /> }
    case "questions":
      return { name: "Questions", page: <Questions book={book} /> }
    case "personal":
      return { name: "Personal data", page: <Personal book={book} /> }
    case "unread":
      return { name: "Not read", page: <Unread book={book} /> }
    case "domain": {
      const domain = book.domainAt(route.id)
      return domain === undefined
        ? missing(`domain ${route.id}`)
        : { name: domain.name, page: <DomainPage book={book} domain={domain} /> }
    }
    case "entity": {
      const me = book.tableAt(route.id)
      return me === undefined
        ? missing(`table ${route.id}`)
        : { name: book.table(me).name, page: <EntityPage book={book} me={me} /> }
    }
  }
}

const missing = (what: string) => ({
  name: "Not found",
  page: (
    <>
      <h1>Not found</h1>
      <Nothing>
        This report has no {what}.{" "}
        <a class="link" href="#/tables">
          All tables
        </a>
      </Nothing>
    </>
  )
})
