import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import { Context, Effect, Layer, Option, Redacted } from "effect"
import { Projects } from "../../tenant/Projects.ts"
import { unstorable } from "../../workqueue/Task.ts"
import { AccessScope, Authorized, type Caller, OfProject } from "../api/Access.ts"
import type { Unauthorized, Unavailable } from "../api/Problem.ts"
import { forbidden, notFound, orUnavailable, tooManyRequests, unauthorized } from "../http/Problems.ts"
import * as RateLimit from "../http/RateLimit.ts"
import { scopeOf } from "../http/Routes.ts"
import { isLoopback, Listening } from "../ServeSettings.ts"
import { Tokens } from "./Tokens.ts"

/** Whoever sends a request; `key` names them among all senders. */
export type Sender = Caller & { readonly key: string }

/** Headers of a reverse proxy: whoever sends the request is not who connects. */
const FORWARDED = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"]

const LOCAL: Caller = { name: "local", projectId: undefined, scopes: AccessScope.literals }

const BEARER = /^Bearer +([\w~+/.-]+=*) *$/i

const make = Effect.gen(function* () {
  const { host, requestsPerSecond } = yield* Listening
  const { take } = RateLimit.make(requestsPerSecond)
  const tokens = yield* Tokens
  const projects = yield* Projects

  /** Who sends a request, whatever they may do. */
  const caller: Effect.Effect<Sender, Unauthorized | Unavailable, HttpServerRequest.HttpServerRequest> = Effect.gen(
    function* () {
      const { headers, remoteAddress } = yield* HttpServerRequest.HttpServerRequest
      const header = headers["authorization"]
      if (header === undefined) {
        const isLocal =
          isLoopback(host) && Option.exists(remoteAddress, isLoopback) && FORWARDED.every((name) => !(name in headers))
        if (isLocal) return { ...LOCAL, key: "local" }
        return yield* Effect.fail(unauthorized("send a token: Authorization: Bearer wfi_…"))
      }
      const sent = BEARER.exec(header)?.[1]
      const found = sent === undefined ? Option.none() : yield* orUnavailable(tokens.verify(Redacted.make(sent)))
      return yield* Option.match(found, {
        onNone: () => Effect.fail(unauthorized("the token is not valid: workflow-infra token create makes one")),
        onSome: ({ id, name, projectId, scopes }) => Effect.succeed({ name, projectId, scopes, key: id })
      })
    }
  )

  /** Who sends a request, whose scopes are enough for its route. */
  const permitted = Effect.gen(function* () {
    const who = yield* caller
    if (!(yield* take(who.key))) {
      return yield* Effect.fail(tooManyRequests(`${who.name} may send ${requestsPerSecond} requests a second`))
    }
    const { route } = yield* HttpRouter.RouteContext
    const scope = scopeOf(route.method, route.path)
    return who.scopes.includes(scope) ? who : yield* Effect.fail(forbidden(`the token has no scope "${scope}"`))
  })

  /** The project of the path. Another one than the token's looks as if it did not exist. */
  const project = Effect.gen(function* () {
    const who = yield* permitted
    const { params } = yield* HttpRouter.RouteContext
    const named = params["project"] ?? ""
    const isText = unstorable(named, Number.POSITIVE_INFINITY) === undefined
    const id = isText ? yield* orUnavailable(projects.find(named)) : Option.none()
    const found = isText ? yield* orUnavailable(projects.get(Option.getOrElse(id, () => named))) : Option.none()
    return yield* Option.match(
      Option.filter(found, (one) => who.projectId === undefined || who.projectId === one.id),
      {
        onNone: () => Effect.fail(notFound(`there is no project "${named.slice(0, 200)}"`)),
        onSome: ({ id, name }) => Effect.succeed({ id, name, caller: who })
      }
    )
  })
  return { permitted, project, caller }
})

/** Whether a request may see what is not for everybody: reasons of bad health. */
export class Insight extends Context.Tag("workflow-infra/serve/Insight")<
  Insight,
  { readonly has: Effect.Effect<boolean, never, HttpServerRequest.HttpServerRequest> }
>() {}

/** Who sends a request to a route that is not the API's. */
export class Callers extends Effect.Tag("workflow-infra/serve/Callers")<
  Callers,
  { readonly caller: Effect.Effect<Sender, Unauthorized | Unavailable, HttpServerRequest.HttpServerRequest> }
>() {}

/** Lets in whoever has a token, and on the loopback address whoever is on this machine. */
export const layer = Layer.unwrapEffect(
  Effect.map(make, ({ caller, permitted, project }) =>
    Layer.mergeAll(
      Layer.succeed(Authorized, { token: () => permitted }),
      Layer.succeed(OfProject, { token: () => project }),
      Layer.succeed(Callers, { caller }),
      Layer.succeed(Insight, { has: Effect.match(caller, { onFailure: () => false, onSuccess: () => true }) })
    )
  )
)
