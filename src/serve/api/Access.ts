import * as HttpApiMiddleware from "@effect/platform/HttpApiMiddleware"
import * as HttpApiSecurity from "@effect/platform/HttpApiSecurity"
import * as OpenApi from "@effect/platform/OpenApi"
import { Context, Schema } from "effect"
import { Forbidden, NotFound, TooManyRequests, Unauthorized, Unavailable } from "./Problem.ts"

/**
 * What somebody may do in a project: `read` what is there, `decide` about relationships and questions, `run` workflows and change
 * datasources. None includes another.
 */
export const AccessScope = Schema.Literal("read", "decide", "run")
/** @see AccessScope */
export type AccessScope = typeof AccessScope.Type

/** The scope that an endpoint needs, as an annotation. Default: `read` for GET, `run` for everything else. */
export class NeedsScope extends Context.Tag("workflow-infra/serve/NeedsScope")<NeedsScope, AccessScope>() {}

/** Whoever sends a request. */
export interface Caller {
  /** Whom decisions are attributed to: the token's name, or "local" without a token. */
  readonly name: string
  /** The only project of a token; undefined for a request without one, which is let in from this machine only. */
  readonly projectId: string | undefined
  readonly scopes: ReadonlyArray<AccessScope>
}

/** Whoever sends the request; their scopes are enough for the endpoint. */
export class CurrentCaller extends Context.Tag("workflow-infra/serve/CurrentCaller")<CurrentCaller, Caller>() {}

/** The project of the path, which the caller has access to. */
export class CurrentProject extends Context.Tag("workflow-infra/serve/CurrentProject")<
  CurrentProject,
  { readonly id: string; readonly name: string; readonly caller: Caller }
>() {}

const security = {
  token: HttpApiSecurity.annotate(
    HttpApiSecurity.bearer,
    OpenApi.Description,
    "A token that `workflow-infra token create` has made. Requests from this machine need none where the server listens on its loopback address."
  )
}

const Denied = Schema.Union(Unauthorized, Forbidden, TooManyRequests, Unavailable)

/** Lets whoever has the scope that the endpoint needs in. */
export class Authorized extends HttpApiMiddleware.Tag<Authorized>()("workflow-infra/serve/Authorized", {
  failure: Denied,
  provides: CurrentCaller,
  security
}) {}

/** The same for endpoints of a project (`:project` in their path, its id or its name), which the caller must have access to. */
export class OfProject extends HttpApiMiddleware.Tag<OfProject>()("workflow-infra/serve/OfProject", {
  failure: Schema.Union(Denied, NotFound),
  provides: CurrentProject,
  security
}) {}
