import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import { Schema } from "effect"
import { WorkflowState } from "../../workflow/WorkflowState.ts"

/** The media type of every error: problem details, RFC 9457. */
export const PROBLEM_TYPE = "application/problem+json"

/**
 * The schema of a kind of error. `type` names the kind and never changes, `title` says it for every error of the kind, `detail` what is
 * wrong with this request. In programs it has a `_tag` besides, which is not sent.
 */
const problem = <
  const Tag extends string,
  const Status extends number,
  const Name extends string,
  const Title extends string,
  Fields extends Schema.Struct.Fields
>(
  tag: Tag,
  status: Status,
  name: Name,
  title: Title,
  fields: Fields
) =>
  Schema.Struct({
    type: Schema.Literal(`urn:problem-type:workflow-infra:${name}`),
    title: Schema.Literal(title),
    status: Schema.Literal(status),
    detail: Schema.String,
    ...fields
  })
    .annotations({ identifier: tag, description: title })
    .pipe(
      Schema.attachPropertySignature("_tag", tag),
      Schema.annotations(HttpApiSchema.annotations({ status })),
      (schema) => HttpApiSchema.withEncoding(schema, { kind: "Json", contentType: PROBLEM_TYPE })
    )

/** The request does not fit the schema of its route; `issues` say where. */
export const BadRequest = problem("BadRequest", 400, "bad-request", "The request is not valid", {
  issues: Schema.Array(Schema.Struct({ path: Schema.Array(Schema.String), message: Schema.String }))
})
/** @see BadRequest */
export type BadRequest = typeof BadRequest.Type

/** There is no token where one is needed, or it is not valid (any more). */
export const Unauthorized = problem("Unauthorized", 401, "unauthorized", "A valid token is needed", {})
/** @see Unauthorized */
export type Unauthorized = typeof Unauthorized.Type

/** The token lacks a scope, or the request comes from another site. */
export const Forbidden = problem("Forbidden", 403, "forbidden", "This is not allowed", {})
/** @see Forbidden */
export type Forbidden = typeof Forbidden.Type

/** Nothing is there, or it is another project's: both look the same. */
export const NotFound = problem("NotFound", 404, "not-found", "There is no such thing", {})
/** @see NotFound */
export type NotFound = typeof NotFound.Type

/** Something that has not ended excludes what is asked for; `workflowId` is its id. */
export const AlreadyRunning = problem("AlreadyRunning", 409, "already-running", "It is already running", {
  workflowId: Schema.String,
  kind: Schema.String
})
/** @see AlreadyRunning */
export type AlreadyRunning = typeof AlreadyRunning.Type

/** The workflow's state does not allow it. */
export const WrongState = problem("WrongState", 409, "wrong-state", "The state does not allow it", {
  workflowId: Schema.String,
  state: WorkflowState
})
/** @see WrongState */
export type WrongState = typeof WrongState.Type

/** What the request builds on is not there yet, or not any more. */
export const Conflict = problem("Conflict", 409, "conflict", "It does not fit what is there", {})
/** @see Conflict */
export type Conflict = typeof Conflict.Type

/** Somebody else has decided meanwhile: `version` is that of the newest decision. */
export const Stale = problem("Stale", 412, "stale", "Somebody else was faster", {
  version: Schema.Int,
  by: Schema.String
})
/** @see Stale */
export type Stale = typeof Stale.Type

/** A decision says which version it was made on, in `If-Match`. */
export const IfMatchMissing = problem("IfMatchMissing", 428, "if-match-missing", "If-Match is missing", {})
/** @see IfMatchMissing */
export type IfMatchMissing = typeof IfMatchMissing.Type

/** The request is well-formed, and cannot be done as it is. */
export const Unprocessable = problem("Unprocessable", 422, "unprocessable", "It cannot be done like this", {})
/** @see Unprocessable */
export type Unprocessable = typeof Unprocessable.Type

/** More requests than the rate limit allows; `Retry-After` says when the next one may come. */
export const TooManyRequests = problem("TooManyRequests", 429, "too-many-requests", "Too many requests", {})
/** @see TooManyRequests */
export type TooManyRequests = typeof TooManyRequests.Type

/** A defect of the server; `reference` finds it in the server's log. */
export const InternalError = problem("InternalError", 500, "internal-error", "The server has failed", {
  reference: Schema.String
})
/** @see InternalError */
export type InternalError = typeof InternalError.Type

/** The server shuts down, or its database is not available: the same request may succeed later. */
export const Unavailable = problem("Unavailable", 503, "unavailable", "Not available for now", {})
/** @see Unavailable */
export type Unavailable = typeof Unavailable.Type

/** No route of this method and path, or a body that no route takes: as others, but for their status. */
export const RequestRefused = Schema.Struct({
  type: Schema.Literal("about:blank"),
  title: Schema.String,
  status: Schema.Int,
  detail: Schema.String
})
/** @see RequestRefused */
export type RequestRefused = typeof RequestRefused.Type
