import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { HttpApiDecodeError } from "@effect/platform/HttpApiError"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Array, Cause, Clock, Effect, Metric, Option } from "effect"
import { uuidv7 } from "../../database/Uuid.ts"
import { withoutPasswords } from "../../workqueue/Task.ts"
import type { RequestRefused } from "../api/Problem.ts"
import { isLoopback, Listening } from "../ServeSettings.ts"
import * as HttpMetrics from "./HttpMetrics.ts"
import { isTooDeep, MOST_LEVELS } from "./Nesting.ts"
import {
  badRequest,
  forbidden,
  internalError,
  isProblem,
  type Problem,
  refused,
  respond,
  tooManyRequests
} from "./Problems.ts"
import * as RateLimit from "./RateLimit.ts"
import { methodsOf, routeOf } from "./Routes.ts"

/** Bytes of a body: more than any route needs. */
const MAX_BODY = 1_000_000
/** As many tokens as this may be used behind one address (a proxy's) without waiting for each other. */
const TOKENS_PER_ADDRESS = 10
/** What a request with a wrong token costs: of the default of 1,000 a second, 10 guesses. */
const COST_OF_REFUSAL = 100
/** Characters of what is said of a value in a request. */
const LONGEST_MESSAGE = 300

/** What answers may do in a browser: load from here, and nothing else. */
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()"
}

type Refusal = Problem | RequestRefused

/** Whether somebody follows a link, which may stand on any page. */
const isNavigation = (headers: Record<string, string | undefined>) =>
  headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document"

/**
 * Why a request is not looked at. Pages of other sites are kept out: by `Origin` and `Sec-Fetch-Site`, which browsers send, and by `Host`
 * where only this machine is served, because a name of somebody else's may lead to 127.0.0.1 (DNS rebinding).
 */
const refusal = (host: string, { headers, method, url }: HttpServerRequest.HttpServerRequest): Refusal | undefined => {
  const asked = headers["host"] ?? ""
  if (isLoopback(host) && !isLoopback(asked.replace(/:\d+$/, ""))) {
    return forbidden(`this server is called ${host}, and not what the Host header says`)
  }
  const origin = headers["origin"]
  if (origin !== undefined && !isSameOrigin(origin, asked)) return forbidden("requests from other sites are refused")
  const site = headers["sec-fetch-site"]
  const isForeign = site !== undefined && site !== "same-origin" && site !== "none"
  if (isForeign && !(method === "GET" && isNavigation(headers)))
    return forbidden("requests from other sites are refused")
  if ("transfer-encoding" in headers) return noLength
  if (Number(headers["content-length"] ?? 0) > MAX_BODY) return tooLarge
  const mediaType = headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase()
  if (mediaType !== undefined && mediaType !== "application/json") return noJson
  return isPath(url) ? undefined : badRequest("the path is not valid")
}

const isSameOrigin = (origin: string, host: string): boolean => URL.canParse(origin) && new URL(origin).host === host

/** Whether a path can be unescaped, and is one: the router throws otherwise. */
const isPath = (url: string): boolean => {
  if (!url.startsWith("/") || url.startsWith("//")) return false
  try {
    decodeURIComponent(url.split(/[?#]/, 1)[0] ?? "")
    return true
  } catch {
    return false
  }
}

const noLength = refused(411, "Length Required", "a body says how long it is: send Content-Length")
const noJson = refused(415, "Unsupported Media Type", "a body is JSON: send Content-Type: application/json")
const tooLarge = refused(413, "Content Too Large", `a body has at most ${MAX_BODY} bytes`)

const tooDeep = badRequest(`a body has at most ${MOST_LEVELS} levels`)

interface Issue {
  readonly message: string
  readonly path: ReadonlyArray<PropertyKey>
}

const EXPECTED = /^Expected (.+), actual (.+)$/s

/** One issue a place: of a value that could be one of several, a schema gives an issue for each. */
const together = (issues: ReadonlyArray<Issue>): ReadonlyArray<Issue> =>
  Object.values(Array.groupBy(issues, ({ path }) => JSON.stringify(path.map(String)))).map(([first, ...more]) => {
    const parts = [first, ...more].map(({ message }) => EXPECTED.exec(message))
    if (more.length === 0 || parts.includes(null)) return first
    const expected = [...new Set(parts.map((part) => part?.[1] ?? ""))]
    return { path: first.path, message: `Expected ${expected.join(" or ")}, actual ${parts[0]?.[2] ?? ""}` }
  })

const issueOf = ({ message, path }: Issue) => {
  const line = withoutPasswords(message.replaceAll(/\s+/g, " "))
  return {
    path: path.map(String),
    message: line.length > LONGEST_MESSAGE ? `${line.slice(0, LONGEST_MESSAGE)}…` : line
  }
}

/** Nothing of our own fits the path and the method. */
const noRoute = ({ method, url }: HttpServerRequest.HttpServerRequest): readonly [Refusal, ReadonlyArray<string>] => {
  const path = url.split("?", 1)[0] ?? ""
  const methods = methodsOf(path)
  return methods.length === 0
    ? [refused(404, "Not Found", "there is nothing here: /openapi.json says what there is"), []]
    : [refused(405, "Method Not Allowed", `${method} is not possible here; ${methods.join(" and ")} is`), methods]
}

const make = Effect.map(Listening, ({ host, requestsPerSecond }) => {
  const perAddress = TOKENS_PER_ADDRESS * requestsPerSecond
  const { take } = RateLimit.make(perAddress)

  /** What is said of a failure, and to whom it is known as what. Defects are logged under a reference. */
  const answer = (request: HttpServerRequest.HttpServerRequest, cause: Cause.Cause<unknown>) =>
    Effect.gen(function* () {
      const failure = Cause.squash(cause)
      if (failure instanceof HttpApiDecodeError) {
        const issues = together(failure.issues).map(issueOf)
        const [first] = issues
        const where = first === undefined || first.path.length === 0 ? "" : `${first.path.join(".")}: `
        return respond(badRequest(`${where}${first?.message ?? "the request is not valid"}`, issues))
      }
      if (failure instanceof HttpServerError.RouteNotFound) {
        const [problem, methods] = noRoute(request)
        const response = respond(problem)
        return methods.length === 0 ? response : HttpServerResponse.setHeader(response, "allow", methods.join(", "))
      }
      if (failure instanceof HttpServerError.RequestError) return respond(badRequest("the body is not JSON"))
      if (isProblem(failure)) return respond(failure)
      if (failure instanceof RangeError && isTooDeep(yield* Effect.orElseSucceed(request.json, () => null))) {
        return respond(tooDeep)
      }
      const reference = yield* uuidv7
      yield* Effect.logError("a request has failed", cause).pipe(Effect.annotateLogs({ reference }))
      return respond(internalError(reference))
    })

  return (app: HttpApp.Default): HttpApp.Default =>
    Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      const started = yield* Clock.currentTimeMillis
      const sender = Option.getOrElse(request.remoteAddress, () => "")
      const refusing = refusal(host, request)
      const isWelcome = yield* take(sender)
      const response = !isWelcome
        ? respond(tooManyRequests(`an address may send ${perAddress} requests a second`))
        : refusing !== undefined
          ? respond(refusing)
          : yield* app.pipe(
              Effect.catchAllCause((cause) =>
                Cause.isInterrupted(cause) ? Effect.failCause(cause) : answer(request, cause)
              )
            )
      if (response.status === 401) yield* take(sender, COST_OF_REFUSAL)
      const path = request.url.split("?", 1)[0] ?? ""
      const route = routeOf(request.method, path)
      const took = (yield* Clock.currentTimeMillis) - started
      yield* Metric.update(
        HttpMetrics.requests.pipe(
          Metric.tagged("method", route === "other" ? "other" : request.method),
          Metric.tagged("route", route),
          Metric.tagged("status", String(response.status))
        ),
        1
      )
      yield* Metric.update(HttpMetrics.seconds.pipe(Metric.tagged("route", route)), took / 1000)
      // What an answer says for itself holds: a report has a policy of its own.
      return HttpServerResponse.setHeaders(response, { ...HEADERS, "cache-control": "no-store", ...response.headers })
    })
})

/**
 * What stands before every route: who may come in at all, how much and how often, the headers of every answer, and problem details for
 * everything that goes wrong.
 */
export const layer = HttpApiBuilder.middleware(make)
