import { signal } from "@preact/signals"

/** The pages, in the order of the menu; "workflow" is one of them, and not in the menu. */
export const PAGES = ["workflows", "database", "review", "questions", "servers", "workflow"] as const
/** @see PAGES */
export type PageName = (typeof PAGES)[number]

/** A page as the address says it: `#/workflows?state=running`, `#/workflow/ID`. */
export interface Route {
  readonly page: PageName
  readonly id: string | undefined
  /** What stands after the page's name, as it stands in the address. */
  readonly rest: string
  readonly params: Readonly<Record<string, string>>
}

/** What every address keeps: which project, and which database of it. */
const KEPT = ["project", "datasource"]

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The page that an address's fragment leads to; the workflows where there is none. */
export const parse = (hash: string): Route => {
  const [path = "", query = ""] = hash.replace(/^#?\/?/, "").split("?")
  const [page, id] = path.split("/").map(decoded)
  const rest = path.split("/").slice(1).join("/")
  return {
    page: PAGES.find((one) => one === page) ?? "workflows",
    id: id === "" ? undefined : id,
    rest,
    params: Object.fromEntries(new URLSearchParams(query))
  }
}

/** Where the page is. */
export const route = signal(parse(location.hash))
addEventListener("hashchange", () => (route.value = parse(location.hash)))

/** The address of a page, in the same project and database. Parameters without a text are left out. */
export const href = (
  page: PageName,
  {
    id,
    params = {},
    rest = id === undefined ? "" : encodeURIComponent(id)
  }: {
    readonly id?: string
    /** What stands after the page's name, escaped. Default: the id. */
    readonly rest?: string
    readonly params?: Readonly<Record<string, string | undefined>>
  } = {}
): string => {
  const kept = Object.fromEntries(KEPT.map((name) => [name, route.value.params[name]]))
  const given = Object.entries({ ...kept, ...params }).flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [[name, value]]
  )
  const query = new URLSearchParams(given).toString()
  const path = rest === "" ? page : `${page}/${rest}`
  return `#/${path}${query === "" ? "" : `?${query}`}`
}

/** Goes to a page. */
export const go = (to: string): void => void (location.hash = to)

/** The same page with other parameters. Without an entry in the history where one types. */
export const setParams = (params: Readonly<Record<string, string | undefined>>, silently = false): void => {
  const { page, params: before, rest } = route.value
  const to = href(page, { rest, params: { ...before, ...params } })
  if (!silently) return go(to)
  history.replaceState(null, "", to)
  route.value = parse(location.hash)
}
