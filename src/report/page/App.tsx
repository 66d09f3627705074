import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks"
import type { Book } from "./Book.ts"
import { indexOf } from "./Finder.ts"
import { KeyHelp } from "./Keys.tsx"
import { Menu } from "./Menu.tsx"
import { pageOf, reveal } from "./Pages.tsx"
import { KEYS, useReportKeys } from "./ReportKeys.tsx"
import { parse, routeHref } from "./Route.ts"
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
  // Before the page is drawn: a key that is pressed right after it must not lose the row that it has gone to.
  useLayoutEffect(() => {
    document.title = name === book.report.database ? name : `${name} · ${book.report.database}`
    const at = route.page === "entity" ? route.at : undefined
    if (at === undefined || !reveal(at)) {
      scrollTo(0, 0)
      if (!first.current) main.current?.focus({ preventScroll: true })
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
