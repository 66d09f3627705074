import type { ComponentChildren } from "preact"
import { address } from "./Address.ts"
import type { Book } from "./Book.ts"
import { DomainPage } from "./DomainPage.tsx"
import { EntityPage } from "./EntityPage.tsx"
import { Orphans, Personal, Questions, Unread } from "./Gaps.tsx"
import { Decide, Relationships, Tables } from "./Lists.tsx"
import { Overview } from "./Overview.tsx"
import { Nothing } from "./Parts.tsx"
import type { Route } from "./Route.ts"

/** The page of a report that an address leads to, and its name. */
export const pageOf = (book: Book, route: Route): { readonly name: string; readonly page: ComponentChildren } => {
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
        <a class="link" href={address("tables")}>
          All tables
        </a>
      </Nothing>
    </>
  )
})

/** Shows a place within the page, opened and focused; false where the page has none of this name. */
export const reveal = (at: string): boolean => {
  const target = document.querySelector<HTMLElement>(`[data-at="${CSS.escape(at)}"]`)
  if (target === null) return false
  if (target instanceof HTMLDetailsElement) target.open = true
  target.scrollIntoView({ block: "center" })
  ;(target.querySelector("summary") ?? target).focus({ preventScroll: true })
  return true
}
