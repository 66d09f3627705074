import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Effect, Schema } from "effect"
import { DatabaseError } from "../../database/DatabaseError.ts"
import type { DecisionConflict, NothingToUndo } from "../../discovery/Decision.ts"
import type { InvalidTransition, WorkflowAlreadyRunning } from "../../workflow/WorkflowError.ts"
import {
  AlreadyRunning,
  BadRequest,
  Conflict,
  Forbidden,
  IfMatchMissing,
  InternalError,
  NotFound,
  PROBLEM_TYPE,
  type RequestRefused,
  Stale,
  TooManyRequests,
  Unauthorized,
  Unavailable,
  Unprocessable,
  WrongState
} from "../api/Problem.ts"

const type = <const Name extends string>(name: Name) => `urn:problem-type:workflow-infra:${name}` as const

export const badRequest = (detail: string, issues: BadRequest["issues"] = []): BadRequest => ({
  _tag: "BadRequest",
  type: type("bad-request"),
  title: "The request is not valid",
  status: 400,
  detail,
  issues
})

export const unauthorized = (detail: string): Unauthorized => ({
  _tag: "Unauthorized",
  type: type("unauthorized"),
  title: "A valid token is needed",
  status: 401,
  detail
})

export const forbidden = (detail: string): Forbidden => ({
  _tag: "Forbidden",
  type: type("forbidden"),
  title: "This is not allowed",
  status: 403,
  detail
})

export const notFound = (detail: string): NotFound => ({
  _tag: "NotFound",
  type: type("not-found"),
  title: "There is no such thing",
  status: 404,
  detail
})

export const alreadyRunning = ({ kind, message, workflowId }: WorkflowAlreadyRunning): AlreadyRunning => ({
  _tag: "AlreadyRunning",
  type: type("already-running"),
  title: "It is already running",
  status: 409,
  detail: message,
  workflowId,
  kind
})

export const wrongState = ({ message, state, workflowId }: InvalidTransition): WrongState => ({
  _tag: "WrongState",
  type: type("wrong-state"),
  title: "The state does not allow it",
  status: 409,
  detail: message,
  workflowId,
  state
})

export const conflict = ({ message }: NothingToUndo | { readonly message: string }): Conflict => ({
  _tag: "Conflict",
  type: type("conflict"),
  title: "It does not fit what is there",
  status: 409,
  detail: message
})

export const stale = ({ actual, by, message }: DecisionConflict): Stale => ({
  _tag: "Stale",
  type: type("stale"),
  title: "Somebody else was faster",
  status: 412,
  detail: message,
  version: actual,
  by
})

export const ifMatchMissing = (detail: string): IfMatchMissing => ({
  _tag: "IfMatchMissing",
  type: type("if-match-missing"),
  title: "If-Match is missing",
  status: 428,
  detail
})

export const unprocessable = ({ message }: { readonly message: string }): Unprocessable => ({
  _tag: "Unprocessable",
  type: type("unprocessable"),
  title: "It cannot be done like this",
  status: 422,
  detail: message
})

export const tooManyRequests = (detail: string): TooManyRequests => ({
  _tag: "TooManyRequests",
  type: type("too-many-requests"),
  title: "Too many requests",
  status: 429,
  detail
})

export const internalError = (reference: string): InternalError => ({
  _tag: "InternalError",
  type: type("internal-error"),
  title: "The server has failed",
  status: 500,
  detail: "The server's log says why, under this reference",
  reference
})

export const unavailable = (detail: string): Unavailable => ({
  _tag: "Unavailable",
  type: type("unavailable"),
  title: "Not available for now",
  status: 503,
  detail
})

/** What no route of the API is to blame for: `about:blank` says no more than the status does (RFC 9457, 4.2.1). */
export const refused = (status: number, title: string, detail: string): RequestRefused => ({
  type: "about:blank",
  title,
  status,
  detail
})

/** Every kind of error that a route may fail with. */
const Problem = Schema.Union(
  BadRequest,
  Unauthorized,
  Forbidden,
  NotFound,
  AlreadyRunning,
  WrongState,
  Conflict,
  Stale,
  IfMatchMissing,
  Unprocessable,
  TooManyRequests,
  InternalError,
  Unavailable
)
/** @see Problem */
export type Problem = typeof Problem.Type

/** Whether a failure is one that a route is allowed to answer with. */
export const isProblem = Schema.is(Problem)
const encode = Schema.encodeSync(Problem)

/** Seconds after which the same request may be sent again. */
const RETRY_AFTER: Partial<Record<number, string>> = { 429: "1", 503: "2" }

/** The answer that says what is wrong. */
export const respond = (problem: Problem | RequestRefused): HttpServerResponse.HttpServerResponse => {
  const body = "_tag" in problem ? encode(problem) : problem
  const retryAfter = RETRY_AFTER[problem.status]
  return HttpServerResponse.text(JSON.stringify(body), {
    status: problem.status,
    contentType: PROBLEM_TYPE,
    headers: {
      ...(problem.status === 401 ? { "www-authenticate": 'Bearer realm="workflow-infra"' } : {}),
      ...(retryAfter === undefined ? {} : { "retry-after": retryAfter })
    }
  })
}

/**
 * Our own database's errors: what may pass is said to be not available for now, without the server's words; what blames a statement is a
 * defect of ours.
 */
export const orUnavailable = <A, E, R>(effect: Effect.Effect<A, E | DatabaseError, R>) =>
  Effect.catchIf(effect, isDatabaseError, (error) =>
    error.isStatements
      ? Effect.die(error)
      : Effect.zipRight(
          Effect.logWarning("a request found the database not available", error),
          Effect.fail(unavailable("the server's database is not available for now"))
        )
  )

const isDatabaseError = (error: unknown): error is DatabaseError => error instanceof DatabaseError
