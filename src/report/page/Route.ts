import { address } from "./Address.ts"
import { type Book, domainHref, tableHref } from "./Book.ts"

/** The pages that every report has, in the order of the menu. */
export const FIXED = [
  "overview",
  "tables",
  "relationships",
  "decide",
  "orphans",
  "questions",
  "personal",
  "unread"
] as const

/** A page, as the address says it; `at` is what to show in it. */
export type Route =
  | { readonly page: (typeof FIXED)[number] }
  | { readonly page: "domain"; readonly id: string }
  | { readonly page: "entity"; readonly id: string; readonly at: string | undefined }

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The page that an address's fragment leads to; the overview where there is none. */
export const parse = (hash: string): Route => {
  const [page = "", id, at] = hash
    .replace(/^#?\/?/, "")
    .split("/")
    .map(decoded)
  if (page === "entity" && id !== undefined) return { page, id, at }
  if (page === "domain" && id !== undefined) return { page, id }
  return { page: FIXED.find((one) => one === page) ?? "overview" }
}

/** A page's address, without what is shown in it. */
export const routeHref = (route: Route): string =>
  address("id" in route ? `${route.page}/${encodeURIComponent(route.id)}` : route.page)

/** The addresses of all pages, in the order of the menu. */
export const pages = (book: Book): ReadonlyArray<string> => [
  ...FIXED.map(address),
  ...book.report.domains.flatMap((domain) => [
    domainHref(domain),
    ...domain.tables.map((at) => tableHref(book.table(at)))
  ])
]
