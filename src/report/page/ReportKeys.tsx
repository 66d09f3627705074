import { address } from "./Address.ts"
import type { Book } from "./Book.ts"
import { Names, step, useKeys } from "./Keys.tsx"
import { pages, type Route, routeHref } from "./Route.ts"
import { toggleTheme } from "./Theme.ts"

const pagesByKey = (): Readonly<Record<string, string>> => ({
  o: address("overview"),
  e: address("tables"),
  r: address("relationships"),
  d: address("decide"),
  q: address("questions")
})
/** What "next row" goes through, on any page. */
export const ROWS = "main summary, main .relrow, main .needs a, main .names, main .dom"

/** The keys of every page of the report, and what they do. */
export const KEYS = [
  [<Names of={["/"]} />, "search"],
  [<Names of={["j", "k"]} />, "next and previous row"],
  [<Names of={["[", "]"]} />, "previous and next page"],
  [<Names of={["+", "−", "0"]} />, "diagram larger, smaller, fitted"],
  [<Names of={["g", "then", "o", "e", "r", "d", "q"]} />, "overview, tables, relationships, to decide, questions"],
  [<Names of={["t"]} />, "light or dark"],
  [<Names of={["?"]} />, "this"]
] as const

/** Listens to the keys of every page. */
export const useReportKeys = (
  book: Book,
  route: Route,
  { help, search }: { readonly search: () => void; readonly help: () => void }
): void => {
  const page = (by: number) => {
    const all = pages(book)
    const next = all[all.indexOf(routeHref(route)) + by]
    if (next !== undefined) location.hash = next
  }
  useKeys({
    pages: pagesByKey(),
    actions: {
      "/": search,
      "?": help,
      t: toggleTheme,
      "]": () => page(1),
      "[": () => page(-1),
      j: () => step(ROWS, 1),
      k: () => step(ROWS, -1)
    }
  })
}
