import { placeAt } from "../../report/page/Address.ts"
import { type Book, open } from "../../report/page/Book.ts"
import { parse, type Route } from "../../report/page/Route.ts"
import { datasource, ofDatasource, path } from "./Project.ts"
import { ask, isMissing } from "./Requests.ts"
import { href, route } from "./Route.ts"
import type { Report, Workflow } from "./Types.ts"
import { type Resource, useResource } from "./useResource.ts"

// Below the database; what is to be decided and answered is where people do that.
placeAt((at) => {
  if (at === "decide") return href("review")
  if (at === "questions") return href("questions")
  return href("database", { rest: at === "overview" ? "" : at })
})

/** The page of the report that the address says. */
export const shown = (): Route => parse(route.value.rest)

/** The place within that page, where the address says one. */
export const placeShown = (): string | undefined => {
  const page = shown()
  return page.page === "entity" ? page.at : undefined
}

/** What was found in the database that is shown: "nothing" where no discovery has ended. Nothing is read unless it is wanted. */
export const useBook = (isWanted = true): Resource<Book | "nothing"> => {
  const id = isWanted ? datasource.value?.id : undefined
  return useResource(id, () => read(id ?? ""))
}

/** The one that was read last, for all who show it, with the run that has built it: until the next one it is the same. */
let last: { readonly key: string; readonly book: Promise<Book | "nothing"> } | undefined

const read = async (id: string): Promise<Book | "nothing"> => {
  const builds = `/workflows?kind=ontology&state=completed&exclusiveKey=${encodeURIComponent(id)}&limit=1`
  const { workflows } = await ask<{ readonly workflows: ReadonlyArray<Workflow> }>(path(builds))
  const key = `${id} ${workflows[0]?.id ?? ""}`
  if (last?.key !== key) {
    const book = ask<Report>(ofDatasource(id, "/report")).then(open, (error: unknown) => {
      last = undefined
      if (isMissing(error)) return "nothing" as const
      throw error
    })
    last = { key, book }
  }
  return last.book
}
