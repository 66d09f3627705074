import * as HttpApi from "@effect/platform/HttpApi"
import { Context, Option } from "effect"
import { type AccessScope, NeedsScope } from "../api/Access.ts"
import { Api } from "../Api.ts"

/** A route of the API. */
interface KnownRoute {
  readonly method: string
  readonly path: string
  readonly scope: AccessScope
  readonly matches: (path: string) => boolean
}

const routes: Array<KnownRoute> = []
HttpApi.reflect(Api, {
  onGroup: () => {},
  onEndpoint: ({ endpoint, mergedAnnotations }) => {
    const { method, path } = endpoint
    const pattern = new RegExp(`^${path.replaceAll(/:\w+/g, "[^/]+")}/?$`)
    const scope = Option.getOrElse(Context.getOption(mergedAnnotations, NeedsScope), (): AccessScope =>
      method === "GET" ? "read" : "run"
    )
    routes.push({ method, path, scope, matches: (text) => pattern.test(text) })
  }
})

const scopes = new Map(routes.map(({ method, path, scope }) => [`${method} ${path}`, scope]))

/** The scope that a route needs. A route that is none of the API needs the strongest one. */
export const scopeOf = (method: string, path: string): AccessScope => scopes.get(`${method} ${path}`) ?? "run"

/** The methods that a path has. */
export const methodsOf = (path: string): ReadonlyArray<string> =>
  routes.flatMap(({ matches, method }) => (matches(path) ? [method] : []))

/** The route of a request, with names for its parameters, for what is counted: "other" where there is none. */
export const routeOf = (method: string, path: string): string =>
  routes.find((route) => route.method === method && route.matches(path))?.path ?? "other"
